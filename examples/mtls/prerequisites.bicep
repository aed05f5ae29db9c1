// What has to stand before the certificate arrives: a vault, an API Management
// service on each side of the mTLS connection, and who may read or fill the vault.

@description('Location of all resources.')
param location string = resourceGroup().location

@description('Tenant whose identities the vault accepts.')
param tenantId string = subscription().tenantId

@description('Name of the Key Vault that keeps the client certificate.')
@minLength(3)
@maxLength(24)
param vaultName string

@description('Name of the API Management service that calls the backend.')
param clientServiceName string

@description('Name of the API Management service that is the backend.')
param backendServiceName string

@description('Object ID of the person who administers the vault.')
param administratorId string

@description('What the vault does with requests that no network rule allows.')
@allowed([
  'Allow'
  'Deny'
])
param vaultDefaultAction string = 'Allow'

@description('An address or range that may reach the vault when the default is Deny.')
param allowedIpAddress string = ''

@description('Shown in the developer portal and in notifications.')
param publisher object = {
  name: 'Contoso Platform'
  email: 'platform@contoso.example'
}

var secretsUser = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  '4633458b-17de-408a-b874-0445c86b69e6'
)
var vaultAdministrator = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  '00482a5a-887f-4fb3-b363-3b7fe8e74483'
)

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: vaultName
  location: location
  properties: {
    tenantId: tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 7
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: vaultDefaultAction
      ipRules: empty(allowedIpAddress) ? [] : [{ value: allowedIpAddress }]
    }
  }
}

// The client side reads its certificate from the vault with its own identity.
resource clientService 'Microsoft.ApiManagement/service@2022-08-01' = {
  name: clientServiceName
  location: location
  sku: {
    name: 'Consumption'
    capacity: 0
  }
  identity: {
    type: 'SystemAssigned'
  }
  properties: {
    publisherName: publisher.name
    publisherEmail: publisher.email
  }
}

// The backend side answers nobody who presents no client certificate.
resource backendService 'Microsoft.ApiManagement/service@2022-08-01' = {
  name: backendServiceName
  location: location
  sku: {
    name: 'Consumption'
    capacity: 0
  }
  properties: {
    publisherName: publisher.name
    publisherEmail: publisher.email
    enableClientCertificate: true
  }
}

resource clientReadsVault 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, clientServiceName, secretsUser)
  scope: vault
  properties: {
    roleDefinitionId: secretsUser
    principalId: clientService.identity.principalId
    principalType: 'ServicePrincipal'
  }
}

resource personAdministersVault 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, administratorId, vaultAdministrator)
  scope: vault
  properties: {
    roleDefinitionId: vaultAdministrator
    principalId: administratorId
    principalType: 'User'
  }
}

output vaultUri string = vault.properties.vaultUri
output clientGatewayUrl string = clientService.properties.gatewayUrl
output backendGatewayUrl string = backendService.properties.gatewayUrl
