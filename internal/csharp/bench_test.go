package csharp

import (
	"testing"

	"gatehouse/internal/csharp/types"
)

func benchmark(b *testing.B, kind Kind, code string) {
	p, diags := Compile(code, Options{Kind: kind})
	if len(diags) > 0 {
		b.Fatal(diags.Text())
	}
	f := &Frame{Context: newExchange()}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Run(f); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkHeaderComparison(b *testing.B) {
	benchmark(b, Expression, `context.Request.Headers.GetValueOrDefault("X","") == "abc"`)
}

func BenchmarkVariable(b *testing.B) {
	benchmark(b, Expression, `(string)context.Variables["s"] == "text" && context.Variables.GetValueOrDefault<int>("n") > 3`)
}

func BenchmarkLoop(b *testing.B) {
	benchmark(b, Block, `var n = 0; for (int i = 0; i < 1000; i++) { if (i % 3 == 0) n += i; } return n;`)
}

func BenchmarkLinq(b *testing.B) {
	benchmark(b, Expression, `"a=1&b=2&c=3".Split('&').Where(p => p.StartsWith("b")).Select(p => p.Split('=')[1]).FirstOrDefault()`)
}

func BenchmarkCompile(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, diags := Compile(`context.Request.Headers.GetValueOrDefault("X","").Split(',').Select(v => v.Trim()).Any(v => v == "abc")`, Options{Want: types.Boolean}); len(diags) > 0 {
			b.Fatal(diags.Text())
		}
	}
}
