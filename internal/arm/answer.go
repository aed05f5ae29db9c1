package arm

import (
	"encoding/json"
	"net/http"
	"strings"

	"gatehouse/internal/azerr"
	"gatehouse/internal/resourceid"
)

// reply writes an answer: Raw, else JSON; a nil body has none.
func (x *exchange) reply(status int, body any) error {
	if body == nil || status == http.StatusNoContent || x.r.Method == http.MethodHead {
		x.w.WriteHeader(status)
		return nil
	}
	raw, isRaw := body.(Raw)
	if !isRaw {
		data, err := json.Marshal(body)
		if err != nil {
			return err
		}
		raw = Raw{ContentType: "application/json; charset=utf-8", Data: data}
	}
	x.w.Header().Set("Content-Type", raw.ContentType)
	x.w.WriteHeader(status)
	_, _ = x.w.Write(raw.Data) // an error means that the client has gone
	return nil
}

func (x *exchange) answer(a *Answer) error {
	h := x.w.Header()
	for k, v := range a.Header {
		for _, e := range v {
			if strings.HasPrefix(e, "/") && (strings.EqualFold(k, "Location") || strings.EqualFold(k, "Azure-AsyncOperation")) {
				e = x.base() + e
			}
			h.Set(k, e)
		}
	}
	status := a.Status
	if status == 0 {
		status = http.StatusOK
	}
	return x.reply(status, a.Body)
}

func (x *exchange) get(id resourceid.ID) error {
	r, err := x.s.Get(x.r.Context(), x.caller, id, x.apiVersion)
	if err != nil {
		return err
	}
	x.setETag(r)
	if none := x.r.Header.Get("If-None-Match"); none != "" && r.ETag != "" && matchesETag(none, r.ETag) {
		x.w.WriteHeader(http.StatusNotModified)
		return nil
	}
	if x.r.Method == http.MethodHead {
		status := http.StatusNoContent
		if t, ok := x.s.Type(r.Type); ok && t.HeadStatus != 0 {
			status = t.HeadStatus
		}
		return x.reply(status, nil)
	}
	out, err := x.exported(x.r.Context(), r)
	if err != nil {
		return err
	}
	switch v := out.(type) {
	case nil:
	case *Resource:
		r = v
	default:
		return x.reply(http.StatusOK, v)
	}
	return x.reply(http.StatusOK, x.s.Wire(r))
}

// Wire is the resource as the handler shows it: a group or resource whose deletion has begun says so.
func (s *Service) Wire(r *Resource) map[string]any {
	w := r.Wire()
	if r.Deleting {
		p := cloneMap(r.Properties)
		if p == nil {
			p = map[string]any{}
		}
		p["provisioningState"] = "Deleting"
		w["properties"] = p
	}
	return w
}

func (x *exchange) setETag(r *Resource) {
	if r.ETag != "" {
		x.w.Header().Set("ETag", r.ETag)
	}
}

func (x *exchange) put(id resourceid.ID) error {
	var read func([]byte) (map[string]any, error)
	if t, ok := x.s.Type(id.Type()); ok {
		read = t.ReadBody
	}
	body, err := x.body(read)
	if err != nil {
		return err
	}
	r, status, err := x.s.put(x.r.Context(), x.caller, id, x.apiVersion, body, PutOptions{IfMatch: x.r.Header.Get("If-Match"),
		IfNoneMatch: x.r.Header.Get("If-None-Match"), Patch: x.r.Method == http.MethodPatch, RequestID: x.requestID})
	if err != nil {
		return err
	}
	x.setETag(r)
	x.operationHeaders(r)
	return x.reply(status, x.s.Wire(r))
}

func (x *exchange) delete(id resourceid.ID) error {
	t, _ := x.s.Type(id.Type())
	var gone *Resource
	if t != nil && t.DeleteShows {
		gone, _ = x.s.Lookup(x.r.Context(), id) // a resource that is not there is remove's matter
	}
	was, err := x.s.remove(x.r.Context(), x.caller, id, x.apiVersion, DeleteOptions{IfMatch: x.r.Header.Get("If-Match"), Query: x.query, RequestID: x.requestID})
	if err != nil {
		return err
	}
	switch {
	case !was && id.IsType(TypeGroup):
		return azerr.ResourceGroupNotFound.New(id.Name())
	case !was:
		return x.reply(http.StatusNoContent, nil)
	case gone != nil:
		return x.reply(http.StatusOK, x.s.Wire(gone))
	case t.DeleteStatus == http.StatusAccepted:
		x.goneHeaders(id)
		return x.reply(http.StatusAccepted, nil)
	case t.DeleteStatus != 0:
		return x.reply(t.DeleteStatus, nil)
	}
	return x.reply(http.StatusOK, nil)
}

func (x *exchange) post(t target) error {
	ctx := x.r.Context()
	r := &ActionRequest{Caller: x.caller, ID: t.on, APIVersion: x.apiVersion, Query: x.query, RequestID: x.requestID, Base: x.base()}
	read, isCall := x.s.reader(t)
	body, err := x.body(read)
	if err != nil {
		return err
	}
	r.Body = body
	var out any
	if isCall {
		r.ID = t.id
		out, err = x.s.call(ctx, t.namespace, t.last, r)
	} else if t.on.IsTenant() {
		return azerr.MethodNotAllowed.New(x.r.Method, x.r.URL.Path)
	} else {
		out, err = x.s.act(ctx, r, t.last)
	}
	if err != nil {
		return err
	}
	return x.actionAnswer(t, out)
}

// reader finds how the body of a POST is read, and whether it is a call on a provider.
func (s *Service) reader(t target) (func([]byte) (map[string]any, error), bool) {
	if t.namespace != "" {
		if a := s.calls[strings.ToLower(t.namespace)][strings.ToLower(t.last)]; a != nil {
			return a.ReadBody, true
		}
		return nil, true
	}
	if _, a, _, err := s.findAction(t.on, "", t.last); err == nil {
		return a.ReadBody, false
	}
	return nil, false
}

func (x *exchange) actionAnswer(t target, out any) error {
	switch v := out.(type) {
	case nil:
		return x.reply(http.StatusNoContent, nil)
	case *Answer:
		if v.Status == http.StatusAccepted && v.Header.Get("Location") == "" && v.Header.Get("Azure-AsyncOperation") == "" {
			x.goneHeaders(t.on)
		}
		return x.answer(v)
	case *Resource:
		x.setETag(v)
		return x.reply(http.StatusOK, x.s.Wire(v))
	case Listing:
		return x.page(v)
	}
	return x.reply(http.StatusOK, out)
}
