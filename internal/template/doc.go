// Package template is the engine of Resource Manager templates: it reads a
// template (language version 1.0, 2.0 with symbolic names, and 2.1 and 2.2 with asserts), binds parameters,
// evaluates expressions, and turns the resources into an ordered Plan. Parse makes
// a Template; Template.Plan makes a Plan; Node.Body evaluates one resource when
// what it depends on is done, through a Runtime that answers reference() and list*().
//
// It is pure but for that Runtime: no clock, store or network. It does not write
// resources; package deploy runs plans. Where to start: template.go (the document),
// plan.go (the graph), eval.go (the evaluator), and one file for each family of
// functions: strings.go, arrays.go, objects.go, numbers.go, dates.go, cidr.go,
// lambdas.go, scopes.go, zones.go, references.go.
//
// Rules: https://learn.microsoft.com/azure/azure-resource-manager/templates/syntax and
// https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions
package template
