package apim

import (
	"context"
	"strings"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/diag"
	"gatehouse/internal/policy"
	"gatehouse/internal/resourceid"
)

// putFragment follows https://learn.microsoft.com/rest/api/apimanagement/policy-fragment/create-or-update.
func (p *Provider) putFragment(ctx context.Context, r *arm.PutRequest) (*arm.Resource, error) {
	made, err := r.Resource()
	if err != nil {
		return nil, err
	}
	f := newFields(made.Properties)
	f.only([]string{"value", "format", "description"}, []string{"provisioningState"})
	value := f.text("value", true, 0)
	f.text("description", false, 1000)
	f.oneOf("format", policy.FormatXML, policy.FormatXML, policy.FormatRawXML)
	if err := f.err(); err != nil {
		return nil, err
	}
	lookup, failed := p.namedValues(ctx, serviceOf(r.ID))
	found := policy.CheckFragment(value, policy.Options{File: "fragment", Scope: policy.APIScope, Format: text(made, "format"), NamedValues: lookup})
	if err := failed(); err != nil {
		return nil, err
	}
	var problems []*azerr.Error
	for _, d := range found {
		if d.Severity == diag.Error {
			problems = append(problems, policyProblem(value, d.Range, strings.TrimSpace(d.Message+" "+d.Hint)))
		}
	}
	if len(problems) > 0 {
		return nil, azerr.APIMValidation.New().With(problems...)
	}
	return made, nil
}

// mayDeleteFragment keeps one that a policy of the service includes.
func (p *Provider) mayDeleteFragment(ctx context.Context, r *arm.DeleteRequest) error {
	return p.notNamed(ctx, r, "fragment-id", "Policy fragment")
}

// fragments finds the policy fragments of a service, reading them when the first one is asked for.
func (p *Provider) fragments(ctx context.Context, service resourceid.ID) (lookup func(id string) (string, string, bool), failed func() error) {
	var known map[string]*arm.Resource
	var err error
	lookup = func(id string) (string, string, bool) {
		if known == nil && err == nil {
			known = map[string]*arm.Resource{}
			var list []*arm.Resource
			list, err = p.arm.Children(ctx, service, TypeFragments)
			for _, r := range list {
				known[strings.ToLower(r.ID.Name())] = r
			}
		}
		r, ok := known[strings.ToLower(id)]
		if !ok {
			return "", "", false
		}
		if r.Unknown && err == nil {
			err = arm.ErrUnknown
		}
		return text(r, "value"), text(r, "format"), true
	}
	return lookup, func() error { return err }
}
