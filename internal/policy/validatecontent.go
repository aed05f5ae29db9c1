package policy

import (
	"errors"
	"fmt"
	"strings"

	"gatehouse/internal/policy/xsd"
)

// contentRules is one validate-content.
type contentRules struct {
	unspecified, tooLong *Option
	max                  *Number
	variable             string
	any, missing         string // content types of content-type-map
	mapped               []mappedType
	contents             []contentRule
}

type mappedType struct {
	from, to string
	when     *Flag
}

type contentRule struct {
	contentType, as, schema, ref string
	action                       *Option
	extra                        additional
	fold                         bool
}

// maxContent is the largest max-size, in bytes.
const maxContent = 4 << 20

// validateContent compiles <validate-content>.
// https://learn.microsoft.com/azure/api-management/validate-content-policy
func (c *compiler) validateContent(e *element) builder {
	r := &contentRules{unspecified: c.action(e, "unspecified-content-type-action"), tooLong: c.action(e, "size-exceeded-action"),
		max: c.needNumber(e, "max-size", 1, maxContent)}
	r.variable, _ = c.literal(e, "errors-variable-name")
	for _, child := range c.children(e, "content-type-map content") {
		if child.name == "content-type-map" {
			c.contentTypes(child, r)
			continue
		}
		c.checkAttributes(child, definition{attributes: "type validate-as action schema-id schema-ref allow-additional-properties case-insensitive-property-names"})
		c.noChildren(child)
		t := contentRule{as: c.choice(child, "validate-as", "json", "xml", "soap"), action: c.action(child, "action")}
		c.need(child, "validate-as")
		t.contentType, _ = c.literal(child, "type")
		if id, ok := c.literal(child, "schema-id"); ok {
			t.schema = strings.TrimSpace(id)
			c.refer(child, "schema-id", "schema", t.schema)
		}
		if ref, ok := c.literal(child, "schema-ref"); ok {
			switch t.ref = strings.TrimSpace(ref); {
			case t.as != "json":
				c.badValue(child, "schema-ref", "left out: it is for JSON schemas")
			case t.schema == "" || !strings.HasPrefix(t.ref, "#/"):
				c.badValue(child, "schema-ref", "a path within the schema of 'schema-id', e.g. #/components/schemas/address")
			}
		}
		if child.attribute("allow-additional-properties") != nil {
			t.extra = forbidden
			if c.fixedFlag(child, "allow-additional-properties", true) {
				t.extra = allowed
			}
		}
		t.fold = c.fixedFlag(child, "case-insensitive-property-names", false)
		r.contents = append(r.contents, t)
	}
	return c.simple(e, r.check)
}

func (c *compiler) contentTypes(e *element, r *contentRules) {
	c.checkAttributes(e, definition{attributes: "any-content-type-value missing-content-type-value"})
	r.any, _ = c.literal(e, "any-content-type-value")
	r.missing, _ = c.literal(e, "missing-content-type-value")
	for _, t := range c.children(e, "type") {
		c.checkAttributes(t, definition{attributes: "from to when"})
		m := mappedType{}
		m.from, _ = c.literal(t, "from")
		m.to, _ = c.required(t, "to")
		if t.attribute("when") != nil {
			m.when = c.flag(t, "when", false)
		} else if m.from == "" {
			c.reportElement(codeRequired, t, "type", "the attribute 'from' or 'when'")
		}
		r.mapped = append(r.mapped, m)
	}
}

// contentType is the type that the content is checked as.
func (r *contentRules) contentType(ex *Exchange) (string, error) {
	t, _, _ := strings.Cut(exchangeMessage.header(ex).Get("Content-Type"), ";")
	t = strings.ToLower(strings.TrimSpace(t))
	for _, m := range r.mapped {
		holds := m.when == nil && strings.EqualFold(m.from, t)
		if m.when != nil {
			var err error
			if holds, err = m.when.get(ex); err != nil {
				return "", err
			}
		}
		if holds {
			return m.to, nil
		}
	}
	if t == "" && r.missing != "" {
		return r.missing, nil
	}
	if r.any != "" {
		return r.any, nil
	}
	return t, nil
}

func (r *contentRules) check(ex *Exchange) error {
	what, kind := "request", "RequestBody"
	if ex.phase == responsePhase {
		what, kind = "response", "ResponseBody"
	}
	limit, err := r.max.get(ex)
	if err != nil {
		return err
	}
	f := findings{ex: ex}
	text, size, err := ex.textUpTo(limit)
	if err != nil {
		return err
	}
	if size > limit {
		f.add(r.tooLong, sizeFinding(what, kind, size, limit))
		if len(f.list) > 0 || f.err != nil {
			return f.finish(r.variable)
		}
	}
	contentType, err := r.contentType(ex)
	if err != nil {
		return err
	}
	x := finding{Name: contentType, Type: kind}
	switch rule := r.rule(contentType); {
	case text == "" && contentType == "":
	case rule == nil:
		x.ValidationRule, x.Details = "Unspecified", "Unspecified content type "+contentType+" is not allowed."
		f.add(r.unspecified, x)
	default:
		rule.check(&f, x, what, text)
	}
	return f.finish(r.variable)
}

func sizeFinding(what, kind string, size, limit int64) finding {
	whose := "Request's"
	if what == "response" {
		whose = "Response's"
	}
	text := fmt.Sprintf("%s body is %d bytes long and it exceeds the %%slimit of %d bytes.", whose, size, limit)
	return finding{Type: kind, ValidationRule: "SizeLimit", Details: fmt.Sprintf(text, "configured "), public: fmt.Sprintf(text, "")}
}

func (r *contentRules) rule(contentType string) *contentRule {
	for i := range r.contents {
		if t := r.contents[i].contentType; t == "" || strings.EqualFold(t, contentType) {
			return &r.contents[i]
		}
	}
	return nil
}

// check compares a text with the rule; x is the finding so far.
func (t *contentRule) check(f *findings, x finding, what, text string) {
	if action, err := t.action.get(f.ex); err != nil || action == "ignore" {
		f.err = err
		return
	}
	found, err := t.find(f.ex)
	problem := ""
	if err == nil {
		problem, err = t.problem(found, text)
	}
	associated := "which is associated with the content type " + x.Name + "."
	switch {
	case errors.Is(err, errNoDefinition):
		x.ValidationRule, x.public = "MissingDefinition", internalFinding
		x.Details = err.Error() + " " + found.name + ", " + associated
	case err != nil:
		x.Type, x.Details = "ApiSchema", errNoSchema.Error()+"."
	case problem == "":
		return
	default:
		x.ValidationRule = "IncorrectMessage"
		if found.name != "" {
			associated = found.name + ", " + associated
		}
		x.Details = "Body of the " + what + " does not conform to the definition " + associated + " " + problem
	}
	f.add(t.action, x)
}

// foundSchema is what the content is compared with.
type foundSchema struct {
	Schema
	any            bool // false: none is named
	name, typeName string
}

// find is the schema that the policy names, else the operation's for the content.
func (t *contentRule) find(ex *Exchange) (s foundSchema, err error) {
	id := t.schema
	if s.name = id; id == "" {
		r := ex.representation(t.contentType)
		if r == nil || r.SchemaID == "" {
			return s, nil
		}
		id, s.typeName = r.SchemaID, r.TypeName
		if s.name = s.typeName; s.name == "" {
			s.name = id
		}
	}
	s.any = true
	var ok bool
	if s.Schema, ok = ex.Env.schema(id); !ok {
		return s, errNoSchema
	}
	return s, nil
}

// problem is what is wrong with a text; an error says why the schema can't be used.
func (t *contentRule) problem(s foundSchema, text string) (problem string, err error) {
	switch {
	case t.as == "json":
		var check *schemaCheck
		if s.any {
			if check, err = newSchemaCheck(s.Schema, s.typeName, t); err != nil {
				return "", err
			}
		}
		return problemOfJSON(check, text), nil
	case !s.any && t.as == "soap":
		return (*xsd.Schema)(nil).ValidateSOAP(text), nil
	case !s.any:
		return problemOfXML(text), nil
	case s.xml == nil:
		return "", errNoSchema
	}
	schema, err := s.xml()
	switch {
	case err != nil:
		return "", err
	case t.as == "soap":
		return schema.ValidateSOAP(text), nil
	}
	return schema.Validate(text), nil
}

func problemOfXML(text string) string {
	if _, err := parseXML(text); err != nil {
		return err.Error() + "."
	}
	return ""
}

func problemOfJSON(schema *schemaCheck, text string) string {
	v, err := parseJSON(text)
	switch {
	case err != nil:
		return err.Error() + "."
	case schema == nil:
		return ""
	}
	return schema.validate(v)
}

// schema is one of service/schemas or of the APIs.
func (env *Environment) schema(id string) (Schema, bool) {
	if env == nil {
		return Schema{}, false
	}
	s, ok := env.Schemas[strings.ToLower(id)]
	return s, ok
}

// representation is what the operation describes of the message's content type.
func (ex *Exchange) representation(contentType string) *Representation {
	if ex.Operation == nil {
		return nil
	}
	list := ex.Operation.Requests
	if ex.phase == responsePhase {
		if r := ex.Operation.reply(ex.Response.Status); r != nil {
			list = r.Representations
		} else {
			list = nil
		}
	}
	for i := range list {
		if contentType == "" || strings.EqualFold(list[i].ContentType, contentType) {
			return &list[i]
		}
	}
	return nil
}
