// Package policy turns API Management policy documents into programs of closures.
// Compile reads and checks one document, Link places outer scopes at <base />,
// and Program.Run carries an Exchange through the sections. Start at Compile.
//
// It is pure: no clock, store or network. What a program needs of its
// surroundings it asks of Exchange.Services. It does not choose which program a
// request gets: that is gateway's.
package policy

import "gatehouse/internal/diag"

// Scope is where a document is attached.
type Scope uint8

// The scopes, outermost first.
const (
	GlobalScope Scope = iota
	WorkspaceScope
	ProductScope
	APIScope
	OperationScope
)

func (s Scope) String() string {
	return [...]string{"global", "workspace", "product", "api", "operation"}[s]
}

// The formats of documents. FormatXML holds escaped XML; FormatRawXML holds
// expressions as they are. Both are read by the same tokenizer.
const (
	FormatXML    = "xml"
	FormatRawXML = "rawxml"
)

// Options say how to read a document.
type Options struct {
	File   string // name in diagnostics
	Scope  Scope
	Format string // FormatXML (also when empty) or FormatRawXML

	// NamedValues gives what {{name}} stands for; nil: there are none. The value is
	// never shown in a diagnostic.
	NamedValues func(name string) (value string, secret, ok bool)

	// URLTemplate is that of the operation that a document of OperationScope belongs to; empty: it is not known.
	URLTemplate string

	// Fragments gives the document of a policy fragment; nil: there are none.
	Fragments func(id string) (text, format string, ok bool)
}

// Reference is a resource that a document names.
type Reference struct {
	Kind  string // backend, certificate (Name is the id or "thumbprint:" and it), fragment, namedValue, schema, logger or authorizationProvider
	Name  string
	Range diag.Range
}
