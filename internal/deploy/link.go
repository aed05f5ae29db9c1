package deploy

import (
	"context"

	"gatehouse/internal/azerr"
	"gatehouse/internal/template"
)

// linkedTemplate reads the template that a request names by its templateLink.
func (s *Service) linkedTemplate(ctx context.Context, r *request, props map[string]any) error {
	if props["template"] != nil {
		return azerr.InvalidDeployment.New("A deployment has 'template' or 'templateLink', not both.")
	}
	link, o, text, err := s.linked(ctx, r, "templateLink", props["templateLink"])
	if err != nil {
		return err
	}
	r.base = link.URI
	r.template, err = template.FromValue(r.id.Name(), o, text)
	return templateError(err)
}

// linkedParameters reads the parameters that a request names by its parametersLink.
func (s *Service) linkedParameters(ctx context.Context, r *request, v any) error {
	if r.parameters != nil {
		return azerr.InvalidDeployment.New("A deployment has 'parameters' or 'parametersLink', not both.")
	}
	link, o, _, err := s.linked(ctx, r, "parametersLink", v)
	if err != nil {
		return err
	}
	given, ok := o.Value("parameters").(*template.Object)
	if !ok {
		return azerr.InvalidContentLink.New("The document at '" + template.Shown(link.URI) + "' has no object 'parameters'.")
	}
	r.parameters = template.To(given).(map[string]any)
	return nil
}

func (s *Service) linked(ctx context.Context, r *request, member string, v any) (template.Link, *template.Object, string, error) {
	link, err := template.ReadLink(member, v, "")
	if err == nil {
		shown := map[string]any{"uri": template.Shown(link.URI)}
		if link.ContentVersion != "" {
			shown["contentVersion"] = link.ContentVersion
		}
		r.links[member] = shown
		var o *template.Object
		var text string
		if o, text, err = link.Read(ctx, s.o.Document); err == nil {
			return link, o, text, nil
		}
	}
	if e := templateError(err); e != err {
		return link, nil, "", e
	}
	return link, nil, "", azerr.InvalidContentLink.New(err)
}
