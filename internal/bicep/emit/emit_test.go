package emit

import (
	"sort"
	"strings"
	"testing"
)

// TestMurmur: the hash gives uniqueString's published values.
func TestMurmur(t *testing.T) {
	for text, want := range map[string]string{
		"fu": "6rkxbspxjmsho", "fubar": "cj2xpqsiwjfne", "fu-bar": "q5wxoscxs5j6k", "hello-world": "a7wkljktk6wne", "tyeth": "zcztcwvu6iyg6",
	} {
		if got := base32(murmur64([]byte(text))); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

func base32(v uint64) string {
	var b strings.Builder
	for i := 0; i < 13; i++ {
		b.WriteByte("abcdefghijklmnopqrstuvwxyz234567"[v>>59])
		v <<= 5
	}
	return b.String()
}

// TestTemplateHashOrder: the hash does not depend on the order in which a
// template's own keys are written, but on everything else.
func TestTemplateHashOrder(t *testing.T) {
	build := func(reverse bool) *object {
		o := obj("$schema", "s", "contentVersion", "1.0.0.0", "parameters", obj("a", obj("type", "string", "defaultValue", "x")), "resources", []any{obj("type", "t", "name", "n")})
		if reverse {
			for i, j := 0, len(o.members)-1; i < j; i, j = i+1, j-1 {
				o.members[i], o.members[j] = o.members[j], o.members[i]
			}
		}
		return o
	}
	if templateHash(build(false)) != templateHash(build(true)) {
		t.Error("the order of keys changes the hash")
	}
	other := build(false)
	other.set("contentVersion", "1.0.0.1")
	if templateHash(build(false)) == templateHash(other) {
		t.Error("a value does not change the hash")
	}
}

func TestExpressionText(t *testing.T) {
	for _, c := range []struct {
		e    expr
		want any
	}{
		{str("plain"), "plain"},
		{str("[x]"), "[[x]"},
		{str("[x"), "[x"},
		{num(-3), int64(-3)},
		{integer(1 << 40), "[json('1099511627776')]"},
		{call("true"), true},
		{call("null"), nil},
		{call("f", str("it's"), num(1), call("null")), "[f('it''s', 1, null())]"},
		{access(call("p", str("x")), str("a"), str("b c"), num(0), call("copyIndex")), "[p('x').a['b c'][0][copyIndex()]]"},
		{access(str("lit"), str("length")), "[string('lit').length]"},
	} {
		if got := jsonValue(c.e); got != c.want {
			t.Errorf("got %v, want %v", got, c.want)
		}
	}
}

func TestCultureOrder(t *testing.T) {
	names := []string{"b", "A", "a", "a_b", "a1", "ab", "B::c", "b2", "_z"}
	sort.Slice(names, func(i, j int) bool { return cultureLess(names[i], names[j]) })
	if got := strings.Join(names, " "); got != "_z a A a_b a1 ab b B::c b2" {
		t.Errorf("order: %s", got)
	}
}
