package apim

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/pki"
	"gatehouse/internal/resourceid"
)

var (
	serviceKnown = []string{"publisherEmail", "publisherName", "enableClientCertificate", "certificates", "hostnameConfigurations", "virtualNetworkType",
		"publicNetworkAccess", "customProperties", "notificationSenderEmail", "apiVersionConstraint", "developerPortalStatus", "legacyPortalStatus"}
	serviceComputed = []string{"provisioningState", "targetProvisioningState", "createdAtUtc", "gatewayUrl", "gatewayRegionalUrl", "portalUrl", "managementApiUrl", "scmUrl",
		"developerPortalUrl", "publicIPAddresses", "privateIPAddresses", "platformVersion", "privateEndpointConnections", "outboundPublicIPAddresses", "natGatewayState", "disableGateway"}
	skuNames = []string{"Developer", "Basic", "Standard", "Premium", "Consumption", "Isolated", "BasicV2", "StandardV2", "PremiumV2"}
)

// putService follows https://learn.microsoft.com/rest/api/apimanagement/api-management-service/create-or-update.
func (p *Provider) putService(ctx context.Context, r *arm.PutRequest) (*arm.Resource, error) {
	made, err := r.Resource()
	if err != nil {
		return nil, err
	}
	f := newFields(made.Properties)
	f.only(serviceKnown, serviceComputed)
	f.text("publisherEmail", true, 100)
	f.text("publisherName", true, 100)
	f.flag("enableClientCertificate", false)
	f.oneOf("virtualNetworkType", "None", "None")
	f.oneOf("publicNetworkAccess", "Enabled", "Enabled")
	hosts := hostnames(f)
	checkSwitches(f)
	sku := checkSKU(f, made)
	if err := f.err(); err != nil {
		return nil, err
	}
	if err := readAuthorities(made, sku, r.Existing); err != nil {
		return nil, err
	}
	if err := p.claim(ctx, r, "", "service "+r.ID.Name(), func(string) error { return azerr.APIMNameTaken.New(r.ID.Name()) }); err != nil {
		return nil, err
	}
	p.computeService(made, r.Existing)
	if err := p.setIdentity(ctx, r, made); err != nil {
		return nil, err
	}
	return made, p.customHosts(ctx, r, made, hosts) // as the identity, where they are in a vault
}

func checkSKU(f *fields, r *arm.Resource) string {
	s := &fields{m: r.SKU, at: "sku.", problems: f.problems}
	if r.SKU == nil {
		f.wrong("sku", "'sku' must not be empty: give it a name, for example Consumption, and a capacity.")
		return ""
	}
	name := s.oneOf("name", "", skuNames...)
	n := s.number("capacity")
	switch {
	case name == "Consumption" && n != nil && *n != 0:
		s.wrong("capacity", "'sku.capacity' must be 0 for the Consumption tier.")
	case name == "Consumption":
		r.SKU["capacity"] = 0
	case n == nil:
		r.SKU["capacity"] = 1
	case *n < 1:
		s.wrong("capacity", "'sku.capacity' must be at least 1 for the %s tier.", name)
	}
	return name
}

// hostnames are the hostnameConfigurations of a body.
func hostnames(f *fields) []any {
	list, ok := f.m["hostnameConfigurations"].([]any)
	if f.m["hostnameConfigurations"] != nil && !ok {
		f.wrong("hostnameConfigurations", "'hostnameConfigurations' must be a list.")
	}
	return list
}

func (p *Provider) computeService(r, existing *arm.Resource) {
	name := strings.ToLower(r.ID.Name())
	var created any = p.now().UTC().Format("2006-01-02T15:04:05.0000000Z")
	if existing != nil && existing.Properties["createdAtUtc"] != nil {
		created = existing.Properties["createdAtUtc"]
	}
	platform := "stv2"
	if r.SKU["name"] == "Consumption" {
		platform = "mtv1"
	} else if strings.HasSuffix(fmt.Sprint(r.SKU["name"]), "V2") {
		platform = "stv2.1"
	}
	for k, v := range map[string]any{
		"provisioningState": "Succeeded", "targetProvisioningState": "", "createdAtUtc": created,
		"gatewayUrl": "https://" + name + p.suffix, "gatewayRegionalUrl": nil, "portalUrl": nil, "developerPortalUrl": nil, "scmUrl": nil,
		"managementApiUrl": "https://" + name + ".management" + p.suffix, "platformVersion": platform, "disableGateway": false,
	} {
		r.Properties[k] = v
	}
	if _, ok := r.Properties["notificationSenderEmail"]; !ok {
		r.Properties["notificationSenderEmail"] = "apimgmt-noreply@mail.windowsazure.com"
	}
}

// setIdentity makes the system-assigned identity. A body without identity leaves it as it is.
func (p *Provider) setIdentity(ctx context.Context, r *arm.PutRequest, made *arm.Resource) error {
	if made.Identity == nil && r.Existing != nil {
		made.Identity = r.Existing.Clone().Identity
	}
	kind, _ := made.Identity["type"].(string)
	switch {
	case made.Identity == nil:
		return nil
	case strings.EqualFold(kind, "None"):
		made.Identity = map[string]any{"type": "None"}
		return nil
	case !strings.EqualFold(kind, "SystemAssigned"):
		return azerr.APIMNotSupported.New("identity.type '"+kind+"'", "use SystemAssigned or None").At("identity.type")
	case r.ValidateOnly:
		if r.Existing != nil && r.Existing.Identity["principalId"] != nil {
			made.Identity = r.Existing.Clone().Identity // what the PUT would leave, for what-if
		}
		return nil
	}
	who, err := p.id.EnsureSystemAssigned(ctx, r.ID, r.ID.Name())
	if err != nil {
		return err
	}
	made.Identity = map[string]any{"type": "SystemAssigned", "principalId": who.ObjectID, "tenantId": p.id.TenantID()}
	return nil
}

// readAuthorities reads certificates[]: the CA certificates that client certificates are checked
// against. Consumption and the v2 tiers can't hold any.
func readAuthorities(made *arm.Resource, sku string, existing *arm.Resource) error {
	list, ok := made.Properties["certificates"].([]any)
	if v := made.Properties["certificates"]; v != nil && !ok {
		return azerr.APIMInvalid.New("'certificates' must be a list.").At("certificates")
	}
	if len(list) == 0 {
		delete(made.Properties, "certificates")
		setAuthorities(made, nil)
		return nil
	}
	if sku == "Consumption" || strings.HasSuffix(sku, "V2") {
		return azerr.APIMInvalid.New("CA certificates ('certificates') are not supported in the " + sku + " tier.").At("certificates")
	}
	if len(list) > 10 {
		return azerr.APIMInvalid.New("'certificates' can have at most 10 entries.").At("certificates")
	}
	var shown []any
	var kept []Authority
	for i, e := range list {
		m, _ := e.(map[string]any)
		a, err := readAuthority(i, m, existing)
		if err != nil {
			return err
		}
		kept = append(kept, a)
		shown = append(shown, a.view())
	}
	made.Properties["certificates"] = shown
	setAuthorities(made, kept)
	return nil
}

// storeWords is how the errors of Azure name the stores.
var storeWords = map[string]string{"Root": "Root", "CertificateAuthority": "Intermediates"}

func readAuthority(i int, m map[string]any, existing *arm.Resource) (Authority, error) {
	at := fmt.Sprintf("certificates[%d]", i)
	f := &fields{m: m, at: at + ".", problems: new([]*azerr.Error)}
	a := Authority{Store: f.oneOf("storeName", "", "Root", "CertificateAuthority")}
	encoded, password := f.text("encodedCertificate", false, 0), f.text("certificatePassword", false, 0)
	if err := f.err(); err != nil {
		return a, err
	}
	if encoded == "" {
		return sameAuthority(a.Store, m, at, existing)
	}
	der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(encoded), ""))
	if err != nil {
		return a, azerr.APIMInvalid.New("The certificate's data file format associated with " + storeWords[a.Store] + " must be a Base64-encoded .pfx file.").At(at + ".encodedCertificate")
	}
	if c, err := pki.DecodeCertificate(der); err == nil {
		a.DER = c.Raw
		return a, nil
	}
	b, err := pki.DecodePFX(der, password, false)
	if err != nil {
		return a, azerr.APIMInvalid.New("The certificate associated with " + storeWords[a.Store] + " can't be read: " + err.Error()).At(at + ".encodedCertificate").Because(err)
	}
	a.DER = b.Leaf.Raw
	return a, nil
}

// sameAuthority keeps a certificate that was read back and sent again: known by its thumbprint.
func sameAuthority(name string, m map[string]any, at string, existing *arm.Resource) (Authority, error) {
	info, _ := m["certificate"].(map[string]any)
	thumbprint, _ := info["thumbprint"].(string)
	for _, a := range Authorities(existing) {
		if thumbprint != "" && strings.EqualFold(a.thumbprint(), thumbprint) {
			a.Store = name
			return a, nil
		}
	}
	return Authority{}, azerr.APIMInvalid.New("'" + at + ".encodedCertificate' must not be empty.").At(at + ".encodedCertificate")
}

// serviceStored makes the built-in subscription, groups and user, and ends an identity that is no longer wanted.
func (p *Provider) serviceStored(ctx context.Context, r *arm.Resource) {
	p.hostReferences(r)
	if kind, _ := r.Identity["type"].(string); kind != "SystemAssigned" {
		if err := p.id.DeleteSystemAssigned(ctx, r.ID); err != nil {
			p.logger.Error("the identity of a service can't be removed", "service", r.ID.String(), "error", err)
		}
	}
	if err := errors.Join(p.ensurePeople(ctx, r), p.ensureMaster(ctx, r.ID)); err != nil {
		p.logger.Error("the built-in subscription, groups and user can't be made; put the service again", "service", r.ID.String(), "error", err)
	}
}

func (p *Provider) deleteService(_ context.Context, r *arm.DeleteRequest) error {
	release(r, "service "+r.ID.Name())
	for _, h := range Hosts(r.Existing) {
		release(r, "host "+h.Name)
	}
	return nil
}

func (p *Provider) serviceDeleted(ctx context.Context, id resourceid.ID) {
	p.hostReferences(&arm.Resource{ID: id})
	if err := p.id.DeleteSystemAssigned(ctx, id); err != nil {
		p.logger.Error("the identity of a deleted service can't be removed", "service", id.String(), "error", err)
	}
}
