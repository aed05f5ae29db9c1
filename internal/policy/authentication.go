package policy

import (
	"crypto/tls"
	"encoding/base64"
	"net/http"
	"strings"

	"gatehouse/internal/csharp/types"
	"gatehouse/internal/pki"
)

// authenticationBasic compiles <authentication-basic>.
func (c *compiler) authenticationBasic(e *element) builder {
	c.noChildren(e)
	username, password := c.needText(e, "username"), c.needText(e, "password")
	m := c.message
	return c.simple(e, func(ex *Exchange) error {
		u, err := username.get(ex)
		p, errPassword := password.get(ex)
		if err == nil && errPassword == nil {
			m.requestHeader(ex).Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(u+":"+p)))
		}
		return firstError(err, errPassword)
	})
}

// authenticationCertificate compiles <authentication-certificate>: the client certificate that
// the backend, or the service of send-request, is shown.
func (c *compiler) authenticationCertificate(e *element) builder {
	c.noChildren(e)
	thumbprint, id, body, password := c.text(e, "thumbprint"), c.text(e, "certificate-id"), c.any(e, "body"), c.text(e, "password")
	n := 0
	for _, name := range []string{"thumbprint", "certificate-id", "body"} {
		if e.attribute(name) != nil {
			n++
		}
	}
	if n != 1 {
		c.reportElement(codeRequired, e, e.name, "one of the attributes 'thumbprint', 'certificate-id' and 'body'")
		return nil
	}
	if id != nil && id.code == nil {
		c.refer(e, "certificate-id", "certificate", strings.TrimSpace(id.literal))
	}
	m := c.message
	return c.simple(e, func(ex *Exchange) error {
		cert, err := chosenCertificate(ex, thumbprint, id, body, password)
		if err != nil {
			return err
		}
		if m == sentMessage {
			ex.message.Certificate = cert
		} else {
			ex.Backend.Certificate = cert
		}
		return nil
	})
}

func chosenCertificate(ex *Exchange, thumbprint, id *Text, body *Value, password *Text) (*tls.Certificate, error) {
	if body != nil {
		v, err := body.get(ex)
		p, errPassword := password.get(ex)
		if err != nil || errPassword != nil {
			return nil, firstError(err, errPassword)
		}
		return decodeCertificate(bytesOf(v), p)
	}
	by, name, err := "id", "", error(nil)
	if id != nil {
		name, err = id.get(ex)
	} else {
		by = "thumbprint"
		name, err = thumbprint.get(ex)
	}
	if err != nil {
		return nil, err
	}
	name = strings.TrimSpace(name)
	found := ex.Env.certificate(map[bool]string{true: name}[by == "id"], name)
	switch {
	case found == nil:
		return nil, certificateError("Certificate with " + by + " '" + name + "' not found.")
	case found.TLS == nil:
		return nil, certificateError("Certificate with " + by + " '" + name + "' does not contain private key.")
	}
	return found.TLS, nil
}

func certificateError(message string) error {
	return &Error{Reason: "CertificateNotFound", Status: http.StatusInternalServerError, Message: message}
}

func decodeCertificate(data []byte, password string) (*tls.Certificate, error) {
	b, err := pki.Decode(data, password, false)
	if err == nil {
		err = b.RequireKey()
	}
	if err != nil {
		return nil, &Error{Reason: "CertificateInvalid", Message: "The certificate in 'body' can't be read.", Cause: err}
	}
	cert := b.TLS()
	return &cert, nil
}

// bytesOf is a byte[], or what base64 text stands for.
func bytesOf(v types.Value) []byte {
	if data, ok := byteArray(v); ok {
		return data
	}
	data, err := base64.StdEncoding.DecodeString(strings.TrimSpace(v.Str()))
	if err != nil {
		return []byte(v.Str())
	}
	return data
}

// authenticationManagedIdentity compiles <authentication-managed-identity>.
func (c *compiler) authenticationManagedIdentity(e *element) builder {
	c.noChildren(e)
	resource, client := c.needText(e, "resource"), c.text(e, "client-id")
	variable, _ := c.literal(e, "output-token-variable-name")
	ignore := c.flag(e, "ignore-error", false)
	m := c.message
	return c.simple(e, func(ex *Exchange) error {
		token, err := managedToken(ex, resource, client)
		if err != nil {
			if quiet, errIgnore := ignore.get(ex); errIgnore != nil || quiet {
				return errIgnore
			}
			return err
		}
		if variable != "" {
			ex.SetVariable(variable, types.Str(token))
		} else {
			m.requestHeader(ex).Set("Authorization", "Bearer "+token)
		}
		return nil
	})
}

func managedToken(ex *Exchange, resource, client *Text) (string, error) {
	r, err := resource.get(ex)
	id, errClient := client.get(ex)
	if err != nil || errClient != nil {
		return "", firstError(err, errClient)
	}
	if ex.Env == nil || ex.Env.Tokens == nil {
		return "", missing("managed identity")
	}
	token, err := ex.Env.Tokens.ManagedIdentity(ex.context(), r, id)
	if err != nil {
		return "", &Error{Reason: "ManagedIdentityTokenFailure", Message: "No token of the managed identity could be had for the resource.", Cause: err}
	}
	return token, nil
}

// proxy compiles <proxy>.
func (c *compiler) proxy(e *element) builder {
	c.noChildren(e)
	address, username, password := c.needText(e, "url"), c.text(e, "username"), c.text(e, "password")
	if address != nil && address.code == nil && !isOwnURL(address.literal) {
		c.badValue(e, "url", "an http or https URL")
	}
	m := c.message
	return c.simple(e, func(ex *Exchange) error {
		p := &Proxy{}
		var errs [3]error
		p.URL, errs[0] = address.get(ex)
		p.Username, errs[1] = username.get(ex)
		p.Password, errs[2] = password.get(ex)
		if m == sentMessage {
			ex.message.Proxy = p
		} else {
			ex.Backend.Proxy = p
		}
		return firstError(errs[:]...)
	})
}

// getAuthorizationContext compiles <get-authorization-context>. The provider and the authorization
// that it names are references: deployment refuses those that are not there.
func (c *compiler) getAuthorizationContext(e *element) builder {
	c.noChildren(e)
	provider, authorization := c.needText(e, "provider-id"), c.needText(e, "authorization-id")
	name := c.needText(e, "context-variable-name")
	identityType := c.option(e, "identity-type", "managed", "jwt")
	who, ignore := c.text(e, "identity"), c.flag(e, "ignore-error", false)
	if identityType.code == nil && identityType.literal == "jwt" && e.attribute("identity") == nil {
		c.reportElement(codeRequired, e, e.name, "the attribute 'identity' with identity-type jwt")
	}
	if provider != nil && provider.code == nil {
		c.refer(e, "provider-id", "authorizationProvider", strings.TrimSpace(provider.literal))
		if authorization != nil && authorization.code == nil {
			c.refer(e, "authorization-id", "authorization", strings.TrimSpace(provider.literal)+"/"+strings.TrimSpace(authorization.literal))
		}
	}
	return c.simple(e, func(ex *Exchange) error {
		variable, err := name.get(ex)
		if err != nil {
			return err
		}
		var errs [4]error
		var p, a, id, kind string
		p, errs[0] = provider.get(ex)
		a, errs[1] = authorization.get(ex)
		id, errs[2] = who.get(ex)
		kind, errs[3] = identityType.get(ex)
		err = firstError(errs[:]...)
		var got Authorization
		switch {
		case err != nil:
		case ex.Env == nil || ex.Env.Tokens == nil:
			err = missing("authorization providers")
		default:
			got, err = ex.Env.Tokens.Authorization(ex.context(), p, a, kind, id)
		}
		if err != nil {
			ex.SetVariable(variable, types.Null)
			if quiet, errIgnore := ignore.get(ex); errIgnore != nil || quiet {
				return errIgnore
			}
			return &Error{Reason: "AuthorizationNotAvailable", Message: "The authorization could not be had.", Cause: err}
		}
		ex.SetVariable(variable, types.Ref(&got))
		return nil
	})
}
