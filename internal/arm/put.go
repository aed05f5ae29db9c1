package arm

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"maps"
	"slices"
	"strings"

	"gatehouse/internal/azerr"
	"gatehouse/internal/identity"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/resourcetypes"
	"gatehouse/internal/store"
)

// maxAttempts bounds how often a write is made again after another replica won.
const maxAttempts = 16

// Put creates or replaces (with o.Patch: patches) the resource as the caller.
func (s *Service) Put(ctx context.Context, c identity.Caller, id resourceid.ID, apiVersion string, body map[string]any, o PutOptions) (*Resource, error) {
	r, _, err := s.put(ctx, c, id, apiVersion, body, o)
	return r, err
}

// Validate checks what Put would check and changes nothing.
func (s *Service) Validate(ctx context.Context, c identity.Caller, id resourceid.ID, apiVersion string, body map[string]any) error {
	_, err := s.Foresee(ctx, c, id, apiVersion, body)
	return err
}

// put also gives the status of the answer.
func (s *Service) put(ctx context.Context, c identity.Caller, id resourceid.ID, apiVersion string, body map[string]any, o PutOptions) (*Resource, int, error) {
	w, err := s.newWrite(ctx, c, id, apiVersion, body, o)
	if err != nil {
		if w != nil && !o.System {
			err = s.audited(ctx, c, o.RequestID, w.action(), id, 0, err)
		}
		return nil, 0, err
	}
	r, err := w.run(ctx)
	if !o.System && !(w.recorded && err == nil) {
		err = s.audited(ctx, c, o.RequestID, w.action(), id, w.status(), err)
	}
	if err != nil {
		return nil, 0, err
	}
	if r, err = w.show(ctx, r); err != nil {
		return nil, 0, err
	}
	return r, w.status(), nil
}

// show is what was stored, as clients see it under the name that they gave.
func (w *write) show(ctx context.Context, r *Resource) (*Resource, error) {
	r, err := w.s.view(ctx, w.typ, r)
	if err != nil {
		return nil, err
	}
	return w.alias.show(r)
}

// write is one PUT or PATCH on its way.
type write struct {
	s          *Service
	c          identity.Caller
	id         resourceid.ID // as it is stored
	alias      alias
	typ        *Type
	apiVersion string
	body       map[string]any
	o          PutOptions
	dry        bool
	created    bool
	recorded   bool // its success is in the audit log
}

func (w *write) action() string { return w.typ.rbacName() + "/write" }

// newWrite finds the type and authorises. The write is returned with the error of a refused caller, to be audited.
func (s *Service) newWrite(ctx context.Context, c identity.Caller, id resourceid.ID, apiVersion string, body map[string]any, o PutOptions) (*write, error) {
	if err := s.checkSubscription(id); err != nil {
		return nil, err
	}
	t, err := s.typeOf(id.Type(), apiVersion)
	if err != nil {
		return nil, err
	}
	if t.Put == nil || o.Patch && t.NoPatch {
		method := "PUT"
		if o.Patch {
			method = "PATCH"
		}
		return nil, azerr.MethodNotAllowed.New(method, t.Name)
	}
	if body == nil {
		body = map[string]any{}
	}
	w := &write{s: s, c: c, id: id, typ: t, apiVersion: apiVersion, body: body, o: o}
	if o.System {
		return w, nil
	}
	if !t.OwnRights {
		if err := s.Authorize(ctx, c, w.action(), id); err != nil {
			return w, err
		}
	}
	w.id, w.alias, err = s.resolve(ctx, id)
	return w, err
}

// run attempts the write until no other replica was faster.
func (w *write) run(ctx context.Context) (*Resource, error) {
	if w.typ.NotStored {
		return w.attempt(ctx)
	}
	ctx, unlock := w.s.tree.lock(ctx, w.id)
	defer unlock()
	for try := 1; ; try++ {
		r, err := w.attempt(ctx)
		if err == nil {
			w.s.changes.wake(w.id.Key())
			if w.typ.Stored != nil {
				w.typ.Stored(ctx, r.Clone())
			}
			return r, nil
		}
		if !errors.Is(err, store.ErrConflict) {
			return nil, storeError(w.id, err)
		}
		if try == maxAttempts {
			return nil, azerr.ARMConflict.New("The resource '" + w.id.String() + "' is being changed by others all the time. Try again.")
		}
	}
}

// attempt does all of the write once.
func (w *write) attempt(ctx context.Context) (*Resource, error) {
	p, err := w.s.locate(ctx, w.id, w.apiVersion)
	if err != nil {
		return nil, err
	}
	r := &PutRequest{Caller: w.c, ID: p.id, Type: p.typ, APIVersion: w.apiVersion, Parent: p.parent, Patch: w.o.Patch,
		ValidateOnly: w.dry, Service: w.s, RequestID: w.o.RequestID}
	if !w.typ.NotStored {
		if r.Existing, err = w.s.loadStored(ctx, p.id); err != nil {
			return nil, err
		}
		if r.Existing != nil {
			r.ID = r.Existing.ID
		}
	}
	if err := w.preconditions(ctx, r.Existing); err != nil {
		return nil, err
	}
	r.Body = CloneValue(w.body).(map[string]any)
	var problems []resourcetypes.Problem
	if w.typ.Misfit != nil && !w.o.System {
		problems = resourcetypes.Fit(w.typ.Name, w.apiVersion, r.Body, !w.o.Patch, w.typ.Kept...)
	}
	if w.o.Patch && r.Existing != nil {
		r.Patched, r.Body = r.Body, MergePatch(r.Existing.body(), r.Body)
	}
	if err := checkCommon(r); err != nil {
		return nil, err
	}
	if w.typ.NotStored && !w.dry && !w.o.System {
		if err := w.s.Started(ctx, w.c, w.o.RequestID, w.action(), w.id); err != nil {
			return nil, err
		}
	}
	if len(problems) > 0 {
		return nil, misfit(ctx, r, problems)
	}
	made, err := p.typ.Put(ctx, r)
	if made != nil && w.dry {
		made.Unsettled = len(r.Steps) > 0
	}
	if err != nil || w.dry || w.typ.NotStored {
		return made, err
	}
	w.created = r.Existing == nil
	return made, w.commit(ctx, p, r, made)
}

// misfit is what is wrong with a body that does not fit its type: what Put says of it, else what the type says.
func misfit(ctx context.Context, r *PutRequest, problems []resourcetypes.Problem) error {
	r.ValidateOnly = true
	if _, err := r.Type.Put(ctx, r); err != nil {
		return err
	}
	return r.Type.Misfit(problems)
}

// preconditions applies If-Match and If-None-Match (RFC 9110 section 13.1); a PATCH needs the resource.
func (w *write) preconditions(ctx context.Context, existing *Resource) error {
	if w.o.Patch && existing == nil && !w.typ.NotStored {
		return w.s.notFound(ctx, w.typ, w.id)
	}
	if err := ifMatch(w.id, w.o.IfMatch, existing); err != nil {
		return err
	}
	if none := strings.TrimSpace(w.o.IfNoneMatch); none != "" && existing != nil && matchesETag(none, existing.ETag) {
		return azerr.PreconditionFailed.New(w.id, "it exists, and If-None-Match asks for one that does not")
	}
	return nil
}

func ifMatch(id resourceid.ID, want string, existing *Resource) error {
	want = strings.TrimSpace(want)
	switch {
	case want == "" || existing != nil && matchesETag(want, existing.ETag):
		return nil
	case existing == nil && want == "*":
		return nil // Azure's clients send If-Match: * for "create or update", too
	case existing == nil:
		return azerr.PreconditionFailed.New(id, "it does not exist, and If-Match names an entity tag")
	}
	return azerr.PreconditionFailed.New(id, "its entity tag is not the one of If-Match; get it again")
}

// matchesETag compares a header with one or more tags; quotes and the weak mark may be missing.
func matchesETag(header, tag string) bool {
	bare := func(s string) string {
		return strings.Trim(strings.TrimPrefix(strings.TrimSpace(s), "W/"), `"`)
	}
	for _, h := range strings.Split(header, ",") {
		if bare(h) == "*" || bare(h) == bare(tag) {
			return true
		}
	}
	return false
}

// commit stores what the provider made.
func (w *write) commit(ctx context.Context, p *place, r *PutRequest, made *Resource) error {
	now := w.s.Now().UTC()
	made.ID, made.Type, made.Name = r.ID, p.typ.Name, r.ID.Name()
	made.Changed, made.ChangedBy, made.Created, made.CreatedBy = now, w.c.ObjectID, now, w.c.ObjectID
	condition := store.Condition{Key: Key(r.ID)}
	if e := r.Existing; e != nil {
		made.Created, made.CreatedBy, condition.Revision = e.Created, e.CreatedBy, e.Revision
	}
	made.Deleting = false
	made.ETag, made.BodyETag = newETag(), p.typ.BodyETag
	value, err := encode(made)
	if err != nil {
		return err
	}
	if err := w.record(ctx); err != nil {
		return err
	}
	conditions := append(append([]store.Condition{condition}, p.parentCondition()...), r.Conditions...)
	own := Step{Conditions: conditions, Ops: append([]store.Op{store.Put(Key(r.ID), value)}, r.Ops...)}
	made.Revision, err = w.s.runSteps(ctx, append(slices.Clone(r.Steps), own))
	return err
}

// record writes the record of the success before the store changes: what can't be audited isn't done. Should
// the store then refuse, the record of that follows.
func (w *write) record(ctx context.Context) error {
	if w.o.System || w.recorded {
		return nil
	}
	err := w.s.record(ctx, w.c, w.o.RequestID, w.action(), w.id, w.status(), nil)
	w.recorded = err == nil
	return err
}

// status is that of the answer, if all goes well.
func (w *write) status() int {
	switch {
	case w.created && w.typ.CreateStatus != 0:
		return w.typ.CreateStatus
	case w.created:
		return 201
	}
	return 200
}

// newETag is a fresh entity tag, in quotes.
func newETag() string {
	b := make([]byte, 12)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return `"` + base64.StdEncoding.EncodeToString(b) + `"`
}

// body is the resource as a PUT would send it.
func (r *Resource) body() map[string]any {
	b := r.Clone().Wire()
	for _, k := range []string{"id", "name", "type", "etag"} {
		delete(b, k)
	}
	if r.Tags != nil {
		tags := make(map[string]any, len(r.Tags))
		for k, v := range r.Tags {
			tags[k] = v
		}
		b["tags"] = tags
	}
	if r.Zones != nil {
		zones := make([]any, len(r.Zones))
		for i, z := range r.Zones {
			zones[i] = z
		}
		b["zones"] = zones
	}
	return b
}

// MergePatch applies an RFC 7396 patch to target, which it may change; tags are replaced as a whole, as Azure does.
func MergePatch(target, patch map[string]any) map[string]any {
	out := mergePatch(target, patch).(map[string]any)
	if tags, ok := patch["tags"].(map[string]any); ok {
		out["tags"] = CloneValue(tags)
	}
	return out
}

func mergePatch(target, patch any) any {
	p, ok := patch.(map[string]any)
	if !ok {
		return CloneValue(patch)
	}
	t, ok := target.(map[string]any)
	if !ok {
		t = map[string]any{}
	}
	out := maps.Clone(t)
	for k, v := range p {
		if v == nil {
			delete(out, k)
			continue
		}
		out[k] = mergePatch(out[k], v)
	}
	return out
}

// Update changes a stored resource as the system (no caller, no audit record): a deployment's status, a
// certificate that was resolved again. change may run several times; it gets a copy. An error of change ends it.
func (s *Service) Update(ctx context.Context, id resourceid.ID, change func(*Resource) error) (*Resource, error) {
	for try := 1; ; try++ {
		r, err := s.load(ctx, id)
		if err != nil {
			return nil, err
		}
		t, _ := s.Type(id.Type())
		if r == nil {
			return nil, s.notFound(ctx, t, id)
		}
		condition := store.Condition{Key: Key(id), Revision: r.Revision}
		if err := change(r); err != nil {
			return nil, err
		}
		r.ETag, r.Changed = newETag(), s.Now().UTC()
		value, err := encode(r)
		if err != nil {
			return nil, err
		}
		r.Revision, err = s.o.Store.Txn(ctx, []store.Condition{condition}, []store.Op{store.Put(Key(id), value)})
		if err == nil {
			s.changes.wake(id.Key())
			if t != nil && t.Stored != nil {
				t.Stored(ctx, r.Clone())
			}
			return r, nil
		}
		if !errors.Is(err, store.ErrConflict) || try == 8*maxAttempts {
			return nil, storeError(id, err)
		}
	}
}
