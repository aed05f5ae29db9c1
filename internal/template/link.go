package template

import (
	"context"
	"net/url"
	"strings"

	"gatehouse/internal/diag"
)

// Link is a template, or its parameters, by reference.
// https://learn.microsoft.com/azure/azure-resource-manager/templates/linked-templates
type Link struct {
	URI            string // whole; relative ones are resolved
	ContentVersion string // what the document must have; "": any
}

// Fetch reads a linked document. Its error says why that is not possible.
type Fetch func(ctx context.Context, uri string) ([]byte, error)

// ReadLink reads the member templateLink or parametersLink of a deployment. base is where the template around it was
// read from; "" where it was given as it is.
func ReadLink(member string, v any, base string) (Link, error) {
	bad := func(format string, args ...any) (Link, error) {
		return Link{}, fault("The '"+member+"' of a deployment is not valid: "+format+".", args...)
	}
	o, ok := From(v).(*Object)
	if !ok {
		return bad("it must be an object with 'uri'")
	}
	text := func(name string) string { s, _ := o.Value(name).(string); return s }
	uri, relative := text("uri"), text("relativePath")
	switch {
	case o.Value("id") != nil:
		return Link{}, &UnsupportedError{"Template specs (the 'id' of a '" + member + "') are not supported by this server: give the template itself, or its 'uri'."}
	case (uri == "") == (relative == ""):
		return bad("it must have one of 'uri' and 'relativePath'")
	case relative != "" && base == "":
		return bad("'relativePath' needs the template around it to be linked by 'uri', and it was given as it is")
	}
	at, err := url.Parse(uri + relative)
	if err != nil {
		return bad("%q is no URI", uri+relative)
	}
	if relative != "" {
		around, err := url.Parse(base)
		if err != nil || at.IsAbs() || at.Host != "" {
			return bad("%q is no path relative to the template around it", relative)
		}
		at = around.ResolveReference(at)
		at.RawQuery = around.RawQuery
	}
	if q := strings.TrimPrefix(text("queryString"), "?"); q != "" {
		at.RawQuery = q
	}
	if at.Scheme != "https" || at.Host == "" {
		return bad("'%s' must be an https URI", Shown(at.String()))
	}
	return Link{URI: at.String(), ContentVersion: text("contentVersion")}, nil
}

// Shown is a URI without its query, which may hold a signature.
func Shown(uri string) string {
	before, _, _ := strings.Cut(uri, "?")
	return before
}

// UnsupportedError is what this server refuses by name.
type UnsupportedError struct{ Message string }

func (e *UnsupportedError) Error() string { return e.Message }

// Read fetches the linked document, checks its content version, and gives it with its text.
func (l Link) Read(ctx context.Context, fetch Fetch) (*Object, string, error) {
	if fetch == nil {
		return nil, "", &UnsupportedError{"Linked templates and parameters are not supported here: give them inline."}
	}
	data, err := fetch(ctx, l.URI)
	if err != nil {
		return nil, "", &evalError{message: "Unable to download deployment content from '" + Shown(l.URI) + "': " + err.Error() + ".", cause: err}
	}
	v, err := readJSON(Shown(l.URI), data)
	if err != nil {
		return nil, "", fault("The document at '%s' can't be read: %v", Shown(l.URI), err)
	}
	o, ok := v.(*Object)
	if !ok {
		return nil, "", fault("The document at '%s' is not a JSON object.", Shown(l.URI))
	}
	if has, _ := o.Value("contentVersion").(string); l.ContentVersion != "" && has != l.ContentVersion {
		return nil, "", fault("The content version '%s' of the document at '%s' is not the '%s' that its link asks for.", has, Shown(l.URI), l.ContentVersion)
	}
	return o, string(data), nil
}

// linked reads the template of a nested deployment by its link; it is parsed by itself, since its expressions are its own.
func (n *Node) linked(f *frame, props *Object, nested *Nested) error {
	in := f.ev.root().in
	link, err := ReadLink("templateLink", props.Value("templateLink"), n.plan.ev.base())
	if err != nil {
		return n.fail(err)
	}
	o, text, err := link.Read(f.ctx, in.Fetch)
	if err != nil {
		return n.fail(err)
	}
	nested.Base, nested.linked = link.URI, true
	nested.Template, err = parseValue(n.Name, o, diag.NewSource(Shown(link.URI), strings.TrimPrefix(text, "\ufeff")), nil)
	return err
}

// linkedParameters reads those of a nested deployment.
func (n *Node) linkedParameters(f *frame, v any) (*Object, error) {
	link, err := ReadLink("parametersLink", v, n.plan.ev.base())
	if err != nil {
		return nil, n.fail(err)
	}
	o, _, err := link.Read(f.ctx, f.ev.root().in.Fetch)
	if err != nil {
		return nil, n.fail(err)
	}
	p, ok := o.Value("parameters").(*Object)
	if !ok {
		return nil, n.fail(fault("The document at '%s' has no object 'parameters'.", Shown(link.URI)))
	}
	return p, nil
}

// base is where the template, or the one around it that was not given inline, was read from.
func (ev *evaluator) base() string {
	if ev.in.Base == "" && ev.outer != nil {
		return ev.outer.base()
	}
	return ev.in.Base
}
