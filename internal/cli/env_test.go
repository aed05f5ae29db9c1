package cli

import (
	"os/exec"
	"testing"
)

// TestShells: the line of a variable gives back its value, whatever characters it has.
func TestShells(t *testing.T) {
	const plain, nasty = `/srv/data`, `/srv/it's a "data" folder $HOME \n` + "`id`"
	for shell, want := range map[string][2]string{
		"sh":     {`export K='/srv/data'`, `export K='/srv/it'\''s a "data" folder $HOME \n` + "`id`'"},
		"fish":   {`set -gx K '/srv/data'`, `set -gx K '/srv/it\'s a "data" folder $HOME \\n` + "`id`'"},
		"pwsh":   {`$env:K = '/srv/data'`, `$env:K = '/srv/it''s a "data" folder $HOME \n` + "`id`'"},
		"dotenv": {`K='/srv/data'`, `K="/srv/it's a \"data\" folder \$HOME \\n` + "`id`\""},
	} {
		for i, value := range []string{plain, nasty} {
			if got := shells[shell]("K", value); got != want[i] {
				t.Errorf("%s: got %s, want %s", shell, got, want[i])
			}
		}
	}
	for _, value := range []string{plain, nasty, "", `a'"`} {
		if got := dotenvUnquote(dotenvQuote(value)); got != value {
			t.Errorf("dotenv gives back %q for %q", got, value)
		}
	}
	out, err := exec.Command("/bin/sh", "-c", shells["sh"]("K", nasty)+`; printf %s "$K"`).Output()
	if err != nil || string(out) != nasty {
		t.Errorf("sh reads %q (%v), want %q", out, err, nasty)
	}
}
