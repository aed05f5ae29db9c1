// Package syntax is YAML as pipelines use it: a tree of scalars, sequences and
// mappings in which every node knows its file, line and column, so that everything
// later can say where. Start at Read; Write prints a tree again.
//
// It knows nothing of pipelines, but refuses what Azure Pipelines refuses in YAML:
// anchors, aliases, tags and more than one document.
package syntax

import (
	"strings"

	"gatehouse/internal/diag"
)

// Kind says what a Node is.
type Kind uint8

// The kinds.
const (
	Scalar Kind = iota
	Sequence
	Mapping
)

func (k Kind) String() string { return [...]string{"a scalar", "a list", "a mapping"}[k] }

// Style is how a scalar was written. Only plain scalars can be null, a boolean or a number.
type Style uint8

// The styles.
const (
	Plain Style = iota
	Quoted
	Literal // | block
	Folded  // > block
)

// Node is one YAML value. Nodes are shared between trees and never changed.
type Node struct {
	Kind  Kind
	Value string // of a scalar
	Style Style
	Items []*Node // of a sequence
	Pairs []Pair  // of a mapping, in order
	File  string
	Pos   diag.Position

	// Body is where the text of a Literal block begins: line i of Value is line
	// Body.Line+i, from column Body.Column. Zero for every other node.
	Body diag.Position
}

// Pair is a key with its value.
type Pair struct{ Key, Value *Node }

// IsNull reports whether n is absent, empty or a plain null.
func (n *Node) IsNull() bool {
	if n == nil {
		return true
	}
	return n.Kind == Scalar && n.Style == Plain && (n.Value == "" || n.Value == "~" || strings.EqualFold(n.Value, "null"))
}

// Get finds the value of a key in a mapping; nil when there is none.
func (n *Node) Get(key string) *Node {
	if n == nil || n.Kind != Mapping {
		return nil
	}
	for _, p := range n.Pairs {
		if p.Key.Value == key {
			return p.Value
		}
	}
	return nil
}

// At makes a diagnostic at n.
func (n *Node) At(code, message, hint string) diag.Diagnostic {
	return diag.Diagnostic{Code: code, Message: message, Hint: hint, File: n.File, Range: diag.Range{Start: n.Pos, End: n.Pos}}
}

// NewScalar makes a quoted scalar in the place of another node.
func NewScalar(at *Node, value string) *Node {
	return &Node{Kind: Scalar, Value: value, Style: Quoted, File: at.File, Pos: at.Pos}
}

// NewPlain makes a plain scalar in the place of another node.
func NewPlain(at *Node, value string) *Node {
	return &Node{Kind: Scalar, Value: value, File: at.File, Pos: at.Pos}
}
