package csharp

import (
	"strings"
	"testing"
	"time"

	"gatehouse/internal/csharp/types"
)

// TestRobust: code of an unusual shape compiles, or is refused, in a bounded time.
func TestRobust(t *testing.T) {
	nested := "x"
	for range 14 {
		nested = "new[] {1,2}.Select(x => " + nested + ").Sum()" // each hides the x outside: CS0136
	}
	for name, c := range map[string]struct{ code, want string }{
		"a long chain":     {`"" + context.Api.Id` + strings.Repeat(" + 1", 1500), "orders" + strings.Repeat("1", 1500)},
		"too long a chain": {`context.Api.Id` + strings.Repeat(" + 1", 3000), "CS8078"},
		"many brackets":    {strings.Repeat("(", 150) + "1" + strings.Repeat(")", 150), "1"},
		"too many":         {strings.Repeat("(", 3000) + "1" + strings.Repeat(")", 3000), "CS8078"},
		"nested lambdas":   {nested, "CS"},
		"many else":        {"{" + strings.Repeat(`if (context.Api.Id == "a") { return 1; } else `, 100) + "{ return 2; } }", "2"},
	} {
		start := time.Now()
		got := run(t, c.code, types.Limits{})
		if !strings.Contains(got, c.want) {
			t.Errorf("%s: got %.200s, want %.50s", name, got, c.want)
		}
		if d := time.Since(start); d > 20*time.Second {
			t.Errorf("%s took %s", name, d)
		}
	}
}
