package sema

import (
	"slices"
	"strings"

	"gatehouse/internal/bicep/types"
	"gatehouse/internal/resourcetypes"
)

// bodyUse says how a resource's body is used, which decides what it may have.
type bodyUse struct {
	existing bool
	nested   bool // inside the declaration of its parent
	child    bool // of a parent that the declaration names, or that is around it
	variant  variant
}

func (r *Resource) use() bodyUse {
	return bodyUse{existing: r.Existing, nested: r.Nested, child: r.Nested || r.Body.Value("parent") != nil}
}

// bodyOf is the type of the body of a resource of a type: by the table of resource
// types, or, for one that is not in it, with the properties that any resource may have.
func (w *Workspace) bodyOf(t ResourceType, use bodyUse) *types.Type {
	key := bodyKey{t.Full + "@" + t.Version, use}
	if b := w.bodies[key]; b != nil {
		return b
	}
	if w.bodies == nil {
		w.bodies = map[bodyKey]*types.Type{}
	}
	b := newBody(t, use)
	w.bodies[key] = b
	return b
}

type bodyKey struct {
	name string
	use  bodyUse
}

func newBody(t ResourceType, use bodyUse) *types.Type {
	readable, writable := t.scopes()
	scopes := readable | writable
	published := resourcetypes.Lookup(t.Full, t.Version)
	if published == nil || published.Body == nil {
		return withSystemProps(genericBody(t, nil), t, scopes, use)
	}
	body := tableTypes[use.variant].of(published.Body)
	if body.Kind == types.ObjectKind {
		return withSystemProps(strictBody(body, t, use), t, scopes, use)
	}
	if literal := body.Key == "name"; literal && !use.fixedNames(t) || !literal && use.existing {
		// Which member is meant can't be told: its properties are those of any resource.
		return withSystemProps(genericBody(t, body), t, scopes, use)
	}
	own := *body
	own.Warn, own.Items = false, nil
	for _, m := range body.Items {
		own.Items = append(own.Items, withSystemProps(strictMember(m), t, scopes, use))
	}
	return &own
}

// fixedNames reports whether a name in the body is the resource's last name alone.
func (u bodyUse) fixedNames(t ResourceType) bool { return t.Segments() == 1 || u.child }

// scopes are where resources of the type can be referred to and deployed; anywhere,
// when the type is not known.
func (t ResourceType) scopes() (readable, writable types.Scope) {
	if r := resourcetypes.Lookup(t.Full, t.Version); r != nil {
		return languageScopes(r.Readable), languageScopes(r.Writable)
	}
	all := types.TenantScope | types.ManagementGroupScope | types.SubscriptionScope | types.ResourceGroupScope | types.ResourceScope
	return all, all
}

// languageScopes are scopes of the table as the language has them.
func languageScopes(s resourcetypes.Scopes) types.Scope {
	var out types.Scope
	for i, scope := range []types.Scope{types.TenantScope, types.ManagementGroupScope, types.SubscriptionScope, types.ResourceGroupScope, types.ResourceScope} {
		if s&(1<<i) != 0 {
			out |= scope
		}
	}
	return out
}

// strictMember is a body whose own properties are checked strictly, since Resource
// Manager takes no others; what is in them may be described wrongly.
func strictMember(body *types.Type) *types.Type {
	own := *body
	own.Warn, own.Props = false, nil
	for _, p := range body.Props {
		q := *p
		if p.Type.Kind != types.ArrayKind && p.Type.Kind != types.UnionKind {
			typ := *p.Type
			typ.Strict = true
			q.Type = &typ
		}
		own.Props = append(own.Props, &q)
	}
	return &own
}

func strictBody(body *types.Type, t ResourceType, use bodyUse) *types.Type {
	own := strictMember(body)
	if p := own.Prop("name"); p != nil && !use.fixedNames(t) {
		p.Type = types.String // of several names, of which the table knows the last
	}
	own.Props = append(own.Props, types.P("asserts", assertsType))
	return own
}

var assertsType = &types.Type{Kind: types.ObjectKind, Name: "ResourceAsserts", Additional: &types.Prop{Type: types.Bool}}

// genericBody is a body with the properties that any resource may have; with like,
// those of them that one of its members has.
func genericBody(t ResourceType, like *types.Type) *types.Type {
	body := types.Struct(t.Full+"@"+t.Version,
		&types.Prop{Name: "id", Type: types.String, Flags: types.ReadOnly | types.System},
		&types.Prop{Name: "name", Type: types.String, Flags: types.Required | types.System},
		&types.Prop{Name: "type", Type: types.Text(t.Full), Flags: types.ReadOnly | types.System},
		&types.Prop{Name: "apiVersion", Type: types.Text(t.Version), Flags: types.ReadOnly | types.System})
	for _, p := range anyResourceProps {
		q := *p
		body.Props = append(body.Props, &q)
	}
	if like != nil {
		body.Props = slices.DeleteFunc(body.Props, func(p *types.Prop) bool {
			return !slices.ContainsFunc(like.Items, func(m *types.Type) bool { return m.Prop(p.Name) != nil })
		})
	}
	return body
}

// anyResourceProps are the properties that a resource of any type may have. Where a
// type does not have them they are let pass with a warning.
var anyResourceProps = newAnyResourceProps()

func newAnyResourceProps() []*types.Prop {
	words := func(texts ...string) *types.Type {
		members := []*types.Type{types.String}
		for _, s := range texts {
			members = append(members, types.Text(s))
		}
		return types.Union(members...)
	}
	required := func(name string, t *types.Type) *types.Prop {
		return &types.Prop{Name: name, Type: t, Flags: types.Required}
	}
	texts, assigned := types.ArrayOf(types.String), types.Struct("userAssignedIdentityProperties", types.P("principalId", types.String), types.P("clientId", types.String))
	return []*types.Prop{
		types.P("location", types.String),
		types.P("tags", &types.Type{Kind: types.ObjectKind, Name: "Tags", Additional: &types.Prop{Type: types.String}}),
		types.P("asserts", assertsType),
		types.P("properties", types.Object),
		types.P("sku", types.Struct("sku", types.P("name", types.String), types.P("tier", types.String), types.P("size", types.String),
			types.P("family", types.String), types.P("model", types.String), types.P("capacity", types.Int))),
		types.P("kind", types.String),
		types.P("managedBy", types.String),
		types.P("managedByExtended", texts),
		types.P("extendedLocation", types.Struct("extendedLocation",
			required("type", words("NotSpecified", "EdgeZone", "CustomLocation", "ArcZone")), types.P("name", types.String))),
		types.P("zones", texts),
		types.P("placement", types.Struct("placement", required("zonePlacementPolicy", words("NotSpecified", "Any", "None", "Auto")),
			types.P("includeZones", texts), types.P("excludeZones", texts))),
		types.P("plan", types.Object),
		types.P("eTag", types.String),
		types.P("scale", types.Struct("scale", required("capacity", types.Int), types.P("maximum", types.Int), types.P("minimum", types.Int))),
		types.P("identity", types.Struct("identity", types.P("principalId", types.String), types.P("tenantId", types.String),
			required("type", words("NotSpecified", "SystemAssigned", "UserAssigned", "None", "Actor")), types.P("identityIds", texts),
			types.P("userAssignedIdentities", &types.Type{Kind: types.ObjectKind, Name: "userAssignedIdentities", Additional: &types.Prop{Type: assigned}}),
			types.P("delegatedResources", types.Object))),
	}
}

// withSystemProps adds to body what the language itself knows of a resource.
func withSystemProps(body *types.Type, t ResourceType, scopes types.Scope, use bodyUse) *types.Type {
	hidden := types.WriteOnly | types.NoAny | types.System
	set := func(p *types.Prop) { body.Props = putProp(body.Props, p) }
	set(&types.Prop{Name: "dependsOn", Type: dependenciesType(), Flags: hidden})
	if deployed := scopes & (types.ResourceScope | types.TenantScope); use.existing {
		set(&types.Prop{Name: "scope", Type: scopeReference(scopeWordsOf(scopes), scopes), Flags: hidden})
	} else if deployed != 0 {
		set(&types.Prop{Name: "scope", Type: scopeReference(scopeWordsOf(deployed), deployed), Flags: hidden})
	}
	if name := body.Prop("name"); name != nil {
		name.Flags |= types.System
	}
	if t.Segments() > 1 && !use.nested {
		set(&types.Prop{Name: "parent", Type: scopeReference(t.parentName(), types.ResourceScope), Flags: hidden})
	}
	if strings.EqualFold(t.Full, "Microsoft.Resources/deployments") {
		set(&types.Prop{Name: "resourceGroup", Type: types.String, Flags: types.System})
		set(&types.Prop{Name: "subscriptionId", Type: types.String, Flags: types.System})
	}
	for _, p := range anyResourceProps {
		if body.Prop(p.Name) == nil {
			set(&types.Prop{Name: p.Name, Type: p.Type, Flags: types.Fallback})
		}
	}
	if use.existing {
		readOnly(body)
	}
	for _, p := range body.Props {
		p.Flags &^= tableTypes[use.variant].without
	}
	return body
}

// readOnly lets only what finds a resource be set.
func readOnly(body *types.Type) {
	for _, p := range body.Props {
		if p.Name != "name" && p.Name != "scope" && p.Name != "parent" && p.Name != "dependsOn" {
			p.Flags = p.Flags&^types.Required | types.ReadOnly
		}
	}
	if body.Additional != nil {
		others := *body.Additional
		others.Flags |= types.ReadOnly
		body.Additional = &others
	}
}

// parentName is the type of the resource that one of type t can have as its parent.
func (t ResourceType) parentName() string { return t.Full[:strings.LastIndexByte(t.Full, '/')] }

// scopeNames are the names of scopes in the order that messages have them.
func scopeNames(s types.Scope) []string {
	var words []string
	for _, w := range []struct {
		scope types.Scope
		word  string
	}{
		{types.ResourceScope, "resource"}, {types.ModuleScope, "module"}, {types.TenantScope, "tenant"},
		{types.ManagementGroupScope, "managementGroup"}, {types.SubscriptionScope, "subscription"}, {types.ResourceGroupScope, "resourceGroup"},
	} {
		if s&w.scope != 0 {
			words = append(words, w.word)
		}
	}
	if words == nil {
		return []string{"none"}
	}
	return words
}

func scopeWordsOf(s types.Scope) string { return strings.Join(scopeNames(s), " | ") }

func quotedScopes(s types.Scope) string { return quoted(scopeNames(s)) }
