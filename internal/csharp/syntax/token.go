package syntax

// kind is a token's kind.
type kind uint8

const (
	end kind = iota
	identifier
	keyword
	number
	character
	text         // a string literal; value has its text
	interpolated // parts has its pieces
	punctuation
)

type token struct {
	kind       kind
	start, end int
	text       string // as written; of identifiers without @
	value      string // of strings and characters: the decoded text (WTF-8)
	parts      []part
}

// part is a piece of an interpolated string: text, or a hole between start and end.
type part struct {
	text       string
	hole       bool
	start, end int
}

func (t token) is(s string) bool {
	return (t.kind == punctuation || t.kind == keyword) && t.text == s
}

// word reports whether t is that identifier (a contextual keyword).
func (t token) word(s string) bool { return t.kind == identifier && t.text == s }

var keywords = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range [...]string{"abstract", "as", "base", "bool", "break", "byte", "case", "catch", "char", "checked", "class", "const",
		"continue", "decimal", "default", "delegate", "do", "double", "else", "enum", "event", "explicit", "extern", "false", "finally",
		"fixed", "float", "for", "foreach", "goto", "if", "implicit", "in", "int", "interface", "internal", "is", "lock", "long",
		"namespace", "new", "null", "object", "operator", "out", "override", "params", "private", "protected", "public", "readonly",
		"ref", "return", "sbyte", "sealed", "short", "sizeof", "stackalloc", "static", "string", "struct", "switch", "this", "throw",
		"true", "try", "typeof", "uint", "ulong", "unchecked", "unsafe", "ushort", "using", "virtual", "void", "volatile", "while"} {
		m[w] = true
	}
	return m
}()

func isTypeKeyword(s string) bool {
	switch s {
	case "bool", "byte", "char", "decimal", "double", "float", "int", "long", "object", "sbyte", "short", "string", "uint", "ulong", "ushort", "void":
		return true
	}
	return false
}
