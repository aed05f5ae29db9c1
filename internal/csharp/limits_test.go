package csharp

import (
	"errors"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/csharp/types"
)

// TestLimits: what asks for too much ends in an error that names the limit, which no C# code
// can catch, and the program runs again afterwards.
func TestLimits(t *testing.T) {
	names := map[string]string{"steps": "System.TimeoutException", "time": "System.TimeoutException", "memory": "System.OutOfMemoryException", "nested calls": "System.InsufficientExecutionStackException", "nesting of tuples": "System.InsufficientExecutionStackException"}
	limits := types.Limits{Steps: 20_000, Bytes: 1 << 20, Depth: 100, Time: 300 * time.Millisecond}
	patient := types.Limits{Steps: 1 << 40, Bytes: 1 << 40, Depth: 100, Time: 300 * time.Millisecond}
	for name, c := range map[string]struct {
		code   string
		limits types.Limits
		want   string
	}{
		"while":                {`while (true) { }`, limits, "steps"},
		"for":                  {`var n = 0; for (;;) { n++; } return n;`, limits, "steps"},
		"do":                   {`do { } while (true); return 1;`, limits, "steps"},
		"a loop in a sequence": {`return Enumerable.Range(0, int.MaxValue).Count(x => x > 1);`, limits, "steps"},
		"an endless sequence":  {`return Enumerable.Repeat("a", int.MaxValue).Last();`, limits, "steps"},
		"goto by exceptions":   {`while (true) { try { throw new Exception(); } catch { } }`, limits, "steps"},
		"recursion":            {`int F(int n) => F(n + 1); return F(0);`, limits, "nested calls"},
		"mutual recursion":     {`int F(int n) => G(n); int G(int n) => F(n); return F(0);`, limits, "nested calls"},
		"a lambda's recursion": {`Func<int, int> f = null; f = n => f(n) + 1; return f(1);`, limits, "nested calls"},
		"doubling":             {`var s = "x"; while (true) s += s; return s;`, limits, "memory"},
		"a large array":        {`return new int[100000000].Length;`, limits, "memory"},
		"a large string":       {`return new string('x', 100000000).Length;`, limits, "memory"},
		"padding":              {`return "x".PadLeft(100000000).Length;`, limits, "memory"},
		"alignment":            {`return $"{1,100000000}".Length;`, limits, "memory"},
		"a growing list":       {`var l = new List<string>(); while (true) l.Add("x" + l.Count); return 1;`, limits, ""},
		"a growing builder":    {`var b = new StringBuilder(); while (true) b.Append("0123456789012345678901234567890123456789012345678901234567890123456789"); return 1;`, limits, "memory"},
		"replacing":            {`return new string('x', 50000).Replace("x", new string('y', 1000)).Length;`, limits, "memory"},
		"doubling JSON":        {`var t = new JArray(1, 2); while (true) t = new JArray(t, t); return 1;`, limits, ""},
		"doubling XML":         {`var t = new XElement("a"); while (true) t = new XElement("a", t, t); return 1;`, limits, ""},
		"tuples of tuples":     {`object o = 1; for (var i = 0; i < 60; i++) { o = (o, o); } return o.ToString().Length;`, limits, "nesting of tuples"},
		"prefixes of XML":      {`return XElement.Parse("<a " + string.Join(" ", Enumerable.Range(0, 20000).Select(i => "xmlns:a" + i + "='b" + i + "' a" + i + ":c=''")) + "/>").ToString().Length;`, patient, "time"},
		"many keys":            {`while (true) RSA.Create(1024).ToXmlString(true); return 1;`, types.Limits{Bytes: 20 << 20}, "memory"},
		"time":                 {`while (true) { }`, patient, "time"},
		"time in a sequence":   {`return Enumerable.Range(0, int.MaxValue).Sum(x => (long)x);`, patient, "time"},
		"a catch":              {`try { while (true) { } } catch (Exception) { return 1; } finally { }`, limits, "steps"},
	} {
		t.Run(name, func(t *testing.T) {
			p, diags := Compile(c.code, Options{Kind: Block, Limits: c.limits})
			if len(diags) > 0 {
				t.Fatal(diags.Text())
			}
			for range 2 {
				_, err := p.Run(&Frame{Context: newExchange()})
				var limit *LimitError
				if errors.As(err, &limit) && !strings.HasPrefix(err.Error(), names[limit.What]+": ") {
					t.Errorf("got %v, want %s", err, names[limit.What])
				}
				if !errors.As(err, &limit) || c.want != "" && limit.What != c.want {
					t.Errorf("got %v, want the limit of %s", err, c.want)
				}
			}
		})
	}
}
