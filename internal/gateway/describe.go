package gateway

import (
	"strings"
	"time"

	"gatehouse/internal/policy"
	"gatehouse/internal/snapshot"
)

// What context.Api, .Operation, .Product, .Subscription and .User show.

func apiInfo(snap *snapshot.API) *policy.APIInfo {
	return &policy.APIInfo{ID: snap.ID, Name: snap.DisplayName, Path: snap.Path, ServiceURL: snap.ServiceURL, Version: snap.Version, Revision: snap.Revision,
		NotCurrent: snap.NotCurrent, Protocols: snap.Protocols, KeyHeader: snap.SubscriptionHeader, KeyQuery: snap.SubscriptionQuery}
}

func operationInfo(api *snapshot.API, snap *snapshot.Operation) *policy.OperationInfo {
	o := &policy.OperationInfo{ID: snap.ID, Name: snap.DisplayName, Method: snap.Method, URLTemplate: snap.URLTemplate, Query: queryNames(snap.URLTemplate),
		Parameters: parameterInfos(snap.Parameters), Requests: representationInfos(api, snap.Requests)}
	for _, r := range snap.Replies {
		o.Replies = append(o.Replies, policy.Reply{Status: r.Status, Headers: parameterInfos(r.Headers), Representations: representationInfos(api, r.Representations)})
	}
	return o
}

func parameterInfos(list []snapshot.Parameter) (out []policy.Parameter) {
	for _, p := range list {
		out = append(out, policy.Parameter{Name: p.Name, In: p.In, Type: p.Type, Required: p.Required, Values: p.Values})
	}
	return out
}

func representationInfos(api *snapshot.API, list []snapshot.Representation) (out []policy.Representation) {
	for _, r := range list {
		made := policy.Representation{ContentType: r.ContentType, TypeName: r.TypeName, Examples: r.Examples}
		if r.SchemaID != "" {
			made.SchemaID = schemaKey(api.ID, r.SchemaID)
		}
		out = append(out, made)
	}
	return out
}

// schemaKey is under which an API's schema stands among those of the service, whose names have no slash.
func schemaKey(api, schema string) string { return strings.ToLower("apis/" + api + "/" + schema) }

// schemas are the service's, which policies name, and the APIs', which operations name.
func schemas(snap *snapshot.Service) map[string]policy.Schema {
	out := make(map[string]policy.Schema, len(snap.Schemas))
	for id, s := range snap.Schemas {
		out[strings.ToLower(id)] = schema(snap, nil, s)
	}
	for _, a := range snap.APIs {
		for id, s := range a.Schemas {
			out[schemaKey(a.ID, id)] = schema(snap, a, s)
		}
	}
	return out
}

// schema reads a schema of the service or, with an API, of that. Schemas of XML include the service's as /schemas/ID, and
// one of an API imports the namespace of another one of it.
func schema(snap *snapshot.Service, api *snapshot.API, s snapshot.Schema) policy.Schema {
	if !strings.Contains(strings.ToLower(s.ContentType), "xml") {
		return policy.NewSchema(s.Text)
	}
	return policy.NewXMLSchema(s.Text, func(location, namespace string) (string, bool) {
		if id, ok := policy.SchemaAt(location); ok {
			for name, found := range snap.Schemas {
				if strings.EqualFold(name, id) {
					return found.Text, true
				}
			}
			return "", false
		}
		if api == nil {
			return "", false
		}
		for _, other := range api.Schemas {
			if target, ok := policy.SchemaNamespace(other.Text); ok && target == namespace && other.Text != s.Text {
				return other.Text, true
			}
		}
		return "", false
	})
}

func subscriptionInfo(snap *snapshot.Subscription) *policy.SubscriptionInfo {
	return &policy.SubscriptionInfo{ID: snap.ID, Name: snap.Name, PrimaryKey: snap.PrimaryKey, SecondaryKey: snap.SecondaryKey, Created: snap.Created, Start: snap.Start, End: snap.End}
}

// describeProducts makes what expressions see of products, when the APIs in them are compiled.
func (b *builder) describeProducts() {
	b.s.productInfos = make(map[*product]*policy.ProductInfo, len(b.s.products))
	for _, p := range b.s.products {
		info := &policy.ProductInfo{ID: p.snap.ID, Name: p.snap.Name, Published: p.snap.Published, SubscriptionRequired: p.snap.SubscriptionRequired,
			ApprovalRequired: p.snap.ApprovalRequired, SubscriptionLimit: p.snap.SubscriptionsLimit, Groups: b.groupInfos(p.snap.Groups)}
		for _, id := range p.snap.APIs {
			if a := b.s.apis[id]; a != nil {
				info.APIs = append(info.APIs, a.info)
			}
		}
		b.s.productInfos[p] = info
	}
}

// userInfos are the users of the service, for those who own subscriptions.
func (b *builder) userInfos() map[string]*policy.UserInfo {
	out := make(map[string]*policy.UserInfo, len(b.snap.Users))
	for id, u := range b.snap.Users {
		info := &policy.UserInfo{ID: u.ID, Email: u.Email, FirstName: u.FirstName, LastName: u.LastName, Note: u.Note, Groups: b.groupInfos(u.Groups)}
		if !u.Registered.IsZero() {
			info.RegistrationDate = u.Registered.UTC().Format(time.RFC3339)
		}
		for _, i := range u.Identities {
			info.Identities = append(info.Identities, policy.IdentityInfo{ID: i.ID, Provider: i.Provider})
		}
		out[id] = info
	}
	return out
}

func (b *builder) groupInfos(ids []string) (out []policy.GroupInfo) {
	for _, id := range ids {
		info := policy.GroupInfo{ID: id, Name: id}
		if g := b.snap.Groups[id]; g != nil {
			info = policy.GroupInfo{ID: g.ID, Name: g.Name}
		}
		out = append(out, info)
	}
	return out
}
