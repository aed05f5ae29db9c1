package az

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"sort"
	"strconv"
	"strings"
	"unicode"

	"github.com/goccy/go-yaml"
	jmespath "github.com/jmespath-community/go-jmespath"
)

// column is one of -o table: Title, and the dotted path of its value.
type column struct{ title, path string }

func columns(pairs ...string) []column {
	var cs []column
	for i := 0; i < len(pairs); i += 2 {
		cs = append(cs, column{pairs[i], pairs[i+1]})
	}
	return cs
}

// outputOptions checks -o and --query before anything is sent.
func (c *call) outputOptions() (format string, query jmespath.JMESPath, err error) {
	format = c.get("output")
	if format == "" {
		format = c.Getenv("AZURE_CORE_OUTPUT")
	}
	if format == "" {
		format = "json"
	}
	if q := c.get("query"); q != "" {
		if query, err = jmespath.Compile(q); err != nil {
			return "", nil, usagef("argument --query: invalid jmespath_type value: %q: %v", q, err)
		}
	}
	return strings.ToLower(format), query, nil
}

// print writes v in format. A nil v prints nothing, but for a query that gave null.
func print(w io.Writer, v any, format string, query jmespath.JMESPath, table []column) error {
	if v == nil {
		return nil
	}
	v, err := plain(v)
	if err != nil {
		return err
	}
	if query != nil {
		if v, err = query.Search(v); err != nil {
			return fmt.Errorf("--query: %w", err)
		}
		table = nil
	}
	switch format {
	case "none":
		return nil
	case "table":
		return printTable(w, v, table)
	case "tsv":
		return printTSV(w, v)
	case "yaml", "yamlc":
		b, err := yaml.Marshal(v)
		if err != nil {
			return err
		}
		_, err = w.Write(b)
		return err
	}
	return printJSON(w, v)
}

// plain turns v into what encoding/json decodes to.
func plain(v any) (any, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var out any
	return out, json.Unmarshal(b, &out)
}

func printJSON(w io.Writer, v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

// scalar renders a value for tables and TSV; ok is false for objects and lists.
func scalar(v any) (s string, ok bool) {
	switch v := v.(type) {
	case nil:
		return "", true
	case string:
		return v, true
	case bool:
		if v {
			return "True", true
		}
		return "False", true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	}
	return "", false
}

// printTSV follows Azure CLI: a line for each item, its scalars separated by tabs; booleans in lower case.
func printTSV(w io.Writer, v any) error {
	items, ok := v.([]any)
	if !ok {
		items = []any{v}
	}
	for _, item := range items {
		if _, err := fmt.Fprintln(w, strings.Join(tsvCells(item), "\t")); err != nil {
			return err
		}
	}
	return nil
}

func tsvCells(item any) []string {
	var cells []string
	switch item := item.(type) {
	case map[string]any:
		for _, k := range sortedKeys(item) {
			cells = append(cells, tsvCell(item[k]))
		}
	case []any:
		for _, v := range item {
			cells = append(cells, tsvCell(v))
		}
	default:
		cells = []string{tsvCell(item)}
	}
	return cells
}

func tsvCell(v any) string {
	if b, ok := v.(bool); ok {
		return strconv.FormatBool(b)
	}
	if l, ok := v.([]any); ok {
		return strconv.Itoa(len(l))
	}
	s, _ := scalar(v)
	return s
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

func printTable(w io.Writer, v any, cols []column) error {
	items, ok := v.([]any)
	if !ok {
		items = []any{v}
	}
	if len(items) == 0 {
		return nil
	}
	if cols == nil {
		cols = scalarColumns(items)
	}
	rows := [][]string{nil, nil}
	for _, c := range cols {
		rows[0] = append(rows[0], c.title)
	}
	for _, item := range items {
		var row []string
		for _, c := range cols {
			s, _ := scalar(at(item, c.path))
			row = append(row, s)
		}
		rows = append(rows, row)
	}
	return writeRows(w, rows)
}

// scalarColumns are the properties that hold a scalar in some item, titled as Azure CLI titles them.
func scalarColumns(items []any) []column {
	seen := map[string]any{}
	for _, item := range items {
		m, ok := item.(map[string]any)
		if !ok {
			return columns("Result", "")
		}
		for k, v := range m {
			if _, ok := scalar(v); ok && v != nil && k != "id" && k != "type" && k != "etag" {
				seen[k] = nil
			}
		}
	}
	var cols []column
	for _, k := range sortedKeys(seen) {
		cols = append(cols, column{string(unicode.ToUpper(rune(k[0]))) + k[1:], k})
	}
	return cols
}

// at follows a dotted path; "" is the item itself.
func at(item any, path string) any {
	if path == "" {
		return item
	}
	for _, p := range strings.Split(path, ".") {
		m, ok := item.(map[string]any)
		if !ok {
			return nil
		}
		item = m[p]
	}
	return item
}

func writeRows(w io.Writer, rows [][]string) error {
	widths := make([]int, len(rows[0]))
	for i, title := range rows[0] {
		widths[i] = len(title) + 2 // Azure CLI's tables pad titles by two
	}
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	for i := range widths {
		rows[1] = append(rows[1], strings.Repeat("-", widths[i]))
	}
	var b strings.Builder
	for _, row := range rows {
		line := ""
		for i, cell := range row {
			line += cell + strings.Repeat(" ", widths[i]-len([]rune(cell))+2)
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}
