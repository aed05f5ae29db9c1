package arm

import (
	"net/url"
	"slices"
	"strings"

	"gatehouse/internal/azerr"
	"gatehouse/internal/resourceid"
)

// target is what a request's path names: a resource (or scope) when collection is empty, else a name after
// one: a type to list, an action to POST, a call on a provider.
type target struct {
	id         resourceid.ID // the resource; of a collection, the parent or scope
	collection string        // full name of the type to list; empty for a resource
	last       string        // the last segment of a collection's path: the action of a POST
	on         resourceid.ID // of a POST: the resource that the action is of
	namespace  string        // of a POST on a provider itself
	operation  string        // of .../operationStatuses/ID: the ID
}

// maxPath bounds the path; Azure's resource IDs have at most 2,048 characters.
const maxPath = 4096

// splitPath unescapes the segments of a path. Empty ones are dropped: clients send // and trailing slashes.
func splitPath(escaped string) ([]string, error) {
	if len(escaped) > maxPath {
		return nil, azerr.InvalidRequestURI.New("the path is too long")
	}
	var seg []string
	for _, s := range strings.Split(escaped, "/") {
		if s == "" {
			continue
		}
		text, err := url.PathUnescape(s)
		if err != nil {
			return nil, azerr.InvalidRequestURI.New("the path has a broken escape sequence")
		}
		// Clients escape a whole ID in one segment ("%2Fsubscriptions%2FS"), as roleAssignments by ID does.
		for _, part := range strings.Split(text, "/") {
			if part == "" {
				continue
			}
			if part == "." || part == ".." || !validText(part) {
				return nil, azerr.InvalidRequestURI.New("the path has an invalid segment")
			}
			seg = append(seg, part)
		}
	}
	return seg, nil
}

func validText(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == '�' }) < 0
}

// legacyDeployments puts providers/Microsoft.Resources where the oldest clients leave it out:
// SCOPE/deployments/NAME/operations.
func legacyDeployments(seg []string) []string {
	for _, at := range []int{2, 4} {
		if len(seg) > at && strings.EqualFold(seg[0], "subscriptions") && strings.EqualFold(seg[at], "deployments") &&
			(at == 2 || strings.EqualFold(seg[2], "resourceGroups")) {
			return slices.Concat(seg[:at], []string{"providers", "Microsoft.Resources"}, seg[at:])
		}
	}
	return seg
}

// parseTarget reads the segments of a path.
func parseTarget(seg []string) (target, error) {
	seg = legacyDeployments(seg)
	if t, ok := operationTarget(seg); ok {
		return t, nil
	}
	id, err := resourceid.Parse("/" + strings.Join(seg, "/"))
	if err == nil {
		return target{id: id}, nil
	}
	if len(seg) == 0 {
		return target{}, azerr.InvalidRequestURI.New("the path is empty")
	}
	n := len(seg) - 1
	t := target{last: seg[n]}
	on, onErr := resourceid.Parse("/" + strings.Join(seg[:n], "/"))
	if onErr == nil {
		t.on = on
	}
	switch {
	case len(seg) == 1 && strings.EqualFold(seg[0], "subscriptions"):
		t.collection = TypeSubscription
		return t, nil
	case len(seg) == 3 && strings.EqualFold(seg[0], "subscriptions") && strings.EqualFold(seg[2], "resourceGroups"):
		t.id, t.collection = on, TypeGroup
		return t, nil
	}
	if providerTarget(&t, seg) || onErr == nil && n > 0 {
		return t, nil
	}
	return target{}, azerr.InvalidRequestURI.New(err)
}

// providerTarget reads SCOPE/providers/NS/TYPE[/NAME/TYPE...] into a collection.
func providerTarget(t *target, seg []string) bool {
	n := len(seg) - 1
	at := n
	for at >= 0 && !strings.EqualFold(seg[at], "providers") {
		at--
	}
	if at < 0 || n-at < 2 || (n-at)%2 != 0 {
		return false
	}
	scope, err := resourceid.Parse("/" + strings.Join(seg[:at], "/"))
	if err != nil {
		return false
	}
	t.collection = seg[at+1]
	for i := at + 2; i <= n; i += 2 {
		t.collection += "/" + seg[i]
	}
	t.id = scope
	if n-at == 2 {
		t.namespace = seg[at+1]
		return true
	}
	t.id = t.on
	return true
}

// operationTarget reads RESOURCE/operationStatuses/ID and SUBSCRIPTION/operationResults/ID.
func operationTarget(seg []string) (target, bool) {
	n := len(seg)
	if n < 4 || !strings.EqualFold(seg[n-2], "operationStatuses") && !strings.EqualFold(seg[n-2], "operationResults") {
		return target{}, false
	}
	id, err := resourceid.Parse("/" + strings.Join(seg[:n-2], "/"))
	return target{id: id, operation: seg[n-1]}, err == nil
}
