package gateway

import (
	"crypto/x509"
	"encoding/json"
	"net/http"

	"gatehouse/internal/pki"
)

// The health endpoints of API Management: the first on every tier, the second on
// Consumption only.
const (
	statusPath         = "/status-0123456789abcdef"
	internalStatusPath = "/internal-status-0123456789abcdef"
)

func (c *call) isStatus() bool {
	return c.Request.Path == statusPath || c.service.internal && c.Request.Path == internalStatusPath
}

// statusBody shows which client certificate the TLS handshake brought, so that the far
// end of mutual TLS can be seen from a browser.
type statusBody struct {
	Status            string             `json:"status"`
	Service           string             `json:"service"`
	ClientCertificate *certificateStatus `json:"clientCertificate,omitempty"`
}

type certificateStatus struct {
	Subject    string `json:"subject"`
	Issuer     string `json:"issuer"`
	Thumbprint string `json:"thumbprint"`
	NotAfter   string `json:"notAfter"`
}

func (c *call) status() {
	body := statusBody{Status: "OK", Service: c.service.snap.Name, ClientCertificate: describe(c.Request.Certificate)}
	text, _ := json.Marshal(body) // strings always encode
	c.Response.Status = http.StatusOK
	c.Response.Header.Set("Content-Type", "application/json")
	c.Response.Header.Set("Cache-Control", "no-store")
	c.Response.Body.Set(string(text))
}

func describe(cert *x509.Certificate) *certificateStatus {
	if cert == nil {
		return nil
	}
	return &certificateStatus{
		Subject: pki.DistinguishedName(cert.RawSubject), Issuer: pki.DistinguishedName(cert.RawIssuer),
		Thumbprint: pki.Thumbprint(cert), NotAfter: cert.NotAfter.UTC().Format("2006-01-02T15:04:05Z"),
	}
}
