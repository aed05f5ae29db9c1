package policy

import (
	"crypto/x509"
	"errors"
	"net/http"
	"strings"
	"time"

	"gatehouse/internal/pki"
)

// validateClientCertificate compiles <validate-client-certificate>.
// https://learn.microsoft.com/azure/api-management/validate-client-certificate-policy
func (c *compiler) validateClientCertificate(e *element) builder {
	v := &certificateRules{
		revocation: c.fixedFlag(e, "validate-revocation", true), trust: c.fixedFlag(e, "validate-trust", true),
		notBefore: c.fixedFlag(e, "validate-not-before", true), notAfter: c.fixedFlag(e, "validate-not-after", true),
		ignore: c.fixedFlag(e, "ignore-error", false),
	}
	for i, child := range c.children(e, "identities") {
		if i > 0 {
			c.reportElement(codeTwice, child, child.name, "<"+e.name+">")
		}
		c.noAttributes(child)
		for _, id := range c.children(child, "identity") {
			v.identities = append(v.identities, c.identity(id))
		}
	}
	return c.simple(e, v.check)
}

// certificateRules is one validate-client-certificate.
type certificateRules struct {
	revocation, trust, notBefore, notAfter, ignore bool
	identities                                     []identity
}

// identity is one <identity>: all of its attributes must match.
type identity struct{ list []identityAttribute }

type identityAttribute struct {
	name  string
	value *Text
}

const identityAttributes = "thumbprint serial-number common-name subject dns-name issuer-subject issuer-thumbprint issuer-certificate-id"

func (c *compiler) identity(e *element) (id identity) {
	c.checkAttributes(e, definition{attributes: identityAttributes})
	c.noChildren(e)
	for name := range strings.FieldsSeq(identityAttributes) {
		a := e.attribute(name)
		if a == nil {
			continue
		}
		t := c.text(e, name)
		if t == nil {
			continue
		}
		t.literal = normalIdentity(name, t.literal)
		if name == "issuer-certificate-id" && t.code == nil {
			c.refer(e, name, "certificate", t.literal)
		}
		id.list = append(id.list, identityAttribute{name, t})
	}
	if len(id.list) == 0 {
		c.reportElement(codeRequired, e, e.name, "an attribute to compare, e.g. 'thumbprint'")
	}
	if e.attribute("issuer-certificate-id") != nil && (e.attribute("issuer-subject") != nil || e.attribute("issuer-thumbprint") != nil) {
		c.badValue(e, "issuer-certificate-id", "left out when another attribute names the issuer")
	}
	return id
}

// normalIdentity is a value in the form that is compared: hex digits without separators, names
// without spaces after their commas.
func normalIdentity(name, value string) string {
	value = strings.TrimSpace(value)
	switch name {
	case "thumbprint", "issuer-thumbprint":
		return strings.NewReplacer(" ", "", ":", "", "\u200e", "").Replace(value)
	case "serial-number":
		return strings.TrimLeft(strings.NewReplacer(" ", "", ":", "", "\u200e", "").Replace(value), "0")
	}
	return value
}

// check is the policy for one exchange; trust is checked before identities.
func (v *certificateRules) check(ex *Exchange) error {
	reason, message, cause := v.reason(ex)
	if reason == "" {
		return cause
	}
	if v.ignore {
		return nil
	}
	return &Error{Reason: reason, Message: message, Status: http.StatusUnauthorized, Cause: cause}
}

const invalidCertificate = "Invalid client certificate"

// reason is why the certificate is refused; without one, err is an error of the policy itself.
func (v *certificateRules) reason(ex *Exchange) (reason, message string, err error) {
	leaf := ex.Request.Certificate
	if leaf == nil {
		return "ClientCertificateNotFound", "Client certificate missing", nil
	}
	now := ex.begun()
	if v.notAfter && now.After(leaf.NotAfter) {
		return "ClientCertificateExpired", invalidCertificate, nil
	}
	if v.notBefore && now.Before(leaf.NotBefore) {
		return "ClientCertificateNotYetValid", invalidCertificate, nil
	}
	if v.trust || v.revocation {
		switch err := ex.verifyChain(now, leaf, ex.Request.Chain, v.revocation); {
		case err == nil:
		case errors.Is(err, pki.ErrRevoked) || errors.Is(err, pki.ErrRevocation):
			return "ClientCertificateRevoked", invalidCertificate, err
		case v.trust:
			return "ClientCertificateNotTrusted", invalidCertificate, err
		}
	}
	matched, err := v.matches(ex, leaf)
	if err == nil && !matched {
		return "ClientCertificateIdentityNotMatched", invalidCertificate, nil
	}
	return "", "", err
}

// begun is when the request came: all checks of its certificate are as of one time, and none
// reads the clock.
func (ex *Exchange) begun() time.Time {
	if ex.Time.IsZero() {
		return ex.Env.now()
	}
	return ex.Time
}

// errNoTrust: the service trusts nobody: what a service without stores has.
var errNoTrust = errors.New("the service trusts no certificate authority")

func (ex *Exchange) verifyChain(now time.Time, leaf *x509.Certificate, sent []*x509.Certificate, revocation bool) error {
	if ex.Env == nil || ex.Env.Trust == nil {
		return errNoTrust
	}
	return ex.Env.Trust.Verify(ex.context(), now, leaf, sent, revocation)
}

func (v *certificateRules) matches(ex *Exchange, leaf *x509.Certificate) (bool, error) {
	if len(v.identities) == 0 {
		return true, nil
	}
	facts := ex.facts(leaf)
next:
	for _, id := range v.identities {
		for _, a := range id.list {
			value, err := a.value.get(ex)
			if err != nil {
				return false, err
			}
			if a.value.code != nil {
				value = normalIdentity(a.name, value)
			}
			if !a.matches(ex, facts, leaf, value) {
				continue next
			}
		}
		return true, nil
	}
	return false, nil
}

func (ex *Exchange) facts(leaf *x509.Certificate) *pki.Facts {
	if ex.Env == nil || ex.Env.Trust == nil {
		return pki.NewTrust(pki.TrustOptions{}).Facts(leaf, ex.Request.Chain)
	}
	return ex.Env.Trust.Facts(leaf, ex.Request.Chain)
}

func (a identityAttribute) matches(ex *Exchange, f *pki.Facts, leaf *x509.Certificate, value string) bool {
	switch a.name {
	case "thumbprint":
		return strings.EqualFold(f.Thumbprint, value)
	case "serial-number":
		return strings.EqualFold(strings.TrimLeft(f.Serial, "0"), value)
	case "common-name":
		return strings.EqualFold(f.CommonName, value)
	case "subject":
		return sameName(f.Subject, value)
	case "issuer-subject":
		return sameName(f.Issuer, value)
	case "issuer-thumbprint":
		return f.IssuerThumbprint != "" && strings.EqualFold(f.IssuerThumbprint, value)
	case "dns-name":
		for _, name := range leaf.DNSNames {
			if strings.EqualFold(name, value) {
				return true
			}
		}
		return false
	}
	issuer := ex.Env.certificate(value, "")
	return issuer != nil && f.IssuerThumbprint == issuer.Thumbprint
}

// sameName compares distinguished names without regard to case and to spaces after commas,
// and without allocating.
func sameName(a, b string) bool {
	for a != "" && b != "" {
		partA, restA, moreA := strings.Cut(a, ",")
		partB, restB, moreB := strings.Cut(b, ",")
		if moreA != moreB || !strings.EqualFold(strings.TrimSpace(partA), strings.TrimSpace(partB)) {
			return false
		}
		a, b = restA, restB
	}
	return a == b
}
