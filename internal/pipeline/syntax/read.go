package syntax

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"gatehouse/internal/diag"
)

// Codes of what Read reports.
const (
	CodeYAML  = "GHP001" // not YAML
	CodeLimit = "GHP002" // too large or too deep
)

// Limits of one file.
const (
	MaxSize  = 1 << 20
	MaxDepth = 64
	MaxNodes = 100_000
)

// Read parses one document. The tree is nil when the list has errors, and for an empty document.
func Read(file, text string) (root *Node, list diag.List) {
	text = strings.TrimPrefix(text, "\ufeff") // a byte order mark is no part of the text
	r := &reader{src: diag.NewSource(file, text), lines: strings.Split(text, "\n")}
	for i, n := 0, 0; i < len(r.lines); i++ {
		r.starts = append(r.starts, n)
		n += len(r.lines[i]) + 1
	}
	if len(text) > MaxSize {
		return nil, diag.List{r.diagnostic(CodeLimit, 0, fmt.Sprintf("The file has %d bytes; at most %d are read.", len(text), MaxSize), "Move parts of it to templates.")}
	}
	// The parser of the library panics on a few malformed texts; for the reader of a pipeline that is one more syntax error.
	defer func() {
		if p := recover(); p != nil {
			root, list = nil, diag.List{r.diagnostic(CodeYAML, 0, "The text is not valid YAML.", "")}
		}
	}()
	f, err := parser.ParseBytes([]byte(text), 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, diag.List{r.syntaxError(err)}
	}
	root = r.file(f)
	if r.list.HasErrors() {
		return nil, r.list
	}
	return root, nil
}

type reader struct {
	src    *diag.Source
	lines  []string
	starts []int // offset at which each line begins
	list   diag.List
	nodes  int
}

func (r *reader) diagnostic(code string, offset int, message, hint string) diag.Diagnostic {
	return diag.Diagnostic{Code: code, Message: message, Hint: hint, File: r.src.Name, Range: r.src.Range(offset, offset)}
}

func (r *reader) refuse(n ast.Node, code, message, hint string) *Node {
	d := r.diagnostic(code, 0, message, hint)
	d.Range.Start = r.position(n.GetToken())
	d.Range.End = d.Range.Start
	r.list = append(r.list, d)
	return &Node{File: r.src.Name, Pos: d.Range.Start}
}

// position of a token. The library's offsets count runes and drift; its lines and
// columns do not, so the place is worked out from those.
func (r *reader) position(t *token.Token) diag.Position {
	if t == nil || t.Position == nil {
		return r.place(1, 1)
	}
	return r.place(max(1, t.Position.Line), max(1, t.Position.Column))
}

func (r *reader) place(line, column int) diag.Position {
	p := diag.Position{Line: line, Column: column}
	if line <= len(r.starts) {
		p.Offset = r.starts[line-1] + column - 1
	}
	return p
}

func (r *reader) file(f *ast.File) *Node {
	var root *Node
	for _, d := range f.Docs {
		if d == nil || d.Body == nil {
			continue
		}
		if _, ok := d.Body.(*ast.CommentGroupNode); ok {
			continue
		}
		if root != nil {
			return r.refuse(d.Body, CodeYAML, "The file has more than one document.", "Keep one; put others in files of their own.")
		}
		root = r.node(d.Body, 0)
	}
	return root
}

func (r *reader) node(n ast.Node, depth int) *Node {
	r.nodes++
	if depth > MaxDepth || r.nodes > MaxNodes {
		return r.refuse(n, CodeLimit, fmt.Sprintf("The document is deeper than %d levels or has more than %d values.", MaxDepth, MaxNodes), "")
	}
	switch n := n.(type) {
	case nil:
		return &Node{File: r.src.Name, Pos: diag.Position{Line: 1, Column: 1}}
	case *ast.MappingNode:
		return r.mapping(n, n.Values, depth)
	case *ast.MappingValueNode:
		return r.mapping(n, []*ast.MappingValueNode{n}, depth)
	case *ast.SequenceNode:
		out := r.at(n, Sequence)
		for _, v := range n.Values {
			out.Items = append(out.Items, r.node(v, depth+1))
		}
		return out
	case *ast.LiteralNode:
		return r.literal(n)
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode:
		return r.refuse(n, CodeYAML, "Anchors and aliases are not supported in a pipeline.", "Use a template instead.")
	case *ast.TagNode, *ast.DirectiveNode:
		return r.refuse(n, CodeYAML, "Tags and directives are not supported in a pipeline.", "Remove it.")
	case *ast.StringNode:
		out := r.at(n, Scalar)
		out.Value = n.Value
		if t := n.GetToken().Type; t == token.SingleQuoteType || t == token.DoubleQuoteType {
			out.Style = Quoted
		}
		return out
	}
	out := r.at(n, Scalar)
	if t := n.GetToken(); t != nil {
		if out.Value = t.Value; t.Type == token.ImplicitNullType {
			out.Value = ""
		}
	}
	return out
}

func (r *reader) at(n ast.Node, k Kind) *Node {
	out := &Node{Kind: k, File: r.src.Name, Pos: r.position(n.GetToken())}
	switch n := n.(type) {
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			out.Pos = r.position(n.Values[0].Key.GetToken())
		}
	case *ast.MappingValueNode:
		out.Pos = r.position(n.Key.GetToken())
	}
	return out
}

func (r *reader) mapping(n ast.Node, values []*ast.MappingValueNode, depth int) *Node {
	out := r.at(n, Mapping)
	seen := map[string]bool{}
	for _, v := range values {
		key := r.key(v.Key, depth)
		if seen[key.Value] && !strings.HasPrefix(key.Value, "${{") {
			r.list = append(r.list, key.At(CodeYAML, fmt.Sprintf("The key '%s' stands twice in this mapping.", key.Value), "Keep one of them."))
		}
		seen[key.Value] = true
		out.Pairs = append(out.Pairs, Pair{Key: key, Value: r.node(v.Value, depth+1)})
	}
	return out
}

func (r *reader) key(k ast.MapKeyNode, depth int) *Node {
	if m, ok := k.(*ast.MappingKeyNode); ok && m.Value != nil {
		return r.refuse(k, CodeYAML, "A key that begins with '?' is not supported in a pipeline.", "Write it as 'key: value'.")
	}
	key := r.node(k, depth+1)
	if key.Kind != Scalar {
		return r.refuse(k, CodeYAML, "A key must be a plain text.", "An expression as a key is written '${{ ... }}:' without quotes around the braces' content.")
	}
	return key
}

// literal reads a block scalar, and finds where its text stands in the file.
func (r *reader) literal(n *ast.LiteralNode) *Node {
	out := r.at(n, Scalar)
	out.Style = Literal
	if n.Start != nil {
		out.Pos = r.position(n.Start)
		if n.Start.Type == token.FoldedType {
			out.Style = Folded
		}
	}
	if n.Value != nil {
		out.Value = n.Value.Value
	}
	if out.Style == Literal {
		out.Body = r.body(out)
	}
	return out
}

func (r *reader) body(n *Node) diag.Position {
	first, _, _ := strings.Cut(strings.TrimLeft(n.Value, "\n"), "\n")
	for i := n.Pos.Line; i < len(r.lines); i++ {
		line := strings.TrimRight(r.lines[i], "\r")
		if strings.TrimSpace(line) == "" {
			continue
		}
		blank := len(n.Value) - len(strings.TrimLeft(n.Value, "\n"))
		if at := strings.Index(line, first); at >= 0 {
			return r.place(max(1, i+1-blank), at+1)
		}
		break
	}
	return diag.Position{}
}

// syntaxError words what the library found, and finds the mistake that is made
// most: the text of a block scalar that is not indented.
func (r *reader) syntaxError(err error) diag.Diagnostic {
	d := r.diagnostic(CodeYAML, 0, "The text is not valid YAML: "+firstLine(err.Error())+".", "")
	var at yaml.Error
	if errors.As(err, &at) {
		d.Message = "The text is not valid YAML: " + firstLine(at.GetMessage()) + "."
		d.Range.Start = r.position(at.GetToken())
		d.Range.End = d.Range.Start
	}
	if b, ok := r.unindentedBlock(d.Range.Start.Line); ok {
		return b
	}
	if i := d.Range.Start.Line - 1; i < len(r.lines) && strings.HasPrefix(r.lines[i], "\t") {
		d.Hint = "YAML is indented with spaces, never with tabs."
	}
	return d
}

func (r *reader) unindentedBlock(upTo int) (diag.Diagnostic, bool) {
	for i := min(upTo, len(r.lines)) - 1; i >= 0; i-- {
		key, ok := blockKey(r.lines[i])
		if !ok {
			continue
		}
		for j := i + 1; j < len(r.lines) && j <= upTo+1; j++ {
			line := r.lines[j]
			text := strings.TrimSpace(line)
			if text == "" {
				continue
			}
			column := len(line) - len(strings.TrimLeft(line, " "))
			indent := keyColumn(r.lines[i])
			if column > indent {
				break
			}
			d := r.diagnostic(CodeYAML, 0, fmt.Sprintf("The text of '%s' on line %d is not indented, so it is read as YAML.", key, i+1),
				fmt.Sprintf("Indent it by at least %d spaces: more than its key.", indent+1))
			d.Range.Start = r.place(j+1, column+1)
			d.Range.End = d.Range.Start
			return d, true
		}
	}
	return diag.Diagnostic{}, false
}

// keyColumn counts the columns before the key of a line, "- " included.
func keyColumn(line string) int {
	rest := strings.TrimLeft(line, " ")
	for strings.HasPrefix(rest, "- ") {
		rest = strings.TrimLeft(rest[2:], " ")
	}
	return len(line) - len(rest)
}

// blockKey reports whether line opens a block scalar, as in `inlineScript: |`.
func blockKey(line string) (string, bool) {
	text := strings.TrimSpace(line)
	if i := strings.LastIndexAny(text, "|>"); i > 0 && strings.Trim(text[i+1:], "+-0123456789") == "" {
		if head := strings.TrimSpace(text[:i]); strings.HasSuffix(head, ":") {
			return strings.TrimPrefix(head, "- ") + " " + text[i:], true
		}
	}
	return "", false
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return strings.TrimRight(s, ".")
}
