package deploy_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/arm"
	"gatehouse/internal/store"
)

// TestHistory: a scope keeps at most 775 deployments; the oldest go, what they deployed stays.
func TestHistory(t *testing.T) {
	w := newWorld(t)
	at := w.deployments("rg")
	w.deployed(at+"first", body(template(`[`+box("kept", "")+`]`, ""), ""))
	rec, err := w.Store.Get(t.Context(), arm.Key(mustID(at+"first")))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 775 {
		w.Advance(time.Second)
		d, err := arm.Decode(rec)
		if err != nil {
			t.Fatal(err)
		}
		d.ID = mustID(fmt.Sprintf("%sd%03d", at, i))
		d.Name = d.ID.Name()
		d.Properties["timestamp"] = w.Now().Format(time.RFC3339Nano)
		value, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Store.Txn(t.Context(), nil, []store.Op{store.Put(arm.Key(d.ID), value)}); err != nil {
			t.Fatal(err)
		}
	}
	w.Advance(time.Second)
	w.deployed(at+"last", body(template(`[]`, ""), ""))
	var names []string
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		names = w.Want(200, "GET", strings.TrimSuffix(at, "/"), "").Names()
		if len(names) == 750 || time.Now().After(deadline) {
			break
		}
	}
	if len(names) != 750 || names[0] != "d026" || names[len(names)-1] != "last" {
		t.Fatalf("%d deployments, from %s to %s", len(names), names[0], names[len(names)-1])
	}
	w.Want(200, "GET", strings.Split(at, "/providers/")[0]+"/providers/Contoso.Test/boxes/kept", "")
}
