package template

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// FuzzExpression: whatever stands between the brackets, evaluation ends with a value or an error.
func FuzzExpression(f *testing.F) {
	for _, s := range []string{"[concat('a', 1)]", "[map(range(0,3), lambda('i', mul(lambdaVariables('i'), 2)))]", "[parameters('object').b.Y[0]]", "[if(true(), 'a', fail('x'))]",
		"[format('{0:N2} {1,-5}', 1, 'x')]", "[dateTimeAdd('2020-04-07 14:53:14Z', '-P1Y2M3DT4H', 'o')]", "[cidrSubnet('10.0.0.0/8', 24, 3)]", "[json('{\"a\":[1.5e3]}').a]",
		"[reduce(createArray('a','b'), '', lambda('x','y', concat(lambdaVariables('x'), lambdaVariables('y'))))]", "[resourceId('A.B/c/d', 'x', 'y')]", "[uri('http://a/b/', '../c')]", "[substring('😀x', 1, 1)]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		quoted, err := json.Marshal(s)
		if err != nil {
			return
		}
		tmpl, err := Parse("fuzz", []byte(`{"$schema":"s","contentVersion":"1","parameters":{"object":{"type":"object","defaultValue":{"b":{"Y":[1]}}}},"resources":[],"outputs":{"o":{"type":"object","value":{"v":`+string(quoted)+`}}}}`))
		if err != nil {
			return // no expression
		}
		p, err := tmpl.Plan(context.Background(), Input{Scope: testScope, Now: time.Unix(0, 0)})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if out, err := p.Outputs(ctx, fakeRuntime{}); err == nil {
			if _, err := json.Marshal(out[0].Value); err != nil {
				t.Fatalf("%q gives %v: %v", s, out[0].Value, err)
			}
		}
		if ctx.Err() != nil {
			t.Fatalf("%q takes too long", s)
		}
	})
}

// FuzzTemplate: whatever the text, planning ends with a plan whose order holds, or an error.
func FuzzTemplate(f *testing.F) {
	files, _ := filepath.Glob("testdata/plans/*.txt")
	for _, file := range files {
		if data, err := os.ReadFile(file); err == nil {
			source, _, _ := strings.Cut(string(data), "\n----\n")
			f.Add(source)
		}
	}
	f.Fuzz(func(t *testing.T, source string) {
		tmpl, err := Parse("fuzz", []byte(source))
		if err != nil {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		p, err := tmpl.Plan(ctx, Input{Scope: testScope, Runtime: fakeRuntime{}})
		if err != nil {
			return
		}
		seen := map[*Node]bool{}
		for _, n := range p.Nodes {
			for _, d := range n.DependsOn {
				if !seen[d] {
					t.Fatalf("%s comes before %s", n.ID, d.ID)
				}
			}
			seen[n] = true
			if n.Condition && !n.Existing && !n.IsDeployment() {
				_, _, _ = n.Body(ctx, fakeRuntime{})
			}
		}
		_, _ = p.Outputs(ctx, fakeRuntime{})
	})
}

// FuzzLenient: the lenient reader accepts all JSON, and agrees with encoding/json about it.
func FuzzLenient(f *testing.F) {
	for _, s := range []string{`{"a":[1,-2.5e3,true,null,"x\u00e9\ud83d\ude00"]}`, `{a:'b',/*c*/}`, "{\"a\":\"\n\"}", `{"a":1e400}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := Decode("fuzz", []byte(s))
		if err == nil {
			again, err := Decode("fuzz", []byte(encode(v)))
			if err != nil || encode(again) != encode(v) {
				t.Fatalf("%q reads as %s, and that as %s (%v)", s, encode(v), encode(again), err)
			}
			return
		}
		if json.Valid([]byte(s)) && !strings.Contains(err.Error(), "nested deeper") {
			t.Fatalf("%q is JSON, but: %v", s, err)
		}
	})
}

// FuzzParameters: whatever a parameters file holds, binding it ends with a plan or an error.
func FuzzParameters(f *testing.F) {
	for _, s := range []string{`{"text":{"value":"x"},"n":{"value":7}}`, `{"secret":{"reference":{"keyVault":{"id":"/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v"},"secretName":"s"}}}`,
		`{"typed":{"value":{"kind":"b","list":[1,2]}}}`, `{"list":{"value":["a",null]},"TEXT":{"value":1}}`, `{"text":{"value":"[concat('a')]"}}`, `{"n":{"value":1e99}}`} {
		f.Add(s)
	}
	tmpl, err := Parse("fuzz", []byte(`{"$schema":"s","languageVersion":"2.0","contentVersion":"1.0.0.0","definitions":{"item":{"type":"object","properties":{"kind":{"type":"string","allowedValues":["a","b"]},
		"list":{"type":"array","items":{"type":"int","maxValue":9},"maxLength":3},"next":{"$ref":"#/definitions/item","nullable":true}},"additionalProperties":false}},
		"parameters":{"text":{"type":"string","defaultValue":"t","minLength":1},"n":{"type":"int","defaultValue":1,"maxValue":100},"secret":{"type":"securestring","nullable":true},
		"list":{"type":"array","defaultValue":[]},"typed":{"$ref":"#/definitions/item","nullable":true}},
		"resources":{},"outputs":{"o":{"type":"object","value":{"a":"[parameters('text')]","b":"[parameters('list')]","c":"[parameters('typed')]"}}}}`))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		given, err := DecodeLenient([]byte(text))
		if err != nil {
			return
		}
		p, err := tmpl.Plan(t.Context(), Input{Scope: testScope, Parameters: given, Secret: func(context.Context, string, string, string) (string, error) { return "v", nil }})
		if err != nil {
			return
		}
		_ = p.Parameters()
		_, _ = p.Outputs(t.Context(), fakeRuntime{})
	})
}
