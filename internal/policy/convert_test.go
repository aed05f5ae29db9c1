package policy

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gatehouse/internal/diag"
)

func TestConvert(t *testing.T) {
	for _, c := range []struct{ name, raw, xml string }{
		{"an attribute", `<a><b c="@(x == "y" && 1 < 2)" /></a>`, `<a><b c="@(x == &quot;y&quot; &amp;&amp; 1 &lt; 2)" /></a>`},
		{"lines of an attribute", "<a><b c=\"@{ // one\n\treturn 'x'; }\" /></a>", `<a><b c="@{ // one&#xA;&#x9;return &apos;x&apos;; }" /></a>`},
		{"text", `<a> @(As<string>("x") + "&amp;") </a>`, `<a> @(As&lt;string&gt;("x") + "&amp;amp;") </a>`},
		{"plain values", `<a b="1 &lt; 2" c='it"s'>x &amp; y<!-- @("<") & --></a>`, `<a b="1 &lt; 2" c='it"s'>x &amp; y<!-- @("<") & --></a>`},
		{"CDATA", `<a><![CDATA[@("<" + "&")]]></a>`, `<a><![CDATA[@("<" + "&")]]></a>`},
	} {
		if got, diags := Convert(c.raw, FormatRawXML, FormatXML); got != c.xml || diags != nil {
			t.Errorf("%s: to xml:\n%s\nwant\n%s\n%v", c.name, got, c.xml, diags)
		}
		if got, diags := Convert(c.xml, FormatXML, FormatRawXML); got != c.raw || diags != nil {
			t.Errorf("%s: to rawxml:\n%s\nwant\n%s\n%v", c.name, got, c.raw, diags)
		}
	}
	if got, _ := Convert(`<a b="x & y < z">R&D</a>`, FormatRawXML, FormatXML); got != `<a b="x &amp; y &lt; z">R&amp;D</a>` {
		t.Errorf("bare characters: %s", got)
	}
	if _, diags := Convert("<a>", FormatRawXML, FormatXML); len(diags) != 1 {
		t.Errorf("a document that can't be read: %v", diags)
	}
}

// convertedEqually checks that a document says the same in the other format, and that this is XML.
func convertedEqually(t *testing.T, src string) {
	before, _ := read(diag.NewSource("raw", src), FormatRawXML)
	if before == nil {
		return
	}
	converted, diags := Convert(src, FormatRawXML, FormatXML)
	if diags != nil {
		t.Fatalf("%q: %v", src, diags)
	}
	if len(converted) > maxDocument {
		return
	}
	after, diags := read(diag.NewSource("xml", converted), FormatXML)
	if after == nil {
		t.Fatalf("%q\nis in xml\n%q\n%v", src, converted, diags)
	}
	sameElements(t, before, after)
	back, diags := Convert(converted, FormatXML, FormatRawXML)
	if diags != nil {
		t.Fatalf("%q: %v", converted, diags)
	}
	again, _ := read(diag.NewSource("back", back), FormatRawXML)
	if again == nil {
		t.Fatalf("%q\nis back in rawxml\n%q", src, back)
	}
	sameElements(t, before, again)
}

func sameElements(t *testing.T, a, b *element) {
	if a.name != b.name || a.text.text != b.text.text || len(a.attributes) != len(b.attributes) || len(a.children) != len(b.children) {
		t.Fatalf("<%s> %q is <%s> %q", a.name, a.text.text, b.name, b.text.text)
	}
	for i := range a.attributes {
		if a.attributes[i].name != b.attributes[i].name || a.attributes[i].value.text != b.attributes[i].value.text {
			t.Fatalf("%s=%q is %s=%q", a.attributes[i].name, a.attributes[i].value.text, b.attributes[i].name, b.attributes[i].value.text)
		}
	}
	for i := range a.children {
		sameElements(t, a.children[i], b.children[i])
	}
}

// TestConvertGolden converts the documents of the golden cases, whose xml an XML parser must read.
func TestConvertGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	documents := 0
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			continue // a folder
		}
		from, to := strings.Index(string(data), "<policies>"), strings.LastIndex(string(data), "</policies>")
		if from < 0 || to < from {
			continue
		}
		src := string(data[from : to+len("</policies>")])
		if root, _ := read(diag.NewSource(f, src), FormatRawXML); root == nil {
			continue
		}
		documents++
		convertedEqually(t, src)
		converted, _ := Convert(src, FormatRawXML, FormatXML)
		d := xml.NewDecoder(strings.NewReader(converted))
		for err == nil {
			_, err = d.Token()
		}
		if !errors.Is(err, io.EOF) {
			t.Errorf("%s: %v\n%s", f, err, converted)
		}
	}
	if documents < 20 {
		t.Errorf("%d documents", documents)
	}
}

func FuzzConvert(f *testing.F) {
	f.Add(`<policies><inbound><set-header name="x"><value>@{ return "<" + 'a' + $"{1 & 2}"; }</value></set-header></inbound></policies>`)
	f.Add(`<a b="@("x")" c='@('"')'>x &amp; & y</a>`)
	f.Fuzz(func(t *testing.T, src string) { convertedEqually(t, src) })
}
