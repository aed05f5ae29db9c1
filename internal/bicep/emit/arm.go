package emit

import (
	"strconv"
	"strings"
)

// expr is an ARM template expression: str, num, or *fn.
type expr interface{}

type (
	str string
	num int64
	// fn is name(args) followed by accessors.
	fn struct {
		name  string
		args  []expr
		props []expr
	}
)

func call(name string, args ...expr) *fn { return &fn{name: name, args: args} }

// access appends accessors to x, which is made a function when it is a literal.
func access(x expr, props ...expr) *fn {
	var f *fn
	switch x := x.(type) {
	case *fn:
		f = x
	case str:
		f = call("string", x)
	case num:
		f = call("int", x)
	}
	all := make([]expr, 0, len(f.props)+len(props))
	all = append(append(all, f.props...), props...)
	return &fn{f.name, f.args, all}
}

// integer is a literal. Beyond 32 bits it is a call of json, as the engine reads
// literals as 32-bit integers.
func integer(v int64) expr {
	if v > 1<<31-1 || v < -1<<31 {
		return call("json", str(strconv.FormatInt(v, 10)))
	}
	return num(v)
}

// jsonValue is how e stands as a JSON value: literals as themselves, everything
// else in square brackets.
func jsonValue(e expr) any {
	switch e := e.(type) {
	case str:
		return escapeText(string(e))
	case num:
		return int64(e)
	case *fn:
		if len(e.args) == 0 && len(e.props) == 0 {
			switch e.name {
			case "true":
				return true
			case "false":
				return false
			case "null":
				return nil
			}
		}
	}
	return text(e)
}

// escapeText keeps a literal from being read as an expression.
func escapeText(s string) string {
	if strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") {
		return "[" + s
	}
	return s
}

// text is e in square brackets.
func text(e expr) string {
	var b strings.Builder
	b.WriteByte('[')
	write(&b, e)
	b.WriteByte(']')
	return b.String()
}

func write(b *strings.Builder, e expr) {
	switch e := e.(type) {
	case str:
		b.WriteByte('\'')
		b.WriteString(strings.ReplaceAll(string(e), "'", "''"))
		b.WriteByte('\'')
	case num:
		b.WriteString(strconv.FormatInt(int64(e), 10))
	case *fn:
		b.WriteString(e.name)
		b.WriteByte('(')
		for i, a := range e.args {
			if i > 0 {
				b.WriteString(", ")
			}
			write(b, a)
		}
		b.WriteByte(')')
		for _, p := range e.props {
			writeAccessor(b, p)
		}
	}
}

func writeAccessor(b *strings.Builder, p expr) {
	if s, ok := p.(str); ok && isName(string(s)) {
		b.WriteByte('.')
		b.WriteString(string(s))
		return
	}
	b.WriteByte('[')
	write(b, p)
	b.WriteByte(']')
}

// isName reports whether s can follow a dot.
func isName(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c != '_' && (c|0x20 < 'a' || c|0x20 > 'z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}
