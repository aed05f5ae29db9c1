package policy

import (
	"fmt"
	"strings"

	"gatehouse/internal/diag"
)

// code is one kind of finding. Its documented example is run by a test.
type code struct {
	id     string
	format string
	hint   string
}

// The codes of this package. Where the words of API Management are known, they are used.
var (
	codeRoot         = code{"GHP001", "The document must have one root element <policies>; found %s.", ""}
	codeMarkup       = code{"GHP002", "The markup is malformed: %s.", ""}
	codeUnclosed     = code{"GHP003", "The element <%s> is not closed.", "Add </%[1]s>."}
	codeMismatch     = code{"GHP004", "</%s> closes <%s>, which was opened on line %d.", ""}
	codeEntity       = code{"GHP005", "%s", "Write &amp; for an ampersand, or put the document as rawxml."}
	codeExpression   = code{"GHP006", "The expression can't be read: %s.", ""}
	codeDuplicate    = code{"GHP007", "The attribute '%s' is given twice.", ""}
	codeLimit        = code{"GHP008", "The document is too %s.", ""}
	codeSection      = code{"GHP010", "<%s> is not a section of a policy document.", "The sections are inbound, backend, outbound and on-error."}
	codeTwice        = code{"GHP011", "<%s> may stand only once in %s.", ""}
	codeUnknown      = code{"GHP020", "'%s' is not a policy of API Management.", ""}
	codeLater        = code{"GHP021", "The policy '%s' is not supported: %s.", ""}
	codePlacement    = code{"GHP022", "The policy '%s' is not allowed in section '%s'.", ""}
	codeAttribute    = code{"GHP023", "The attribute '%s' of '%s' is not supported.", ""}
	codeRequired     = code{"GHP024", "'%s' needs %s.", ""}
	codeValue        = code{"GHP025", "The value of %s must be %s.", ""}
	codeNoCode       = code{"GHP026", "An expression is not allowed in %s.", ""}
	codeChild        = code{"GHP028", "<%s> is not allowed inside <%s>.", ""}
	codeText         = code{"GHP029", "Text is not allowed inside <%s>.", ""}
	codeOrder        = code{"GHP030", "%s", ""}
	codeFragmentRoot = code{"GHP035", "The document must have one root element <fragment>; found %s.", ""}
	codeScope        = code{"GHP032", "The policy '%s' is not allowed in scope '%s'.", ""}
	codeLiquid       = code{"GHP036", "The liquid template can't be read: %s.", ""}
	codeFragment     = code{"GHP033", "Policy fragment with id '%s' could not be found.", "Create the fragment first, or correct its id."}
	codeNested       = code{"GHP034", "<%s> is not allowed in a policy fragment.", ""}
	codeParameter    = code{"GHP037", "Only parameters specified in the original URL template can be used in the rewrite template; '%s' has no parameter '%s'.", "Read other values with an expression: template=\"@($\"/{...}\")\"."}
	codeNamedValue   = code{"GHP031", "Cannot find a property '%s'.", "Create the named value first, or correct its name."}
)

func (c code) at(src *diag.Source, start, end int, args ...any) diag.Diagnostic {
	d := diag.Diagnostic{Code: c.id, Message: fmt.Sprintf(c.format, args...), File: src.Name, Range: src.Range(start, end)}
	if c.hint != "" {
		d.Hint = c.hint
		if c == codeUnclosed {
			d.Hint = fmt.Sprintf(c.hint, args...)
		}
	}
	return d
}

// hasWord reports whether a list of words separated by spaces holds word.
func hasWord(list, word string) bool {
	for w := range strings.FieldsSeq(list) {
		if w == word {
			return true
		}
	}
	return false
}
