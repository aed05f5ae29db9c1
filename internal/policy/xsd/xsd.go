// Package xsd checks XML against XML Schema 1.0 (https://www.w3.org/TR/xmlschema-1/ and -2/).
//
// It is no general XML library: it reads schema documents into a Schema, which never changes, and says
// what is wrong with a text. It fetches nothing: what a schema includes or imports comes from the
// caller. Document types are refused, so there are no entities to expand; every loop has a bound.
//
// Start at Compile and Schema.Validate. A schema goes
//
//	text ─ scanner ─▶ nodes ─ load, syntax ─▶ global nodes ─ resolve ─▶ types, elements ─ model ─▶ programs
//
// and a text is read once, with a stack of the open elements (validate.go).
//
// The elements of XML Schema 1.1 are refused by name. That a restriction's content is a subset of its base's is not
// checked: content is checked by what the restriction says. An import that the caller does not find is an error only
// where something of it is used.
package xsd

import (
	"errors"
	"fmt"
)

// Namespaces that the language knows by itself.
const (
	schemaSpace   = "http://www.w3.org/2001/XMLSchema"
	instanceSpace = "http://www.w3.org/2001/XMLSchema-instance"
	xmlSpace      = "http://www.w3.org/XML/1998/namespace"
	xmlnsSpace    = "http://www.w3.org/2000/xmlns/"
)

// Limits of a schema.
const (
	// MaxSize is that of all documents of a schema together.
	// https://learn.microsoft.com/azure/api-management/validate-content-policy
	MaxSize      = 4 << 20
	maxDocuments = 500
	maxDepth     = 256     // of elements in each other
	maxSteps     = 50_000  // of the program of one content model
	maxTotal     = 200_000 // of all programs
	maxUses      = 1_000   // attributes of one type
)

// Name is an expanded name.
type Name struct{ Space, Local string }

// String has the form of .NET's messages.
func (n Name) String() string {
	if n.Space == "" {
		return "'" + n.Local + "'"
	}
	return "'" + n.Local + "' in namespace '" + n.Space + "'"
}

// plain is a name as .NET's messages of types have it.
func (n Name) plain() string {
	if n.Space == "" {
		return n.Local
	}
	return n.Space + ":" + n.Local
}

// Resolver finds the text of a schema document that another one includes or imports. The location is as
// written and empty where an import has none; the namespace is that of an import.
type Resolver func(location, namespace string) (text string, ok bool)

// MissingError says that a document that a schema includes or imports could not be found.
type MissingError struct {
	Location string
	Line     int
}

func (e *MissingError) Error() string {
	return fmt.Sprintf("line %d: the schema '%s' could not be found", e.Line, e.Location)
}

// Schema is what a set of schema documents declares.
type Schema struct {
	elements   map[Name]*element
	types      map[Name]*typ
	attributes map[Name]*attribute
	notations  map[Name]bool
}

// Compile reads a schema document and all that it includes and imports. A nil resolver finds none.
func Compile(text string, find Resolver) (s *Schema, err error) {
	if find == nil {
		find = func(string, string) (string, bool) { return "", false }
	}
	l := &loader{find: find, seen: map[document]bool{}, globals: newGlobals()}
	defer func() { // the parts of the compiler stop at the first problem
		if p := recover(); p != nil {
			stopped, ok := p.(stop)
			if !ok {
				panic(p)
			}
			s, err = nil, stopped.err
			if l.missing != nil && !errors.As(err, new(*MissingError)) {
				err = fmt.Errorf("%w; %w", err, l.missing)
			}
		}
	}()
	l.document(text, "", nil, nil)
	return resolve(l.globals), nil
}

// Check looks at one schema document alone, without what it includes and imports.
func Check(text string) error {
	_, err := Compile(text, nil)
	if missing := (*MissingError)(nil); errors.As(err, &missing) {
		return nil
	}
	return err
}

// stop carries the first problem of a schema out of the compiler.
type stop struct{ err error }

func fail(line int, format string, args ...any) {
	panic(stop{fmt.Errorf("line %d: "+format, append([]any{line}, args...)...)})
}
