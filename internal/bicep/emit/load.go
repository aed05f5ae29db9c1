package emit

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"

	"gatehouse/internal/bicep/sema"
	"gatehouse/internal/bicep/syntax"
)

// maxLoaded is how many characters a load function reads at most.
const maxLoaded = 131072

// compileTime evaluates a function of the compiler.
func (c *converter) compileTime(at syntax.Expr, name string, args []syntax.Expr) expr {
	if name == "nameof" && len(args) == 1 {
		return str(c.nameOf(args[0]))
	}
	if name == "readEnvironmentVariable" {
		return c.environment(at, args)
	}
	if c.inFunction {
		v, ok := c.load(name, args)
		if !ok {
			return call("null")
		}
		return constant(v)
	}
	variable, ok := c.loadedVariable(at, name, args)
	if !ok {
		return call("null")
	}
	return call("variables", str(variable))
}

func (c *converter) nameOf(e syntax.Expr) string {
	switch e := syntax.Unparen(e).(type) {
	case *syntax.Variable:
		return e.Name.Name
	case *syntax.Property:
		return e.Name.Name
	case *syntax.ResourceAccess:
		return e.Name.Name
	case *syntax.Index:
		if s, ok := syntax.Unparen(e.Index).(*syntax.StringLit); ok {
			if text, plain := s.Text(); plain {
				return text
			}
		}
		return c.nameOf(e.Base)
	}
	c.fail(e, "BCP408", "The \"nameof\" function can only be used with an expression which has a name.")
	return ""
}

func (c *converter) fail(n syntax.Node, code, text string) { c.t.failIn(c.m, n, code, text) }

// load reads the file that a load function names.
func (c *converter) load(name string, args []syntax.Expr) (any, bool) {
	path, ok := c.constantString(args, 0)
	if !ok {
		return nil, false
	}
	if name == "loadDirectoryFileInfo" {
		return c.loadDirectory(args, path)
	}
	data, ok := c.readFile(args[0], path)
	if !ok {
		return nil, false
	}
	if name == "loadFileAsBase64" {
		if len(data) > maxLoaded/4*3 {
			c.fail(args[0], "BCP184", fmt.Sprintf("File '%s' exceeded maximum size of %d bytes.", path, maxLoaded/4*3))
			return nil, false
		}
		return base64.StdEncoding.EncodeToString(data), true
	}
	text, ok := c.decode(args, name, data)
	if !ok {
		return nil, false
	}
	if name == "loadTextContent" {
		if utf8.RuneCountInString(text) > maxLoaded {
			c.fail(args[0], "BCP184", fmt.Sprintf("File '%s' exceeded maximum size of %d characters.", path, maxLoaded))
			return nil, false
		}
		return escapeText(text), true
	}
	return c.loadData(args, name, path, text)
}

func (c *converter) constantString(args []syntax.Expr, i int) (string, bool) {
	if i >= len(args) {
		return "", false
	}
	if s, ok := syntax.Unparen(args[i]).(*syntax.StringLit); ok {
		if text, plain := s.Text(); plain {
			return text, true
		}
	}
	if v, ok := syntax.Unparen(args[i]).(*syntax.Variable); ok {
		if s := c.m.Uses[v]; s != nil && s.Kind == sema.Var && s.Import == nil {
			if d, ok := s.Decl.(*syntax.VarDecl); ok {
				return c.constantString([]syntax.Expr{d.Value}, 0)
			}
		}
	}
	c.fail(args[i], "BCP032", "The value must be a compile-time constant.")
	return "", false
}

func (c *converter) readFile(at syntax.Expr, path string) ([]byte, bool) {
	full, ok := c.localPath(at, path)
	if !ok {
		return nil, false
	}
	data, err := c.t.s.o.ReadFile(full)
	if err != nil && strings.Contains(err.Error(), "is a directory") {
		c.fail(at, "BCP275", fmt.Sprintf("Unable to open file at path \"%s\". Found a directory instead.", full))
		return nil, false
	}
	if err != nil {
		c.fail(at, "BCP091", "An error occurred reading file. "+readError(full, err))
		return nil, false
	}
	return data, true
}

func readError(full string, err error) string {
	if strings.Contains(err.Error(), "no such file") {
		return fmt.Sprintf("Could not find file '%s'.", full)
	}
	return err.Error()
}

// decode reads text in the encoding that the last argument names.
func (c *converter) decode(args []syntax.Expr, name string, data []byte) (string, bool) {
	at := 1
	if name != "loadTextContent" {
		at = 2
	}
	encoding := "utf-8"
	if len(args) > at {
		var ok bool
		if encoding, ok = c.constantString(args, at); !ok {
			return "", false
		}
	}
	switch strings.ToLower(encoding) {
	case "utf-8", "us-ascii":
		return strings.TrimPrefix(strings.ToValidUTF8(string(data), "\ufffd"), "\ufeff"), true
	case "iso-8859-1":
		runes := make([]rune, len(data))
		for i, b := range data {
			runes[i] = rune(b)
		}
		return string(runes), true
	case "utf-16", "utf-16be":
		return decodeUTF16(data, encoding == "utf-16be"), true
	}
	c.fail(args[at], "BCP070", "Argument of type \"'"+encoding+"'\" is not assignable to parameter of type \"'iso-8859-1' | 'us-ascii' | 'utf-16' | 'utf-16BE' | 'utf-8'\".")
	return "", false
}

// A real number in a template. No escaped string begins so.
const realCall, realEnd = "[json('", "')]"

// realText is a real number as .NET writes a double: the shortest digits that read
// back the same, with an exponent from 1E+15 on and below 1E-05.
func realText(n json.Number) string {
	f, err := n.Float64()
	if err != nil { // beyond a double: the text as it is
		return n.String()
	}
	if a := math.Abs(f); a != 0 && (a >= 1e15 || a < 1e-4) {
		return strconv.FormatFloat(f, 'E', -1, 64)
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

// loadData parses JSON or YAML and takes the part that a JSON path names.
func (c *converter) loadData(args []syntax.Expr, name, path, text string) (any, bool) {
	data := []byte(text)
	if len(data) > 8*maxLoaded {
		c.fail(args[0], "BCP184", fmt.Sprintf("File '%s' exceeded maximum size of %d characters.", path, 8*maxLoaded))
		return nil, false
	}
	if name == "loadYamlContent" {
		converted, err := yaml.YAMLToJSON(data)
		if err != nil {
			c.fail(args[0], "BCP340", "Unable to parse literal YAML value. Please ensure that it is well-formed.")
			return nil, false
		}
		data = converted
	}
	if name == "loadJsonContent" {
		data = plainJSON(data)
	}
	if !json.Valid(data) {
		c.fail(args[0], "BCP186", "Unable to parse literal JSON value. Please ensure that it is well-formed.")
		return nil, false
	}
	v, err := parseJSON(data)
	if err != nil {
		c.fail(args[0], "BCP186", "Unable to parse literal JSON value. Please ensure that it is well-formed.")
		return nil, false
	}
	if len(args) > 1 {
		query, ok := c.constantString(args, 1)
		if !ok {
			return nil, false
		}
		if v, ok = selectPath(v, query); !ok {
			c.fail(args[1], "BCP235", "Specified JSONPath does not exist in the given file or is invalid.")
			return nil, false
		}
	}
	return escapeAll(v), true
}

// escapeAll makes a loaded value what stands in a template: strings that look like
// expressions are escaped, and a number that is no integer, which Bicep has no type
// for, becomes a call of json().
func escapeAll(v any) any {
	switch v := v.(type) {
	case string:
		return escapeText(v)
	case json.Number:
		return realCall + realText(v) + realEnd
	case []any:
		for i := range v {
			v[i] = escapeAll(v[i])
		}
	case *object:
		for i := range v.members {
			v.members[i].key = escapeText(v.members[i].key)
			v.members[i].value = escapeAll(v.members[i].value)
		}
	}
	return v
}

func decodeUTF16(data []byte, big bool) string {
	if len(data) >= 2 && (data[0] == 0xfe && data[1] == 0xff || data[0] == 0xff && data[1] == 0xfe) {
		big, data = data[0] == 0xfe, data[2:]
	}
	units := make([]rune, 0, len(data)/2)
	for i := 0; i+1 < len(data); i += 2 {
		u := rune(data[i]) | rune(data[i+1])<<8
		if big {
			u = rune(data[i])<<8 | rune(data[i+1])
		}
		if n := len(units); n > 0 && units[n-1] >= 0xd800 && units[n-1] < 0xdc00 && u >= 0xdc00 && u < 0xe000 {
			units[n-1] = (units[n-1]-0xd800)<<10 + (u - 0xdc00) + 0x10000
			continue
		}
		units = append(units, u)
	}
	return string(units)
}
