package arm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"gatehouse/internal/resourceid"
	"gatehouse/internal/store"
)

// Prefix is where resources lie in the store: Prefix + ID.Key().
const Prefix = "arm/res"

// Key is the store's key of a resource.
func Key(id resourceid.ID) string { return Prefix + id.Key() }

// Resource is one resource as arm keeps it. Values given out by Service are the caller's own; those
// given to a Type's functions as Existing or Parent are not to be changed.
type Resource struct {
	ID         resourceid.ID     `json:"id"`
	Type       string            `json:"type"`
	Name       string            `json:"name"`
	Location   string            `json:"location,omitempty"`
	Kind       string            `json:"kind,omitempty"`
	ManagedBy  string            `json:"managedBy,omitempty"`
	Tags       map[string]string `json:"tags,omitempty"`
	SKU        map[string]any    `json:"sku,omitempty"`
	Identity   map[string]any    `json:"identity,omitempty"`
	Plan       map[string]any    `json:"plan,omitempty"`
	Zones      []string          `json:"zones,omitempty"`
	Properties map[string]any    `json:"properties,omitempty"`
	Private    map[string]any    `json:"private,omitempty"` // never on the wire
	Extra      map[string]any    `json:"extra,omitempty"`   // further members at the top level of the body
	ETag       string            `json:"etag"`              // with quotes
	Created    time.Time         `json:"created"`
	Changed    time.Time         `json:"changed"`
	CreatedBy  string            `json:"createdBy,omitempty"` // object IDs
	ChangedBy  string            `json:"changedBy,omitempty"`
	Deleting   bool              `json:"deleting,omitempty"` // a deletion with children began
	Revision   int64             `json:"-"`
	Settled    bool              `json:"-"` // of a dry run: the write would leave what its provider keeps elsewhere as it is
	Unsettled  bool              `json:"-"` // of a dry run: the write would change other resources (PutRequest.Steps)
	Unknown    bool              `json:"-"` // of a planned resource: not all of it is known yet
	BodyETag   bool              `json:"-"`
}

// Wire is the body as clients see it. Private stays out.
func (r *Resource) Wire() map[string]any {
	w := map[string]any{"id": r.ID.String(), "name": r.Name, "type": r.Type}
	maps.Copy(w, r.Extra)
	setText := func(k, v string) {
		if v != "" {
			w[k] = v
		}
	}
	setText("location", r.Location)
	setText("kind", r.Kind)
	setText("managedBy", r.ManagedBy)
	if r.Tags != nil {
		w["tags"] = r.Tags
	}
	for k, v := range map[string]map[string]any{"sku": r.SKU, "identity": r.Identity, "plan": r.Plan} {
		if v != nil {
			w[k] = v
		}
	}
	if len(r.Zones) > 0 {
		w["zones"] = r.Zones
	}
	if r.Properties != nil {
		w["properties"] = r.Properties
	}
	if r.BodyETag && r.ETag != "" {
		w["etag"] = r.ETag
	}
	return w
}

// Clone is a deep copy.
func (r *Resource) Clone() *Resource {
	if r == nil {
		return nil
	}
	c := *r
	c.Tags = maps.Clone(r.Tags)
	c.SKU, c.Identity, c.Plan = cloneMap(r.SKU), cloneMap(r.Identity), cloneMap(r.Plan)
	c.Properties, c.Private, c.Extra = cloneMap(r.Properties), cloneMap(r.Private), cloneMap(r.Extra)
	c.Zones = append([]string(nil), r.Zones...)
	return &c
}

func cloneMap(m map[string]any) map[string]any {
	if m == nil {
		return nil
	}
	return CloneValue(m).(map[string]any)
}

// CloneValue is a deep copy of a decoded JSON value.
func CloneValue(v any) any {
	switch v := v.(type) {
	case map[string]any:
		c := make(map[string]any, len(v))
		for k, e := range v {
			c[k] = CloneValue(e)
		}
		return c
	case []any:
		c := make([]any, len(v))
		for i, e := range v {
			c[i] = CloneValue(e)
		}
		return c
	}
	return v
}

// Decode reads a resource from its record, for watchers of Prefix.
func Decode(rec store.Record) (*Resource, error) {
	r := new(Resource)
	d := json.NewDecoder(bytes.NewReader(rec.Value))
	d.UseNumber()
	if err := d.Decode(r); err != nil {
		return nil, fmt.Errorf("arm: record %q does not hold a resource: %w", rec.Key, err)
	}
	r.Revision = rec.Revision
	if r.Properties == nil {
		r.Properties = map[string]any{}
	}
	return r, nil
}

func encode(r *Resource) ([]byte, error) {
	b, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("arm: resource %s can't be stored: %w", r.ID, err)
	}
	return b, nil
}

// StoreOp is the write of r for the Ops of a PutRequest or DeleteRequest: how a provider stores a second
// resource in the same transaction (a deleted vault as the vault goes). r's ID, Type and Name must be set.
func StoreOp(r *Resource) (store.Op, error) {
	value, err := encode(r)
	return store.Put(Key(r.ID), value), err
}
