package apim

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/pki"
	"gatehouse/internal/resourceid"
)

// putCertificate follows https://learn.microsoft.com/rest/api/apimanagement/certificate/create-or-update:
// either data with a password, or keyVault.secretIdentifier.
func (p *Provider) putCertificate(ctx context.Context, r *arm.PutRequest) (*arm.Resource, error) {
	made, err := r.Resource()
	if err != nil {
		return nil, err
	}
	f := newFields(made.Properties)
	f.only([]string{"data", "password", "keyVault"}, []string{"subject", "thumbprint", "expirationDate"})
	data, password := f.text("data", false, 0), f.text("password", false, 0)
	ref := p.readReference(f)
	if err := f.err(); err != nil {
		return nil, err
	}
	delete(made.Properties, "data")
	delete(made.Properties, "password")
	switch {
	case ref != nil && data != "":
		return nil, fieldError("data", "Give either 'data' or 'keyVault', not both.")
	case ref != nil:
		return made, p.certificateFromVault(ctx, r, made, ref)
	case data == "" && r.Existing != nil && r.Patch:
		made.Properties = r.Existing.Clone().Properties
		return made, nil
	case data == "":
		return nil, fieldError("data", "'data' or 'keyVault.secretIdentifier' must not be empty.")
	}
	bundle, err := decodeUpload(data, password)
	if err != nil {
		return nil, err
	}
	if bundle.Key != nil && p.now().After(bundle.Leaf.NotAfter) {
		return nil, azerr.APIMExpired.New(r.ID.Name(), wireTime(bundle.Leaf.NotAfter))
	}
	made.Properties = map[string]any{}
	return made, showCertificate(made, bundle)
}

func fieldError(target, message string) error {
	return azerr.APIMValidation.New().With(azerr.APIMField.New(message).At(target))
}

// decodeUpload reads base64 of a PFX, or of a public certificate: without a key it serves
// policies that compare certificates.
func decodeUpload(data, password string) (*pki.Bundle, error) {
	der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(data), ""))
	if err != nil {
		return nil, fieldError("data", "'data' must be the base64 text of a PFX file, or of a certificate without the BEGIN and END lines.")
	}
	if c, err := pki.DecodeCertificate(der); err == nil {
		return &pki.Bundle{Leaf: c}, nil
	}
	b, err := pki.DecodePFX(der, password, false)
	if err != nil {
		target := "data"
		var e *pki.Error
		if errors.As(err, &e) && e.Reason == pki.WrongPassword {
			target = "password"
		}
		return nil, azerr.APIMValidation.New().With(azerr.APIMField.New(err.Error()).At(target)).Because(err)
	}
	if b.Key == nil {
		return nil, fieldError("data", "The PFX file holds no private key.")
	}
	return b, nil
}

// showCertificate sets what clients see and what is kept.
func showCertificate(r *arm.Resource, b *pki.Bundle) error {
	kept, err := StoreBundle(b)
	if err != nil {
		return err
	}
	r.Properties["subject"] = pki.DistinguishedName(b.Leaf.RawSubject)
	r.Properties["thumbprint"] = pki.Thumbprint(b.Leaf)
	r.Properties["expirationDate"] = wireTime(b.Leaf.NotAfter)
	SetCertificate(r, kept)
	return nil
}

// certificateFromVault resolves the reference; a PUT fails where that fails.
func (p *Provider) certificateFromVault(ctx context.Context, r *arm.PutRequest, made *arm.Resource, ref *reference) error {
	p.refs.begin(r)
	bundle, err := p.readCertificate(ctx, made.ID, ref, r.RequestID)
	if err != nil {
		p.refs.end(r)
		return err
	}
	made.Properties["keyVault"] = ref.view(p.readStatus(r))
	return showCertificate(made, bundle)
}

// readCertificate reads the secret of a certificate: base64 PFX or PEM, with the private key.
func (p *Provider) readCertificate(ctx context.Context, id resourceid.ID, ref *reference, requestID string) (*pki.Bundle, error) {
	s, err := p.readSecret(ctx, serviceOf(id), ref, requestID)
	if err != nil {
		return nil, err
	}
	data := []byte(s.Value)
	if der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(s.Value), "")); err == nil {
		data = der
	}
	b, err := pki.Decode(data, "", false)
	var e *pki.Error
	switch {
	case err == nil && b.Key == nil, errors.As(err, &e) && e.Reason == pki.NoKey:
		return nil, azerr.APIMNoKey.New(id.Name()).Because(err)
	case err != nil:
		if _, cerr := pki.DecodeCertificate(data); cerr == nil {
			return nil, azerr.APIMNoKey.New(id.Name())
		}
		return nil, azerr.APIMBadSecret.New(ref.Identifier, err.Error()).Because(err)
	case p.now().After(b.Leaf.NotAfter):
		return nil, azerr.APIMExpired.New(id.Name(), wireTime(b.Leaf.NotAfter))
	}
	return b, nil
}

// deleteCertificate keeps one that a backend presents.
func (p *Provider) deleteCertificate(ctx context.Context, r *arm.DeleteRequest) error {
	if r.Cascade {
		return nil
	}
	backends, err := p.arm.Children(ctx, serviceOf(r.ID), TypeBackends)
	if err != nil {
		return err
	}
	for _, b := range backends {
		f := newFields(b.Clone().Properties)
		credentials, _ := f.object("credentials")
		for _, c := range credentials.texts("certificateIds") {
			if id, ok := mine(serviceOf(r.ID), "certificates", c); ok && id.Equal(r.ID) {
				return azerr.APIMConflict.New("Certificate '" + r.ID.Name() + "' is used by backend '" + b.Name + "' and can't be deleted.")
			}
		}
	}
	return nil
}
