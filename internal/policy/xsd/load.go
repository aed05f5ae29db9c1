package xsd

import (
	"errors"
	"fmt"
)

// documentInfo is what a schema document says for all of its declarations.
type documentInfo struct {
	target                     string
	chameleon                  bool // has the target namespace of the document that includes it
	qualifiedElements          bool
	qualifiedAttributes        bool
	blockDefault, finalDefault string
	imports                    map[string]bool // namespaces that may be referred to
	notations                  map[Name]bool
}

// document is what makes a document another one: the same text may be included for two namespaces.
type document struct{ text, target string }

// kind is a symbol space of the top-level declarations.
type kind uint8

const (
	elementKind kind = iota
	attributeKind
	typeKind
	groupKind
	attributeGroupKind
	notationKind
	kindCount
)

var kindNames = [kindCount]string{"element", "attribute", "type", "group", "attributeGroup", "notation"}

var kindOf = map[string]kind{"element": elementKind, "attribute": attributeKind, "simpleType": typeKind, "complexType": typeKind, "group": groupKind,
	"attributeGroup": attributeGroupKind, "notation": notationKind}

// globals are the top-level declarations of all documents.
type globals struct {
	nodes       [kindCount]map[Name]*node
	constraints map[Name]*constraint // key, keyref and unique share one symbol space
	notations   map[Name]bool
}

func newGlobals() *globals {
	g := &globals{constraints: map[Name]*constraint{}, notations: map[Name]bool{}}
	for k := range g.nodes {
		g.nodes[k] = map[Name]*node{}
	}
	return g
}

// loader reads documents.
type loader struct {
	find    Resolver
	seen    map[document]bool
	size    int
	missing *MissingError // the first import that was not found
	globals *globals
}

// from is why a document is read.
type from struct {
	namespace string
	include   bool
}

// document reads one document and what it includes and imports. by is the element that asks for it.
func (l *loader) document(text, location string, by *node, why *from) {
	if l.size += len(text); l.size > MaxSize {
		failAt(by, fmt.Errorf("the schema has more than %d bytes", MaxSize))
	}
	root, err := readNodes(text)
	if err != nil {
		failAt(by, named(location, err))
	}
	if !root.is("schema") {
		failAt(by, named(location, fmt.Errorf("line %d: the root element is %s, and not 'schema' in namespace '%s'", root.line, root.name, schemaSpace)))
	}
	info := &documentInfo{imports: map[string]bool{schemaSpace: true}, notations: l.globals.notations}
	declared, has := root.get("targetNamespace")
	info.target = declared
	if why != nil {
		l.adopt(info, has, by, why)
	}
	key := document{text, info.target}
	if l.seen[key] {
		return
	}
	if l.seen[key] = true; len(l.seen) > maxDocuments {
		failAt(by, fmt.Errorf("the schema has more than %d documents", maxDocuments))
	}
	if has && declared == "" {
		fail(root.line, "targetNamespace can't be empty")
	}
	l.schema(root, info, location)
}

// adopt checks the namespace of a document that another one asks for.
func (l *loader) adopt(info *documentInfo, has bool, by *node, why *from) {
	switch {
	case why.include && !has && by.doc.target != "":
		info.target, info.chameleon = by.doc.target, true
	case why.include && info.target != by.doc.target:
		fail(by.line, "the included schema has the target namespace '%s', and not '%s'", info.target, by.doc.target)
	case !why.include && info.target != why.namespace:
		fail(by.line, "the imported schema has the target namespace '%s', and not '%s'", info.target, why.namespace)
	}
}

func named(location string, err error) error {
	if location == "" {
		return err
	}
	return fmt.Errorf("in '%s': %w", location, err)
}

func failAt(by *node, err error) {
	if by != nil {
		err = fmt.Errorf("line %d: %w", by.line, err)
	}
	panic(stop{err})
}

// schema takes the declarations of a document.
func (l *loader) schema(root *node, info *documentInfo, location string) {
	defer func() { // problems tell in which document they are
		if p := recover(); p != nil {
			if s, ok := p.(stop); ok && location != "" && !errors.As(s.err, new(*MissingError)) {
				p = stop{named(location, s.err)}
			}
			panic(p)
		}
	}()
	info.qualifiedElements = root.form("elementFormDefault")
	info.qualifiedAttributes = root.form("attributeFormDefault")
	info.blockDefault, _ = root.get("blockDefault")
	info.finalDefault, _ = root.get("finalDefault")
	root.adoptInfo(info)
	(&checker{ids: map[string]bool{}}).check(root, "")
	info.imports[info.target] = true
	for _, c := range root.children {
		if c.is("import") {
			namespace, _ := c.get("namespace")
			info.imports[namespace] = true
		}
	}
	for _, c := range root.children {
		switch c.name.Local {
		case "include":
			l.include(c)
		case "import":
			l.imported(c)
		case "redefine":
			l.redefine(c)
		case "annotation":
		default:
			l.globals.add(c)
		}
	}
}

func (n *node) adoptInfo(info *documentInfo) {
	n.doc = info
	for _, c := range n.children {
		c.adoptInfo(info)
	}
}

func (n *node) form(attribute string) bool {
	v, _ := n.get(attribute)
	return v == "qualified"
}

func (g *globals) add(n *node) {
	k := kindOf[n.name.Local]
	local, _ := n.get("name")
	name := Name{n.doc.target, local}
	if g.nodes[k][name] != nil {
		fail(n.line, "the %s %s is declared twice", kindNames[k], name)
	}
	g.nodes[k][name] = n
	if k == notationKind {
		g.notations[name] = true
	}
}

func (l *loader) include(n *node) {
	location, _ := n.get("schemaLocation")
	text, ok := l.find(location, n.doc.target)
	if !ok {
		panic(stop{&MissingError{location, n.line}})
	}
	l.document(text, location, n, &from{include: true})
}

// redefine includes a document and puts other declarations in the place of some of its own; these refer to the first ones by
// their own names. https://www.w3.org/TR/xmlschema-1/#modify-schema
func (l *loader) redefine(n *node) {
	l.include(n)
	for _, c := range n.children {
		if c.is("annotation") {
			continue
		}
		k := kindOf[c.name.Local]
		local, _ := c.get("name")
		name := Name{n.doc.target, local}
		old := l.globals.nodes[k][name]
		if old == nil || old.name != c.name {
			fail(c.line, "the redefined schema has no %s %s", c.name.Local, name)
		}
		if k == typeKind {
			how := c.find("restriction", "extension")
			if base, _ := how.qname("base"); how == nil || base != name {
				fail(c.line, "the redefinition of %s must extend or restrict the type itself", name)
			}
		}
		c.redefine(&redefinition{k, name, old})
		l.globals.nodes[k][name] = c
	}
}

// redefinition is what a name means inside of its own redefinition.
type redefinition struct {
	kind kind
	name Name
	old  *node
}

func (n *node) redefine(r *redefinition) {
	n.redefines = r
	for _, c := range n.children {
		c.redefine(r)
	}
}

// find is the first element of one of the names at or below n.
func (n *node) find(locals ...string) *node {
	for _, l := range locals {
		if n.is(l) {
			return n
		}
	}
	for _, c := range n.children {
		if found := c.find(locals...); found != nil {
			return found
		}
	}
	return nil
}

func (l *loader) imported(n *node) {
	namespace, has := n.get("namespace")
	if has == (namespace == "") || namespace == n.doc.target {
		if namespace != n.doc.target || namespace == "" && n.doc.target == "" || has {
			fail(n.line, "the namespace of an import must be another one than the schema's own")
		}
	}
	location, _ := n.get("schemaLocation")
	text, ok := l.find(location, namespace)
	switch {
	case ok:
		l.document(text, location, n, &from{namespace: namespace})
	case namespace != xmlSpace && l.missing == nil: // what is used of it will not be there
		if location == "" {
			location = namespace
		}
		l.missing = &MissingError{location, n.line}
	}
}
