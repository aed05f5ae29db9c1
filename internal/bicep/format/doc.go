// Package format prints Bicep source the way the official formatter does: at most
// 120 characters a line, with groups that are put on one line when they fit and
// are broken when they do not. It changes line ends, blanks and the commas
// between members, never a word or a comment. It knows no names and no types.
//
// Start at Source. layout.go, expr.go and typeexpr.go read tokens and build a
// document, document.go prints it, trivia.go gives comments to tokens. A
// declaration that has a syntax error is printed as it was written, and so is
// one with a comment in a place that has none in the printed form.
package format
