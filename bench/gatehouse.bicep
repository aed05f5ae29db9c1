// The service that the benchmark measures: mutual TLS on both sides of one API.

@description('Base URL of the origin, by the name in its certificate.')
param originUrl string

resource apim 'Microsoft.ApiManagement/service@2022-08-01' = {
  name: 'bench'
  location: resourceGroup().location
  sku: {
    name: 'Developer'
    capacity: 1
  }
  properties: {
    publisherEmail: 'bench@example.com'
    publisherName: 'Bench'
    certificates: [
      {
        encodedCertificate: loadFileAsBase64('ca.der')
        storeName: 'Root' // signs the clients and the origin
      }
    ]
  }
}

resource certificate 'Microsoft.ApiManagement/service/certificates@2022-08-01' = {
  parent: apim
  name: 'gateway'
  properties: {
    data: loadFileAsBase64('proxyclient.pfx')
    password: ''
  }
}

resource origin 'Microsoft.ApiManagement/service/backends@2022-08-01' = {
  parent: apim
  name: 'origin'
  properties: {
    url: originUrl
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
  parent: apim
  name: 'bench'
  properties: {
    displayName: 'Bench'
    path: ''
    protocols: [
      'https'
    ]
    subscriptionRequired: false
  }

  resource policy 'policies' = {
    name: 'policy'
    properties: {
      format: 'rawxml'
      value: loadTextContent('gatehouse.xml')
    }
    dependsOn: [
      origin // the policy names it
    ]
  }

  resource any 'operations' = {
    name: 'any'
    properties: {
      displayName: 'Any path'
      method: '*'
      urlTemplate: '/*'
    }
  }
}
