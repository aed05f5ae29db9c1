package openapi

import "slices"

const definitionsAt = "#/definitions/"

// two reads Swagger 2.0. https://swagger.io/specification/v2/
func (r *reader) two() {
	r.info()
	r.api.ServiceURL = r.host()
	definitions := object(r.root, "definitions")
	for _, name := range keys(definitions) {
		r.types[name] = definitions[name]
		r.checkSchema(definitions[name], "definitions."+name, definitionsAt)
	}
	r.eachOperation(func(path, method, at string, item, operation map[string]any) {
		p := &parts{}
		var form []any
		for _, m := range r.parameters(item, operation, at) {
			switch in := text(m, "in"); in {
			case "body":
				if method != "get" && method != "head" && method != "options" {
					p.bodyDescription = text(m, "description")
					typeName := r.typeOf(m["schema"], at+".parameters."+text(m, "name")+".schema", definitionsAt, path, method, "Request")
					for _, t := range r.media(operation, "consumes", "application/json") {
						p.bodies = append(p.bodies, r.representation(t, typeName, nil))
					}
				}
			case "formData":
				form = append(form, r.parameter(m, m))
			default:
				p.parameter(in, r.parameter(m, m))
			}
		}
		if form != nil {
			for _, t := range r.media(operation, "consumes", "application/x-www-form-urlencoded") {
				of := r.representation(t, "", nil)
				of["formParameters"] = form
				p.bodies = append(p.bodies, of)
			}
		}
		p.responses = r.responses(operation, at, func(m map[string]any, at, code string) []any { return r.reply(m, operation, at, path, method, code) })
		r.add(path, method, operation, p)
	})
	if len(r.types) > 0 {
		r.api.Schema = &Schema{ContentType: TypeDefinitions, Document: map[string]any{"definitions": r.types}}
	}
}

// host is the address of schemes, host and basePath.
func (r *reader) host() string {
	host := text(r.root, "host")
	if host == "" {
		return ""
	}
	scheme, schemes := "https", texts(r.root, "schemes")
	if len(schemes) > 0 && !slices.Contains(schemes, "https") {
		scheme = schemes[0]
	}
	if scheme != "https" && scheme != "http" {
		r.wrong("schemes", "'%s' is not supported: use https or http", scheme)
	}
	base := text(r.root, "basePath")
	if base == "/" {
		base = ""
	}
	return scheme + "://" + host + base
}

// media are the content types of the operation, or of the whole document.
func (r *reader) media(operation map[string]any, name, otherwise string) []string {
	for _, m := range []map[string]any{operation, r.root} {
		if list := texts(m, name); len(list) > 0 {
			return list
		}
	}
	return []string{otherwise}
}

// reply are the representations of a response: of each content type that has an example, and of
// all that the operation produces where there is a schema.
func (r *reader) reply(m, operation map[string]any, at, path, method, code string) (out []any) {
	examples := object(m, "examples")
	types := keys(examples)
	typeName := r.typeOf(m["schema"], at+".schema", definitionsAt, path, method, code, "Response")
	if typeName != "" {
		for _, t := range r.media(operation, "produces", "application/json") {
			if !slices.Contains(types, t) {
				types = append(types, t)
			}
		}
	}
	for _, t := range types {
		var example map[string]any
		if v, ok := examples[t]; ok {
			example = map[string]any{"default": map[string]any{"value": v}}
		}
		out = append(out, r.representation(t, typeName, example))
	}
	return out
}
