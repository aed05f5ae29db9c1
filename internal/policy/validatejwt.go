package policy

import (
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"math/big"
	"net/http"
	"slices"
	"strings"

	"gatehouse/internal/csharp/lib"
	"gatehouse/internal/csharp/types"
)

// tokenRules is one validate-jwt or validate-azure-ad-token.
type tokenRules struct {
	header, parameter, token *Text
	scheme                   *Text
	status                   *Number
	message                  *Text
	needsExpiry, signed      *Flag
	skew                     *Number
	variable                 string
	audiences, issuers       []*Text
	applications, backends   []*Text // validate-azure-ad-token
	openID                   []*Text
	keys                     []*keyText
	decryption               []*keyText
	claims                   []claimRule
	notPresent               string
	tenant                   *Text
	authority                string
}

// keyText is a key of a policy: text in base64, an RSA key in parts, or one of service/certificates.
type keyText struct {
	id, certificate string
	text            *Text
	rsa             *rsa.PublicKey
}

type claimRule struct {
	name      string
	match     *Option // all or any
	separator string
	values    []*Text
}

// validateJWT compiles <validate-jwt>. https://learn.microsoft.com/azure/api-management/validate-jwt-policy
func (c *compiler) validateJWT(e *element) builder {
	r := c.tokenRules(e)
	r.needsExpiry, r.signed = c.flag(e, "require-expiration-time", true), c.flag(e, "require-signed-tokens", true)
	r.scheme, r.skew, r.notPresent = c.text(e, "require-scheme"), c.number(e, "clock-skew", 0, maxNumber), "JWT not present."
	for _, child := range c.children(e, "openid-config issuer-signing-keys decryption-keys audiences issuers required-claims") {
		switch child.name {
		case "openid-config":
			c.checkAttributes(child, definition{attributes: "url"})
			c.noChildren(child)
			u := c.needText(child, "url")
			if u != nil && u.code == nil && !isOwnURL(u.literal) {
				c.badValue(child, "url", "an http or https URL")
			}
			r.openID = append(r.openID, u)
		case "issuer-signing-keys":
			r.keys = append(r.keys, c.keys(child)...)
		case "decryption-keys":
			r.decryption = append(r.decryption, c.keys(child)...)
		case "audiences":
			c.noAttributes(child)
			r.audiences = append(r.audiences, c.texts(child, "audience")...)
		case "issuers":
			c.noAttributes(child)
			r.issuers = append(r.issuers, c.texts(child, "issuer")...)
		case "required-claims":
			r.claims = append(r.claims, c.claims(child)...)
		}
	}
	if len(r.openID)+len(r.keys) == 0 && r.signed.code == nil && r.signed.literal {
		c.reportElement(codeRequired, e, e.name, "an <openid-config> or <issuer-signing-keys>, since tokens must be signed")
	}
	return c.simple(e, r.check)
}

// validateAzureADToken compiles <validate-azure-ad-token>.
// https://learn.microsoft.com/azure/api-management/validate-azure-ad-token-policy
func (c *compiler) validateAzureADToken(e *element) builder {
	if e.attribute("header-name") == nil && e.attribute("query-parameter-name") == nil && e.attribute("token-value") == nil {
		e.attributes = append(e.attributes, attribute{name: "header-name", value: value{text: "Authorization"}})
	}
	r := c.tokenRules(e)
	r.tenant, r.notPresent = c.needText(e, "tenant-id"), "Azure AD JWT not present."
	r.needsExpiry, r.signed = &Flag{literal: true}, &Flag{literal: true}
	r.authority = "https://login.microsoftonline.com"
	if a, ok := c.literal(e, "authentication-endpoint"); ok {
		if r.authority = strings.TrimRight(strings.TrimSpace(a), "/"); !isOwnURL(r.authority) {
			c.badValue(e, "authentication-endpoint", "an http or https URL")
		}
	}
	for _, child := range c.children(e, "backend-application-ids client-application-ids audiences required-claims decryption-keys") {
		switch child.name {
		case "backend-application-ids":
			c.noAttributes(child)
			r.backends = append(r.backends, c.texts(child, "application-id")...)
		case "client-application-ids":
			c.noAttributes(child)
			r.applications = append(r.applications, c.texts(child, "application-id")...)
		case "audiences":
			c.noAttributes(child)
			r.audiences = append(r.audiences, c.texts(child, "audience")...)
		case "decryption-keys":
			r.decryption = append(r.decryption, c.keys(child)...)
		case "required-claims":
			r.claims = append(r.claims, c.claims(child)...)
		}
	}
	return c.simple(e, r.check)
}

func (c *compiler) tokenRules(e *element) *tokenRules {
	r := &tokenRules{header: c.text(e, "header-name"), parameter: c.text(e, "query-parameter-name"), token: c.text(e, "token-value"),
		status: c.number(e, "failed-validation-httpcode", 100, 999), message: c.text(e, "failed-validation-error-message")}
	r.variable, _ = c.literal(e, "output-token-variable-name")
	n := 0
	for _, name := range []string{"header-name", "query-parameter-name", "token-value"} {
		if e.attribute(name) != nil {
			n++
		}
	}
	if n != 1 {
		c.reportElement(codeRequired, e, e.name, "one of the attributes 'header-name', 'query-parameter-name' and 'token-value'")
	}
	return r
}

func (c *compiler) keys(e *element) (list []*keyText) {
	c.noAttributes(e)
	for _, child := range c.children(e, "key") {
		c.checkAttributes(child, definition{attributes: "certificate-id n e"})
		k := &keyText{rsa: c.rsaKey(child)}
		k.id, _ = c.literal(child, "id")
		if id, ok := c.literal(child, "certificate-id"); ok {
			k.certificate = strings.TrimSpace(id)
			c.refer(child, "certificate-id", "certificate", k.certificate)
		}
		k.text = c.trimmed(child)
		if text, ok := k.text.constant(); !ok {
		} else if _, err := decodeKey(text); err != nil {
			c.reportElement(codeValue, child, "<key>", "base64")
		} else if text == "" && child.attribute("certificate-id") == nil && child.attribute("n") == nil && child.attribute("e") == nil {
			c.reportElement(codeRequired, child, child.name, "a key in base64, the attribute 'certificate-id', or 'n' and 'e'")
		}
		list = append(list, k)
	}
	return list
}

// rsaKey reads the attributes n and e, which stand together and take no expression; nil without them.
func (c *compiler) rsaKey(e *element) *rsa.PublicKey {
	if e.attribute("n") == nil && e.attribute("e") == nil {
		return nil
	}
	n, okN := c.required(e, "n")
	x, okE := c.required(e, "e")
	if !okN || !okE {
		return nil
	}
	modulus, err := decodeKey(n)
	if err != nil || len(modulus) == 0 {
		c.badValue(e, "n", "the modulus of an RSA key in base64url")
	}
	exponent, err := decodeKey(x)
	if err != nil || len(exponent) == 0 || len(exponent) > 4 {
		c.badValue(e, "e", "the exponent of an RSA key in base64url")
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(modulus), E: int(new(big.Int).SetBytes(exponent).Int64())}
}

func decodeKey(s string) ([]byte, error) {
	s = strings.Join(strings.Fields(s), "")
	if b, err := base64.StdEncoding.DecodeString(s); err == nil {
		return b, nil
	}
	return base64.RawURLEncoding.DecodeString(strings.TrimRight(s, "="))
}

func (c *compiler) claims(e *element) (list []claimRule) {
	c.noAttributes(e)
	for _, child := range c.children(e, "claim") {
		c.checkAttributes(child, definition{attributes: "name match separator"})
		r := claimRule{match: c.option(child, "match", "all", "any")}
		r.name, _ = c.required(child, "name")
		r.separator, _ = c.literal(child, "separator")
		r.values = c.texts(child, "value")
		list = append(list, r)
	}
	return list
}

// check is the policy for one exchange.
func (r *tokenRules) check(ex *Exchange) error {
	j, err := r.validate(ex)
	var bad *tokenError
	switch {
	case errors.As(err, &bad):
		status := int64(http.StatusUnauthorized)
		if r.status != nil {
			if status, err = r.status.get(ex); err != nil {
				return err
			}
		}
		answer, err := r.message.get(ex)
		if err != nil {
			return err
		}
		return &Error{Reason: bad.reason, Message: bad.message, Status: int(status), Answer: answer}
	case err != nil:
		return err
	}
	if r.variable != "" {
		ex.SetVariable(r.variable, jwtValue(j))
	}
	return nil
}

func (r *tokenRules) validate(ex *Exchange) (*Jwt, error) {
	token, err := r.read(ex)
	if err != nil {
		return nil, err
	}
	source, tenant, err := r.source(ex)
	if err != nil {
		return nil, err
	}
	decryption, err := decryptionKeys(ex, r.decryption)
	if err != nil {
		return nil, err
	}
	signed, err := r.signed.get(ex)
	if err != nil {
		return nil, err
	}
	var cache *KeyCache
	if ex.Env != nil {
		cache = ex.Env.Keys
	}
	j, issuers, err := source.verifyToken(ex.context(), cache, token, decryption, signed)
	if err != nil {
		return nil, err
	}
	if tenant != "" {
		issuers = nil
		for _, id := range tenantIDs(tenant, j) {
			issuers = append(issuers, "https://sts.windows.net/"+id+"/", r.authority+"/"+id+"/v2.0")
		}
	}
	return j, r.judge(ex, j, issuers)
}

// tenantIDs are the tenants whose tokens are taken; common and organizations take each token's own.
func tenantIDs(tenant string, j *Jwt) []string {
	switch strings.ToLower(tenant) {
	case "common", "organizations", "consumers":
		own, _ := j.Claim("tid")
		return own
	}
	return []string{tenant}
}

// read finds the token in the request.
func (r *tokenRules) read(ex *Exchange) (string, error) {
	var token string
	var err error
	schemed := false
	switch {
	case r.header != nil:
		var name string
		name, err = r.header.get(ex)
		token = ex.Request.Header.Get(name)
		schemed = equalFold(name, "Authorization") // the reference: in another header the scheme is ignored
	case r.parameter != nil:
		var name string
		name, err = r.parameter.get(ex)
		token, _ = ex.Request.Query.Get(name)
	default:
		token, err = r.token.get(ex)
	}
	if err != nil {
		return "", err
	}
	scheme, err := r.scheme.get(ex)
	if err != nil {
		return "", err
	}
	token = strings.TrimSpace(token)
	if before, after, ok := strings.Cut(token, " "); ok {
		if schemed && scheme != "" && !strings.EqualFold(before, scheme) {
			return "", badToken("TokenNotPresent", r.notPresent)
		}
		token = strings.TrimSpace(after)
	} else if schemed && scheme != "" {
		return "", badToken("TokenNotPresent", r.notPresent)
	}
	if token == "" {
		return "", badToken("TokenNotPresent", r.notPresent)
	}
	return strings.Clone(token), nil
}

// source evaluates where keys come from.
func (r *tokenRules) source(ex *Exchange) (s *keySource, tenant string, err error) {
	s = &keySource{}
	if r.tenant != nil {
		if tenant, err = r.tenant.get(ex); err != nil {
			return nil, "", err
		}
		tenant = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(tenant), "https://"), "/") // may be a URL
		if strings.ContainsAny(tenant, "/?#\\ ") || tenant == "" {
			return nil, "", &Error{Reason: "ExpressionValueEvaluationFailure", Message: "The value of 'tenant-id' must be a tenant's id or name."}
		}
		s.configured = []string{r.authority + "/" + tenant + "/v2.0/.well-known/openid-configuration"}
		return s, tenant, nil
	}
	if s.configured, err = evaluate(ex, r.openID); err != nil {
		return nil, "", err
	}
	for _, k := range r.keys {
		key, err := k.public(ex)
		if err != nil {
			return nil, "", err
		}
		s.own = append(s.own, signingKey{k.id, key})
	}
	return s, "", nil
}

func keyError(what string) error { return &Error{Reason: "JwtKeyInvalid", Message: what} }

func (k *keyText) public(ex *Exchange) (any, error) {
	switch {
	case k.certificate != "":
		c := ex.Env.certificate(k.certificate, "")
		if c == nil {
			return nil, certificateError("Certificate with id '" + k.certificate + "' not found.")
		}
		return c.Leaf.PublicKey, nil
	case k.rsa != nil:
		return k.rsa, nil
	}
	return k.secret(ex)
}

func (k *keyText) secret(ex *Exchange) ([]byte, error) {
	text, err := k.text.get(ex)
	if err != nil {
		return nil, err
	}
	key, err := decodeKey(text)
	if err != nil || len(key) == 0 {
		return nil, keyError("A key of the policy is not base64.")
	}
	return key, nil
}

func decryptionKeys(ex *Exchange, list []*keyText) (keys []any, err error) {
	for _, k := range list {
		if k.rsa != nil {
			continue // a public key, which opens nothing
		}
		if k.certificate == "" {
			secret, err := k.secret(ex)
			if err != nil {
				return nil, err
			}
			keys = append(keys, secret)
			continue
		}
		c := ex.Env.certificate(k.certificate, "")
		if c == nil || c.TLS == nil {
			return nil, certificateError("Certificate with id '" + k.certificate + "' not found, or it has no private key.")
		}
		keys = append(keys, c.TLS.PrivateKey)
	}
	return keys, nil
}

// judge looks at times, audience, issuer and claims.
func (r *tokenRules) judge(ex *Exchange, j *Jwt, issuers []string) error {
	skew, err := r.skew.seconds(ex, 0)
	needsExpiry, errExpiry := r.needsExpiry.get(ex)
	if err != nil || errExpiry != nil {
		return firstError(err, errExpiry)
	}
	if err := j.checkTimes(ex.Env.now(), skew, needsExpiry); err != nil {
		return err
	}
	audiences, err := evaluate(ex, append(append([]*Text(nil), r.audiences...), r.backends...))
	if err != nil {
		return err
	}
	if len(audiences) > 0 && !slices.ContainsFunc(j.Audiences, func(a string) bool { return slices.Contains(audiences, a) }) {
		return badToken("TokenAudienceNotAllowed", "IDX10214: Audience validation failed. Access denied.")
	}
	own, err := evaluate(ex, r.issuers)
	if err != nil {
		return err
	}
	if issuers = append(issuers, own...); len(issuers) > 0 && !issuerAllowed(issuers, j) {
		return badToken("TokenIssuerNotAllowed", "IDX10205: Issuer validation failed. Access denied.")
	}
	if err := r.judgeApplication(ex, j); err != nil {
		return err
	}
	return r.judgeClaims(ex, j)
}

// issuerAllowed compares the issuer; a configuration for all tenants has {tenantid} in it.
func issuerAllowed(issuers []string, j *Jwt) bool {
	tenant, _ := j.Claim("tid")
	return slices.ContainsFunc(issuers, func(i string) bool {
		if len(tenant) == 1 {
			i = strings.ReplaceAll(i, "{tenantid}", tenant[0])
		}
		return i == j.Issuer
	})
}

func (r *tokenRules) judgeApplication(ex *Exchange, j *Jwt) error {
	if len(r.applications) == 0 {
		return nil
	}
	allowed, err := evaluate(ex, r.applications)
	if err != nil {
		return err
	}
	for _, name := range []string{"azp", "appid"} {
		if id, ok := j.Claim(name); ok && len(id) == 1 && slices.ContainsFunc(allowed, func(a string) bool { return strings.EqualFold(a, id[0]) }) {
			return nil
		}
	}
	return badToken("TokenClaimValueNotAllowed", "The token's client application is not allowed. Access denied.")
}

func (r *tokenRules) judgeClaims(ex *Exchange, j *Jwt) error {
	var missing []string
	for _, c := range r.claims {
		if _, ok := j.Claim(c.name); !ok {
			missing = append(missing, c.name)
		}
	}
	if len(missing) > 0 {
		return badToken("TokenClaimNotFound", "JWT token is missing the following claims: "+strings.Join(missing, ", ")+". Access denied.")
	}
	for _, c := range r.claims {
		want, err := evaluate(ex, c.values)
		all, errMatch := c.match.is(ex, "all")
		if err != nil || errMatch != nil {
			return firstError(err, errMatch)
		}
		has, _ := j.Claim(c.name)
		if c.separator != "" {
			has = strings.Split(strings.Join(has, c.separator), c.separator)
		}
		holds := func(v string) bool { return slices.Contains(has, v) }
		if len(want) == 0 || !all && slices.ContainsFunc(want, holds) || all && !slices.ContainsFunc(want, func(v string) bool { return !holds(v) }) {
			continue
		}
		return badToken("TokenClaimValueNotAllowed", "Claim "+c.name+" value of "+strings.Join(has, ",")+" is not allowed. Access denied.")
	}
	return nil
}

// jwtValue is the token as expressions see it.
func jwtValue(j *Jwt) types.Value { return lib.JwtValue(j.Raw) }
