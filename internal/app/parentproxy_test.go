package app

import (
	"net/url"
	"testing"

	"golang.org/x/net/http/httpproxy"
)

func TestParentProxy(t *testing.T) {
	for name, c := range map[string]struct {
		environment httpproxy.Config
		want        string
	}{
		"none":     {httpproxy.Config{}, ""},
		"one":      {httpproxy.Config{HTTPSProxy: "http://proxy.contoso.com:3128"}, "http://proxy.contoso.com:3128"},
		"our own":  {httpproxy.Config{HTTPSProxy: "http://127.0.0.1:8480"}, ""},
		"no proxy": {httpproxy.Config{HTTPSProxy: "http://proxy.contoso.com:3128", NoProxy: ".example.com"}, ""},
	} {
		got, err := parentProxy(&c.environment, "127.0.0.1:8480")(&url.URL{Scheme: "https", Host: "www.example.com:443"})
		if err != nil {
			t.Fatal(err)
		}
		shown := ""
		if got != nil {
			shown = got.String()
		}
		if shown != c.want {
			t.Errorf("%s: %q, want %q", name, shown, c.want)
		}
	}
}
