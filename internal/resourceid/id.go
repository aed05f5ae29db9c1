// Package resourceid holds Azure resource IDs: immutable, compared without
// regard to case, and aware of scopes and extension resources. Start at Parse.
//
// It knows no resource types; whether a type exists is arm's question.
package resourceid

import (
	"fmt"
	"strings"
)

// ID is a parsed resource ID or scope. The zero value is the tenant scope "/".
//
//	/                                                     tenant
//	/providers/Microsoft.Management/managementGroups/G     management group (a tenant resource)
//	/subscriptions/S                                       subscription
//	/subscriptions/S/resourceGroups/R                      resource group
//	SCOPE/providers/NS/TYPE/NAME[/TYPE/NAME...]            resource of that scope; SCOPE may be a resource (extension)
type ID struct {
	text         string // canonical text
	key          string // lower-case text
	subscription string
	group        string
	scope        string // canonical text of what stands before the last /providers/
	typ          string // NS/TYPE[/TYPE...], or Microsoft.Resources/subscriptions, .../resourceGroups
	names        []string
}

// Error says what is wrong with a resource ID.
type Error struct{ ID, Reason string }

func (e *Error) Error() string { return fmt.Sprintf("resource ID %q: %s", e.ID, e.Reason) }

// Parse reads a resource ID or scope. Empty segments at the end are ignored, as
// Resource Manager ignores them; keywords may have any case.
func Parse(s string) (ID, error) {
	bad := func(format string, args ...any) (ID, error) {
		return ID{}, &Error{ID: s, Reason: fmt.Sprintf(format, args...)}
	}
	if !strings.HasPrefix(s, "/") {
		return bad("must begin with '/'")
	}
	trimmed := strings.TrimRight(s[1:], "/")
	if trimmed == "" {
		return ID{}, nil
	}
	seg := strings.Split(trimmed, "/")
	for _, p := range seg {
		if p == "" {
			return bad("has an empty segment")
		}
	}
	var id ID
	var b strings.Builder
	i := 0
	if strings.EqualFold(seg[0], "subscriptions") {
		if len(seg) < 2 {
			return bad("names no subscription after 'subscriptions'")
		}
		id.subscription, id.typ, id.names = seg[1], "Microsoft.Resources/subscriptions", seg[1:2]
		b.WriteString("/subscriptions/" + seg[1])
		i = 2
		if i < len(seg) && strings.EqualFold(seg[i], "resourceGroups") {
			if i+1 >= len(seg) {
				return bad("names no resource group after 'resourceGroups'")
			}
			id.group, id.typ, id.names = seg[i+1], "Microsoft.Resources/resourceGroups", seg[i+1:i+2]
			id.scope = b.String()
			b.WriteString("/resourceGroups/" + seg[i+1])
			i += 2
		}
	}
	for i < len(seg) {
		if !strings.EqualFold(seg[i], "providers") {
			return bad("has %q where 'providers' is expected", seg[i])
		}
		j := i + 1
		if j >= len(seg) {
			return bad("names no provider namespace after 'providers'")
		}
		end := j + 1
		for end < len(seg) && !strings.EqualFold(seg[end], "providers") {
			end++
		}
		pairs := seg[j+1 : end]
		if len(pairs) == 0 || len(pairs)%2 != 0 {
			return bad("needs a name for each type after namespace %q", seg[j])
		}
		id.scope = b.String()
		id.typ, id.names = seg[j], nil
		b.WriteString("/providers/" + seg[j])
		for k := 0; k < len(pairs); k += 2 {
			id.typ += "/" + pairs[k]
			id.names = append(id.names, pairs[k+1])
			b.WriteString("/" + pairs[k] + "/" + pairs[k+1])
		}
		i = end
	}
	id.text = b.String()
	id.key = strings.ToLower(id.text)
	return id, nil
}

// MustParse is Parse for IDs written in the program; it panics on a bad one.
func MustParse(s string) ID {
	id, err := Parse(s)
	if err != nil {
		panic(err)
	}
	return id
}

// String is the canonical text: keywords in Azure's case, names as given.
func (id ID) String() string {
	if id.text == "" {
		return "/"
	}
	return id.text
}

// MarshalText writes String.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText is Parse.
func (id *ID) UnmarshalText(b []byte) (err error) { *id, err = Parse(string(b)); return err }

// Key is the lower-case text, for maps and stores; "/" for the tenant.
func (id ID) Key() string {
	if id.key == "" {
		return "/"
	}
	return id.key
}

// Equal compares without regard to case.
func (id ID) Equal(o ID) bool { return id.key == o.key }

// IsTenant reports whether id is the tenant scope.
func (id ID) IsTenant() bool { return id.text == "" }

// Subscription is the subscription's ID, "" at tenant scope.
func (id ID) Subscription() string { return id.subscription }

// ResourceGroup is the resource group's name, "" outside of one.
func (id ID) ResourceGroup() string { return id.group }

// Type is the full type, e.g. Microsoft.ApiManagement/service/apis, in the case given;
// Microsoft.Resources/subscriptions and Microsoft.Resources/resourceGroups for those scopes.
func (id ID) Type() string { return id.typ }

// Namespace is the first segment of Type.
func (id ID) Namespace() string { ns, _, _ := strings.Cut(id.typ, "/"); return ns }

// IsType compares Type without regard to case.
func (id ID) IsType(t string) bool { return strings.EqualFold(id.typ, t) }

// Name is the last name, "" for the tenant.
func (id ID) Name() string {
	if len(id.names) == 0 {
		return ""
	}
	return id.names[len(id.names)-1]
}

// Names are the names of the last provider part, outermost first: service and
// API for .../service/s/apis/a.
func (id ID) Names() []string { return append([]string(nil), id.names...) }

// Scope is what the resource lies in or extends: a resource group, a
// subscription, the tenant, or another resource. A resource group lies in its
// subscription; a child resource has its top-level parent's scope.
func (id ID) Scope() ID {
	s, err := Parse("/" + strings.TrimPrefix(id.scope, "/"))
	if err != nil {
		panic("resourceid: scope of a parsed ID must parse: " + err.Error())
	}
	return s
}

// Parent is the enclosing resource of a child resource, else Scope.
func (id ID) Parent() ID {
	if len(id.names) < 2 {
		return id.Scope()
	}
	cut := strings.LastIndexByte(id.text, '/')
	cut = strings.LastIndexByte(id.text[:cut], '/')
	return MustParse(id.text[:cut])
}

// Within reports whether id is scope or lies below it.
func (id ID) Within(scope ID) bool {
	if scope.IsTenant() || id.key == scope.key {
		return true
	}
	return strings.HasPrefix(id.key, scope.key) && id.key[len(scope.key)] == '/'
}

// Child appends a type and a name: a child resource of a resource.
func (id ID) Child(typ, name string) (ID, error) { return Parse(id.text + "/" + typ + "/" + name) }

// Extension appends /providers/TYPE/NAME, where typ is NS/TYPE[/TYPE...] and names has one name for each TYPE.
func (id ID) Extension(typ string, names ...string) (ID, error) {
	parts := strings.Split(typ, "/")
	if len(parts) != len(names)+1 {
		return ID{}, &Error{ID: id.String(), Reason: fmt.Sprintf("type %q needs %d names, got %d", typ, len(parts)-1, len(names))}
	}
	var b strings.Builder
	b.WriteString(id.text + "/providers/" + parts[0])
	for i, n := range names {
		b.WriteString("/" + parts[i+1] + "/" + n)
	}
	return Parse(b.String())
}
