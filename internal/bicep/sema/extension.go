package sema

import (
	"regexp"
	"slices"
	"strings"

	"gatehouse/internal/bicep/syntax"
	"gatehouse/internal/bicep/types"
	"gatehouse/internal/diag"
)

// Extension is a declared extension: a namespace with resource types that Azure
// Resource Manager hands to somebody else.
type Extension struct {
	Alias   string
	Name    string // as templates have it
	Version string
	Config  *types.Type // what it is configured with; nil: nothing
	Azure   bool        // it is Azure itself
	Decl    *syntax.ExtensionDecl

	types   map[string]bool // type@version in lower case
	pattern *regexp.Regexp  // of versions, of an extension whose types are not listed
	reader  *packageReader  // of its package; nil for one that is built in
}

// IsAz reports whether Azure's own resource providers have the resource.
func (r *Resource) IsAz() bool { return r.Extension == nil || r.Extension.Azure }

// builtinExtensions are those that need no package. Kubernetes has no table of types
// here; its versions have a form of their own.
var builtinExtensions = map[string]Extension{
	"az":         {Name: "AzureResourceManager", Version: "0.2.896", Azure: true},
	"sys":        {Name: "System", Version: "1.0.0"},
	"kubernetes": {Name: "Kubernetes", Version: "1.0.0", pattern: regexp.MustCompile(`^v\d+((alpha|beta)\d+)?$`), Config: kubernetesConfig()},
}

func kubernetesConfig() *types.Type {
	return types.Struct("configuration",
		&types.Prop{Name: "namespace", Type: types.String, Flags: types.Required},
		&types.Prop{Name: "kubeConfig", Type: types.SecureString, Flags: types.Required},
		types.P("context", types.String))
}

// loadExtensions reads the extension declarations, which resource types depend on
// wherever they stand.
func (m *Model) loadExtensions() {
	for _, d := range m.File.Decls {
		if e, ok := d.(*syntax.ExtensionDecl); ok {
			if x := m.loadExtension(e); x != nil && x.Alias != "" {
				x.Decl = e
				m.Extensions = append(m.Extensions, x)
			}
		}
	}
	m.azureTwice()
}

// azureTwice reports the namespace az when it is declared several times.
func (m *Model) azureTwice() {
	var all []*Extension
	for _, x := range m.Extensions {
		if x.Azure && x.Decl != nil {
			all = append(all, x)
		}
	}
	for _, x := range all {
		if len(all) > 1 {
			m.errorf("BCP207", x.Decl.Name.Span, "Namespace \"az\" is declared multiple times. Remove the duplicates.")
		}
	}
}

func (m *Model) loadExtension(d *syntax.ExtensionDecl) *Extension {
	var x *Extension
	spec, plain := d.Spec.Text()
	switch {
	case d.Spec != nil && !plain:
		m.errorf("BCP303", d.Spec.Span, "String interpolation is unsupported for specifying the extension.")
	case d.Spec != nil:
		x = m.extensionPackage(spec, d.Spec.Span)
	case d.Name.Name != "":
		x = m.namedExtension(d)
	}
	if x == nil {
		return nil
	}
	switch {
	case d.Alias != nil:
		x.Alias = d.Alias.Name
	case d.Spec == nil:
		x.Alias = d.Name.Name
	default:
		x.Alias = x.Name
	}
	return x
}

// namedExtension is an extension that the configuration or the compiler knows.
func (m *Model) namedExtension(d *syntax.ExtensionDecl) *Extension {
	name := d.Name.Name
	configured, _ := m.settings().Get("extensions", name).(string)
	if configured != "" && configured != "builtin:" {
		return m.extensionPackage(configured, d.Name.Span)
	}
	for known, x := range builtinExtensions {
		if strings.EqualFold(known, name) {
			return &x
		}
	}
	switch {
	case configured != "":
		m.errorf("BCP398", d.Span, "Extension %s is incorrectly configured in the %s. It is configured as built-in in the \"extensions\" section, but no built-in extension exists.", name, m.settingsName())
	case strings.EqualFold(name, "microsoftGraph"):
		m.errorf("BCP407", d.Span, "Built-in extension \"microsoftGraph\" is retired. Use dynamic types instead. See https://aka.ms/graphbicep/dynamictypes")
	default:
		m.errorf("BCP204", d.Name.Span, "Extension \"%s\" is not recognized.", name)
	}
	return nil
}

// extensionDecl declares the symbol of an extension. The namespaces az and sys are
// known without one.
func (m *Model) extensionDecl(d *syntax.ExtensionDecl) {
	name := d.Name
	if d.Alias != nil {
		name = *d.Alias
	}
	x := m.extensionOf(d)
	switch {
	case d.Alias == nil && (name.Name == "az" || name.Name == "sys"):
		return
	case d.Alias != nil && name.Name == "":
		return // the parser has said that the alias is missing
	case x != nil && name.Name == "":
		name = syntax.Ident{Span: d.Spec.Span, Name: x.Alias}
	}
	m.add(&Symbol{Kind: ExtensionKind, Ident: name, Decl: d, Extension: x})
}

func (m *Model) extensionOf(d *syntax.ExtensionDecl) *Extension {
	for _, x := range m.Extensions {
		if x.Decl == d {
			return x
		}
	}
	return nil
}

// qualifiedType is a resource type with the namespace that has it.
var qualifiedType = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_]*):(.*)$`)

// extensionType finds the extension that has the type of r, and gives the type
// without its namespace. Both are empty when it is not an extension's.
func (m *Model) extensionType(r *Resource, text string) (rest string, found bool) {
	if q := qualifiedType.FindStringSubmatch(text); q != nil {
		for _, x := range m.Extensions {
			if x.Alias == q[1] {
				r.Extension = x
				return q[2], !x.Azure
			}
		}
		if q[1] != "az" && q[1] != "sys" {
			known := []string{"az"}
			for _, x := range m.Extensions {
				if x.Alias != "az" {
					known = append(known, x.Alias)
				}
			}
			m.errorf("BCP208", r.Decl.Type.Span, "The specified namespace \"%s\" is not recognized. Specify a resource reference using one of the following namespaces: %s.", q[1], quoted(append(known, "sys")))
		}
		return q[2], false
	}
	if m.listedType(r, text) {
		return text, true
	}
	for _, x := range m.Extensions {
		if x.has(text) {
			r.Extension = x
			return text, true
		}
	}
	for _, x := range m.Extensions {
		if x.Azure {
			r.Extension = x
		}
	}
	return text, false
}

// listedType finds the extension that lists a type by name. There must be only one.
func (m *Model) listedType(r *Resource, text string) bool {
	var having []string
	for _, x := range m.Extensions {
		if x.types[strings.ToLower(text)] {
			if r.Extension == nil {
				r.Extension = x
			}
			having = append(having, x.Alias)
		}
	}
	if len(having) > 1 {
		slices.Sort(having)
		m.errorf("BCP264", r.Decl.Type.Span, "Resource type \"%s\" is declared in multiple imported namespaces (%s), and must be fully-qualified.", text, quoted(having))
	}
	return having != nil
}

// has reports whether the extension has the resource type.
func (x *Extension) has(text string) bool {
	_, version, _ := strings.Cut(text, "@")
	return x.pattern != nil && x.pattern.MatchString(version) || x.types[strings.ToLower(text)]
}

// readExtensionType reads the type of a resource that an extension has, or one nested
// in such a resource. Its version may be left out.
func (r *Resource) readExtensionType(text string) {
	name, version, versioned := strings.Cut(text, "@")
	if r.Parent != nil {
		r.Extension = r.Parent.Extension
		name = r.Parent.Type.Full + "/" + name
		if !versioned {
			version = r.Parent.Type.Version
		}
	}
	r.Type = ResourceType{Full: name, Version: version}
	r.Type.Known = r.Extension.has(r.Type.Text())
}

// Text is the type as it is written.
func (t ResourceType) Text() string {
	if t.Version == "" {
		return t.Full
	}
	return t.Full + "@" + t.Version
}

// checkExtension checks how an extension is configured where it is declared.
func (m *Model) checkExtension(d *syntax.ExtensionDecl) {
	x := m.extensionOf(d)
	if x == nil {
		return
	}
	if d.Config == nil {
		if x.Config != nil && hasRequired(x.Config) && !m.ModuleExtensionConfigs() {
			m.errorf("BCP206", d.Span, "Extension \"%s\" requires configuration, but none was provided.", x.Alias)
		}
		return
	}
	if x.Config == nil {
		m.errorf("BCP205", d.Config.At(), "Extension \"%s\" does not support configuration.", x.Alias)
		return
	}
	want := x.Config
	if m.ModuleExtensionConfigs() { // the rest is given with the deployment
		want = optional(want, nil)
	}
	m.noSpread(d.Config)
	m.assign(d.Config, want)
	if o, ok := d.Config.(*syntax.Object); ok {
		for i := range o.Items {
			if v := o.Items[i].Value; v != nil {
				m.constant(v, constantPlace{code: "BCP444", use: "as a default value for an extension configuration property"})
			}
		}
	}
}

// noSpread reports what is spread into a configuration.
func (m *Model) noSpread(e syntax.Expr) {
	o, ok := e.(*syntax.Object)
	if !ok {
		return
	}
	for i := range o.Items {
		if it := &o.Items[i]; it.Spread != nil {
			m.errorf("BCP401", it.Span, "The spread operator \"...\" is not permitted in this location.")
		}
	}
}

// checkExtensionUses: an extension can be named in the extensionConfigs of modules only.
func (m *Model) checkExtensionUses(d syntax.Decl) {
	var allowed syntax.Expr
	if mod, ok := d.(*syntax.ModuleDecl); ok && m.ModuleExtensionConfigs() {
		_, _, body := syntax.Body(mod.Value)
		allowed = body.Value("extensionConfigs")
	}
	visit := func(n syntax.Node) bool {
		v, ok := n.(*syntax.Variable)
		if ok && m.Uses[v] != nil && m.Uses[v].Kind == ExtensionKind {
			m.report(diag.Error, "BCP418", "Extensions cannot be referenced here. Extensions can only be referenced by module extension configurations.", v.At())
		}
		return allowed == nil || n != syntax.Node(allowed)
	}
	for _, c := range syntax.Children(d) {
		syntax.Walk(c, visit)
	}
}
