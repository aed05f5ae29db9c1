package gateway

import (
	"strings"

	"gatehouse/internal/policy"
	"gatehouse/internal/snapshot"
)

// product is a product with its compiled policy. Exchanges whose subscription is of it, or
// that come without a key to an API in an open one, run its policy between the service's
// and the API's.
type product struct {
	snap   *snapshot.Product
	policy *policy.Document // nil: none
	broken bool             // its policy never compiled: nothing passes
}

// products compiles their policies, or keeps the last good one.
func (b *builder) products() {
	b.inProducts = map[string][]*product{}
	b.s.products = make(map[string]*product, len(b.snap.Products))
	for _, snap := range b.snap.Products {
		id := strings.ToLower(snap.ID)
		p := &product{snap: snap}
		if b.was != nil && b.was.products[id] != nil && b.was.products[id].snap == snap && b.was.global == b.s.global {
			p = b.was.products[id] // its document may name what has changed: document looks below
		}
		if snap.Policy.Text != "" {
			d, _ := b.document(snap.Policy, policy.ProductScope, "products/"+snap.ID)
			if d.diags == nil && d.doc != p.policy {
				p = &product{snap: snap, policy: d.doc}
			} else if d.diags != nil {
				p = b.lastGood(id, snap)
				b.problem(Problem{Product: snap.ID, Diagnostics: d.diags, KeptLast: !p.broken})
			}
		}
		b.s.products[id] = p
		for _, api := range snap.APIs {
			b.inProducts[api] = append(b.inProducts[api], p)
		}
	}
}

func (b *builder) lastGood(id string, snap *snapshot.Product) *product {
	if b.was == nil || b.was.products[id] == nil || b.was.products[id].policy == nil {
		return &product{snap: snap, broken: true}
	}
	return &product{snap: snap, policy: b.was.products[id].policy}
}

// sameProducts reports whether no product changed: APIs are linked with their policies.
func (b *builder) sameProducts() bool {
	if len(b.was.products) != len(b.s.products) {
		return false
	}
	for id, p := range b.s.products {
		if b.was.products[id] != p {
			return false
		}
	}
	return true
}

// open is a published product that needs no subscription and holds the API.
// https://learn.microsoft.com/azure/api-management/api-management-subscriptions
func (a *api) open() *product {
	for _, p := range a.products {
		if p.snap.Published && !p.snap.SubscriptionRequired {
			return p
		}
	}
	return nil
}
