package arm

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"gatehouse/internal/azerr"
)

// Resource reads the members that all resources have from the body into a new Resource, which keeps Existing's
// Private and Extra. Providers call it first in Put.
func (r *PutRequest) Resource() (*Resource, error) {
	made := &Resource{ID: r.ID}
	if e := r.Existing; e != nil {
		c := e.Clone()
		made.Private, made.Extra, made.Location, made.Kind = c.Private, c.Extra, c.Location, c.Kind
	}
	if l, ok := r.Body["location"].(string); ok && l != "" {
		made.Location = NormalLocation(l)
	}
	var err error
	if made.Tags, err = readTags(r.Body["tags"]); err != nil {
		return nil, err
	}
	for _, m := range []struct {
		name string
		to   *map[string]any
	}{{"sku", &made.SKU}, {"identity", &made.Identity}, {"plan", &made.Plan}, {"properties", &made.Properties}} {
		if *m.to, err = r.object(m.name); err != nil {
			return nil, err
		}
	}
	for _, m := range []struct {
		name string
		to   *string
	}{{"kind", &made.Kind}, {"managedBy", &made.ManagedBy}} {
		if v, ok := r.Body[m.name]; ok && v != nil {
			if *m.to, ok = v.(string); !ok {
				return nil, badMember(m.name, v, "a string")
			}
		}
	}
	if zones, ok := r.Body["zones"].([]any); ok {
		for _, z := range zones {
			made.Zones = append(made.Zones, fmt.Sprint(z))
		}
	}
	if made.Properties == nil {
		made.Properties = map[string]any{}
	}
	return made, nil
}

func (r *PutRequest) object(name string) (map[string]any, error) {
	v, ok := r.Body[name]
	if !ok || v == nil {
		return nil, nil
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, badMember(name, v, "an object")
	}
	return m, nil
}

func badMember(name string, v any, want string) error {
	return azerr.InvalidRequestContent.New(fmt.Sprintf("the member %q must be %s, not %s", name, want, jsonKind(v))).At(name)
}

func jsonKind(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case string:
		return "a string"
	case bool:
		return "a boolean"
	case []any:
		return "an array"
	case map[string]any:
		return "an object"
	}
	return "a number"
}

// checkCommon applies the rules of all types: location and tags.
func checkCommon(r *PutRequest) error {
	if _, err := readTags(r.Body["tags"]); err != nil {
		return err
	}
	given, isText := r.Body["location"].(string)
	if v, ok := r.Body["location"]; ok && v != nil && !isText {
		return badMember("location", v, "a string")
	}
	if given == "" {
		if r.Type.NeedsLocation && r.Existing == nil {
			return azerr.LocationRequired.New()
		}
		return nil
	}
	if !r.Type.NeedsLocation {
		return nil
	}
	where := NormalLocation(given)
	if !slices.Contains(LocationNames(), where) && where != "global" {
		if r.Type.Name == TypeGroup {
			return azerr.LocationNotAvailableForGroup.New(given, strings.Join(LocationNames(), ","))
		}
		return azerr.LocationNotAvailable.New(given, r.Type.Name, strings.Join(LocationNames(), ","))
	}
	if e := r.Existing; e != nil && e.Location != "" && e.Location != where {
		if r.Type.Name == TypeGroup {
			return azerr.InvalidResourceGroupLocation.New(given, e.Location)
		}
		return azerr.InvalidResourceLocation.New(e.Name, e.Location, r.ID.ResourceGroup(), given)
	}
	return nil
}

// readTags checks tags by Azure's limits: 50, names of 512 characters without <>%&\?/, values of 256.
// https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources#limitations
func readTags(v any) (map[string]string, error) {
	if v == nil {
		return nil, nil
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, badMember("tags", v, "an object")
	}
	if len(m) > 50 {
		return nil, azerr.InvalidTags.New(fmt.Sprintf("there are %d, and 50 is the most", len(m)))
	}
	tags := make(map[string]string, len(m))
	for k, e := range m {
		text, ok := e.(string)
		if e != nil && !ok {
			if n, number := e.(json.Number); number {
				text, ok = n.String(), true
			}
		}
		switch {
		case e != nil && !ok:
			return nil, azerr.InvalidTags.New(fmt.Sprintf("the value of %q must be a string, not %s", k, jsonKind(e)))
		case k == "" || len(k) > 512 || strings.ContainsAny(k, `<>%&\?/`):
			return nil, azerr.InvalidTags.New(fmt.Sprintf("the name %.60q must have 1 to 512 characters and none of <>%%&\\?/", k))
		case len(text) > 256:
			return nil, azerr.InvalidTags.New(fmt.Sprintf("the value of %q is longer than 256 characters", k))
		}
		tags[k] = text
	}
	return tags, nil
}
