package gateway_test

import (
	"io"
	"net/http"
	"testing"
)

// TestUnserved: a host that no service has, over a connection that was made for one.
func TestUnserved(t *testing.T) {
	b := newBench(t, echo)
	for _, e := range engines {
		c := b.client(e, nil)
		for host, want := range map[string]int{"other.azure-api.net": 404, "management.azure.com": 421, "Management.Azure.com:443": 421} {
			r, err := http.NewRequest("GET", "https://"+clientHost+"/", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Host = host
			resp, err := c.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
			if resp.StatusCode != want {
				t.Errorf("%s, %s: %d, want %d", e.name, host, resp.StatusCode, want)
			}
		}
	}
}
