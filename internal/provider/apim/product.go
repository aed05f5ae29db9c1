package apim

import (
	"context"

	"gatehouse/internal/arm"
)

// putProduct follows https://learn.microsoft.com/rest/api/apimanagement/product/create-or-update.
func (p *Provider) putProduct(_ context.Context, r *arm.PutRequest) (*arm.Resource, error) {
	made, err := r.Resource()
	if err != nil {
		return nil, err
	}
	f := newFields(made.Properties)
	f.only([]string{"displayName", "description", "terms", "subscriptionRequired", "approvalRequired", "subscriptionsLimit", "state"}, nil)
	f.text("displayName", true, 300)
	f.text("description", false, 1000)
	f.text("terms", false, 0)
	required := f.flag("subscriptionRequired", true)
	if required {
		f.flag("approvalRequired", false)
	} else if made.Properties["approvalRequired"] == true {
		f.wrong("approvalRequired", "'approvalRequired' needs 'subscriptionRequired': a product without subscriptions has nothing to approve.")
	}
	if n := f.number("subscriptionsLimit"); n != nil && (*n < 0 || !required) {
		f.wrong("subscriptionsLimit", "'subscriptionsLimit' must be 0 or more, and needs 'subscriptionRequired'.")
	}
	f.oneOf("state", "notPublished", "notPublished", "published")
	return made, f.err()
}

// mayDeleteProduct keeps a product with subscriptions unless those are to go, too.
// https://learn.microsoft.com/rest/api/apimanagement/product/delete
func (p *Provider) mayDeleteProduct(ctx context.Context, r *arm.DeleteRequest) error {
	return p.mayDeleteSubscribed(ctx, r, "scope", "Product")
}

func (p *Provider) deleteProduct(ctx context.Context, r *arm.DeleteRequest) error {
	return p.deleteSubscriptionsOf(ctx, r, r.ID, "scope")
}
