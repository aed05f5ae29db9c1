package policy

import (
	"fmt"
	"strings"
)

// contentRules is one validate-content.
type contentRules struct {
	unspecified, tooLong reaction
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
	contentType, as, schema string
	action                  reaction
	closed                  bool // no additional properties
	fold                    bool
}

// maxContent is the largest max-size, in bytes.
const maxContent = 4 << 20

// validateContent compiles <validate-content>.
// https://learn.microsoft.com/azure/api-management/validate-content-policy
func (c *compiler) validateContent(e *element) builder {
	r := &contentRules{unspecified: c.reaction(e, "unspecified-content-type-action", true), tooLong: c.reaction(e, "size-exceeded-action", true),
		max: c.needNumber(e, "max-size", 1, maxContent)}
	r.variable, _ = c.literal(e, "errors-variable-name")
	for _, child := range c.children(e, "content-type-map content") {
		if child.name == "content-type-map" {
			c.contentTypes(child, r)
			continue
		}
		c.checkAttributes(child, definition{attributes: "type validate-as action schema-id schema-ref allow-additional-properties case-insensitive-property-names"})
		c.noChildren(child)
		t := contentRule{as: c.needChoice(child, "validate-as", "json", "xml", "soap"), action: c.reaction(child, "action", true)}
		t.contentType, _ = c.literal(child, "type")
		if id, ok := c.literal(child, "schema-id"); ok {
			if t.schema = strings.TrimSpace(id); t.as != "json" {
				c.badValue(child, "schema-id", "left out: schemas of XML are not supported")
			}
			c.refer(child, "schema-id", "schema", t.schema)
		}
		t.closed = !c.flag(child, "allow-additional-properties", true).literal
		t.fold = c.flag(child, "case-insensitive-property-names", false).literal
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
	what, kind := "Request", "RequestBody"
	if ex.phase == responsePhase {
		what, kind = "Response", "ResponseBody"
	}
	text, err := ex.messageText()
	if err != nil {
		return err
	}
	limit, err := r.max.get(ex)
	if err != nil {
		return err
	}
	contentType, err := r.contentType(ex)
	if err != nil {
		return err
	}
	var f findings
	switch rule := r.rule(contentType); {
	case int64(len(text)) > limit:
		f.add(r.tooLong, what, kind, "SizeLimit", fmt.Sprintf("%s's body is %d bytes long and it exceeds the limit of %d bytes.", what, len(text), limit))
	case text == "" && contentType == "":
	case rule == nil:
		f.add(r.unspecified, what, kind, "Unspecified", "Unspecified content type "+contentType+" is not allowed.")
	case rule.action != ignores:
		if problem := rule.problem(ex, text); problem != "" {
			f.add(rule.action, what, kind, contentType, "Body of the "+strings.ToLower(what)+" does not conform to the definition which is associated with the content type "+contentType+". "+problem)
		}
	}
	return f.finish(ex, r.variable)
}

func (r *contentRules) rule(contentType string) *contentRule {
	for i := range r.contents {
		if t := r.contents[i].contentType; t == "" || strings.EqualFold(t, contentType) {
			return &r.contents[i]
		}
	}
	return nil
}

func (t *contentRule) problem(ex *Exchange, text string) string {
	if t.as != "json" {
		root, err := parseXML(text)
		switch {
		case err != nil:
			return err.Error() + "."
		case t.as == "soap" && rawLocal(root.name) != "Envelope":
			return "The root element is not a SOAP envelope."
		}
		return ""
	}
	v, err := parseJSON(text)
	if err != nil {
		return err.Error() + "."
	}
	s, err := t.find(ex)
	if s == nil || err != nil {
		if err != nil {
			return err.Error()
		}
		return ""
	}
	return s.validate(v)
}

func rawLocal(name string) string { return name[strings.IndexByte(name, ':')+1:] }

// find is the schema: the one that is named, else the operation's for the content; nil for none.
func (t *contentRule) find(ex *Exchange) (*schemaCheck, error) {
	id, typeName := t.schema, ""
	if id == "" {
		r := ex.representation(t.contentType)
		if r == nil || r.SchemaID == "" {
			return nil, nil
		}
		id, typeName = r.SchemaID, r.TypeName
	}
	if ex.Env == nil {
		return nil, missing("schemas")
	}
	s, ok := ex.Env.Schemas[strings.ToLower(id)]
	if !ok {
		return nil, fmt.Errorf("There is no schema '%s'.", id) //nolint:staticcheck // a sentence of an answer
	}
	return newSchemaCheck(s.Text, typeName, t.closed, t.fold)
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
