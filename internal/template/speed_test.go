package template

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

// large is a template of n resources in a chain of loops, each referring to another.
func large(n int) []byte {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf(`{"type":"Contoso.Test/boxes","apiVersion":"2024-01-01","name":"[concat(parameters('prefix'), '-%d')]","location":"[resourceGroup().name]",
			"properties":{"id":"[guid(resourceGroup().id, '%d')]","of":"[if(greater(%d, 0), reference(resourceId('Contoso.Test/boxes', concat(parameters('prefix'), '-', max(0, sub(%d, 1))))).address, 'none')]",
			"copy":[{"name":"rules","count":4,"input":{"n":"[format('rule-{0}', copyIndex('rules'))]"}}]}}`, i, i, i, i))
	}
	return []byte(`{"$schema":"s","contentVersion":"1.0.0.0","parameters":{"prefix":{"type":"string","defaultValue":"box"}},"resources":[` + strings.Join(list, ",") + `]}`)
}

func BenchmarkPlan800(b *testing.B) {
	data := large(800)
	for b.Loop() {
		t, err := Parse("large", data)
		if err != nil {
			b.Fatal(err)
		}
		p, err := t.Plan(context.Background(), Input{Scope: testScope})
		if err != nil || len(p.Nodes) != 800 {
			b.Fatal(err)
		}
		for _, n := range p.Nodes {
			if _, _, err := n.Body(context.Background(), fakeRuntime{}); err != nil {
				b.Fatal(err)
			}
		}
	}
}
