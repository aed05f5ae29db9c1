package csharp

import (
	"errors"
	"html"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var comment = regexp.MustCompile(`(?s)<!--.*?-->`)

var namedValue = regexp.MustCompile(`\{\{[\w.-]+\}\}`)

// TestCorpus compiles every expression of the policy files in the folder that
// GATEHOUSE_POLICY_CORPUS names and reports those that are refused. Without the
// variable there is nothing to read.
func TestCorpus(t *testing.T) {
	root := os.Getenv("GATEHOUSE_POLICY_CORPUS")
	if root == "" {
		t.Log("GATEHOUSE_POLICY_CORPUS is not set: no corpus to read")
		return
	}
	seen, good := 0, 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".xml") {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, e := range expressionsOf(string(data)) {
			kind := Expression
			if e[1] == '{' {
				kind = Block
			}
			seen++
			code := namedValue.ReplaceAllString(e[2:len(e)-1], "1")
			p, diags := Compile(code, Options{Kind: kind})
			if len(diags) > 0 {
				t.Logf("%s\n%s\n%s", filepath.Base(path), strings.TrimSpace(e), diags.Text())
				continue
			}
			good++
			var exception *Exception
			if _, _, err := p.RunString(&Frame{Context: newExchange()}); err != nil && !errors.As(err, &exception) {
				t.Errorf("%s\n%s\n%s", filepath.Base(path), strings.TrimSpace(e), err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d of %d expressions compile", good, seen)
	if seen == 0 {
		t.Errorf("no expressions found below %s", root)
	}
}

// expressionsOf are the expressions that stand at the start of an attribute's value or of a text.
func expressionsOf(doc string) (list []string) {
	doc = comment.ReplaceAllString(doc, "")
	for i := 0; i < len(doc); i++ {
		if !Begins(doc, i) {
			continue
		}
		before := strings.TrimRight(doc[:i], " \t\r\n")
		if before == "" || !strings.ContainsRune(`"'>[`, rune(before[len(before)-1])) {
			continue
		}
		raw := !strings.Contains(doc[i:min(len(doc), i+4000)], "&quot;") && !strings.Contains(doc[i:min(len(doc), i+4000)], "&amp;") && !strings.Contains(doc[i:min(len(doc), i+4000)], "&lt;")
		end, err := Extent(doc, i, !raw)
		if err != nil {
			continue
		}
		e := doc[i:end]
		if !raw {
			e = html.UnescapeString(e)
		}
		list = append(list, e)
		i = end
	}
	return list
}
