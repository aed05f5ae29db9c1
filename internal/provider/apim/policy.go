package apim

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/diag"
	"gatehouse/internal/policy"
	"gatehouse/internal/resourceid"
)

// putPolicy compiles the document with the package that the gateway compiles it with, and
// checks that what it names is there. It is stored as it was sent, byte for byte.
// https://learn.microsoft.com/rest/api/apimanagement/api-policy/create-or-update
func (p *Provider) putPolicy(ctx context.Context, r *arm.PutRequest) (*arm.Resource, error) {
	made, err := r.Resource()
	if err != nil {
		return nil, err
	}
	f := newFields(made.Properties)
	f.only([]string{"value", "format"}, nil)
	value := f.text("value", true, 0)
	p.followLink(ctx, f, value)
	f.oneOf("format", policy.FormatXML, policy.FormatXML, policy.FormatRawXML)
	if err := f.err(); err != nil {
		return nil, err
	}
	return made, p.compile(ctx, r.ID, text(made, "value"), text(made, "format"))
}

// followLink puts the document in the place of the link of xml-link and rawxml-link.
func (p *Provider) followLink(ctx context.Context, f *fields, link string) {
	format, isLink := strings.CutSuffix(strings.ToLower(f.text("format", false, 0)), "-link")
	if isLink && link != "" {
		f.m["format"], f.m["value"] = format, p.fetch(ctx, f, "value", link)
	}
}

// exportPolicy shows the document of a policy or fragment in the format that the query asks for, by default as xml.
// https://learn.microsoft.com/rest/api/apimanagement/policy/get#policyexportformat
func exportPolicy(_ context.Context, r *arm.ExportRequest) (any, error) {
	format := cmp.Or(strings.ToLower(arm.Query(r.Query, "format")), policy.FormatXML)
	switch format {
	case policy.FormatXML, policy.FormatRawXML:
	case "xml-link", "rawxml-link":
		return nil, fieldError("format", "The format '"+format+"' is for sending a policy: a policy is shown as xml or rawxml.")
	default:
		return nil, fieldError("format", "'format' must be xml or rawxml, not '"+format+"'.")
	}
	value, found := policy.Convert(text(r.Resource, "value"), text(r.Resource, "format"), format)
	if found != nil { // the PUT has read it in its own format
		return nil, fmt.Errorf("apim: %s can't be shown as %s: %s", r.Resource.ID, format, found[0].Message)
	}
	shown := r.Resource.Clone()
	shown.Properties["value"], shown.Properties["format"] = value, format
	return shown, nil
}

func scopeOf(id resourceid.ID) policy.Scope {
	switch {
	case id.IsType(TypeOperationPolicies):
		return policy.OperationScope
	case id.IsType(TypeProductPolicies):
		return policy.ProductScope
	case id.IsType(TypeAPIPolicies):
		return policy.APIScope
	}
	return policy.GlobalScope
}

func (p *Provider) compile(ctx context.Context, id resourceid.ID, value, format string) error {
	service := serviceOf(id)
	lookup, failed := p.namedValues(ctx, service)
	fragments, failedFragments := p.fragments(ctx, service)
	template, err := p.urlTemplate(ctx, id)
	if err != nil {
		return err
	}
	doc, found := policy.Compile(value, policy.Options{File: "policy", Scope: scopeOf(id), Format: format, URLTemplate: template, NamedValues: lookup, Fragments: fragments})
	if err := cmp.Or(failed(), failedFragments()); err != nil {
		return err
	}
	var problems []*azerr.Error
	for _, d := range found {
		if d.Severity == diag.Error {
			problems = append(problems, policyProblem(value, d.Range, strings.TrimSpace(d.Message+" "+d.Hint)))
		}
	}
	if doc != nil {
		for _, ref := range doc.References() {
			message, err := p.missing(ctx, service, ref)
			if err != nil {
				return err
			}
			if message != "" {
				problems = append(problems, policyProblem(value, ref.Range, message))
			}
		}
	}
	if len(problems) > 0 {
		return azerr.APIMValidation.New().With(problems...)
	}
	return nil
}

// urlTemplate is that of the operation whose policy the ID names.
func (p *Provider) urlTemplate(ctx context.Context, id resourceid.ID) (string, error) {
	if scopeOf(id) != policy.OperationScope {
		return "", nil
	}
	operation, err := p.arm.Stored(ctx, id.Parent())
	if err != nil || operation == nil {
		return "", err
	}
	return text(operation, "urlTemplate"), nil
}

// policyProblem has the form of Azure: Error in element 'E' on line L, column C: ...
func policyProblem(src string, at diag.Range, message string) *azerr.Error {
	return azerr.APIMField.New(fmt.Sprintf("Error in element '%s' on line %d, column %d: %s", elementAt(src, at.Start.Offset), at.Start.Line, at.Start.Column, message)).At("representation")
}

// elementAt is the name of the element whose tag the offset is in, or follows.
func elementAt(src string, offset int) string {
	end := min(offset+1, len(src))
	begin := strings.LastIndexByte(src[:end], '<')
	if begin < 0 {
		return "policies"
	}
	rest := strings.TrimPrefix(src[begin+1:], "/")
	n := strings.IndexFunc(rest, func(r rune) bool {
		return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
	if n < 0 {
		n = len(rest)
	}
	if n == 0 {
		return "policies"
	}
	return rest[:n]
}

// missing says what is wrong with a reference; "" when it is there.
func (p *Provider) missing(ctx context.Context, service resourceid.ID, ref policy.Reference) (string, error) {
	switch ref.Kind {
	case "backend":
		return p.missingChild(ctx, service, "backends", ref.Name, "Backend with id '"+ref.Name+"' could not be found.")
	case "certificate":
		return p.missingChild(ctx, service, "certificates", ref.Name, "Certificate with id '"+ref.Name+"' not found.")
	case "authorizationProvider", "authorization":
		return p.missingAuthorization(ctx, service, ref.Name)
	case "logger":
		return p.missingLogger(ctx, service, ref.Name)
	case "schema":
		return p.missingChild(ctx, service, "schemas", ref.Name, "Schema with id '"+ref.Name+"' could not be found.")
	case "namedValue", "fragment":
		return "", nil // Compile has looked it up
	}
	return "The " + ref.Kind + " '" + ref.Name + "' is not supported by this server.", nil
}

func (p *Provider) missingChild(ctx context.Context, service resourceid.ID, typ, name, message string) (string, error) {
	id, err := service.Child(typ, name)
	if err != nil || id.Name() != name {
		return message, nil //nolint:nilerr // a name that can't be in an ID names nothing
	}
	there, err := p.exists(ctx, id)
	if there || err != nil {
		return "", err
	}
	return message, nil
}
