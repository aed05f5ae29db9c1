package resources

import (
	"context"
	"strings"

	"gatehouse/internal/arm"
)

// managementHost is the name that clients of Azure's public cloud use.
const managementHost = "management.azure.com"

func (p *Provider) tenants(ctx context.Context, r *arm.Request) (*arm.Answer, error) {
	id := p.arm.TenantID()
	return &arm.Answer{Body: map[string]any{"value": []any{map[string]any{"id": "/tenants/" + id, "tenantId": id, "countryCode": "US",
		"displayName": "Gatehouse", "domains": []any{"contoso.onmicrosoft.com"}, "defaultDomain": "contoso.onmicrosoft.com",
		"tenantCategory": "Home", "tenantType": "AAD"}}}}, nil
}

// endpoints answers in the three shapes that clients ask for: 2022-09-01 and later one object, 2019-05-01 to then an
// array of clouds, before that the few endpoints of old clients.
func (p *Provider) endpoints(ctx context.Context, r *arm.Request) (*arm.Answer, error) {
	switch v := r.APIVersion; {
	case v >= "2020-06-01" || v == "":
		return &arm.Answer{Body: p.cloud(r.Host)}, nil
	case v >= "2018-05-01":
		return &arm.Answer{Body: []any{p.cloud(r.Host)}}, nil
	}
	c := p.cloud(r.Host)
	login := c["authentication"].(map[string]any)
	return &arm.Answer{Body: map[string]any{"galleryEndpoint": c["gallery"], "graphEndpoint": c["graph"], "portalEndpoint": c["portal"], "graphAudience": c["graphAudience"],
		"authentication": map[string]any{"loginEndpoint": strings.TrimSuffix(login["loginEndpoint"].(string), "/"), "audiences": login["audiences"]}}}, nil
}

// cloud describes this server as the cloud that a client reached at host.
func (p *Provider) cloud(host string) map[string]any {
	login, manage := "https://"+p.loginHost+"/", "https://"+p.manageHost+"/"
	if name, _, _ := strings.Cut(strings.ToLower(host), ":"); name != p.manageHost {
		login, manage = "https://"+host+"/", "https://"+host+"/"
	}
	return map[string]any{"portal": "https://portal.azure.com", "name": "AzureCloud", "resourceManager": manage,
		"authentication": map[string]any{"loginEndpoint": login, "audiences": []any{"https://management.core.windows.net/", "https://management.azure.com/"},
			"tenant": "common", "identityProvider": "AAD"},
		"media": "https://rest.media.azure.net", "graphAudience": "https://graph.windows.net/", "graph": "https://graph.windows.net/", "batch": "https://batch.core.windows.net/",
		"gallery": "https://gallery.azure.com/", "sqlManagement": "https://management.core.windows.net:8443/", "activeDirectoryDataLake": "https://datalake.azure.net/",
		"microsoftGraphResourceId": "https://graph.microsoft.com/", "appInsightsResourceId": "https://api.applicationinsights.io",
		"appInsightsTelemetryChannelResourceId": "https://dc.applicationinsights.azure.com/v2/track", "logAnalyticsResourceId": "https://api.loganalytics.io",
		"vmImageAliasDoc": "https://raw.githubusercontent.com/Azure/azure-rest-api-specs/main/arm-compute/quickstart-templates/aliases.json",
		"suffixes": map[string]any{"keyVaultDns": p.vaults, "storage": "core.windows.net", "sqlServerHostname": "database.windows.net",
			"acrLoginServer": "azurecr.io", "azureDataLakeStoreFileSystem": "azuredatalakestore.net", "azureDataLakeAnalyticsCatalogAndJob": "azuredatalakeanalytics.net",
			"mysqlServerEndpoint": "mysql.database.azure.com", "postgresqlServerEndpoint": "postgres.database.azure.com",
			"attestationEndpoint": "attest.azure.net", "mhsmDns": "managedhsm.azure.net"}}
}
