// The connection itself: the client side takes the certificate from the vault and
// presents it to the backend side.

@description('Name of the API Management service that calls the backend.')
param clientServiceName string

@description('Name of the API Management service that is the backend.')
param backendServiceName string

@description('Name of the Key Vault that keeps the client certificate.')
param vaultName string

@description('Name of the certificate in the vault.')
param certificateName string = 'client-certificate'

resource clientApim 'Microsoft.ApiManagement/service@2022-08-01' existing = {
  name: clientServiceName
}

resource backendApim 'Microsoft.ApiManagement/service@2022-08-01' existing = {
  name: backendServiceName
}

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: vaultName
}

// A certificate in a vault also is a secret of the same name, which holds the private key.
resource secret 'Microsoft.KeyVault/vaults/secrets@2023-07-01' existing = {
  parent: vault
  name: certificateName
}

resource certificate 'Microsoft.ApiManagement/service/certificates@2022-08-01' = {
  parent: clientApim
  name: 'backend-client'
  properties: {
    keyVault: {
      secretIdentifier: secret.properties.secretUri // without a version: new versions are taken at once
    }
  }
}

resource backend 'Microsoft.ApiManagement/service/backends@2022-08-01' = {
  parent: clientApim
  name: 'mtls-backend'
  properties: {
    url: backendApim.properties.gatewayUrl
    protocol: 'http'
    credentials: {
      certificateIds: [
        certificate.id
      ]
    }
    tls: {
      validateCertificateChain: true
      validateCertificateName: true
    }
  }
}

resource api 'Microsoft.ApiManagement/service/apis@2022-08-01' = {
  parent: clientApim
  name: 'backend'
  properties: {
    displayName: 'Backend'
    path: 'backend'
    protocols: [
      'https'
    ]
    subscriptionRequired: false
  }

  resource policy 'policies' = {
    name: 'policy'
    properties: {
      format: 'xml'
      value: '''
        <policies>
          <inbound>
            <base />
            <set-backend-service backend-id="mtls-backend" />
          </inbound>
          <backend>
            <base />
          </backend>
          <outbound>
            <base />
          </outbound>
          <on-error>
            <base />
          </on-error>
        </policies>
      '''
    }
  }

  resource status 'operations' = {
    name: 'get-status'
    properties: {
      displayName: 'Status of the backend'
      method: 'GET'
      urlTemplate: '/internal-status-0123456789abcdef'
    }
  }

  dependsOn: [
    backend // the policy names it
  ]
}

output statusUrl string = '${clientApim.properties.gatewayUrl}/${api.properties.path}/internal-status-0123456789abcdef'
