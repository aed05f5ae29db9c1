package gateway

import (
	"fmt"
	"strings"
	"testing"

	"gatehouse/internal/policy"
)

func TestTemplates(t *testing.T) {
	var tr tree[string]
	for _, s := range []string{
		"GET /", "GET /orders", "POST /orders", "* /any", "GET /orders/{id}", "GET /orders/latest", "GET /orders/{id}/lines/{line}",
		"GET /files/{*rest}", "GET /all/*", "GET /report-{year}.csv", "GET /report-{year}-{month}.csv", "GET /search?q={term}", "GET /search?mode=fast", "GET /Items('{key}')",
		"GET /a/{x}/c", "GET /a/b/d", "GET /a/{*rest}",
	} {
		method, template, _ := strings.Cut(s, " ")
		if err := tr.add(template, method, s); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ request, want, parameters string }{
		{"GET /", "GET /", ""},
		{"GET /orders", "GET /orders", ""},
		{"GET /ORDERS/", "GET /orders", ""},
		{"POST /orders", "POST /orders", ""},
		{"PUT /orders", "", ""},
		{"PURGE /any", "* /any", ""},
		{"GET /orders/7", "GET /orders/{id}", "id=7"},
		{"GET /orders/a%2Fb", "GET /orders/{id}", "id=a%2Fb"},
		{"GET /orders/latest", "GET /orders/latest", ""},
		{"GET /orders/latest/lines/2", "GET /orders/{id}/lines/{line}", "id=latest line=2"},
		{"GET /files", "GET /files/{*rest}", "rest="},
		{"GET /files/a/b/c", "GET /files/{*rest}", "rest=a/b/c"},
		{"GET /all/a/b", "GET /all/*", ""},
		{"GET /report-2024.csv", "GET /report-{year}.csv", "year=2024"},
		{"GET /report-2024-07.CSV", "GET /report-{year}-{month}.csv", "year=2024 month=07"},
		{"GET /report-.csv", "", ""},
		{"GET /search?q=x", "GET /search?q={term}", "term=x"},
		{"GET /search?mode=fast", "GET /search?mode=fast", ""},
		{"GET /search", "", ""},
		{"GET /items('k')", "GET /Items('{key}')", "key=k"},
		{"GET /a/b/c", "GET /a/{x}/c", "x=b"},
		{"GET /a/b/d", "GET /a/b/d", ""},
		{"GET /a/b/e", "GET /a/{*rest}", "rest=b/e"},
		{"GET /nothing", "", ""},
		{"GET //orders", "", ""},
	} {
		method, url, _ := strings.Cut(c.request, " ")
		path, query, _ := strings.Cut(url, "?")
		var q policy.Query
		q.SetRaw(query)
		got, list, ok := tr.match(method, path, &q, nil)
		var p []string
		for _, f := range list {
			p = append(p, f.Name+"="+f.Value)
		}
		if got != c.want || ok != (c.want != "") || ok && strings.Join(p, " ") != c.parameters {
			t.Errorf("%s: %q %v %v; want %q %q", c.request, got, p, ok, c.want, c.parameters)
		}
	}
	for _, bad := range []string{"/{a", "/a}", "/{a}{b}", "/{*rest}/x", "/{}", "/a/*/b", strings.Repeat("/a", 70)} {
		if err := tr.add(bad, "GET", "x"); err == nil {
			t.Errorf("the template %q was accepted", bad)
		}
	}
}

func TestLongestPath(t *testing.T) {
	var tr tree[string]
	for _, p := range []string{"", "orders", "orders/v2", "Orders/v2/deep/er"} {
		if err := tr.add(p, "*", p); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]string{
		"/": " /", "/x/y": " /x/y", "/orders": "orders ", "/ORDERS/1": "orders /1", "/ordersx": " /ordersx", "/orders/v2": "orders/v2 ",
		"/orders/v2/deep": "orders/v2 /deep", "/orders/v2/deep/er/x": "Orders/v2/deep/er /x",
	} {
		v, rest, ok := tr.longest(path)
		if got := v + " " + rest; got != want || !ok {
			t.Errorf("%s: %q %v, want %q", path, got, ok, want)
		}
	}
}

func TestCleanPath(t *testing.T) {
	for path, want := range map[string]string{
		"/a/b": "/a/b", "/a/../b": "/b", "/a/./b": "/a/b", "/../../x": "/x", "/a/%2e%2E/b": "/b", "/a/.%2e": "/", "/a/..": "/", "/a/.": "/a/", "/...": "/...", "/.hidden": "/.hidden", "/a/%2f": "/a/%2f",
	} {
		if got := cleanPath(path); got != want {
			t.Errorf("cleanPath(%q) = %q, want %q", path, got, want)
		}
	}
}

func FuzzTemplates(f *testing.F) {
	f.Add("/orders/{id}?q={q}", "/orders/7?q=1")
	f.Add("/report-{y}-{m}.csv", "/report-1-2.csv")
	f.Add("/{*rest}", "/a/../b")
	f.Fuzz(func(t *testing.T, template, url string) {
		var tr tree[int]
		if tr.add(template, "GET", 1) != nil {
			return
		}
		_ = tr.add("/{a}/{*rest}", "GET", 2)
		path, query, _ := strings.Cut(url, "?")
		if !strings.HasPrefix(path, "/") {
			return
		}
		path = cleanPath(path)
		for _, s := range strings.Split(path, "/") {
			if dots(s) > 0 {
				t.Fatalf("cleanPath leaves %q", path)
			}
		}
		var q policy.Query
		q.SetRaw(query)
		_, list, _ := tr.match("GET", path, &q, nil)
		for _, p := range list {
			if p.Name == "" {
				t.Fatalf("a parameter without name: %v", list)
			}
		}
		tr.longest(path)
	})
}

func FuzzReadFields(f *testing.F) {
	f.Add("Host: a\r\nContent-Length: 1\r\n\r\n")
	f.Add("Transfer-Encoding: chunked\r\nX: y\r\n")
	f.Fuzz(func(t *testing.T, raw string) {
		var h policy.Header
		fl, err := readFields(raw, &h)
		if err != nil {
			return
		}
		if fl.chunked && fl.length >= 0 {
			t.Fatal("two framings")
		}
		for _, x := range h.Fields() {
			if !policy.IsToken(x.Name) || strings.ContainsAny(x.Value, "\r\n\x00") {
				t.Fatalf("%q got through", x)
			}
		}
	})
}

// BenchmarkMatch finds one of 100,000 operations of 10,000 APIs.
func BenchmarkMatch(b *testing.B) {
	var apis tree[*tree[int]]
	for i := range 10_000 {
		ops := &tree[int]{}
		for j := range 10 {
			if err := ops.add(fmt.Sprintf("/orders/{id}/part%d", j), "GET", j); err != nil {
				b.Fatal(err)
			}
		}
		if err := apis.add(fmt.Sprintf("team%d/api%d", i%100, i), "*", ops); err != nil {
			b.Fatal(err)
		}
	}
	var q policy.Query
	list := make([]policy.Field, 0, 8)
	b.ReportAllocs()
	for b.Loop() {
		ops, rest, _ := apis.longest("/team77/api5077/orders/4711/part7")
		if v, _, ok := ops.match("GET", rest, &q, list[:0]); !ok || v != 7 {
			b.Fatal(v, ok)
		}
	}
}
