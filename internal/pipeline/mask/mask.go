// Package mask hides secrets in the output of a run: each value that was added, and
// the forms in which tools print it, become ***. Start at Set.
//
// What was once added stays hidden: there is no way to remove a value.
package mask

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// Replacement stands where a secret stood.
const Replacement = "***"

// Set is a set of secrets. The zero value is empty; it is safe for concurrent use.
type Set struct {
	mu     sync.RWMutex
	values []string
	known  map[string]bool
}

// Add hides a value, each line of it, and its escapes: of JSON, of URIs, by
// backslashes (as shells and PowerShell print it), and in base64.
func (s *Set) Add(value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil {
		s.known = map[string]bool{}
	}
	s.add(strings.TrimRight(value, "\r\n"))
	for _, line := range strings.Split(value, "\n") {
		s.add(strings.TrimSpace(line))
	}
}

func (s *Set) add(value string) {
	if value == "" || s.known[value] {
		return
	}
	for _, form := range forms(value) {
		if form != "" && !s.known[form] {
			s.known[form] = true
			s.values = append(s.values, form)
		}
	}
	// Longer ones first, so that a secret within another leaves nothing of it.
	slices.SortFunc(s.values, func(a, b string) int { return len(b) - len(a) })
}

// forms are how a value may look in output.
func forms(v string) []string {
	out := []string{v, jsonEscape(v, true), jsonEscape(v, false), url.QueryEscape(v), url.PathEscape(v), strings.ReplaceAll(url.QueryEscape(v), "+", "%20"),
		backslashes(v), strings.ReplaceAll(v, `'`, `''`), strings.ReplaceAll(v, `'`, `'\''`), strings.ReplaceAll(v, `"`, `""`), strings.ReplaceAll(v, "\\", `\\`)}
	if len(v) >= 8 { // shorter ones would hide what is not secret
		out = append(out, base64.StdEncoding.EncodeToString([]byte(v)))
	}
	return out
}

func jsonEscape(v string, html bool) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(html)
	_ = e.Encode(v) // a string into a strings.Builder cannot fail
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimSuffix(b.String(), "\n"), `"`), `"`)
}

// backslashes escapes what shells do, as bash's set -x or printf %q print a value.
func backslashes(v string) string {
	var b strings.Builder
	for _, r := range v {
		if strings.ContainsRune(" \\\"'`$&|;<>()[]{}*?!#~", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Text replaces all secrets in a text. Where two overlap, the whole of both goes.
func (s *Set) Text(text string) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var hits [][2]int
	for _, v := range s.values {
		for from := 0; ; {
			i := strings.Index(text[from:], v)
			if i < 0 {
				break
			}
			hits = append(hits, [2]int{from + i, from + i + len(v)})
			from += i + 1
		}
	}
	if len(hits) == 0 {
		return text
	}
	slices.SortFunc(hits, func(a, b [2]int) int { return a[0] - b[0] })
	var b strings.Builder
	end := 0
	for i, h := range hits {
		if i == 0 || h[0] > end {
			b.WriteString(text[end:h[0]])
			b.WriteString(Replacement)
		}
		end = max(end, h[1])
	}
	b.WriteString(text[end:])
	return b.String()
}

// Longest is the length of the longest form that is hidden.
func (s *Set) Longest() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if len(s.values) == 0 {
		return 0
	}
	return len(s.values[0])
}
