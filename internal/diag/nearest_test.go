package diag

import "testing"

func TestNearest(t *testing.T) {
	words := []string{"secureFile", "retryCount", "socketTimeout", "script"}
	for name, want := range map[string]string{
		"securefile": "secureFile", "secureFiles": "secureFile", "scrpit": "script", "retry": "", "xyz": "", "": "", "SCRIPTS": "script",
	} {
		if got := Nearest(name, words); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", name, got, want)
		}
	}
}
