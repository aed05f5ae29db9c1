package openapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
)

// A document as a tree of maps, lists, texts, numbers (json.Number) and booleans.

// The most that a document may have.
const (
	maxDepth = 100
	maxNodes = 500_000 // aliases count as often as they are used
)

var errTooLarge = fmt.Errorf("it is nested deeper than %d, or has more than %d values", maxDepth, maxNodes)

// decode reads JSON or, when it begins otherwise, YAML.
func decode(text string) (map[string]any, error) {
	text = strings.TrimPrefix(text, "\ufeff")
	var v any
	var err error
	if strings.HasPrefix(strings.TrimSpace(text), "{") {
		if v, err = decodeJSON(text); err != nil {
			if fromYAML, yamlErr := decodeYAML(text); yamlErr == nil { // a flow mapping
				v, err = fromYAML, nil
			}
		}
	} else {
		v, err = decodeYAML(text)
	}
	if err != nil {
		return nil, err
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, errors.New("the document must be an object")
	}
	return m, nil
}

func decodeJSON(text string) (any, error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		line := 1 + strings.Count(text[:min(int(d.InputOffset()), len(text))], "\n")
		return nil, fmt.Errorf("it is not JSON, on line %d: %w", line, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more after the end of the JSON value")
	}
	nodes := 0
	if tooLarge(v, 0, &nodes) {
		return nil, errTooLarge
	}
	return v, nil
}

func tooLarge(v any, depth int, nodes *int) bool {
	if *nodes++; depth > maxDepth || *nodes > maxNodes {
		return true
	}
	switch v := v.(type) {
	case map[string]any:
		for _, e := range v {
			if tooLarge(e, depth+1, nodes) {
				return true
			}
		}
	case []any:
		for _, e := range v {
			if tooLarge(e, depth+1, nodes) {
				return true
			}
		}
	}
	return false
}

func decodeYAML(text string) (any, error) {
	tokens := lexer.Tokenize(text)
	if err := within(tokens); err != nil {
		return nil, err
	}
	file, err := parser.Parse(tokens, 0)
	if err != nil {
		return nil, notYAML(err)
	}
	y := &yamlTree{anchors: map[string]ast.Node{}}
	for _, d := range file.Docs {
		if d == nil || d.Body == nil {
			continue
		}
		return y.value(d.Body, 0)
	}
	return nil, errors.New("it is empty")
}

// notYAML tells what is wrong, and where. The parser's own text would quote the whole document first.
func notYAML(err error) error {
	var wrong *yaml.SyntaxError
	if !errors.As(err, &wrong) || wrong.Token == nil {
		return errors.New("it is not YAML")
	}
	at := wrong.Token.Position
	return fmt.Errorf("it is not YAML: [%d:%d] %s", at.Line, at.Column, wrong.Message)
}

// yamlTree turns nodes to values. Aliases are followed, and what they give counts.
type yamlTree struct {
	anchors map[string]ast.Node
	nodes   int
}

func (y *yamlTree) value(n ast.Node, depth int) (any, error) {
	if y.nodes++; depth > maxDepth || y.nodes > maxNodes {
		return nil, errTooLarge
	}
	switch n := n.(type) {
	case nil, *ast.NullNode:
		return nil, nil
	case *ast.MappingNode:
		return y.mapping(n.Values, depth)
	case *ast.MappingValueNode:
		return y.mapping([]*ast.MappingValueNode{n}, depth)
	case *ast.SequenceNode:
		out := make([]any, 0, len(n.Values))
		for _, e := range n.Values {
			v, err := y.value(e, depth+1)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
		return out, nil
	case *ast.AnchorNode:
		y.anchors[n.Name.String()] = n.Value
		return y.value(n.Value, depth+1)
	case *ast.AliasNode:
		to, ok := y.anchors[n.Value.String()]
		if !ok {
			return nil, fmt.Errorf("on line %d: there is no anchor '%s'", line(n), n.Value.String())
		}
		return y.value(to, depth+1)
	case *ast.TagNode:
		return y.value(n.Value, depth+1)
	}
	return scalar(n), nil
}

// mapping: a key may be anything plain, as status codes are numbers.
func (y *yamlTree) mapping(values []*ast.MappingValueNode, depth int) (any, error) {
	out := make(map[string]any, len(values))
	for _, e := range values {
		v, err := y.value(e.Value, depth+1)
		if err != nil {
			return nil, err
		}
		if _, merge := e.Key.(*ast.MergeKeyNode); merge {
			from, _ := v.(map[string]any)
			for k, x := range from {
				if _, own := out[k]; !own {
					out[k] = x
				}
			}
			continue
		}
		key := e.Key.GetToken().Value
		if s, ok := e.Key.(*ast.StringNode); ok {
			key = s.Value
		}
		out[key] = v
	}
	return out, nil
}

func scalar(n ast.Node) any {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value
	case *ast.LiteralNode:
		return n.Value.Value
	case *ast.BoolNode:
		return n.Value
	case *ast.IntegerNode:
		return json.Number(fmt.Sprint(n.Value))
	case *ast.FloatNode:
		text := n.GetToken().Value
		if json.Valid([]byte(text)) {
			return json.Number(text) // 3.10 and 3.1 are different versions
		}
		return json.Number(fmt.Sprint(n.Value))
	}
	if t := n.GetToken(); t != nil {
		return t.Value
	}
	return nil
}

func line(n ast.Node) int {
	if t := n.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line
	}
	return 0
}

// Reading of trees: what is missing or of another type is empty.

func object(m map[string]any, name string) map[string]any { o, _ := m[name].(map[string]any); return o }
func text(m map[string]any, name string) string           { s, _ := m[name].(string); return s }
func list(m map[string]any, name string) []any            { l, _ := m[name].([]any); return l }
func keys(m map[string]any) []string                      { return slices.Sorted(maps.Keys(m)) }

func texts(m map[string]any, name string) (out []string) {
	for _, e := range list(m, name) {
		if s, ok := e.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// plain is a value as text: a default, one of an enum.
func plain(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	data, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(data)
}
