package resourcetypes

import (
	"strings"
	"sync"
)

// Resource is what Azure publishes of a type at a version.
type Resource struct {
	Name, Version string // in Azure's casing
	Body          *Type
	Readable      Scopes // where a template can refer to one that exists
	Writable      Scopes // where a template can deploy one
	Functions     []Function
}

// Function is a function list* that resources of a type have.
type Function struct {
	Name   string
	Input  *Type // nil when it takes nothing
	Output *Type
}

// Scopes are levels of a deployment, as Azure/bicep-types numbers them.
type Scopes uint8

// The scopes.
const (
	Tenant Scopes = 1 << iota
	ManagementGroup
	Subscription
	ResourceGroup
	Extension // on another resource
)

// Lookup is what is known of a type at a version, or nil when Azure publishes no
// such type. What it gives is shared, and not to be changed.
func Lookup(name, version string) *Resource {
	namespace, _, _ := strings.Cut(name, "/")
	canonical, exact, place, ok := find(name, version)
	if !ok {
		return nil
	}
	c := chunkOf(strings.ToLower(namespace))
	if c == nil {
		return nil
	}
	return c.resource(c.starts[canonical]+place, canonical, exact)
}

// Body is what a resource of the type is written as, or nil when Azure publishes no
// such type at that version. It is shared, and not to be changed; a type inside it may
// refer to itself.
func Body(name, version string) *Type {
	if r := Lookup(name, version); r != nil {
		return r.Body
	}
	return nil
}

// chunks are the namespaces that have been asked for.
var chunks sync.Map // of the name in lower case: func() *chunk

func chunkOf(namespace string) *chunk {
	load, ok := chunks.Load(namespace)
	if !ok {
		load, _ = chunks.LoadOrStore(namespace, sync.OnceValue(func() *chunk { return readChunk(namespace) }))
	}
	return load.(func() *chunk)()
}

// withCommon is body with the properties that every resource has and the table leaves out.
func withCommon(body *Type, name, version string) *Type {
	literal := func(s string) *Type { return &Type{Kind: Literal, Name: s} }
	common := []Property{
		{Name: "apiVersion", Type: literal(version), ReadOnly: true},
		{Name: "id", Type: &Type{Kind: String}, ReadOnly: true},
		{Name: "type", Type: literal(name), ReadOnly: true},
	}
	own := *body
	own.Properties = append(common, body.Properties...)
	if own.Kind == Discriminated {
		own.Members = nil
		for _, m := range body.Members {
			member := *m
			member.Properties = append(common[:len(common):len(common)], m.Properties...)
			own.Members = append(own.Members, &member)
		}
	}
	return &own
}
