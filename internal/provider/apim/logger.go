package apim

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/resourceid"
)

// secretCredentials are members of a logger's credentials that nobody is shown.
var secretCredentials = []string{"connectionString", "instrumentationKey"}

var wholeNamedValue = regexp.MustCompile(`^\{\{([A-Za-z0-9._-]+)\}\}$`)

// putLogger follows https://learn.microsoft.com/rest/api/apimanagement/logger/create-or-update. Where
// the events of a logger go is the site's to say; its credentials are checked and kept.
func (p *Provider) putLogger(ctx context.Context, r *arm.PutRequest) (*arm.Resource, error) {
	made, err := r.Resource()
	if err != nil {
		return nil, err
	}
	f := newFields(made.Properties)
	f.only([]string{"loggerType", "description", "credentials", "isBuffered", "resourceId"}, nil)
	kind := f.oneOf("loggerType", "", "azureEventHub", "applicationInsights", "azureMonitor")
	if r.Existing != nil && kind != "" && kind != text(r.Existing, "loggerType") {
		f.wrong("loggerType", "'loggerType' of a logger can't be changed from %s to %s.", text(r.Existing, "loggerType"), kind)
	}
	f.text("description", false, 256)
	f.flag("isBuffered", true)
	f.text("resourceId", false, 0)
	c, given := f.object("credentials")
	if err := p.checkLogger(ctx, f, c, kind, given, r); err != nil {
		return nil, err
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	hideCredentials(made, c.m, r.Existing)
	return made, nil
}

// checkLogger wants the credentials that each type has.
func (p *Provider) checkLogger(ctx context.Context, f, c *fields, kind string, given bool, r *arm.PutRequest) error {
	switch kind {
	case "azureMonitor":
		if given && len(c.m) > 0 {
			f.wrong("credentials", "'credentials' of an azureMonitor logger must be left out.")
		}
	case "applicationInsights":
		c.only([]string{"instrumentationKey", "connectionString", "identityClientId"}, nil)
		if empty(c.m["instrumentationKey"]) && empty(c.m["connectionString"]) {
			f.wrong("credentials", "'credentials' of an applicationInsights logger must have 'instrumentationKey' or 'connectionString'.")
		}
	case "azureEventHub":
		c.only([]string{"name", "connectionString", "endpointAddress", "identityClientId"}, nil)
		if empty(c.m["connectionString"]) && empty(c.m["endpointAddress"]) {
			f.wrong("credentials", "'credentials' of an azureEventHub logger must have 'connectionString', or 'endpointAddress' and 'identityClientId'.")
		}
		c.text("name", true, 0)
	}
	service := serviceOf(r.ID)
	lookup, failed := p.namedValues(ctx, service)
	for _, name := range slices.Sorted(maps.Keys(c.m)) {
		m := wholeNamedValue.FindStringSubmatch(c.text(name, false, 0))
		if m == nil || c.m[name] == shownCredential(r.Existing, name) {
			continue
		}
		if _, _, ok := lookup(m[1]); !ok {
			c.wrong(name, "'%s': there is no named value '%s'.", c.at+name, m[1])
		}
	}
	return failed()
}

// hideCredentials keeps secrets in Private and shows a reference in their place, as Azure shows that
// to a named value of its own.
func hideCredentials(made *arm.Resource, credentials map[string]any, existing *arm.Resource) {
	kept := map[string]any{}
	for _, name := range secretCredentials {
		v, _ := credentials[name].(string)
		switch {
		case v == "" || wholeNamedValue.MatchString(v) && v != shownCredential(existing, name):
			continue
		case existing != nil && v == shownCredential(existing, name):
			old, _ := existing.Private["credentials"].(map[string]any)
			kept[name] = old[name]
		default:
			kept[name] = v
		}
		if existing == nil || v != shownCredential(existing, name) {
			credentials[name] = "{{Logger-Credentials--" + newKey()[:24] + "}}"
		}
	}
	delete(made.Private, "credentials")
	if len(kept) > 0 {
		if made.Private == nil {
			made.Private = map[string]any{}
		}
		made.Private["credentials"] = kept
	}
}

// shownCredential is the reference that stands for a secret of an existing logger; "" for none.
func shownCredential(existing *arm.Resource, name string) string {
	if existing == nil {
		return ""
	}
	if kept, _ := existing.Private["credentials"].(map[string]any); kept[name] == nil {
		return ""
	}
	shown, _ := existing.Properties["credentials"].(map[string]any)
	s, _ := shown[name].(string)
	return s
}

// missingLogger says what is wrong with the logger of log-to-eventhub.
func (p *Provider) missingLogger(ctx context.Context, service resourceid.ID, name string) (string, error) {
	missing := "Logger with id '" + name + "' could not be found."
	id, err := service.Child("loggers", name)
	if err != nil {
		return missing, nil //nolint:nilerr // a name that can't be in an ID names nothing
	}
	r, err := p.arm.Stored(ctx, id)
	switch {
	case err != nil:
		return "", err
	case r == nil:
		return missing, nil
	case text(r, "loggerType") != "azureEventHub":
		return "Logger with id '" + name + "' is of the type " + text(r, "loggerType") + "; log-to-eventhub needs one of the type azureEventHub.", nil
	}
	return "", nil
}

// mayDeleteLogger keeps one that a policy or a diagnostic names.
func (p *Provider) mayDeleteLogger(ctx context.Context, r *arm.DeleteRequest) error {
	if err := p.notNamed(ctx, r, "logger-id", "Logger"); err != nil || strings.EqualFold(arm.Query(r.Query, "force"), "true") {
		return err
	}
	users, err := p.arm.Below(ctx, serviceOf(r.ID), isDiagnostic)
	for _, d := range users {
		if id, ok := mine(serviceOf(r.ID), "loggers", text(d, "loggerId")); ok && id.Equal(r.ID) {
			return azerr.APIMConflict.New("Logger '" + r.ID.Name() + "' is used by the diagnostic " + d.ID.String() + " and can't be deleted.")
		}
	}
	return err
}
