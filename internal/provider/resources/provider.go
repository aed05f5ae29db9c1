package resources

import (
	"context"
	"slices"
	"strings"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/resourceid"
)

// namespaces are those of the registered types, sorted.
func (p *Provider) namespaces() []string {
	var names []string
	for _, n := range p.arm.TypeNames() {
		if ns, _, _ := strings.Cut(n, "/"); !slices.Contains(names, ns) {
			names = append(names, ns)
		}
	}
	slices.Sort(names)
	return names
}

func (p *Provider) providers(ctx context.Context, r *arm.Request) (*arm.Answer, error) {
	if err := p.checkSubscription(r); err != nil {
		return nil, err
	}
	l := arm.Listing{}
	for _, ns := range p.namespaces() {
		body := p.describe(ns)
		l.Items, l.Keys = append(l.Items, body), append(l.Keys, strings.ToLower(ns))
	}
	return &arm.Answer{Body: l}, nil
}

func (p *Provider) provider(ctx context.Context, r *arm.Request) (*arm.Answer, error) {
	if err := p.checkSubscription(r); err != nil {
		return nil, err
	}
	asked := r.Params["namespace"]
	for _, ns := range p.namespaces() {
		if strings.EqualFold(ns, asked) {
			return &arm.Answer{Body: p.describe(ns)}, nil
		}
	}
	return nil, azerr.InvalidResourceNamespace.New(asked, strings.Join(p.namespaces(), ", "))
}

func (p *Provider) checkSubscription(r *arm.Request) error {
	if sub, ok := r.Params["subscription"]; ok && !strings.EqualFold(sub, p.arm.SubscriptionID()) {
		return azerr.SubscriptionNotFound.New(sub)
	}
	return nil
}

// describe is a provider with its types. Any api-version is accepted; the ones shown are for clients that choose one.
func (p *Provider) describe(namespace string) map[string]any {
	var places []string
	for _, l := range arm.Locations() {
		places = append(places, l.DisplayName)
	}
	types := []any{}
	for _, name := range p.arm.TypeNames() {
		ns, typ, _ := strings.Cut(name, "/")
		if !strings.EqualFold(ns, namespace) {
			continue
		}
		t, _ := p.arm.Type(name)
		versions := t.APIVersions
		if len(versions) == 0 {
			versions = apiVersions
		}
		at := []string{}
		if t.NeedsLocation {
			at = places
		}
		capability := "None"
		if t.Tracked {
			capability = "SupportsTags, SupportsLocation"
		}
		types = append(types, map[string]any{"resourceType": typ, "locations": at, "apiVersions": versions, "defaultApiVersion": versions[0], "capabilities": capability})
	}
	return map[string]any{"id": "/subscriptions/" + p.arm.SubscriptionID() + "/providers/" + namespace, "namespace": namespace,
		"registrationState": "Registered", "registrationPolicy": "RegistrationFree", "resourceTypes": types}
}

func (p *Provider) locations(ctx context.Context, r *arm.Request) (*arm.Answer, error) {
	if err := p.checkSubscription(r); err != nil {
		return nil, err
	}
	l := arm.Listing{}
	for _, at := range arm.Locations() {
		l.Items = append(l.Items, map[string]any{"id": "/subscriptions/" + p.arm.SubscriptionID() + "/locations/" + at.Name, "name": at.Name, "type": "Region",
			"displayName": at.DisplayName, "regionalDisplayName": "(" + at.Geography + ") " + at.DisplayName,
			"metadata": map[string]any{"regionType": "Physical", "regionCategory": "Recommended", "geography": at.Geography, "geographyGroup": at.Geography}})
		l.Keys = append(l.Keys, at.Name)
	}
	return &arm.Answer{Body: l}, nil
}

// tagListing counts the tags of resources by name and value.
func tagListing(scope resourceid.ID, rs []*arm.Resource) arm.Listing {
	counts := map[string]map[string]int{}
	for _, r := range rs {
		for k, v := range r.Tags {
			if counts[k] == nil {
				counts[k] = map[string]int{}
			}
			counts[k][v]++
		}
	}
	names := sortedKeys(counts)
	l := arm.Listing{Keys: names}
	for _, n := range names {
		total, values := 0, []any{}
		id := scope.String() + "/tagNames/" + n
		for _, v := range sortedKeys(counts[n]) {
			total += counts[n][v]
			values = append(values, map[string]any{"id": id + "/tagValues/" + v, "tagValue": v, "count": map[string]any{"type": "Total", "value": counts[n][v]}})
		}
		l.Items = append(l.Items, map[string]any{"id": id, "tagName": n, "count": map[string]any{"type": "Total", "value": total}, "values": values})
	}
	return l
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
