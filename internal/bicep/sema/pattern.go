package sema

import (
	"regexp"
	"sync"
	"unicode/utf8"
)

// patterns are the regular expressions of resource types that have been asked for;
// nil for those that can't be decided without going back.
var patterns sync.Map

// mismatches reports whether text certainly does not match a pattern of Azure's.
// As the official compiler does, patterns that look around are let be; so is text beyond
// ASCII, of which .NET and Go have different classes.
func mismatches(pattern, text string) bool {
	if len(text) != utf8.RuneCountInString(text) {
		return false
	}
	known, ok := patterns.Load(pattern)
	if !ok {
		re, err := regexp.Compile(pattern)
		if err != nil {
			re = nil
		}
		known, _ = patterns.LoadOrStore(pattern, re)
	}
	re := known.(*regexp.Regexp)
	return re != nil && !re.MatchString(text)
}
