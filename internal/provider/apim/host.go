package apim

import (
	"context"
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/pki"
	"gatehouse/internal/resourceid"
)

// Host is a custom host name of a service, as it is kept in Private.
type Host struct {
	Name        string  `json:"name"` // lower case
	Certificate *Stored `json:"certificate"`
}

// Hosts are the custom host names of a service, with their certificates.
func Hosts(r *arm.Resource) []Host {
	if r == nil {
		return nil
	}
	var list []Host
	if err := fromPrivate(r, "hosts", &list); err != nil {
		return nil // none were stored
	}
	return list
}

// hostType is the part of the IDs by which references know host names. There is no such resource.
const hostType = TypeService + "/hostnameConfigurations"

var (
	hostKnown    = []string{"type", "hostName", "defaultSslBinding", "negotiateClientCertificate", "encodedCertificate", "certificatePassword", "keyVaultId", "identityClientId", "certificateSource"}
	hostComputed = []string{"certificate", "certificateStatus"}
	hostForm     = regexp.MustCompile(`^(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]*$`)
)

// customHosts reads hostnameConfigurations, resolves certificates and leaves what clients see of
// them. https://learn.microsoft.com/azure/api-management/configure-custom-domain
func (p *Provider) customHosts(ctx context.Context, r *arm.PutRequest, made *arm.Resource, list []any) error {
	builtIn := strings.ToLower(made.ID.Name()) + p.suffix
	shown := []any{map[string]any{"type": "Proxy", "hostName": builtIn, "defaultSslBinding": true, "negotiateClientCertificate": false, "certificateSource": "BuiltIn"}}
	var kept []Host
	for i, e := range list {
		m, isObject := e.(map[string]any)
		if !isObject {
			return azerr.APIMInvalid.New(fmt.Sprintf("'hostnameConfigurations[%d]' must be an object.", i)).At("hostnameConfigurations")
		}
		f := &fields{m: m, at: fmt.Sprintf("hostnameConfigurations[%d].", i), problems: new([]*azerr.Error)}
		f.only(hostKnown, hostComputed)
		f.oneOf("type", "Proxy", "Proxy")
		name := strings.ToLower(f.text("hostName", true, 253))
		negotiate, byDefault := f.flag("negotiateClientCertificate", false), f.flag("defaultSslBinding", false)
		if strings.HasSuffix(name, p.suffix) && name != builtIn || name != "" && !hostForm.MatchString(name) && name != "localhost" {
			f.wrong("hostName", "'%s' can't be a host name of this service: use a name of a domain of yours, or %s.", name, builtIn)
		}
		if err := f.err(); err != nil {
			return err
		}
		if name == builtIn {
			first := shown[0].(map[string]any)
			first["negotiateClientCertificate"], first["defaultSslBinding"] = negotiate, byDefault || first["defaultSslBinding"] == true
			continue
		}
		bundle, source, err := p.hostCertificate(ctx, r, made, f, name)
		if err != nil {
			return err
		}
		if err := p.claim(ctx, r, "", "host "+name, func(owner string) error {
			return azerr.APIMConflict.New("The host name '" + name + "' belongs to the service '" + owner[strings.LastIndexByte(owner, '/')+1:] + "'.")
		}); err != nil {
			return err
		}
		kept = append(kept, Host{Name: name, Certificate: bundle})
		shown = append(shown, hostView(m, name, source, bundle))
		if byDefault {
			shown[0].(map[string]any)["defaultSslBinding"] = false
		}
	}
	p.releaseHosts(r, kept)
	made.Properties["hostnameConfigurations"] = shown
	if len(kept) == 0 {
		delete(made.Private, "hosts")
		return nil
	}
	setPrivate(made, "hosts", kept)
	return nil
}

func hostView(m map[string]any, name, source string, s *Stored) map[string]any {
	view := map[string]any{"type": "Proxy", "hostName": name, "defaultSslBinding": m["defaultSslBinding"], "negotiateClientCertificate": m["negotiateClientCertificate"],
		"certificateSource": source, "certificate": Authority{DER: s.Leaf}.info()}
	if source == "KeyVault" {
		view["keyVaultId"] = m["keyVaultId"]
	}
	return view
}

// hostCertificate is the certificate with its key: uploaded, from a vault, or as it was.
func (p *Provider) hostCertificate(ctx context.Context, r *arm.PutRequest, made *arm.Resource, f *fields, name string) (*Stored, string, error) {
	at := f.at + "encodedCertificate"
	encoded, password, vaultID := f.text("encodedCertificate", false, 0), f.text("certificatePassword", false, 0), f.text("keyVaultId", false, 0)
	if vaultID != "" {
		ref := &reference{Identifier: vaultID, Client: f.text("identityClientId", false, 0)}
		if problem := ref.parse(p.vaults); problem != "" {
			return nil, "", azerr.APIMInvalid.New(problem).At(f.at + "keyVaultId")
		}
		id, err := made.ID.Child("hostnameConfigurations", name)
		if err != nil {
			return nil, "", err
		}
		b, err := p.readCertificate(ctx, id, ref, r.RequestID)
		if err != nil {
			return nil, "", err
		}
		s, err := StoreBundle(b)
		return s, "KeyVault", err
	}
	if encoded == "" {
		for _, h := range Hosts(r.Existing) {
			if h.Name == name {
				return h.Certificate, "Custom", nil
			}
		}
		return nil, "", azerr.APIMInvalid.New("'" + at + "' or 'keyVaultId' must not be empty: a custom host name needs a certificate.").At(at)
	}
	der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(encoded), ""))
	if err != nil {
		return nil, "", azerr.APIMInvalid.New("'" + at + "' must be the base64 text of a PFX file.").At(at)
	}
	b, err := pki.DecodePFX(der, password, false)
	if err != nil {
		return nil, "", azerr.APIMInvalid.New("The certificate of '" + name + "' can't be read: " + err.Error()).At(at).Because(err)
	}
	if b.Key == nil {
		return nil, "", azerr.APIMNoKey.New(name)
	}
	s, err := StoreBundle(b)
	return s, "Custom", err
}

// releaseHosts gives back the names that the service no longer has.
func (p *Provider) releaseHosts(r *arm.PutRequest, kept []Host) {
	for _, was := range Hosts(r.Existing) {
		still := false
		for _, h := range kept {
			still = still || h.Name == was.Name
		}
		if !still {
			d := &arm.DeleteRequest{}
			release(d, "host "+was.Name)
			r.Ops = append(r.Ops, d.Ops...)
		}
	}
}

// hostReferences notes which host names refer to which secrets.
func (p *Provider) hostReferences(r *arm.Resource) {
	p.refs.mu.Lock()
	defer p.refs.mu.Unlock()
	prefix := strings.ToLower(r.ID.Key() + "/hostnameConfigurations/")
	for key := range p.refs.of {
		if strings.HasPrefix(key, prefix) {
			if id, err := resourceid.Parse(key); err == nil {
				p.refs.forget(id)
			}
		}
	}
	list, _ := r.Properties["hostnameConfigurations"].([]any)
	for _, e := range list {
		m, _ := e.(map[string]any)
		ref, name := hostReference(m, p.vaults)
		id, err := r.ID.Child("hostnameConfigurations", name)
		if ref == nil || err != nil {
			continue
		}
		k := secretKey(ref.Vault, ref.Secret)
		if p.refs.bySecret[k] == nil {
			p.refs.bySecret[k] = map[string]resourceid.ID{}
		}
		p.refs.bySecret[k][id.Key()] = id
		p.refs.of[id.Key()] = k
	}
}

func hostReference(m map[string]any, suffix string) (*reference, string) {
	name, _ := m["hostName"].(string)
	ref := &reference{}
	ref.Identifier, _ = m["keyVaultId"].(string)
	if ref.Identifier == "" || ref.parse(suffix) != "" {
		return nil, name
	}
	return ref, name
}

// refreshHost reads the certificate of a host name again; the last one stays when that fails.
func (p *Provider) refreshHost(ctx context.Context, id resourceid.ID) error {
	service := serviceOf(id)
	r, err := p.arm.Stored(ctx, service)
	if err != nil || r == nil {
		return err
	}
	list, _ := r.Properties["hostnameConfigurations"].([]any)
	for _, e := range list {
		m, _ := e.(map[string]any)
		ref, name := hostReference(m, p.vaults)
		if ref == nil || !strings.EqualFold(name, id.Name()) {
			continue
		}
		b, err := p.readCertificate(ctx, id, ref, "")
		if err != nil {
			return err
		}
		s, err := StoreBundle(b)
		if err != nil {
			return err
		}
		return p.replaceHost(ctx, service, name, s)
	}
	return nil
}

func (p *Provider) replaceHost(ctx context.Context, service resourceid.ID, name string, s *Stored) error {
	_, err := p.arm.Update(ctx, service, func(now *arm.Resource) error {
		hosts := Hosts(now)
		for i := range hosts {
			if hosts[i].Name != strings.ToLower(name) {
				continue
			}
			if string(hosts[i].Certificate.Leaf) == string(s.Leaf) {
				return errSame
			}
			hosts[i].Certificate = s
			setPrivate(now, "hosts", hosts)
			list, _ := now.Properties["hostnameConfigurations"].([]any)
			for _, e := range list {
				if m, _ := e.(map[string]any); m["hostName"] == name {
					m["certificate"] = Authority{DER: s.Leaf}.info()
				}
			}
			return nil
		}
		return errSame // it is gone
	})
	if err == errSame { //nolint:errorlint // Update returns it as it is
		return nil
	}
	return err
}
