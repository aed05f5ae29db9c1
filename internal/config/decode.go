package config

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"gatehouse/internal/diag"
)

// Codes of what Load reports.
const (
	codeYAML  = "GHS001" // not YAML
	codeKey   = "GHS002" // a key that is not known, or that stands twice
	codeValue = "GHS003" // a value that can't be used
	codeFile  = "GHS004" // a file that can't be used
	codeNote  = "GHS005" // a warning
)

// decoder fills a Config from the tree of a document.
type decoder struct {
	c    *Config
	list diag.List
}

func (c *Config) decode(text string) (list diag.List) {
	d := &decoder{c: c}
	if len(text) > maxFile {
		return diag.List{{Code: codeYAML, File: c.File, Message: fmt.Sprintf("The file has %d bytes; at most %d are read.", len(text), maxFile)}}
	}
	defer func() { // the library panics on a few malformed texts
		if recover() != nil {
			list = diag.List{{Code: codeYAML, File: c.File, Message: "The text is not valid YAML."}}
		}
	}()
	f, err := parser.ParseBytes([]byte(text), 0, parser.AllowDuplicateMapKey())
	if err != nil {
		d.syntax(err)
		return d.list
	}
	var body ast.Node
	for _, doc := range f.Docs {
		if doc == nil || doc.Body == nil {
			continue
		}
		if _, comment := doc.Body.(*ast.CommentGroupNode); comment {
			continue
		}
		if body != nil {
			d.report(codeYAML, d.at(doc.Body), "The file has more than one document.", "Keep one.")
			return d.list
		}
		body = doc.Body
	}
	if body != nil {
		d.value("", body, reflect.ValueOf(c).Elem())
	}
	return d.list
}

func (d *decoder) syntax(err error) {
	var found yaml.Error
	at, message := d.place(nil), "The text is not valid YAML."
	if errors.As(err, &found) {
		first, _, _ := strings.Cut(found.GetMessage(), "\n")
		at, message = d.place(found.GetToken()), "The text is not valid YAML: "+strings.TrimSuffix(first, ".")+"."
	}
	d.report(codeYAML, at, message, "")
}

func (d *decoder) report(code string, at diag.Range, message, hint string) {
	d.list = append(d.list, diag.Diagnostic{Code: code, File: d.c.File, Range: at, Message: message, Hint: hint})
}

// place is where a token stands: by its line and column, since the library's offsets drift.
func (d *decoder) place(t *token.Token) diag.Range {
	if t == nil || t.Position == nil {
		return diag.Range{Start: diag.Position{Line: 1, Column: 1}, End: diag.Position{Line: 1, Column: 1}}
	}
	p := diag.Position{Line: max(1, t.Position.Line), Column: max(1, t.Position.Column)}
	p.Offset = p.Line<<16 + p.Column // for sorting only
	return diag.Range{Start: p, End: p}
}

func (d *decoder) at(n ast.Node) diag.Range {
	switch n := n.(type) {
	case *ast.MappingNode:
		if len(n.Values) > 0 {
			return d.place(n.Values[0].Key.GetToken())
		}
	case *ast.MappingValueNode:
		return d.place(n.Key.GetToken())
	}
	return d.place(n.GetToken())
}

// value puts n into v, whose path in the file is path.
func (d *decoder) value(path string, n ast.Node, v reflect.Value) {
	if _, seen := d.c.places[path]; !seen {
		d.c.places[path] = d.at(n)
	}
	switch n.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode, *ast.TagNode:
		d.report(codeYAML, d.at(n), "Anchors, aliases and tags are not supported here.", "Write the value out.")
		return
	case *ast.NullNode:
		return // as if the key were not there
	}
	switch {
	case v.Type() == reflect.TypeFor[time.Duration]():
		d.duration(path, n, v)
	case v.Kind() == reflect.Struct:
		d.mapping(path, n, v)
	case v.Kind() == reflect.Slice:
		d.sequence(path, n, v)
	default:
		d.scalar(path, n, v)
	}
}

func (d *decoder) mapping(path string, n ast.Node, v reflect.Value) {
	var pairs []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		pairs = n.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{n}
	default:
		d.wrong(path, n, "keys and values")
		return
	}
	fields, names := map[string]reflect.Value{}, []string(nil)
	for i := range v.NumField() {
		if key := v.Type().Field(i).Tag.Get("key"); key != "" && key != "-" {
			fields[key] = v.Field(i)
			names = append(names, key)
		}
	}
	seen := map[string]bool{}
	for _, p := range pairs {
		key := p.Key.GetToken().Value
		at := d.place(p.Key.GetToken())
		field, ok := fields[key]
		switch {
		case !ok:
			hint := "The keys here are: " + strings.Join(names, ", ") + "."
			if near := diag.Nearest(key, names); near != "" {
				hint = "Did you mean '" + near + "'?"
			}
			d.report(codeKey, at, fmt.Sprintf("There is no key '%s'%s.", key, inside(path)), hint)
		case seen[key]:
			d.report(codeKey, at, fmt.Sprintf("The key '%s' stands twice.", key), "Remove one.")
		default:
			seen[key] = true
			below := strings.TrimPrefix(path+"."+key, ".")
			d.c.places[below] = at
			d.value(below, p.Value, field)
		}
	}
}

func inside(path string) string {
	if path == "" {
		return ""
	}
	return " in '" + path + "'"
}

func (d *decoder) sequence(path string, n ast.Node, v reflect.Value) {
	list, ok := n.(*ast.SequenceNode)
	if !ok {
		d.wrong(path, n, "a list")
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(list.Values), len(list.Values)))
	for i, item := range list.Values {
		d.value(fmt.Sprintf("%s[%d]", path, i), item, v.Index(i))
	}
}

// text is a scalar as it is written, without quotes.
func text(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, true
	}
	return "", false
}

func (d *decoder) scalar(path string, n ast.Node, v reflect.Value) {
	s, ok := text(n)
	if !ok {
		d.wrong(path, n, "one value")
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(s)
	case reflect.Bool:
		if s != "true" && s != "false" {
			d.wrong(path, n, "true or false")
			return
		}
		v.SetBool(s == "true")
	case reflect.Int:
		i, err := strconv.Atoi(s)
		if err != nil {
			d.wrong(path, n, "a whole number")
			return
		}
		v.SetInt(int64(i))
	case reflect.Float64:
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			d.wrong(path, n, "a number")
			return
		}
		v.SetFloat(f)
	}
}

func (d *decoder) duration(path string, n ast.Node, v reflect.Value) {
	s, _ := text(n)
	dur, err := time.ParseDuration(s)
	if err != nil || dur <= 0 {
		d.wrong(path, n, "a time such as 30s, 2m or 1h")
		return
	}
	v.SetInt(int64(dur))
}

func (d *decoder) wrong(path string, n ast.Node, want string) {
	d.report(codeValue, d.at(n), fmt.Sprintf("'%s' must be %s.", strings.TrimPrefix(path, "."), want), "")
}
