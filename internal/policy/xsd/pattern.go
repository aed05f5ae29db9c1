package xsd

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Patterns are the regular expressions of https://www.w3.org/TR/xmlschema-2/#regexs. They are translated for Go's regexp, which
// takes time linear in the text's length.

// Bounds of a pattern: its length, its nesting, and what the counts of its quantifiers come to.
const (
	maxPattern = 16 << 10
	maxGroups  = 100
	maxRepeat  = 10_000
	maxWritten = 2 << 20 // of the translation, where sets are lists of ranges
)

var errPatternLarge = errors.New("it is too large")

// compilePattern translates a pattern that must match all of a text.
func compilePattern(src string) (*regexp.Regexp, error) {
	if len(src) > maxPattern {
		return nil, fmt.Errorf("it has more than %d characters", maxPattern)
	}
	t := &translator{s: src}
	if err := t.alternatives(0); err != nil {
		return nil, err
	}
	if t.at < len(src) {
		return nil, errors.New("there is an unexpected ')'")
	}
	made, err := regexp.Compile(`\A(?:` + string(t.b) + `)\z`)
	if err != nil {
		return nil, errPatternLarge
	}
	return made, nil
}

type translator struct {
	s  string
	at int
	b  []byte // what is written
}

func (t *translator) write(s string) { t.b = append(t.b, s...) }

func (t *translator) peek() byte {
	if t.at < len(t.s) {
		return t.s[t.at]
	}
	return 0
}

// alternatives reads to the end or to a closing parenthesis.
func (t *translator) alternatives(depth int) error {
	if depth > maxGroups {
		return errors.New("it is nested too deeply")
	}
	for t.at < len(t.s) && t.peek() != ')' {
		if t.peek() == '|' {
			t.at++
			t.write("|")
			continue
		}
		start := len(t.b)
		if err := t.atom(depth); err != nil {
			return err
		}
		if err := t.quantifier(start); err != nil {
			return err
		}
		if len(t.b) > maxWritten {
			return errPatternLarge
		}
	}
	return nil
}

func (t *translator) atom(depth int) error {
	r, n := utf8.DecodeRuneInString(t.s[t.at:])
	switch r {
	case '(':
		t.at++
		t.write("(?:")
		if err := t.alternatives(depth + 1); err != nil {
			return err
		}
		if t.peek() != ')' {
			return errors.New("a ')' is missing")
		}
		t.at++
		t.write(")")
	case '[':
		set, err := t.class(depth)
		if err != nil {
			return err
		}
		t.write(set.String())
	case '\\':
		set, err := t.escape()
		if err != nil {
			return err
		}
		t.write(set.String())
	case '.':
		t.at++
		t.write(`[^\n\r]`)
	case '?', '*', '+', '{', '}', ']':
		return fmt.Errorf("there is an unexpected '%c'", r)
	default:
		t.at += n
		t.write(regexp.QuoteMeta(string(r)))
	}
	return nil
}

// quantifier repeats what was written since start.
func (t *translator) quantifier(start int) error {
	c := t.peek()
	switch c {
	case '?', '*', '+':
		t.at++
		t.write(string(c))
		return nil
	case '{':
	default:
		return nil
	}
	inner, _, ok := strings.Cut(t.s[t.at+1:], "}")
	if !ok {
		return errors.New("a '}' is missing")
	}
	t.at += len(inner) + 2
	low, high, isRange := strings.Cut(inner, ",")
	least, err := repeatCount(low)
	if err != nil {
		return err
	}
	most := least
	if isRange && high == "" {
		most = -1
	} else if isRange {
		if most, err = repeatCount(high); err != nil {
			return err
		}
		if most < least {
			return errors.New("a quantifier's second number is the smaller one")
		}
	}
	atom := string(t.b[start:])
	if len(atom)*(max(least, most)/repeatPart+2) > maxWritten {
		return errPatternLarge
	}
	t.b = t.b[:start]
	t.write(repeated(atom, least, most))
	return nil
}

func repeatCount(s string) (int, error) {
	if !isDigits(s) {
		return 0, errors.New("a quantifier needs numbers")
	}
	n, err := strconv.Atoi(s)
	if err != nil || n > maxRepeat {
		return 0, fmt.Errorf("a quantifier's number is larger than %d", maxRepeat)
	}
	return n, nil
}

// repeatPart is the largest count of Go's regexp.
const repeatPart = 1000

// repeated writes larger counts in parts; most is -1 for no limit.
func repeated(atom string, least, most int) string {
	const part = repeatPart
	if least <= part && most <= part {
		high := "," + strconv.Itoa(most)
		if most < 0 {
			high = ","
		}
		return atom + "{" + strconv.Itoa(least) + high + "}"
	}
	var b strings.Builder
	b.WriteString("(?:")
	for n := least; n > 0; n -= part {
		fmt.Fprintf(&b, "%s{%d}", atom, min(n, part))
	}
	if most < 0 {
		b.WriteString(atom + "*")
	}
	for n := most - least; n > 0; n -= part {
		fmt.Fprintf(&b, "%s{0,%d}", atom, min(n, part))
	}
	b.WriteByte(')')
	return b.String()
}

// class reads [...], with a subtraction at its end.
func (t *translator) class(depth int) (runes, error) {
	if depth > maxGroups {
		return nil, errors.New("it is nested too deeply")
	}
	t.at++
	negated := t.peek() == '^'
	if negated {
		t.at++
	}
	set, err := t.members()
	if err != nil {
		return nil, err
	}
	if negated {
		set = set.complement()
	}
	if t.peek() == '-' { // a subtraction
		t.at++
		other, err := t.class(depth + 1)
		if err != nil {
			return nil, err
		}
		set = set.without(other)
	}
	if t.peek() != ']' {
		return nil, errors.New("a ']' is missing")
	}
	t.at++
	return set, nil
}

// members are the ranges and escapes of a class.
func (t *translator) members() (runes, error) {
	var set runes
	for first := true; ; first = false {
		switch {
		case t.at >= len(t.s):
			return nil, errors.New("a ']' is missing")
		case t.peek() == ']' && first:
			return nil, errors.New("a character class is empty")
		case t.peek() == ']', !first && strings.HasPrefix(t.s[t.at:], "-["):
			return set.sorted(), nil
		}
		low, err := t.member()
		if err != nil {
			return nil, err
		}
		single := len(low) == 2 && low[0] == low[1]
		if rest := t.s[t.at:]; !single || !strings.HasPrefix(rest, "-") || strings.HasPrefix(rest, "-]") || strings.HasPrefix(rest, "-[") {
			set = append(set, low...)
			continue
		}
		t.at++
		high, err := t.member()
		switch {
		case err != nil:
			return nil, err
		case len(high) != 2 || high[0] != high[1] || high[0] < low[0]:
			return nil, errors.New("a range of characters is in the wrong order")
		}
		set = append(set, low[0], high[0])
	}
}

func (t *translator) member() (runes, error) {
	r, n := utf8.DecodeRuneInString(t.s[t.at:])
	switch {
	case n == 0:
		return nil, errors.New("a ']' is missing")
	case r == '\\':
		return t.escape()
	case r == '[':
		return nil, errors.New("a '[' in a character class must be written \\[")
	}
	t.at += n
	return runes{r, r}, nil
}

// escape reads what follows a backslash.
func (t *translator) escape() (runes, error) {
	t.at++
	c := t.peek()
	t.at++
	switch c {
	case 'n':
		return runes{'\n', '\n'}, nil
	case 'r':
		return runes{'\r', '\r'}, nil
	case 't':
		return runes{'\t', '\t'}, nil
	case '\\', '|', '.', '-', '^', '?', '*', '+', '{', '}', '(', ')', '[', ']', '$':
		return runes{rune(c), rune(c)}, nil
	case 'p', 'P':
		return t.property(c == 'P')
	}
	if text, ok := escapeClasses[unicode.ToLower(rune(c))]; ok {
		set := parseClass(text)
		if c < 'a' {
			set = set.complement()
		}
		return set, nil
	}
	return nil, errors.New("it has an unknown escape")
}

// nameStart and nameChar are those of XML 1.0, without brackets.
const (
	nameStart = `:A-Z_a-z\x{C0}-\x{D6}\x{D8}-\x{F6}\x{F8}-\x{2FF}\x{370}-\x{37D}\x{37F}-\x{1FFF}\x{200C}-\x{200D}\x{2070}-\x{218F}\x{2C00}-\x{2FEF}\x{3001}-\x{D7FF}\x{F900}-\x{FDCF}\x{FDF0}-\x{FFFD}\x{10000}-\x{EFFFF}`
	nameChar  = nameStart + `\-.0-9\x{B7}\x{300}-\x{36F}\x{203F}-\x{2040}`
)

// escapeClasses are the sets of \s, \d, \w, \i and \c.
var escapeClasses = map[rune]string{
	's': `[ \t\n\r]`, 'd': `[\p{Nd}]`, 'w': `[^\p{P}\p{Z}\p{C}]`, 'i': `[` + nameStart + `]`, 'c': `[` + nameChar + `]`,
}

// property reads {Lu} or {IsBasicLatin}.
func (t *translator) property(negated bool) (runes, error) {
	if t.peek() != '{' {
		return nil, errors.New("a '{' is missing after \\p")
	}
	name, _, ok := strings.Cut(t.s[t.at+1:], "}")
	if !ok {
		return nil, errors.New("a '}' is missing")
	}
	t.at += len(name) + 2
	var set runes
	if block, isBlock := strings.CutPrefix(name, "Is"); isBlock {
		if set = blocks[block]; set == nil {
			return nil, fmt.Errorf("the block '%s' is not known", short(block))
		}
	} else {
		if !hasWord(categories, name) || name == "" {
			return nil, fmt.Errorf("the category '%s' is not known", short(name))
		}
		set = parseClass(`[\p{` + name + `}]`)
	}
	if negated {
		set = set.complement()
	}
	return set, nil
}

const categories = "L Lu Ll Lt Lm Lo M Mn Mc Me N Nd Nl No P Pc Pd Ps Pe Pi Pf Po Z Zs Zl Zp S Sm Sc Sk So C Cc Cf Co Cn"

// runes is a set: pairs of the first and last rune of each range.
type runes []rune

// parseClass reads a class that Go knows; those of this package are right.
func parseClass(text string) runes {
	re, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		panic(err)
	}
	if re.Op == syntax.OpLiteral {
		return runes{re.Rune[0], re.Rune[0]}
	}
	return re.Rune
}

// sorted is the set in order and without overlaps.
func (s runes) sorted() runes {
	pairs := make([][2]rune, 0, len(s)/2)
	for i := 0; i < len(s); i += 2 {
		pairs = append(pairs, [2]rune{s[i], s[i+1]})
	}
	slices.SortFunc(pairs, func(a, b [2]rune) int { return int(a[0] - b[0]) })
	var out runes
	for _, p := range pairs {
		if n := len(out); n > 0 && p[0] <= out[n-1]+1 {
			out[n-1] = max(out[n-1], p[1])
			continue
		}
		out = append(out, p[0], p[1])
	}
	return out
}

func (s runes) complement() runes {
	var out runes
	next := rune(0)
	for i := 0; i < len(s); i += 2 {
		if s[i] > next {
			out = append(out, next, s[i]-1)
		}
		next = s[i+1] + 1
	}
	if next <= unicode.MaxRune {
		out = append(out, next, unicode.MaxRune)
	}
	return out
}

// without is what both s and the complement of other have.
func (s runes) without(other runes) runes {
	return append(s.complement(), other...).sorted().complement()
}

func (s runes) String() string {
	if len(s) == 0 {
		return `[^\x{0}-\x{10FFFF}]`
	}
	var b strings.Builder
	b.WriteByte('[')
	for i := 0; i < len(s); i += 2 {
		fmt.Fprintf(&b, `\x{%X}-\x{%X}`, s[i], s[i+1])
	}
	b.WriteByte(']')
	return b.String()
}
