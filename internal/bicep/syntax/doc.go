// Package syntax turns the text of a .bicep or .bicepparam file into a tree. It
// knows the grammar and nothing of what names mean; package sema does that.
//
// Start at Parse. It never fails: a File comes back for any bytes, with a
// diagnostic for each thing that is wrong and a *Bad node where nothing
// sensible was found, so that one run reports all errors.
//
// The files: lexer.go and lexstring.go make tokens, tree.go and typetree.go are
// the nodes, parser.go holds the token stream and recovery, and decl.go, expr.go,
// object.go and typeexpr.go parse one part of the grammar each; codes.go is the
// table of messages.
package syntax
