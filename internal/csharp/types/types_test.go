package types

import (
	"math"
	"testing"
)

func TestUTF16(t *testing.T) {
	const s = "aé😀z"
	if n := Length(s); n != 5 {
		t.Errorf("Length = %d, want 5", n)
	}
	if got := Slice(s, 1, 3); got != "é😀" {
		t.Errorf("Slice = %q", got)
	}
	high, low := Slice(s, 2, 1), Slice(s, 3, 1)
	if Length(high) != 1 || Length(low) != 1 || At(high, 0) != 0xD83D || At(low, 0) != 0xDE00 {
		t.Errorf("halves of a pair: %q %q", high, low)
	}
	if got := Join(high, low); got != "😀" {
		t.Errorf("Join of the halves = %q", got)
	}
	if got := DecodeUTF16(EncodeUTF16(s + high)); got != s+high {
		t.Errorf("a lone surrogate does not survive: %q", got)
	}
	if Offset(s, 4) != len("aé😀") || Units(s, len("aé")) != 2 {
		t.Error("Offset and Units disagree with the text")
	}
}

func TestFloatText(t *testing.T) {
	for _, c := range []struct {
		f    float64
		bits int
		want string
	}{
		{0, 64, "0"}, {math.Copysign(0, -1), 64, "0"}, {1.0 / 3, 64, "0.333333333333333"}, {0.1 + 0.2, 64, "0.3"}, {1e15, 64, "1E+15"}, {123456789012345, 64, "123456789012345"},
		{1e-5, 64, "1E-05"}, {0.0001, 64, "0.0001"}, {-2.5e-10, 64, "-2.5E-10"}, {1e100, 64, "1E+100"}, {math.NaN(), 64, "NaN"}, {math.Inf(-1), 64, "-Infinity"}, {float64(float32(0.1)), 32, "0.1"}, {16777216, 32, "1.677722E+07"},
	} {
		if got := FloatText(c.f, c.bits); got != c.want {
			t.Errorf("FloatText(%v, %d) = %s, want %s", c.f, c.bits, got, c.want)
		}
	}
}

func TestFamily(t *testing.T) {
	r := NewRegistry()
	r.Class("A.Base").Extends("", "IEnumerable<string>")
	b := r.Class("A.Derived").Extends("Base").Type()
	if err := r.Finish(); err != nil {
		t.Fatal(err)
	}
	objects := r.Construct(EnumerableT, ObjectT)
	for _, u := range []*Type{r.Named("A.Base"), r.Construct(EnumerableT, String), objects, ObjectT} {
		if !r.Derives(b, u) {
			t.Errorf("%s is no %s", b, u)
		}
	}
	if r.Derives(b, r.Construct(EnumerableT, Int32)) || r.Derives(r.Array(Int32), objects) || !r.Derives(r.Array(String), objects) {
		t.Error("covariance is for references alone")
	}
	if first, second := r.Construct(EnumerableT, String), r.Construct(EnumerableT, String); first != second || r.Nullable(String) != String {
		t.Error("types are not interned")
	}
}

func TestWrongDeclarations(t *testing.T) {
	r := NewRegistry()
	b := r.Class("A.B")
	for _, s := range []string{"Foo X", "int F(", "int F(int a", "int F<T>(List<T> a)", "int F(int a = x)"} {
		b.Method(s, nil)
	}
	err := r.Finish()
	if err == nil {
		t.Fatal("wrong declarations are taken")
	}
	if len(r.errs) != 5 {
		t.Errorf("%d of 5 are reported: %v", len(r.errs), err)
	}
}
