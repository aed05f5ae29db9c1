// Package pipeline reads Azure Pipelines YAML into a typed job graph: syntax,
// template expansion, and a strict reading that refuses unknown keys, tasks and
// inputs with line and column before anything runs. Start at Load, which does all
// of it and is pure but for reading template files; Graph is its result.
//
// It runs nothing: package pipeline/runner does, and reaches the library and Azure
// only through the Library interface here. Below it are pipeline/syntax (YAML with
// positions), pipeline/expression (the expression language) and pipeline/mask
// (secrets in output).
package pipeline
