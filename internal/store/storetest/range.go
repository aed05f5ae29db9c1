package storetest

import (
	"fmt"
	"testing"

	"gatehouse/internal/store"
)

func ranges(t *testing.T, s *suite) {
	for _, key := range []string{"b/2", "a", "b/1", "b", "c", "b/1/x", "b0"} {
		s.put(key, "value of "+key)
	}
	s.wantKeys(s.page(store.RangeOptions{}), "a", "b", "b/1", "b/1/x", "b/2", "b0", "c")
	s.wantKeys(s.page(store.RangeOptions{Prefix: "b/"}), "b/1", "b/1/x", "b/2")
	s.wantKeys(s.page(store.RangeOptions{Prefix: "none"}))
	s.wantKeys(s.page(store.RangeOptions{Prefix: "b/", After: "b/1"}), "b/1/x", "b/2")
	s.wantKeys(s.page(store.RangeOptions{Prefix: "b/", After: "b/1/w"}), "b/1/x", "b/2")
	s.wantKeys(s.page(store.RangeOptions{Prefix: "b/", After: "a"}), "b/1", "b/1/x", "b/2")
	s.wantKeys(s.page(store.RangeOptions{Prefix: "b/", After: "b/2"}))
	s.wantKeys(s.page(store.RangeOptions{Prefix: "b/", After: "z"}))
	page := s.page(store.RangeOptions{Prefix: "b/"})
	if page.Revision != s.revision() {
		t.Fatalf("the page is of revision %d, the store at %d", page.Revision, s.revision())
	}
	for _, r := range page.Records {
		if string(r.Value) != "value of "+r.Key {
			t.Fatalf("%s has the value %q", r.Key, r.Value)
		}
	}
}

func rangePages(t *testing.T, s *suite) {
	const total = 23
	for i := range total {
		s.put(fmt.Sprintf("p/%02d", i), "")
	}
	s.put("q", "")
	o := store.RangeOptions{Prefix: "p/", Limit: 5}
	seen := 0
	for {
		page := s.page(o)
		for _, r := range page.Records {
			if want := fmt.Sprintf("p/%02d", seen); r.Key != want {
				t.Fatalf("key %q, want %q", r.Key, want)
			}
			seen++
		}
		if !page.More {
			break
		}
		if len(page.Records) != o.Limit {
			t.Fatalf("%d records in a page that has more", len(page.Records))
		}
		o.After = page.Records[len(page.Records)-1].Key
	}
	if seen != total {
		t.Fatalf("%d records over the pages, want %d", seen, total)
	}
	if page := s.page(store.RangeOptions{Prefix: "p/", Limit: total}); page.More {
		t.Fatal("More is set on a page that holds the last record")
	}
}

func rangeKeysOnly(t *testing.T, s *suite) {
	s.put("a", "value")
	page := s.page(store.RangeOptions{KeysOnly: true})
	s.wantKeys(page, "a")
	if page.Records[0].Value != nil || page.Records[0].Revision == 0 {
		t.Fatalf("keys only gave %+v", page.Records[0])
	}
}
