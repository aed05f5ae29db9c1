package vault

import (
	"slices"
	"strings"
)

// The content types of a certificate's secret.
const (
	ContentPFX = "application/x-pkcs12"
	ContentPEM = "application/x-pem-file"
)

// Policy says how a certificate's versions are made. It is stored as Key Vault
// writes it, and a PATCH replaces whole parts.
type Policy struct {
	Key      *KeyProperties    `json:"key_props,omitempty"`
	Secret   *SecretShape      `json:"secret_props,omitempty"`
	X509     *X509Properties   `json:"x509_props,omitempty"`
	Lifetime []LifetimeAction  `json:"lifetime_actions,omitempty"`
	Issuer   *IssuerParameters `json:"issuer,omitempty"`
	Enabled  *PolicyAttributes `json:"attributes,omitempty"`
}

// PolicyAttributes of a policy carry no more than whether it is enabled.
type PolicyAttributes struct {
	Enabled *bool `json:"enabled,omitempty"`
}

// KeyProperties say which key a version gets.
type KeyProperties struct {
	Exportable *bool  `json:"exportable,omitempty"`
	Type       string `json:"kty,omitempty"`
	Size       int    `json:"key_size,omitempty"`
	Reuse      *bool  `json:"reuse_key,omitempty"`
	Curve      string `json:"crv,omitempty"`
}

// SecretShape says what the managed secret holds.
type SecretShape struct {
	ContentType string `json:"contentType,omitempty"`
}

// X509Properties are those of the certificate itself.
type X509Properties struct {
	Subject  string            `json:"subject,omitempty"`
	SANs     *AltNames         `json:"sans,omitempty"`
	EKUs     []string          `json:"ekus,omitempty"`
	KeyUsage []string          `json:"key_usage,omitempty"`
	Months   int               `json:"validity_months,omitempty"`
	Basic    *BasicConstraints `json:"basic_constraints,omitempty"`
}

// BasicConstraints is shown for imported certificates.
type BasicConstraints struct {
	CA bool `json:"ca"`
}

// AltNames are subject alternative names, kept as they were written.
type AltNames struct {
	DNS    []string `json:"dns_names,omitempty"`
	Emails []string `json:"emails,omitempty"`
	IPs    []string `json:"ipAddresses,omitempty"`
	URIs   []string `json:"uris,omitempty"`
	UPNs   []string `json:"upns,omitempty"`
}

// LifetimeAction is what happens before a version ends.
type LifetimeAction struct {
	Trigger *LifetimeTrigger `json:"trigger,omitempty"`
	Action  *LifetimeType    `json:"action,omitempty"`
}

// LifetimeTrigger is one of the two.
type LifetimeTrigger struct {
	Percentage int `json:"lifetime_percentage,omitempty"`
	DaysBefore int `json:"days_before_expiry,omitempty"`
}

// LifetimeType is AutoRenew or EmailContacts.
type LifetimeType struct {
	Type string `json:"action_type,omitempty"`
}

// IssuerParameters name who signs: Self, Unknown, or an issuer of the vault.
type IssuerParameters struct {
	Name         string `json:"name,omitempty"`
	Type         string `json:"cty,omitempty"`
	Transparency *bool  `json:"cert_transparency,omitempty"`
}

// self and unknown are the two reserved issuers, in any case.
func (p *Policy) self() bool { return p.Issuer != nil && strings.EqualFold(p.Issuer.Name, "Self") }

func (p *Policy) unknown() bool {
	return p.Issuer == nil || p.Issuer.Name == "" || strings.EqualFold(p.Issuer.Name, "Unknown")
}

func (p *Policy) exportable() bool {
	return p.Key == nil || p.Key.Exportable == nil || *p.Key.Exportable
}

func (p *Policy) shape() keyShape { return keyShape{p.Key.Type, p.Key.Curve, p.Key.Size} }

// clone copies what complete and merge change.
func (p *Policy) clone() *Policy {
	out := *p
	if p.Key != nil {
		k := *p.Key
		out.Key = &k
	}
	if p.X509 != nil {
		x := *p.X509
		out.X509 = &x
	}
	return &out
}

// patch replaces the parts that in has.
func (p *Policy) patch(in *Policy) {
	if in.Key != nil {
		p.Key = in.Key
	}
	if in.Secret != nil {
		p.Secret = in.Secret
	}
	if in.X509 != nil {
		p.X509 = in.X509
	}
	if in.Lifetime != nil {
		p.Lifetime = in.Lifetime
	}
	if in.Issuer != nil {
		p.Issuer = in.Issuer
	}
	if in.Enabled != nil {
		p.Enabled = in.Enabled
	}
}

// complete fills in Azure's defaults and refuses what contradicts itself.
func (p *Policy) complete() (*Policy, error) {
	out := p.clone()
	if err := bounded("policy", out); err != nil {
		return nil, err
	}
	if err := out.completeKey(); err != nil {
		return nil, err
	}
	if out.Secret == nil || out.Secret.ContentType == "" {
		out.Secret = &SecretShape{ContentType: ContentPFX}
	}
	if out.Secret.ContentType != ContentPFX && out.Secret.ContentType != ContentPEM {
		return nil, badParameter("policy.secret_props.contentType '%s' is not supported: it must be %s or %s.", clip(out.Secret.ContentType), ContentPFX, ContentPEM)
	}
	if !out.exportable() && out.Secret.ContentType == ContentPEM {
		return nil, badParameter("policy.secret_props.contentType %s contradicts key_props.exportable false: a key that must not leave cannot be kept as PEM. Use %s.", ContentPEM, ContentPFX)
	}
	if out.X509 != nil {
		if err := out.completeX509(); err != nil {
			return nil, err
		}
	}
	return out, out.completeLifetime()
}

func (p *Policy) completeKey() error {
	if p.Key == nil {
		p.Key = &KeyProperties{}
	}
	k := p.Key
	if k.Type == "" {
		k.Type = TypeRSA
		if k.Curve != "" {
			k.Type = TypeEC
		}
	}
	shape, err := p.shape().normal()
	if err != nil {
		return err
	}
	hsm := strings.HasSuffix(shape.Type, "-HSM")
	if hsm && k.Exportable != nil && *k.Exportable {
		return badParameter("policy.key_props.exportable true contradicts kty '%s': such a key never leaves.", shape.Type)
	}
	if k.Size == 0 && strings.HasPrefix(shape.Type, TypeRSA) {
		k.Size = shape.Size
	}
	k.Curve = shape.Curve
	k.Exportable = orBool(k.Exportable, !hsm)
	k.Reuse = orBool(k.Reuse, false)
	return nil
}

func orBool(b *bool, otherwise bool) *bool {
	if b != nil {
		return b
	}
	return &otherwise
}

var keyUsages = []string{"digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement",
	"keyCertSign", "cRLSign", "encipherOnly", "decipherOnly"} // in the order of their bits: RFC 5280, 4.2.1.3

func (p *Policy) completeX509() error {
	x := p.X509
	if x.Months == 0 {
		x.Months = 12
	}
	if x.Months < 1 || x.Months > 1200 {
		return badParameter("policy.x509_props.validity_months must be between 1 and 1200; got %d.", x.Months)
	}
	if x.EKUs == nil {
		x.EKUs = []string{"1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"} // server and client authentication
	}
	for _, oid := range x.EKUs {
		if _, err := parseOID(oid); err != nil {
			return badParameter("policy.x509_props.ekus: '%s' is not an object identifier such as 1.3.6.1.5.5.7.3.2.", clip(oid))
		}
	}
	if x.KeyUsage == nil {
		x.KeyUsage = []string{"digitalSignature"}
		if strings.HasPrefix(p.Key.Type, TypeRSA) {
			x.KeyUsage = append(x.KeyUsage, "keyEncipherment")
		}
	}
	for _, u := range x.KeyUsage {
		if !slices.Contains(keyUsages, u) {
			return badParameter("policy.x509_props.key_usage: '%s' is not known: it must be one of %s.", clip(u), strings.Join(keyUsages, ", "))
		}
	}
	if _, err := parseName(x.Subject); err != nil {
		return badParameter("policy.x509_props.subject: %v.", err)
	}
	_, err := x.SANs.extension(false)
	return err
}

func (p *Policy) completeLifetime() error {
	if p.Lifetime == nil {
		action := "EmailContacts"
		if p.self() {
			action = "AutoRenew"
		}
		p.Lifetime = []LifetimeAction{{Trigger: &LifetimeTrigger{Percentage: 80}, Action: &LifetimeType{action}}}
	}
	for _, a := range p.Lifetime {
		if a.Action == nil || a.Trigger == nil {
			return badParameter("policy.lifetime_actions: each needs an action and a trigger.")
		}
		if a.Action.Type != "AutoRenew" && a.Action.Type != "EmailContacts" {
			return badParameter("policy.lifetime_actions: action_type '%s' is not known: it must be AutoRenew or EmailContacts.", clip(a.Action.Type))
		}
		percentage, days := a.Trigger.Percentage, a.Trigger.DaysBefore
		if (percentage == 0) == (days == 0) {
			return badParameter("policy.lifetime_actions: a trigger needs one of lifetime_percentage and days_before_expiry.")
		}
		if percentage < 0 || percentage > 99 {
			return badParameter("policy.lifetime_actions: lifetime_percentage must be between 1 and 99; got %d.", percentage)
		}
		if p.X509 != nil && p.X509.Months > 0 && (days < 0 || days > 27*p.X509.Months) {
			return badParameter("policy.lifetime_actions: days_before_expiry must be between 1 and %d (27 for each month of validity); got %d.", 27*p.X509.Months, days)
		}
	}
	return nil
}

// issuable refuses what create needs and a stored policy may lack.
func (p *Policy) issuable() error {
	if p.X509 == nil || p.X509.Subject == "" && p.X509.SANs.empty() {
		return badParameter("policy.x509_props.subject is missing: a certificate needs a subject or subject alternative names.")
	}
	if p.Key.Curve == CurveP256K {
		return notSupported("policy.key_props.crv: certificates with keys on the curve P-256K are not supported; use P-256, P-384 or P-521.")
	}
	return nil
}
