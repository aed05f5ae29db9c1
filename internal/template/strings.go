package template

import (
	"strings"
	"unicode/utf16"
)

// Functions of strings. Positions and lengths count UTF-16 code units, as .NET does.
// https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-string
func stringFunctions() map[string]*function {
	return map[string]*function{
		"endsWith":   fixed(2, func(_ *frame, c call) (any, error) { return c.fold(strings.HasSuffix) }),
		"startsWith": fixed(2, func(_ *frame, c call) (any, error) { return c.fold(strings.HasPrefix) }),
		"toLower":    fixed(1, func(_ *frame, c call) (any, error) { return c.mapped(strings.ToLower) }),
		"toUpper":    fixed(1, func(_ *frame, c call) (any, error) { return c.mapped(strings.ToUpper) }),
		"trim":       fixed(1, func(_ *frame, c call) (any, error) { return c.mapped(strings.TrimSpace) }),
		"join":       fixed(2, join),
		"like":       fixed(2, like),
		"padLeft":    between(2, 3, padLeft),
		"replace":    fixed(3, replace),
		"split":      fixed(2, split),
		"string":     fixed(1, toString),
		"substring":  between(2, 3, substring),
	}
}

func (c call) mapped(change func(string) string) (any, error) {
	s, err := c.str(0)
	return change(s), err
}

// fold compares the two arguments without regard to case.
func (c call) fold(compare func(s, part string) bool) (any, error) {
	s, err := c.str(0)
	if err != nil {
		return nil, err
	}
	part, err := c.str(1)
	return compare(ordinalFold(s), ordinalFold(part)), err
}

// ordinalFold is the key of OrdinalIgnoreCase: upper case by simple mapping.
func ordinalFold(s string) string { return strings.ToUpper(s) }

func units(s string) []uint16 { return utf16.Encode([]rune(s)) }

func fromUnits(u []uint16) string { return string(utf16.Decode(u)) }

// utf16Len is the length of s as .NET counts it.
func utf16Len(s string) int64 {
	n := int64(0)
	for _, r := range s {
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return n
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// slice is s[from:to] in UTF-16 units, which must be in range.
func slice(s string, from, to int64) string {
	if isASCII(s) {
		return s[from:to]
	}
	return fromUnits(units(s)[from:to])
}

func join(_ *frame, c call) (any, error) {
	items, err := c.array(0)
	if err != nil {
		return nil, err
	}
	by, err := c.str(1)
	if err != nil {
		return nil, err
	}
	parts := make([]string, len(items))
	total := 0
	for i, item := range items {
		s, ok := scalarText(item)
		if !ok && item != nil {
			return nil, c.fail("expects the items of its array to be strings. Item %d is of type '%s'", i, typeName(item))
		}
		parts[i] = s
		if total += len(s) + len(by); total > maxText {
			return nil, c.fail("gives a string of more than %d bytes", maxText)
		}
	}
	return strings.Join(parts, by), nil
}

// like matches a whole string, without regard to case, against a pattern with '*' wildcards.
func like(_ *frame, c call) (any, error) {
	s, err := c.str(0)
	if err != nil {
		return nil, err
	}
	pattern, err := c.str(1)
	if err != nil {
		return nil, err
	}
	s = ordinalFold(s)
	parts := strings.Split(ordinalFold(pattern), "*")
	if len(parts) == 1 {
		return s == parts[0], nil
	}
	rest, ok := strings.CutPrefix(s, parts[0])
	if !ok {
		return false, nil
	}
	for _, part := range parts[1 : len(parts)-1] {
		if _, rest, ok = strings.Cut(rest, part); !ok {
			return false, nil
		}
	}
	return strings.HasSuffix(rest, parts[len(parts)-1]), nil
}

func padLeft(_ *frame, c call) (any, error) {
	s, err := c.text(0)
	if err != nil {
		return nil, err
	}
	width, err := c.integer(1)
	if err != nil {
		return nil, err
	}
	pad, err := c.strOr(2, " ")
	if err != nil {
		return nil, err
	}
	if utf16Len(pad) != 1 {
		return nil, c.fail("expects its third parameter to be one character. The provided value is '%s'", pad)
	}
	if width < 0 || width > maxText {
		return nil, c.fail("expects its second parameter to be between 0 and %d. The provided value is '%d'", maxText, width)
	}
	if n := width - utf16Len(s); n > 0 {
		s = strings.Repeat(pad, int(n)) + s
	}
	return s, nil
}

func replace(_ *frame, c call) (any, error) {
	var s [3]string
	for i := range s {
		var err error
		if s[i], err = c.str(i); err != nil {
			return nil, err
		}
	}
	if s[1] == "" {
		return nil, c.fail("expects its second parameter not to be empty")
	}
	if n := strings.Count(s[0], s[1]); len(s[0])+n*(len(s[2])-len(s[1])) > maxText {
		return nil, c.fail("gives a string of more than %d bytes", maxText)
	}
	return strings.ReplaceAll(s[0], s[1], s[2]), nil
}

func split(_ *frame, c call) (any, error) {
	s, err := c.str(0)
	if err != nil {
		return nil, err
	}
	var by []string
	switch d := c.args[1].(type) {
	case string:
		by = []string{d}
	case []any:
		for _, v := range d {
			t, ok := v.(string)
			if !ok {
				return nil, c.expected(1, "String, Array of String")
			}
			by = append(by, t)
		}
	default:
		return nil, c.expected(1, "String, Array")
	}
	out := []any{}
	for {
		at, n := firstOf(s, by)
		if at < 0 {
			return append(out, s), nil
		}
		out = append(out, s[:at])
		s = s[at+n:]
	}
}

// firstOf finds the first of several separators; at one place the first listed counts.
func firstOf(s string, by []string) (at, n int) {
	at = -1
	for _, d := range by {
		if d == "" {
			continue
		}
		if i := strings.Index(s, d); i >= 0 && (at < 0 || i < at) {
			at, n = i, len(d)
		}
	}
	return at, n
}

func toString(_ *frame, c call) (any, error) {
	if s, ok := scalarText(c.args[0]); ok {
		return s, nil
	}
	if c.args[0] == nil {
		return "", nil
	}
	return encodeLimited(c.args[0])
}

func substring(_ *frame, c call) (any, error) {
	s, err := c.str(0)
	if err != nil {
		return nil, err
	}
	from, err := c.integer(1)
	if err != nil {
		return nil, err
	}
	total := utf16Len(s)
	n, err := c.integerOr(2, total-from)
	if err != nil {
		return nil, err
	}
	if from < 0 || n < 0 || from > total || n > total-from {
		return nil, c.fail("parameters are invalid: The index and length parameters must refer to a location within the string. The index parameter: '%d', the length parameter: '%d', the length of the string parameter: '%d'", from, n, total)
	}
	return slice(s, from, from+n), nil
}
