package policy_test

import (
	"testing"

	"gatehouse/internal/policy"
)

func TestFormat(t *testing.T) {
	const src = "<!-- head -->\n<policies><inbound>\n<base/> <!-- why -->\n\n\n\n<set-header   name='X'\n exists-action=\"override\"><value>@(a < \"b\")</value></set-header><set-body>  <a>\n</a></set-body><choose>\n<when condition=\"@(x == \"y\")\"><base /></when></choose></inbound><backend></backend></policies>\n"
	const want = `<!-- head -->
<policies>
    <inbound>
        <base />
        <!-- why -->

        <set-header name='X' exists-action="override">
            <value>@(a < "b")</value>
        </set-header>
        <set-body>  <a>
</a></set-body>
        <choose>
            <when condition="@(x == "y")">
                <base />
            </when>
        </choose>
    </inbound>
    <backend></backend>
</policies>
`
	got, diags := policy.Format(src, policy.Options{Format: policy.FormatRawXML})
	if got != want || len(diags) > 0 {
		t.Fatalf("%s\n%s", got, diags.Text())
	}
	if again, _ := policy.Format(got, policy.Options{Format: policy.FormatRawXML}); again != got {
		t.Fatalf("formatted again:\n%s", again)
	}
	const around = "<!-- a <policies> that is none -->\n<policies></policies>\n<!-- after -->\n"
	if got, _ := policy.Format(around, policy.Options{}); got != around {
		t.Errorf("%q", got)
	}
	if _, diags := policy.Format("<policies>", policy.Options{}); !diags.HasErrors() {
		t.Error("a broken document was formatted")
	}
}

// FuzzFormat reads any text as a document: what is laid out once stays as it is, and is accepted
// as what it was made of.
func FuzzFormat(f *testing.F) {
	addDocuments(f)
	f.Fuzz(func(t *testing.T, src string, raw bool) {
		o := policy.Options{Format: policy.FormatXML}
		if raw {
			o.Format = policy.FormatRawXML
		}
		out, diags := policy.Format(src, o)
		if diags.HasErrors() {
			return
		}
		again, diags := policy.Format(out, o)
		if diags.HasErrors() || again != out {
			t.Fatalf("%q\nagain %q\n%s", out, again, diags.Text())
		}
		if len(src) > 1<<16 || len(out) > 1<<16 {
			return
		}
		_, before := policy.Compile(src, o)
		if _, after := policy.Compile(out, o); before.HasErrors() != after.HasErrors() {
			t.Fatalf("%q\n%s%q\n%s", src, before.Text(), out, after.Text())
		}
	})
}
