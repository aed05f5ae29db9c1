package snapshot

// What an operation describes of its requests and responses: what validate-* policies check
// against and mock-response answers with.

// Parameter is one of the path, the query or a header.
type Parameter struct {
	Name, In, Type string // In: path, query or header
	Required       bool
	Values         []string // that are allowed; none: all
}

// Representation is one content type of a request or response.
type Representation struct {
	ContentType string
	SchemaID    string   // of the API's schemas; empty: none
	TypeName    string   // in that schema; empty: the whole document
	Examples    []string // in order of their names
}

// Reply is a response that an operation describes.
type Reply struct {
	Status          int
	Headers         []Parameter
	Representations []Representation
}
