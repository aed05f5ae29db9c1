package policy_test

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/policy"
)

// TestCodesHaveExamples asks for a golden case of each code.
func TestCodesHaveExamples(t *testing.T) {
	table, err := os.ReadFile("codes.go")
	if err != nil {
		t.Fatal(err)
	}
	var golden strings.Builder
	files, _ := filepath.Glob("testdata/*.txtar")
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		_, expected, _ := strings.Cut(string(b), "-- expected --\n")
		golden.WriteString(expected)
	}
	for _, code := range regexp.MustCompile(`GHP\d+`).FindAllString(string(table), -1) {
		if !strings.Contains(golden.String(), code+":") {
			t.Errorf("no golden case shows %s", code)
		}
	}
}

// TestSecretStaysHidden: what a named value holds is in no diagnostic.
func TestSecretStaysHidden(t *testing.T) {
	const secret = "s3cr3t value"
	named := func(string) (string, bool, bool) { return secret, true, true }
	for _, src := range []string{
		`<policies><inbound><set-header name="{{k}}"><value>x</value></set-header></inbound></policies>`,
		`<policies><inbound><set-backend-service base-url="{{k}}" /></inbound></policies>`,
		`<policies><inbound><rewrite-uri template="{{k}}" copy-unmatched-params="{{k}}" /></inbound></policies>`,
		`<policies><inbound><set-status code="{{k}}" reason="" /></inbound></policies>`,
		`<policies><inbound><choose><when condition="@({{k}})" /></choose></inbound></policies>`,
		`<policies><backend><forward-request timeout="{{k}}" http-version="{{k}}" /></backend></policies>`,
	} {
		d, diags := policy.Compile(src, policy.Options{NamedValues: named})
		if d != nil || len(diags) == 0 {
			t.Errorf("%s was accepted", src)
		}
		if strings.Contains(diags.Text(), "s3cr3t") {
			t.Errorf("a diagnostic shows the value: %s", diags.Text())
		}
	}
}

func TestReferences(t *testing.T) {
	d, diags := policy.Compile("<policies><inbound>\n<set-backend-service backend-id=\"{{b}}-x\" /></inbound></policies>",
		policy.Options{NamedValues: func(string) (string, bool, bool) { return "Orders", false, true }})
	if d == nil {
		t.Fatal(diags.Text())
	}
	refs := d.References()
	if len(refs) != 2 || refs[0].Kind != "namedValue" || refs[0].Name != "b" || refs[1].Kind != "backend" || refs[1].Name != "Orders-x" || refs[1].Range.Start.Line != 2 {
		t.Errorf("%+v", refs)
	}
	if names := policy.NamedValueNames("{{a}} {{ b }} {{a}} {{not a name}} {{}}"); strings.Join(names, ",") != "a,b" {
		t.Errorf("names: %v", names)
	}
}

// addDocuments gives a fuzzer the documents of the golden cases, in both formats.
func addDocuments(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.txtar")
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		_, doc, _ := strings.Cut(string(b), "-- api.xml --\n")
		doc, _, _ = strings.Cut(doc, "\n-- ")
		f.Add(doc, true)
		f.Add(doc, false)
	}
}

func FuzzCompile(f *testing.F) {
	addDocuments(f)
	env := &policy.Environment{Sleep: func(context.Context, time.Duration) error { return nil }}
	f.Fuzz(func(t *testing.T, src string, raw bool) {
		o := policy.Options{NamedValues: func(name string) (string, bool, bool) { return name, false, len(name) < 5 }}
		if raw {
			o.Format = policy.FormatRawXML
		}
		d, diags := policy.Compile(src, o)
		if (d == nil) != diags.HasErrors() {
			t.Fatalf("document %v with %d diagnostics", d, len(diags))
		}
		if d != nil {
			policy.Link(policy.DefaultGlobal(), d).Run(&policy.Exchange{Services: nowhere{}, Env: env})
		}
	})
}

type nowhere struct{}

func (nowhere) Forward(ex *policy.Exchange, o *policy.ForwardOptions) error {
	ex.Response.Status = 200
	return nil
}

// BenchmarkRun is the engine's own time for set-backend-service with base scopes, and
// with header, query and path policies.
func BenchmarkRun(b *testing.B) {
	for name, inner := range map[string]string{
		"set-backend-service": `<set-backend-service backend-id="b" />`,
		"rewrite and headers": `<set-backend-service backend-id="b" /><rewrite-uri template="/v2/x" /><set-header name="X-A" exists-action="override"><value>1</value></set-header><set-header name="X-B" exists-action="delete" /><choose><when condition="@(true)"><set-header name="X-C"><value>2</value></set-header></when></choose>`,
	} {
		b.Run(name, func(b *testing.B) {
			d, diags := policy.Compile(`<policies><inbound><base />`+inner+`</inbound><backend><base /></backend><outbound><base /></outbound></policies>`, policy.Options{})
			if d == nil {
				b.Fatal(diags.Text())
			}
			p := policy.Link(policy.DefaultGlobal(), d)
			ex := &policy.Exchange{}
			b.ReportAllocs()
			for b.Loop() {
				ex.Services = nowhere{}
				ex.Request.Header.Add("Accept", "*/*")
				ex.Request.Header.Add("X-A", "0")
				p.Run(ex)
				ex.Reset()
			}
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	src := "<policies>\n<inbound>\n<base />\n" + strings.Repeat("<set-header name=\"X-A\" exists-action=\"override\">\n<value>{{k}} text</value>\n</set-header>\n", 32) + "</inbound>\n</policies>"
	b.ReportAllocs()
	for b.Loop() {
		if d, diags := policy.Compile(src, policy.Options{NamedValues: func(string) (string, bool, bool) { return "v", false, true }}); d == nil {
			b.Fatal(diags.Text())
		}
	}
}

// TestRunAllocates nothing for a program without computed values.
func TestRunAllocatesNothing(t *testing.T) {
	d, diags := policy.Compile(`<policies><inbound><base /><set-backend-service backend-id="b" /><set-header name="X" exists-action="override"><value>1</value></set-header><rewrite-uri template="/x" /></inbound></policies>`, policy.Options{})
	if d == nil {
		t.Fatal(diags.Text())
	}
	p := policy.Link(policy.DefaultGlobal(), d)
	ex := &policy.Exchange{}
	ex.Request.Header.Add("A", "b")
	if n := testing.AllocsPerRun(100, func() {
		ex.Services = nowhere{}
		p.Run(ex)
		ex.Reset()
	}); n != 0 {
		t.Errorf("%v allocations a run", n)
	}
}
