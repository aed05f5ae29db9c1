// Package emit writes an analysed Bicep file as an ARM template: the JSON value
// that the official compiler writes, including its template hash. It is not where
// mistakes in a file are found (package sema does that), and it evaluates nothing
// but the load functions.
//
// Start at Template. The files: arm.go is an ARM expression, json.go an ordered
// JSON value, convert.go turns Bicep expressions into ARM ones, reference.go is
// about ids and references, and resource.go, module.go, types.go (with typeliteral.go,
// typeref.go and typederived.go), imports.go,
// params.go and external.go (parameter files), load.go (with loaded.go, loaddir.go and jsonpath.go) and hash.go write one part of
// a template each.
package emit
