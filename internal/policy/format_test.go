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
	if _, diags := policy.Format("<policies>", policy.Options{}); !diags.HasErrors() {
		t.Error("a broken document was formatted")
	}
}
