package format

import (
	"fmt"
	"strings"

	"gatehouse/internal/bicep/config"
)

// Configured are the options that the formatting section of a bicepconfig.json sets.
func Configured(c *config.Config) (Options, error) {
	o := Default()
	var err error
	if o.Tabs, err = Tabs(c.String("Space", "formatting", "indentKind")); err != nil {
		return o, err
	}
	if o.Newline, err = Newline(c.String("LF", "formatting", "newlineKind")); err != nil {
		return o, err
	}
	o.IndentSize = c.Int(o.IndentSize, "formatting", "indentSize")
	o.Width = c.Int(o.Width, "formatting", "width")
	o.NoFinalNewline = !c.Bool(true, "formatting", "insertFinalNewline")
	return o, nil
}

// Tabs reads the name of a kind of indentation.
func Tabs(kind string) (bool, error) {
	switch strings.ToLower(kind) {
	case "space":
		return false, nil
	case "tab":
		return true, nil
	}
	return false, fmt.Errorf("unknown indentation kind %q: use Space or Tab", kind)
}

// Newline reads the name of a kind of line end.
func Newline(kind string) (string, error) {
	switch strings.ToLower(kind) {
	case "lf", "auto": // auto is the system's; here that is always LF
		return "\n", nil
	case "crlf":
		return "\r\n", nil
	case "cr":
		return "\r", nil
	}
	return "", fmt.Errorf("unknown newline kind %q: use Auto, LF, CRLF or CR", kind)
}
