package apim

import (
	"context"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
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
	f.flag("subscriptionRequired", true)
	f.number("subscriptionsLimit")
	f.oneOf("state", "notPublished", "notPublished", "published")
	return made, f.err()
}

// putProductAPI puts an API into a product: the name is the API's, the body may be empty.
func (p *Provider) putProductAPI(ctx context.Context, r *arm.PutRequest) (*arm.Resource, error) {
	api, err := serviceOf(r.ID).Child("apis", r.ID.Name())
	if err != nil {
		return nil, err
	}
	if there, err := p.exists(ctx, api); err != nil || !there {
		if err == nil {
			err = azerr.APIMNotFound.New("API '" + api.Name() + "'")
		}
		return nil, err
	}
	return &arm.Resource{ID: r.ID, Properties: map[string]any{}}, nil
}
