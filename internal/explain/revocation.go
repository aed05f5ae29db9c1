package explain

import (
	"context"
	"crypto/x509"
	"errors"
	"net/http"
	"strings"
	"time"

	"gatehouse/internal/handshake"
	"gatehouse/internal/pki"
)

// revocationTime is what OCSP responders and lists may take; without them the path is explained all the same.
const revocationTime = 5 * time.Second

// revoked asks whether a certificate of a verified chain is revoked. The detail says what is not known; it is empty
// where the chain names nobody to ask, as those of private CAs often do.
func revoked(ctx context.Context, chain []*x509.Certificate, whose string) (f handshake.Finding, detail string) {
	if len(chain) < 2 || len(chain[0].OCSPServer)+len(chain[0].CRLDistributionPoints) == 0 {
		return f, ""
	}
	check := pki.NewRevocation(pki.RevocationOptions{Timeout: revocationTime, Client: &http.Client{Timeout: revocationTime}})
	err := check.Check(ctx, chain)
	switch {
	case err == nil:
		return f, "its issuer says that it is not revoked"
	case errors.Is(err, pki.ErrRevoked):
		return handshake.Finding{Check: handshake.CheckTime, Reason: whose + " certificate '" + strings.TrimPrefix(err.Error(), pki.ErrRevoked.Error()+": ") + "' is revoked",
			Remedy: "get a new one from '" + pki.DistinguishedName(chain[0].RawIssuer) + "'"}, ""
	}
	return f, "nobody says whether it is revoked: " + strings.TrimPrefix(err.Error(), pki.ErrRevocation.Error()+": ")
}
