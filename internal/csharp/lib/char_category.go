package lib

import "unicode"

// categoryTables are Unicode's general categories in the order of .NET's UnicodeCategory; the last,
// OtherNotAssigned, is what none of them holds.
func categoryTables() []struct {
	name  string
	table *unicode.RangeTable
} {
	return []struct {
		name  string
		table *unicode.RangeTable
	}{
		{"UppercaseLetter", unicode.Lu}, {"LowercaseLetter", unicode.Ll}, {"TitlecaseLetter", unicode.Lt}, {"ModifierLetter", unicode.Lm},
		{"OtherLetter", unicode.Lo}, {"NonSpacingMark", unicode.Mn}, {"SpacingCombiningMark", unicode.Mc}, {"EnclosingMark", unicode.Me},
		{"DecimalDigitNumber", unicode.Nd}, {"LetterNumber", unicode.Nl}, {"OtherNumber", unicode.No}, {"SpaceSeparator", unicode.Zs},
		{"LineSeparator", unicode.Zl}, {"ParagraphSeparator", unicode.Zp}, {"Control", unicode.Cc}, {"Format", unicode.Cf},
		{"Surrogate", unicode.Cs}, {"PrivateUse", unicode.Co}, {"ConnectorPunctuation", unicode.Pc}, {"DashPunctuation", unicode.Pd},
		{"OpenPunctuation", unicode.Ps}, {"ClosePunctuation", unicode.Pe}, {"InitialQuotePunctuation", unicode.Pi}, {"FinalQuotePunctuation", unicode.Pf},
		{"OtherPunctuation", unicode.Po}, {"MathSymbol", unicode.Sm}, {"CurrencySymbol", unicode.Sc}, {"ModifierSymbol", unicode.Sk}, {"OtherSymbol", unicode.So},
	}
}

func unicodeCategories() (names []string) {
	for _, c := range categoryTables() {
		names = append(names, c.name)
	}
	return append(names, "OtherNotAssigned")
}

// categoryOf is the place of r's category in categoryTables.
func categoryOf(r rune) int {
	tables := categoryTables()
	for i, c := range tables {
		if unicode.Is(c.table, r) {
			return i
		}
	}
	return len(tables)
}
