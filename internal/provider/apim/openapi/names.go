package openapi

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

var (
	templateName = regexp.MustCompile(`\{([^{}]+)\}`)
	notInNames   = regexp.MustCompile(`[^a-z0-9]+`)
)

// namesIn are the parameters that a path names.
func namesIn(path string) (out []string) {
	for _, m := range templateName.FindAllStringSubmatch(path, -1) {
		out = append(out, m[1])
	}
	return out
}

// maxName leaves room for a suffix in the 80 characters of a resource's name.
const maxName = 76

// unique is the resource's name for an operationId: lower case, dashes between what is no letter or
// digit, and a suffix where two would be the same. https://learn.microsoft.com/azure/api-management/api-management-api-import-restrictions#add-new-api-via-openapi-import
func (r *reader) unique(id string) string {
	name := strings.Trim(notInNames.ReplaceAllString(strings.ToLower(id), "-"), "-")
	if len(name) > maxName {
		name = strings.TrimRight(name[:maxName], "-")
	}
	if name == "" {
		name = "operation"
	}
	base := name
	for _, used := r.used[name]; used; _, used = r.used[name] {
		r.used[base]++
		name = fmt.Sprintf("%s-%d", base, r.used[base])
	}
	r.used[name] = 0
	return name
}

// typeNameOf names the type of a schema that stands in the operation itself.
func typeNameOf(words ...string) string {
	var b strings.Builder
	for _, w := range words {
		for part := range strings.FieldsFuncSeq(w, func(c rune) bool { return !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9') }) {
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	return b.String()
}

// cut is s with at most n characters.
func cut(s string, n int) string {
	for utf8.RuneCountInString(s) > n || len(s) > n {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	return s
}
