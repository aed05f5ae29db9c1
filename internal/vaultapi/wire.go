package vaultapi

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"sync"

	"gatehouse/internal/azerr"
	"gatehouse/internal/vault"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// writeJSON writes a whole answer at once, with its length.
func writeJSON(w http.ResponseWriter, status int, v any) {
	if v == nil {
		w.WriteHeader(status)
		return
	}
	b := buffers.Get().(*bytes.Buffer)
	defer func() {
		clear(b.Bytes()) // it may have held a secret
		b.Reset()
		buffers.Put(b)
	}()
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		azerr.WriteKeyVault(w, err)
		return
	}
	h := w.Header()
	h["Content-Type"] = []string{"application/json; charset=utf-8"}
	h["Content-Length"] = []string{strconv.Itoa(b.Len())}
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // an error means that the client has gone
}

// attributes are those of every object, as written.
type attributes struct {
	Enabled         bool   `json:"enabled"`
	NotBefore       *int64 `json:"nbf,omitempty"`
	Expires         *int64 `json:"exp,omitempty"`
	Created         int64  `json:"created"`
	Updated         int64  `json:"updated"`
	RecoveryLevel   string `json:"recoveryLevel,omitempty"`
	RecoverableDays int    `json:"recoverableDays,omitempty"`
	Exportable      *bool  `json:"exportable,omitempty"`
}

func attributesOf(a vault.Attributes, r vault.Recovery) *attributes {
	return &attributes{Enabled: a.Enabled, NotBefore: a.NotBefore, Expires: a.Expires, Created: a.Created, Updated: a.Updated,
		RecoveryLevel: r.Level, RecoverableDays: r.Days}
}

// deletion is what deleted objects have besides.
type deletion struct {
	RecoveryID         string `json:"recoveryId,omitempty"`
	DeletedDate        int64  `json:"deletedDate,omitempty"`
	ScheduledPurgeDate int64  `json:"scheduledPurgeDate,omitempty"`
}

func (q *request) deletion(kind vault.Kind, name string, d *vault.Deletion) deletion {
	if d == nil {
		return deletion{}
	}
	return deletion{RecoveryID: q.base + "/deleted" + string(kind) + "/" + name, DeletedDate: d.Date, ScheduledPurgeDate: d.Purge}
}

// id is an object's identifier; without a version that of all versions.
func (q *request) id(kind vault.Kind, name, version string) string {
	s := q.base + "/" + string(kind) + "/" + name
	if version != "" {
		s += "/" + version
	}
	return s
}

// page is a list as written. A null nextLink ends it.
type page struct {
	Value    []any   `json:"value"`
	NextLink *string `json:"nextLink"`
}

func pageOf[T any](q *request, p vault.Page[T], show func(T) any) page {
	out := page{Value: make([]any, 0, len(p.Items))}
	for _, item := range p.Items {
		out.Value = append(out.Value, show(item))
	}
	if p.Next != "" {
		query := q.URL.Query()
		next := url.Values{"api-version": query["api-version"], "$skiptoken": {p.Next}}
		for _, keep := range []string{"maxresults", "includePending"} {
			if v, ok := query[keep]; ok {
				next[keep] = v
			}
		}
		link := q.base + q.URL.EscapedPath() + "?" + next.Encode()
		out.NextLink = &link
	}
	return out
}

// backup is the body of a backup's answer and of a restore's request.
type backup struct {
	Value binary `json:"value"`
}

func (q *request) readBackup() ([]byte, error) {
	var in backup
	if err := q.readUpTo(vault.MaxBackup*4/3+4096, &in); err != nil {
		return nil, err
	}
	if len(in.Value) == 0 {
		return nil, badParameter("value is missing: it must be the blob that a backup gave.")
	}
	return in.Value, nil
}
