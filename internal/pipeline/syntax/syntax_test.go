package syntax

import (
	"reflect"
	"strings"
	"testing"
)

const sample = `trigger: none

variables:
  a: 'x' # comment
  n: 12
steps:
- task: T@1
  inputs:
    script: |
      az group create ` + "`" + `
        --name 'rg'

- ${{ if eq(1, 1) }}:
  - script: "say \"hi\""
- bash: >-
    folded
    text
  env: {A: b, C: [1, 2]}
  empty:
`

func TestReadPositions(t *testing.T) {
	n, list := Read("p.yml", sample)
	if list != nil {
		t.Fatal(list.Text())
	}
	step := n.Get("steps").Items[0]
	script := step.Get("inputs").Get("script")
	if step.Pos.Line != 7 || step.Pos.Column != 3 {
		t.Errorf("step at %d,%d; want 7,3", step.Pos.Line, step.Pos.Column)
	}
	if want := "az group create `\n  --name 'rg'\n"; script.Value != want || script.Style != Literal {
		t.Errorf("script is %q (style %d), want %q", script.Value, script.Style, want)
	}
	if script.Body.Line != 10 || script.Body.Column != 7 {
		t.Errorf("body at %d,%d; want 10,7", script.Body.Line, script.Body.Column)
	}
	if a := n.Get("variables").Get("a"); a.Value != "x" || a.Style != Quoted || a.Pos.Line != 4 || a.Pos.Column != 6 {
		t.Errorf("a is %+v", a)
	}
	if key := n.Get("steps").Items[1].Pairs[0].Key; key.Value != "${{ if eq(1, 1) }}" {
		t.Errorf("directive is %q", key.Value)
	}
	last := n.Get("steps").Items[2]
	if got := last.Get("bash").Value; got != "folded text" {
		t.Errorf("folded is %q", got)
	}
	if !last.Get("empty").IsNull() || last.Get("env").Get("C").Kind != Sequence {
		t.Error("empty must be null and C a list")
	}
}

func TestByteOrderMarkAndCarriageReturns(t *testing.T) {
	n, list := Read("p.yml", "\ufeffsteps:\r\n- bash: |\r\n    a\r\n    b\r\n")
	if list != nil || n.Pairs[0].Key.Value != "steps" {
		t.Fatalf("%v %+v", list, n)
	}
	if v := n.Get("steps").Items[0].Get("bash"); v.Value != "a\nb\n" || v.Body.Line != 3 || v.Body.Column != 5 {
		t.Errorf("%+v", v)
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"unindented block", "steps:\n- task: AzureCLI@2\n  inputs:\n    scriptType: 'pscore'\n    inlineScript: |\n    az keyvault certificate import `\n        --file 'x'\n",
			"p.yml(6,5) : Error GHP001: The text of 'inlineScript: |' on line 5 is not indented, so it is read as YAML. Indent it by at least 5 spaces: more than its key."},
		{"anchor", "a: &x 1\nb: *x\n", "p.yml(1,4) : Error GHP001: Anchors and aliases are not supported in a pipeline."},
		{"duplicate", "a: 1\na: 2\n", "p.yml(2,1) : Error GHP001: The key 'a' stands twice"},
		{"documents", "a: 1\n---\nb: 2\n", "more than one document"},
		{"tab", "a:\n\tb: 1\n", "p.yml(2,"},
		{"depth", strings.Repeat("[", 200) + strings.Repeat("]", 200), "deeper than"},
		{"size", "a: " + strings.Repeat("x", MaxSize), "at most 1048576 are read"},
		{"open quote", "a: 'x\n", "GHP001"},
	} {
		t.Run(c.name, func(t *testing.T) {
			n, list := Read("p.yml", c.text)
			if n != nil || !strings.Contains(list.Text(), c.want) {
				t.Errorf("got %v %s\nwant %s", n, list.Text(), c.want)
			}
		})
	}
}

func plain(n *Node) any {
	if n == nil {
		return nil
	}
	switch n.Kind {
	case Mapping:
		var out []any
		for _, p := range n.Pairs {
			out = append(out, plain(p.Key), plain(p.Value))
		}
		return map[string]any{"m": out}
	case Sequence:
		out := []any{}
		for _, i := range n.Items {
			out = append(out, plain(i))
		}
		return out
	}
	if n.IsNull() {
		return nil
	}
	return n.Value
}

func TestWriteReadsBack(t *testing.T) {
	n, _ := Read("p.yml", sample)
	text := Write(n)
	back, list := Read("p.yml", text)
	if list != nil || !reflect.DeepEqual(plain(n), plain(back)) {
		t.Errorf("%s\n%s\n%v\n%v", list.Text(), text, plain(n), plain(back))
	}
}

func FuzzRead(f *testing.F) {
	f.Add(sample)
	f.Add("a: [1, {b: c}]\n- x")
	f.Add("? a\n: b\n")
	f.Add("a: |2-\n   x\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		n, list := Read("p.yml", text)
		if list.HasErrors() {
			if n != nil {
				t.Fatal("a tree with errors")
			}
			return
		}
		written := Write(n)
		back, list := Read("p.yml", written)
		if list.HasErrors() || !reflect.DeepEqual(plain(n), plain(back)) {
			t.Fatalf("%q was written as %q, which reads differently: %s", text, written, list.Text())
		}
	})
}
