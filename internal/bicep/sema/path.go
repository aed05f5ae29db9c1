package sema

import "strings"

// WrongPath is the code and text of what is wrong with the path of a file as it is
// written; the code is "" when nothing is.
func WrongPath(path string) (code, text string) {
	switch {
	case path == "":
		return "BCP050", "The specified path is empty."
	case strings.HasPrefix(path, "/"):
		return "BCP051", "The specified path seems to reference an absolute path. Files must be referenced using relative paths."
	case strings.Contains(path, `\`):
		return "BCP098", "The specified file path contains a \"\\\" character. Use \"/\" instead as the directory separator character."
	case strings.ContainsAny(path, "\"*:<>?|"):
		return "BCP085", "The specified file path contains one ore more invalid path characters. The following are not permitted: \"\"\", \"*\", \":\", \"<\", \">\", \"?\", \"\\\", \"|\"."
	case strings.ContainsFunc(path, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return "BCP111", "The specified file path contains invalid control code characters."
	case strings.HasSuffix(path, " "), strings.HasSuffix(path, ".") && !strings.HasSuffix(path, ".."):
		return "BCP086", "The specified file path ends with an invalid character. The following are not permitted: \" \", \".\"."
	}
	return "", ""
}
