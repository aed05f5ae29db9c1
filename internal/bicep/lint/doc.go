// Package lint holds the linter rules of the official Bicep tool: findings in a
// file that compiles, or that could, which a person would want to know of. Codes,
// texts and default levels are the official ones; bicepconfig.json changes the
// levels (analyzers.core.rules.CODE.level), and directives in the text silence
// single findings.
//
// Start at Run. rules.go is the table of all rules; index.go walks a file once and
// keeps what rules ask for, so that each rule looks at few nodes; the other files
// have the rules, by what they are about. Rules only read a sema.Model. They never
// stop a compilation unless a level says so.
package lint
