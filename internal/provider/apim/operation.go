package apim

import (
	"context"
	"regexp"
	"strings"

	"gatehouse/internal/arm"
)

var (
	templateParameter = regexp.MustCompile(`\{(\*?[^{}]*)\}`)
	methodForm        = regexp.MustCompile(`^(?:[A-Za-z]{1,20}|\*)$`)
)

// putOperation follows https://learn.microsoft.com/rest/api/apimanagement/api-operation/create-or-update.
func (p *Provider) putOperation(ctx context.Context, r *arm.PutRequest) (*arm.Resource, error) {
	made, err := r.Resource()
	if err != nil {
		return nil, err
	}
	f := newFields(made.Properties)
	method, template := checkOperation(f)
	if err := f.err(); err != nil {
		return nil, err
	}
	before := ""
	if r.Existing != nil {
		before = operationClaim(r.Existing)
	}
	made.ID = r.ID
	return made, p.claim(ctx, r, before, operationClaim(made), func(owner string) error {
		return fieldError("urlTemplate", "Operation with the same method and URL template already exists: "+method+", "+template+" ('"+owner[strings.LastIndexByte(owner, '/')+1:]+"').")
	})
}

// checkOperation checks the properties of an operation.
func checkOperation(f *fields) (method, template string) {
	f.only([]string{"displayName", "description", "method", "urlTemplate", "templateParameters", "request", "responses"}, []string{"provisioningState"})
	f.text("displayName", true, 300)
	f.text("description", false, 1000)
	method, template = strings.ToUpper(f.text("method", true, 20)), f.text("urlTemplate", true, 1000)
	if method != "" && !methodForm.MatchString(method) {
		f.wrong("method", "'method' must be an HTTP method, or * for any.")
	}
	f.m["method"] = method
	if template != "" {
		checkTemplate(f, template)
	}
	checkDefinition(f)
	return method, template
}

func operationClaim(r *arm.Resource) string {
	return "operation " + r.ID.Parent().Key() + " " + operationKey(text(r, "method"), text(r, "urlTemplate"))
}

// checkTemplate: each parameter of the template must be declared, as in Azure.
func checkTemplate(f *fields, template string) {
	if !strings.HasPrefix(template, "/") && template != "*" && template != "" {
		f.wrong("urlTemplate", "'urlTemplate' must begin with '/'.")
	}
	declared := map[string]bool{}
	list, _ := f.m["templateParameters"].([]any)
	for _, e := range list {
		m, _ := e.(map[string]any)
		name, _ := m["name"].(string)
		declared[strings.ToLower(name)] = true
	}
	seen, missing := map[string]bool{}, []string{}
	for _, m := range templateParameter.FindAllStringSubmatch(template, -1) {
		name := strings.TrimPrefix(m[1], "*")
		key := strings.ToLower(name)
		if seen[key] || name == "" {
			f.wrong("urlTemplate", "'urlTemplate' has the parameter '{%s}' twice, or without a name.", name)
		}
		if seen[key] = true; !declared[key] {
			missing = append(missing, name)
		}
	}
	if rest := templateParameter.ReplaceAllString(template, ""); strings.ContainsAny(rest, "{}#") {
		f.wrong("urlTemplate", "'urlTemplate' has a brace without its pair, or a '#'.")
	}
	if len(missing) > 0 {
		f.wrong("templateParameters", "All template parameters used in the UriTemplate must be defined in the Operation, please ensure to create following template parameters: %s.", strings.Join(missing, ", "))
	}
}

func (p *Provider) deleteOperation(_ context.Context, r *arm.DeleteRequest) error {
	release(r, operationClaim(r.Existing))
	return nil
}
