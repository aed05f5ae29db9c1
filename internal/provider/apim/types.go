package apim

import (
	"net/http"
	"strings"

	"gatehouse/internal/arm"
)

// The resource types.
const (
	TypeService           = "Microsoft.ApiManagement/service"
	TypeCertificates      = TypeService + "/certificates"
	TypeBackends          = TypeService + "/backends"
	TypeNamedValues       = TypeService + "/namedValues"
	TypePolicies          = TypeService + "/policies"
	TypeFragments         = TypeService + "/policyFragments"
	TypeSchemas           = TypeService + "/schemas"
	TypeAPIs              = TypeService + "/apis"
	TypeAPIPolicies       = TypeAPIs + "/policies"
	TypeAPISchemas        = TypeAPIs + "/schemas"
	TypeAPIDiagnostics    = TypeAPIs + "/diagnostics"
	TypeAPITags           = TypeAPIs + "/tags"
	TypeTagDescriptions   = TypeAPIs + "/tagDescriptions"
	TypeReleases          = TypeAPIs + "/releases"
	TypeOperations        = TypeAPIs + "/operations"
	TypeOperationPolicies = TypeOperations + "/policies"
	TypeOperationTags     = TypeOperations + "/tags"
	TypeVersionSets       = TypeService + "/apiVersionSets"
	TypeProducts          = TypeService + "/products"
	TypeProductAPIs       = TypeProducts + "/apis"
	TypeProductGroups     = TypeProducts + "/groups"
	TypeProductPolicies   = TypeProducts + "/policies"
	TypeProductTags       = TypeProducts + "/tags"
	TypeSubscriptions     = TypeService + "/subscriptions"
	TypeUsers             = TypeService + "/users"
	TypeGroups            = TypeService + "/groups"
	TypeGroupUsers        = TypeGroups + "/users"
	TypeTags              = TypeService + "/tags"
	TypeLoggers           = TypeService + "/loggers"
	TypeDiagnostics       = TypeService + "/diagnostics"
	TypeCaches            = TypeService + "/caches"

	TypeAuthorizationProviders = TypeService + "/authorizationProviders"
	TypeAuthorizations         = TypeAuthorizationProviders + "/authorizations"
	TypeAccessPolicies         = TypeAuthorizations + "/accessPolicies"

	TypeIdentityProviders    = TypeService + "/identityProviders"
	TypeOpenIDProviders      = TypeService + "/openidConnectProviders"
	TypeAuthorizationServers = TypeService + "/authorizationServers"
)

// Types are what the app registers with arm.
func (p *Provider) Types() []*arm.Type {
	var types []*arm.Type
	for _, part := range [][]*arm.Type{p.serviceTypes(), p.apiTypes(), p.productTypes(), p.peopleTypes(), p.reportTypes(), p.credentialTypes(), p.viewTypes(), p.signInTypes()} {
		types = append(types, part...)
	}
	types = append(types, refusedTypes(types)...)
	for _, t := range types {
		t.APIVersions = []string{"2024-05-01", "2023-05-01-preview", "2022-08-01", "2021-08-01", "2020-12-01", "2020-06-01-preview"}
		t.CountInList = t.Name != TypeService && strings.HasPrefix(t.Name, TypeService)
		if t.Put != nil {
			t.Misfit = misfit
		}
		if t.CountInList && t.HeadStatus == 0 {
			t.HeadStatus = http.StatusOK
		}
	}
	return types
}

func (p *Provider) policyType(name string) *arm.Type {
	return &arm.Type{Name: name, Singleton: "policy", Put: p.putPolicy, Export: exportPolicy}
}

func (p *Provider) serviceTypes() []*arm.Type {
	return []*arm.Type{
		{Name: TypeService, NeedsLocation: true, Tracked: true, BodyETag: true, NameRule: serviceName, DeleteOrder: -1,
			Put: p.putService, Stored: p.serviceStored, Delete: p.deleteService, Deleted: p.serviceDeleted, Actions: refusedActions(serviceActions)},
		{Name: TypeCertificates, NameRule: entityName(80), Put: p.putCertificate, Delete: p.deleteCertificate, Stored: p.refs.stored, Deleted: p.refs.deleted,
			Actions: map[string]*arm.Action{"refreshSecret": {Run: p.refreshAction}}},
		{Name: TypeBackends, NameRule: entityName(80), Put: p.putBackend},
		{Name: TypeNamedValues, NameRule: entityName(256), Put: p.putNamedValue, View: hideNamedValue, Delete: p.deleteNamedValue, Stored: p.refs.stored, Deleted: p.refs.deleted,
			Actions: map[string]*arm.Action{"listValue": {Run: p.listValue}, "refreshSecret": {Run: p.refreshAction}}},
		p.policyType(TypePolicies),
		{Name: TypeFragments, NameRule: entityName(80), Put: p.putFragment, Export: exportPolicy, MayDelete: p.mayDeleteFragment},
		{Name: TypeSchemas, NameRule: entityName(80), Put: p.putSchema, MayDelete: p.mayDeleteSchema},
		{Name: TypeCaches, NameRule: entityName(80), Put: p.putCache},
	}
}

func (p *Provider) apiTypes() []*arm.Type {
	return []*arm.Type{
		{Name: TypeAPIs, NameRule: apiName, Put: p.putAPI, Export: p.exportAPI, Alias: p.aliasAPI, List: p.listAPIs, MayDelete: p.mayDeleteAPI, Delete: p.deleteAPI,
			DeleteStatus: http.StatusNoContent}, // clients up to 2022-08-01 take 200 and 204, later ones 202 and 204
		p.policyType(TypeAPIPolicies),
		{Name: TypeAPISchemas, NameRule: entityName(80), Put: p.putAPISchema},
		{Name: TypeOperations, NameRule: entityName(80), Put: p.putOperation, Delete: p.deleteOperation},
		p.policyType(TypeOperationPolicies),
		{Name: TypeVersionSets, NameRule: entityName(80), Put: p.putVersionSet, MayDelete: p.mayDeleteVersionSet},
		{Name: TypeReleases, NameRule: entityName(80), Put: p.putRelease},
		{Name: TypeTags, NameRule: entityName(80), Put: p.putTag, Delete: p.deleteTag},
		p.linkType(TypeAPITags, "tags"),
		p.linkType(TypeOperationTags, "tags"),
		{Name: TypeTagDescriptions, NameRule: entityName(80), Put: p.putTagDescription},
	}
}

func (p *Provider) productTypes() []*arm.Type {
	return []*arm.Type{
		{Name: TypeProducts, NameRule: entityName(256), Put: p.putProduct, MayDelete: p.mayDeleteProduct, Delete: p.deleteProduct},
		membership(p.linkType(TypeProductAPIs, "apis")),
		membership(p.linkType(TypeProductGroups, "groups")),
		p.linkType(TypeProductTags, "tags"),
		p.productLinkType(TypeProducts+"/apiLinks", "apis", "apiId"),
		p.productLinkType(TypeProducts+"/groupLinks", "groups", "groupId"),
		p.policyType(TypeProductPolicies),
		{Name: TypeSubscriptions, NameRule: entityName(256), Put: p.putSubscription, Kept: []string{"startDate", "expirationDate"}, Delete: p.deleteSubscription, Actions: map[string]*arm.Action{
			"listSecrets":            {Run: p.listSecrets},
			"regeneratePrimaryKey":   {Run: p.regenerate("primaryKey")},
			"regenerateSecondaryKey": {Run: p.regenerate("secondaryKey")}}},
	}
}

func (p *Provider) peopleTypes() []*arm.Type {
	members := membership(p.linkType(TypeGroupUsers, "users"))
	members.MayDelete = p.mayLeaveGroup
	return []*arm.Type{
		{Name: TypeUsers, NameRule: entityName(80), Put: p.putUser, View: p.viewUser, List: p.listUsers, MayDelete: p.mayDeleteUser, Delete: p.deleteUser, Actions: refusedActions(userActions)},
		{Name: TypeGroups, NameRule: entityName(256), Put: p.putGroup, MayDelete: p.mayDeleteGroup, Delete: p.deleteGroup},
		members,
	}
}

func (p *Provider) reportTypes() []*arm.Type {
	return []*arm.Type{
		{Name: TypeLoggers, NameRule: entityName(256), Put: p.putLogger, MayDelete: p.mayDeleteLogger},
		{Name: TypeDiagnostics, NameRule: diagnosticName, Put: p.putDiagnostic},
		{Name: TypeAPIDiagnostics, NameRule: diagnosticName, Put: p.putDiagnostic},
	}
}

func (p *Provider) signInTypes() []*arm.Type {
	return []*arm.Type{
		{Name: TypeIdentityProviders, NameRule: identityProviderName, Put: p.putIdentityProvider, Actions: map[string]*arm.Action{"listSecrets": p.listKept("clientSecret")}},
		{Name: TypeOpenIDProviders, NameRule: entityName(256), Put: p.putOpenIDProvider, Actions: map[string]*arm.Action{"listSecrets": p.listKept("clientSecret")}},
		{Name: TypeAuthorizationServers, NameRule: entityName(80), Put: p.putAuthorizationServer,
			Actions: map[string]*arm.Action{"listSecrets": p.listKept("clientSecret", "resourceOwnerUsername", "resourceOwnerPassword")}},
	}
}

func (p *Provider) credentialTypes() []*arm.Type {
	return []*arm.Type{
		{Name: TypeAuthorizationProviders, NameRule: entityName(256), Put: p.putAuthorizationProvider, MayDelete: p.mayDeleteAuthorizationProvider},
		{Name: TypeAuthorizations, NameRule: entityName(256), Put: p.putAuthorization, Deleted: p.tokens.forget,
			Actions: map[string]*arm.Action{"getLoginLinks": {Run: p.loginLinks}, "confirmConsentCode": {Run: p.confirmCode}}},
		{Name: TypeAccessPolicies, NameRule: entityName(256), Put: p.putAccessPolicy},
	}
}
