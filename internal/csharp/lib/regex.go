package lib

import (
	"strings"
	"sync"
	"time"

	"github.com/dlclark/regexp2"

	"gatehouse/internal/csharp/types"
)

var (
	regexType      = types.New(types.KindClass, "System.Text.RegularExpressions.Regex")
	captureType    = types.New(types.KindClass, "System.Text.RegularExpressions.Capture")
	groupType      = types.New(types.KindClass, "System.Text.RegularExpressions.Group")
	matchType      = types.New(types.KindClass, "System.Text.RegularExpressions.Match")
	captureList    = types.New(types.KindClass, "System.Text.RegularExpressions.CaptureCollection")
	groupList      = types.New(types.KindClass, "System.Text.RegularExpressions.GroupCollection")
	matchList      = types.New(types.KindClass, "System.Text.RegularExpressions.MatchCollection")
	regexOptions   = types.New(types.KindEnum, "System.Text.RegularExpressions.RegexOptions")
	matchTimeLimit = 2 * time.Second // of one match without a time limit of its own
)

// regex is a System.Text.RegularExpressions.Regex.
type regex struct {
	re      *regexp2.Regexp
	pattern string
}

// DotNetType implements types.Object.
func (*regex) DotNetType() *types.Type { return regexType }

// ToText implements types.TextOf.
func (x *regex) ToText(*types.Run) string { return x.pattern }

// capture is a Capture, Group or Match.
type capture struct {
	typ           *types.Type
	text          string
	index, length int // in UTF-16 units
	ok            bool
	captures      []val
	match         *regexp2.Match
	units         unitIndex
}

// DotNetType implements types.Object.
func (m *capture) DotNetType() *types.Type { return m.typ }

// ToText implements types.TextOf.
func (m *capture) ToText(*types.Run) string { return m.text }

// regexCache keeps the last patterns of static calls, as .NET does.
type regexCache struct {
	mu   sync.Mutex
	made map[regexKey]*regexp2.Regexp
}

type regexKey struct {
	pattern string
	options int
	limit   time.Duration
}

const cachedPatterns = 256

func (k *regexCache) get(c call, pattern string, options int, limit time.Duration) *regexp2.Regexp {
	key := regexKey{pattern, options, limit}
	k.mu.Lock()
	re := k.made[key]
	k.mu.Unlock()
	if re != nil {
		return re
	}
	re = regexOf(c, pattern, options, limit)
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.made) >= cachedPatterns {
		clear(k.made)
	}
	k.made[key] = re
	return re
}

// regexOf compiles a pattern; CultureInvariant (512) is what it is anyway.
func regexOf(c call, pattern string, options int, limit time.Duration) *regexp2.Regexp {
	c.Grow(64 * len(pattern))
	re, err := regexp2.Compile(pattern, regexp2.RegexOptions(options&^(512|8)))
	if err != nil {
		c.ThrowArgument("System.ArgumentException", "parsing \""+pattern+"\" - "+regexProblem(err), "")
	}
	re.MatchTimeout = matchTimeLimit
	if limit > 0 {
		re.MatchTimeout = min(limit, matchTimeLimit)
	}
	return re
}

// regexProblem is .NET's text for what is wrong with a pattern, where the engine's is another.
func regexProblem(err error) string {
	message := strings.TrimPrefix(err.Error(), "error parsing regexp: ")
	for begin, text := range map[string]string{"missing closing )": "Not enough )'s.", "unexpected )": "Too many )'s.", "unterminated [] set": "Unterminated [] set.",
		"missing argument to repetition operator": "Quantifier {x,y} following nothing."} {
		if strings.HasPrefix(message, begin) {
			return text
		}
	}
	return message
}

func regexTimeout(c call) {
	c.Throw("System.Text.RegularExpressions.RegexMatchTimeoutException", "The RegEx engine has timed out while trying to match a pattern to an input string. This can occur for many reasons, including very large inputs or excessive backtracking caused by nested quantifiers, back-references and other factors.")
}

// unitIndex makes rune indexes, which the engine counts in, UTF-16 indexes.
type unitIndex struct{ at []int } // nil: the same

func unitsOf(s string) unitIndex {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0xF0 { // four bytes: a pair of surrogates
			at, n := []int{}, 0
			for _, r := range s {
				at = append(at, n)
				n++
				if r > 0xFFFF {
					n++
				}
			}
			return unitIndex{append(at, n)}
		}
	}
	return unitIndex{}
}

func (u unitIndex) of(i int) int {
	if u.at == nil {
		return i
	}
	return u.at[min(i, len(u.at)-1)]
}

func newCapture(typ *types.Type, c *regexp2.Capture, u unitIndex) *capture {
	from := u.of(c.Index)
	return &capture{typ: typ, text: c.String(), index: from, length: u.of(c.Index+c.Length) - from, ok: true}
}

func newGroup(typ *types.Type, g *regexp2.Group, u unitIndex) *capture {
	m := &capture{typ: typ}
	if len(g.Captures) > 0 {
		m = newCapture(typ, &g.Captures[len(g.Captures)-1], u)
		for i := range g.Captures {
			m.captures = append(m.captures, types.Ref(newCapture(captureType, &g.Captures[i], u)))
		}
	}
	return m
}

// fixedList is a read-only collection of captures, groups or matches.
type fixedList struct {
	typ   *types.Type
	items []val
	names map[string]int
}

// DotNetType implements types.Object.
func (l *fixedList) DotNetType() *types.Type { return l.typ }

// Len is the number of elements.
func (l *fixedList) Len() int { return len(l.items) }

// At is element i.
func (l *fixedList) At(i int) val { return l.items[i] }

// Each implements types.Enumerable.
func (l *fixedList) Each(_ *types.Run, yield func(val) bool) {
	for _, v := range l.items {
		if !yield(v) {
			return
		}
	}
}

// eachMatch finds the matches from an offset on one after another, until f says stop.
func eachMatch(c call, re *regexp2.Regexp, s string, start int, f func(m *regexp2.Match) bool) {
	m, err := firstMatch(c, re, s, start), error(nil)
	for err == nil && m != nil && f(m) {
		c.Step()
		m, err = re.FindNextMatch(m)
	}
	c.Tick()
	if err != nil {
		regexTimeout(c)
	}
}

// regexes adds Regex and what its members give.
func regexes(r *types.Registry) {
	r.AddEnum(regexOptions, "None=0", "IgnoreCase=1", "Multiline=2", "ExplicitCapture=4", "Compiled=8", "Singleline=16", "IgnorePatternWhitespace=32",
		"RightToLeft=64", "ECMAScript=256", "CultureInvariant=512").Flags()
	captures(r)
	r.Delegate("System.Text.RegularExpressions.MatchEvaluator", "string (Match match)")
	b := r.Add(regexType)
	cache := &regexCache{made: map[regexKey]*regexp2.Regexp{}}
	make := func(c call, a []val, at int) *regexp2.Regexp {
		c.NotNull(a[at], "pattern")
		options, limit := 0, time.Duration(0)
		for _, v := range a[at+1:] {
			switch v.ValueType() {
			case regexOptions:
				options = v.Int()
			case timeSpanType:
				limit = time.Duration(v.Long()) * 100
			}
		}
		return cache.get(c, a[at].Str(), options, limit)
	}
	forms := []string{"", ", RegexOptions options", ", RegexOptions options, TimeSpan matchTimeout"}
	for _, form := range forms {
		b.New("(string pattern"+form+")", func(c call, a []val) val { return types.Ref(&regex{make(c, a, 0), a[0].Str()}) })
	}
	for name, f := range regexActions() {
		f.add(b, name, forms, make)
	}
	b.Func("string Unescape(string str)", func(c call, a []val) val {
		c.NotNull(a[0], "str")
		s, err := regexp2.Unescape(a[0].Str())
		if err != nil {
			c.Throw("System.ArgumentException", err.Error())
		}
		return str(s)
	})
}

// regexAction is a member that is both static, with a pattern, and of a Regex.
type regexAction struct {
	result, params string   // what stands after the pattern
	extra          []string // more parameters of the instance's forms
	run            func(c call, re *regexp2.Regexp, s string, rest []val) val
}

func regexActions() map[string]regexAction {
	return map[string]regexAction{
		"IsMatch": {"bool", "", []string{"", ", int startat"}, func(c call, re *regexp2.Regexp, s string, rest []val) val {
			return types.Bool(firstMatch(c, re, s, startOf(c, s, rest, 0)) != nil)
		}},
		"Match":    {"Match", "", []string{"", ", int startat", ", int beginning, int length"}, regexMatch},
		"Matches":  {"MatchCollection", "", []string{"", ", int startat"}, regexMatches},
		"Split":    {"string[]", "", []string{"", ", int count", ", int count, int startat"}, regexSplit},
		"Replace":  {"string", ", string replacement", []string{"", ", int count", ", int count, int startat"}, regexReplace},
		"Replace ": {"string", ", MatchEvaluator evaluator", []string{"", ", int count", ", int count, int startat"}, regexReplace},
	}
}

func (x regexAction) add(b *types.Builder, name string, forms []string, make func(c call, a []val, at int) *regexp2.Regexp) {
	name = strings.TrimSpace(name)
	for _, form := range forms {
		b.Func(x.result+" "+name+"(string input, string pattern"+x.params+form+")", func(c call, a []val) val {
			c.NotNull(a[0], "input")
			return x.run(c, make(c, a, 1), a[0].Str(), a[2:])
		})
	}
	for _, extra := range x.extra {
		b.Method(x.result+" "+name+"(string input"+x.params+extra+")", func(c call, a []val) val {
			c.NotNull(a[1], "input")
			return x.run(c, a[0].Ref().(*regex).re, a[1].Str(), a[2:])
		})
	}
}

// startOf is the startat argument of an instance's form, which is the n-th int of its arguments, as
// a byte offset; -1 without.
func startOf(c call, s string, rest []val, n int) int {
	for _, v := range rest {
		if v.ValueType() != types.Int32 {
			continue
		}
		if n--; n < 0 {
			if v.Int() < 0 || v.Int() > types.Length(s) {
				c.OutOfRange("startat", "Start index cannot be less than 0 or greater than input length.")
			}
			return types.Offset(s, v.Int())
		}
	}
	return -1
}

// firstMatch finds the first match at or after an offset; -1 is the beginning, the end for RightToLeft.
func firstMatch(c call, re *regexp2.Regexp, s string, start int) *regexp2.Match {
	c.Tick()
	defer c.Tick()
	var m *regexp2.Match
	var err error
	if start >= 0 {
		m, err = re.FindStringMatchStartingAt(s, start)
	} else {
		m, err = re.FindStringMatch(s)
	}
	if err != nil {
		regexTimeout(c)
	}
	return m
}

func regexMatch(c call, re *regexp2.Regexp, s string, rest []val) val {
	start := startOf(c, s, rest, 0)
	if len(rest) == 2 && rest[1].ValueType() == types.Int32 { // beginning and length: a part that stands for the whole
		from, n := rest[0].Int(), rest[1].Int()
		if n < 0 || from > types.Length(s)-n {
			c.OutOfRange("length", "Length cannot be less than 0 or exceed input length.")
		}
		m := firstMatch(c, re, types.Slice(s, from, n), -1)
		if m == nil {
			return types.Ref(&capture{typ: matchType})
		}
		x := newMatch(m, unitsOf(types.Slice(s, from, n)))
		x.index += from
		return types.Ref(x)
	}
	m := firstMatch(c, re, s, start)
	if m == nil {
		return types.Ref(&capture{typ: matchType})
	}
	return types.Ref(newMatch(m, unitsOf(s)))
}

func newMatch(m *regexp2.Match, u unitIndex) *capture {
	x := newGroup(matchType, &m.Group, u)
	x.match, x.units = m, u
	return x
}

func regexMatches(c call, re *regexp2.Regexp, s string, rest []val) val {
	l, u := &fixedList{typ: matchList}, unitsOf(s)
	eachMatch(c, re, s, startOf(c, s, rest, 0), func(m *regexp2.Match) bool {
		c.Grow(256)
		l.items = append(l.items, types.Ref(newMatch(m, u)))
		return true
	})
	return types.Ref(l)
}

// countOf is the count argument of Replace and Split; -1 without.
func countOf(rest []val) int {
	for _, v := range rest {
		if v.ValueType() == types.Int32 {
			return v.Int()
		}
	}
	return -1
}

func regexReplace(c call, re *regexp2.Regexp, s string, rest []val) val {
	c.NotNull(rest[0], "replacement")
	var out string
	var err error
	start := startOf(c, s, rest, 1)
	if rest[0].IsStr() {
		chargeReplacement(c, re, s, rest[0].Str(), start)
		out, err = re.Replace(s, rest[0].Str(), start, countOf(rest))
	} else {
		f, u := rest[0], unitsOf(s)
		out, err = re.ReplaceFunc(s, func(m regexp2.Match) string {
			c.Step()
			text := c.Invoke(f, types.Ref(newMatch(&m, u))).Str()
			c.Grow(len(text))
			return text
		}, start, countOf(rest))
	}
	if err != nil {
		regexTimeout(c)
	}
	c.Tick()
	return str(out)
}

// chargeReplacement counts what a replacement of all matches will need, before it is made.
func chargeReplacement(c call, re *regexp2.Regexp, s, replacement string, start int) {
	c.Grow(len(s))
	groups := strings.Count(replacement, "$")
	whole := strings.Contains(replacement, "$`") || strings.Contains(replacement, "$'") || strings.Contains(replacement, "$_")
	eachMatch(c, re, s, start, func(m *regexp2.Match) bool {
		c.Grow(len(replacement))
		if groups > 0 {
			c.Grow(4 * groups * m.Length)
		}
		if whole {
			c.Grow(groups * len(s))
		}
		return true
	})
}

func regexSplit(c call, re *regexp2.Regexp, s string, rest []val) val {
	limit := countOf(rest)
	runes := []rune(s)
	var parts []string
	last := 0
	eachMatch(c, re, s, startOf(c, s, rest, 1), func(m *regexp2.Match) bool {
		if limit > 0 && len(parts) >= limit-1 {
			return false
		}
		c.Grow(64)
		parts = append(parts, string(runes[last:m.Index]))
		for _, g := range m.Groups()[1:] {
			if len(g.Captures) > 0 {
				parts = append(parts, g.String())
			}
		}
		last = m.Index + m.Length
		return true
	})
	return c.Types.Strings(append(parts, string(runes[last:])))
}

func captures(r *types.Registry) {
	r.Add(captureType).
		Get("int Index", self(func(m *capture) val { return integer(m.index) })).
		Get("int Length", self(func(m *capture) val { return integer(m.length) })).
		Get("string Value", self(func(m *capture) val { return str(m.text) }))
	r.Add(groupType).Extends("Capture").
		Get("bool Success", self(func(m *capture) val { return types.Bool(m.ok) })).
		Get("CaptureCollection Captures", self(func(m *capture) val { return types.Ref(&fixedList{typ: captureList, items: m.captures}) }))
	r.Add(matchType).Extends("Group").
		Static("Match Empty", func(call, []val) val { return types.Ref(&capture{typ: matchType}) }).
		Get("GroupCollection Groups", self(func(m *capture) val { return types.Ref(groupsOf(m)) })).
		Method("string Result(string replacement)", func(c call, a []val) val {
			m := a[0].Ref().(*capture)
			if !m.ok {
				c.Throw("System.NotSupportedException", "Result cannot be called on a failed Match.")
			}
			return str(expandReplacement(m, a[1].Str()))
		})
	at := func(c call, a []val) val {
		l, i := a[0].Ref().(*fixedList), a[1].Int()
		if i < 0 || i >= len(l.items) {
			if l.typ == groupList {
				return types.Ref(&capture{typ: groupType})
			}
			c.OutOfRange("i", "")
		}
		return l.items[i]
	}
	for _, row := range []struct {
		t    *types.Type
		elem string
	}{{captureList, "Capture"}, {groupList, "Group"}, {matchList, "Match"}} {
		b := r.Add(row.t).Extends("", "IEnumerable<"+row.elem+">")
		b.Get("int Count", count)
		b.Index(row.elem+" this[int i]", at, nil)
	}
	r.Add(groupList).Index("Group this[string groupname]", func(_ call, a []val) val {
		l := a[0].Ref().(*fixedList)
		i, ok := l.names[a[1].Str()]
		if !ok {
			return types.Ref(&capture{typ: groupType})
		}
		return l.items[i]
	}, nil)
}

func groupsOf(m *capture) *fixedList {
	l := &fixedList{typ: groupList, names: map[string]int{}}
	if m.match == nil {
		l.items = []val{types.Ref(&capture{typ: groupType})}
		return l
	}
	u := m.units
	for i, g := range m.match.Groups() {
		l.names[g.Name] = i
		l.items = append(l.items, types.Ref(newGroup(groupType, &g, u)))
	}
	return l
}

// expandReplacement writes $1, ${name}, $& and $$ of a replacement.
func expandReplacement(m *capture, pattern string) string {
	groups := groupsOf(m)
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		if pattern[i] != '$' || i+1 >= len(pattern) {
			b.WriteByte(pattern[i])
			continue
		}
		next := pattern[i+1]
		name, n := "", 0
		switch {
		case next == '$':
			b.WriteByte('$')
			i++
			continue
		case next == '&':
			name, n = "0", 1
		case next == '{':
			if end := strings.IndexByte(pattern[i:], '}'); end > 0 {
				name, n = pattern[i+2:i+end], end
			}
		default:
			for i+1+n < len(pattern) && pattern[i+1+n] >= '0' && pattern[i+1+n] <= '9' {
				n++
			}
			name = pattern[i+1 : i+1+n]
		}
		k, ok := groups.names[name]
		if n == 0 || !ok {
			b.WriteByte('$')
			continue
		}
		b.WriteString(groups.items[k].Ref().(*capture).text)
		i += n
	}
	return b.String()
}
