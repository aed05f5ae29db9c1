package template

import (
	"encoding/base64"
	"mime"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
)

// Functions that encode and decode: base64, data URIs, URIs, JSON and hashes.
// https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-string
func encodingFunctions() map[string]*function {
	return map[string]*function{
		"base64":               fixed(1, func(_ *frame, c call) (any, error) { return c.mapped(toBase64) }),
		"base64ToString":       fixed(1, base64ToString),
		"base64ToJson":         fixed(1, base64ToJSON),
		"dataUri":              fixed(1, dataURI),
		"dataUriToString":      fixed(1, dataURIToString),
		"json":                 fixed(1, fromJSON),
		"uri":                  fixed(2, uri),
		"uriComponent":         fixed(1, func(_ *frame, c call) (any, error) { return c.mapped(escapeData) }),
		"uriComponentToString": fixed(1, func(_ *frame, c call) (any, error) { return c.mapped(unescapeData) }),
		"buildUri":             fixed(1, buildURI),
		"parseUri":             fixed(1, parseURI),
		"uniqueString":         between(1, -1, func(_ *frame, c call) (any, error) { return c.joined(UniqueString) }),
		"guid":                 between(1, -1, func(_ *frame, c call) (any, error) { return c.joined(GUID) }),
		"newGuid":              {needs: canGenerate, call: newGUID},
	}
}

func toBase64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func fromBase64(c call, s string) (string, error) {
	b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(s))
	if err != nil {
		return "", c.fail("expects its parameter to be valid base64. The provided value is not")
	}
	return strings.ToValidUTF8(string(b), "\ufffd"), nil
}

func base64ToString(_ *frame, c call) (any, error) {
	s, err := c.str(0)
	if err != nil {
		return nil, err
	}
	return fromBase64(c, s)
}

func base64ToJSON(f *frame, c call) (any, error) {
	s, err := base64ToString(f, c)
	if err != nil {
		return nil, err
	}
	return parseJSON(c, s.(string))
}

func fromJSON(_ *frame, c call) (any, error) {
	s, err := c.str(0)
	if err != nil {
		return nil, err
	}
	return parseJSON(c, s)
}

func parseJSON(c call, s string) (any, error) {
	v, err := readJSON("json", []byte(s))
	if err != nil {
		return nil, c.fail("parameter is not valid JSON: %s", err)
	}
	return detach(v), nil
}

// detach forgets the places of objects: they are places in another text.
func detach(v any) any {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			detach(e)
		}
	case *Object:
		v.pos, v.at = 0, nil
		for _, e := range v.vals {
			detach(e)
		}
	}
	return v
}

// encodeLimited is encode for values that a template makes: shared parts can make the
// text far larger than the value.
func encodeLimited(v any) (string, error) {
	if weigh(v, maxText) > maxText {
		return "", fault("The value is larger than %d bytes as JSON.", maxText)
	}
	return encode(v), nil
}

// weigh estimates the length of v as JSON, and stops above limit.
func weigh(v any, limit int) int {
	n := 2
	switch v := v.(type) {
	case string:
		n += len(v)
	case []any:
		for _, e := range v {
			if n += weigh(e, limit-n); n > limit {
				return n
			}
		}
	case *Object:
		for i, k := range v.keys {
			if n += len(k) + weigh(v.vals[i], limit-n); n > limit {
				return n
			}
		}
	}
	return n
}

func dataURI(_ *frame, c call) (any, error) {
	s, err := c.text(0)
	return "data:text/plain;charset=utf8;base64," + toBase64(s), err
}

func dataURIToString(_ *frame, c call) (any, error) {
	s, err := c.str(0)
	if err != nil {
		return nil, err
	}
	head, data, ok := strings.Cut(s, ",")
	kind, isData := strings.CutPrefix(head, "data:")
	if !ok || !isData {
		return nil, c.fail("expects its parameter to be a data URI. The provided value is '%s'", s)
	}
	if plain, encoded := strings.CutSuffix(kind, ";base64"); encoded {
		text, err := fromBase64(c, data)
		_, params, _ := mime.ParseMediaType(plain)
		if err == nil && strings.HasPrefix(strings.ToLower(params["charset"]), "us-ascii") && !isASCII(text) {
			return nil, c.fail("expects its parameter to be ASCII text")
		}
		return text, err
	}
	return unescapeData(data), nil
}

// uri combines as RFC 3986 section 5.2 does, but a base that ends with '/' keeps its path
// even when the relative part begins with '/'.
func uri(_ *frame, c call) (any, error) {
	base, err := c.str(0)
	if err != nil {
		return nil, err
	}
	relative, err := c.str(1)
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(base, "/") {
		relative = strings.TrimPrefix(relative, "/")
	}
	b, err := url.Parse(base)
	if err != nil || b.Scheme == "" || b.Host == "" {
		return nil, c.fail("expects its first parameter to be an absolute URI. The provided value is '%s'", base)
	}
	r, err := url.Parse(relative)
	if err != nil {
		return nil, c.fail("expects its second parameter to be a relative URI. The provided value is '%s'", relative)
	}
	return b.ResolveReference(r).String(), nil
}

// escapeData is .NET's Uri.EscapeDataString: all but RFC 3986's unreserved characters.
func escapeData(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'z' || strings.IndexByte("-._~", c) >= 0 {
			b.WriteByte(c)
		} else {
			b.WriteString("%" + strings.ToUpper(strconv.FormatInt(0x100+int64(c), 16)[1:]))
		}
	}
	return b.String()
}

// unescapeData is .NET's Uri.UnescapeDataString: what is no escape stays.
func unescapeData(s string) string {
	var b []byte
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b = append(b, byte(n))
				i += 2
				continue
			}
		}
		b = append(b, s[i])
	}
	if !utf8.Valid(b) {
		return s
	}
	return string(b)
}

func buildURI(_ *frame, c call) (any, error) {
	o, err := c.object(0)
	if err != nil {
		return nil, err
	}
	part := map[string]string{}
	for _, name := range []string{"scheme", "host", "port", "path", "query"} {
		v := o.Value(name)
		s, ok := scalarText(v)
		if !ok && v != nil {
			return nil, c.fail("expects the property '%s' to be of type 'String'. The provided value is of type '%s'", name, typeName(v))
		}
		part[name] = s
	}
	if part["scheme"] == "" || part["host"] == "" {
		return nil, c.fail("expects the properties 'scheme' and 'host'")
	}
	s := part["scheme"] + "://" + part["host"]
	if part["port"] != "" {
		s += ":" + part["port"]
	}
	if p := part["path"]; p != "" {
		s += "/" + strings.TrimPrefix(p, "/")
	}
	if q := part["query"]; q != "" {
		if part["path"] == "" {
			s += "/"
		}
		s += "?" + strings.TrimPrefix(q, "?")
	}
	return s, nil
}

func parseURI(_ *frame, c call) (any, error) {
	s, err := c.str(0)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme == "" || u.Host == "" {
		return nil, c.fail("expects its parameter to be an absolute URI. The provided value is '%s'", s)
	}
	o := object("scheme", u.Scheme, "host", u.Hostname())
	if port, err := strconv.ParseInt(u.Port(), 10, 64); err == nil {
		o.set("port", port)
	} else if port := map[string]int64{"http": 80, "https": 443}[u.Scheme]; port != 0 {
		o.set("port", port)
	}
	path := u.EscapedPath()
	if path == "" {
		path = "/"
	}
	o.set("path", path)
	if u.RawQuery != "" {
		o.set("query", "?"+u.RawQuery)
	}
	return o, nil
}

func newGUID(*frame, call) (any, error) { return uuid.NewString(), nil }

func (c call) joined(hash func(...string) string) (any, error) {
	parts := make([]string, len(c.args))
	for i := range c.args {
		s, err := c.text(i)
		if err != nil {
			return nil, err
		}
		parts[i] = s
	}
	return hash(parts...), nil
}
