package app

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestReadLink(t *testing.T) {
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/api.yaml":
			_, _ = w.Write([]byte("openapi: 3.0.0"))
		case "/large":
			_, _ = w.Write(make([]byte, maxLinked+1))
		default:
			http.NotFound(w, r)
		}
	}))
	defer web.Close()
	for _, tc := range []struct{ link, want string }{
		{web.URL + "/none", "404"}, {web.URL + "/large", "larger than"}, {"https://contoso.example/api.yaml", "only links to this machine"},
		{"http://127.0.0.1.contoso.example/", "only links to this machine"}, {"file:///etc/passwd", "only links to this machine"}, {"http://10.0.0.1/", "only links to this machine"},
	} {
		if _, err := readLink(t.Context(), web.Client(), tc.link); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v", tc.link, err)
		}
	}
	if data, err := readLink(t.Context(), web.Client(), web.URL+"/api.yaml"); err != nil || string(data) != "openapi: 3.0.0" {
		t.Errorf("%s, %v", data, err)
	}
}
