package emit

import (
	"strings"
	"testing"
)

func TestSelectPath(t *testing.T) {
	v, err := parseJSON([]byte(`{"a":{"b":[{"c d":7,"n":1},{"c d":8,"n":2,"x":"y"},{"n":3.5}]},"l":[0,1,2,3,4]}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ path, want string }{
		{"$.a.b[0]['c d']", "7"},
		{".l[1]", "1"},
		{"l[4]", "4"},
		{"$", `{"a":{"b":[{"c d":7,"n":1},{"c d":8,"n":2,"x":"y"},{"n":3.5}]},"l":[0,1,2,3,4]}`},
		{"$..n", "[1,2,3.5]"},
		{"a.b[*].n", "[1,2,3.5]"},
		{"a.b[?(@.n > 1)].n", "[2,3.5]"},
		{"a.b[?(@.n>=1 && @.x == 'y')].n", "2"},
		{"a.b[?(@.x)].n", "2"},
		{"a.b[?(@.x == 'z' || @.n < 2)].n", "1"},
		{"l[1:3]", "[1,2]"},
		{"l[-2:]", "[3,4]"},
		{"l[::2]", "[0,2,4]"},
		{"l[0,3]", "[0,3]"},
		{"$['a','l'][1]", "1"},
		{"$.x", ""}, {"a.b[9]", ""}, {"$.a.b[", ""}, {"$.a.b.c", ""}, {"a.", ""}, {"a]", ""}, {"a.b[?(@.n >)]", ""}, {"a.b[?(", ""},
		{"l[::0]", ""}, {"l[::9223372036854775807]", "0"}, {"a b", ""}, {"['a", ""},
		{strings.Repeat("..*", 400), ""},
	} {
		got, ok := selectPath(v, c.path)
		text := strings.NewReplacer("\n", "", "  ", "", `": `, `":`).Replace(string(format(got)))
		if ok != (c.want != "") || ok && text != c.want {
			t.Errorf("%.40s: got %s, %v, want %s", c.path, text, ok, c.want)
		}
	}
}
