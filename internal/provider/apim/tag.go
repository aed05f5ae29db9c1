package apim

import (
	"context"

	"gatehouse/internal/arm"
)

// putTag follows https://learn.microsoft.com/rest/api/apimanagement/tag/create-or-update.
func (p *Provider) putTag(_ context.Context, r *arm.PutRequest) (*arm.Resource, error) {
	made, err := r.Resource()
	if err != nil {
		return nil, err
	}
	f := newFields(made.Properties)
	f.only([]string{"displayName"}, nil)
	f.text("displayName", true, 160)
	return made, f.err()
}

// deleteTag takes the tag off what has it.
func (p *Provider) deleteTag(ctx context.Context, r *arm.DeleteRequest) error {
	return p.unlink(ctx, r, "tags", r.ID.Name())
}

// putTagDescription follows https://learn.microsoft.com/rest/api/apimanagement/api-tag-description/create-or-update:
// what a tag means for one API. Its name is the tag's.
func (p *Provider) putTagDescription(_ context.Context, r *arm.PutRequest) (*arm.Resource, error) {
	made, err := r.Resource()
	if err != nil {
		return nil, err
	}
	f := newFields(made.Properties)
	f.only([]string{"description", "externalDocsUrl", "externalDocsDescription"}, []string{"tagId", "displayName"})
	f.text("description", false, 0)
	f.text("externalDocsUrl", false, 2000)
	f.text("externalDocsDescription", false, 0)
	return made, f.err()
}
