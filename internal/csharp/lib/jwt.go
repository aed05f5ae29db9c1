package lib

import (
	"encoding/base64"
	"strings"
	"time"

	"gatehouse/internal/csharp/types"
)

var (
	jwtType   = types.New(types.KindClass, "Microsoft.Azure.ApiManagement.Jwt")
	basicType = types.New(types.KindClass, "Microsoft.Azure.ApiManagement.BasicAuthCredentials")
)

// jwt is a parsed, not verified, token.
type jwt struct {
	text           string
	algorithm, typ string
	hasAlg, hasTyp bool
	claims         *JSONObject
}

// DotNetType implements types.Object.
func (*jwt) DotNetType() *types.Type { return jwtType }

// ToText implements types.TextOf.
func (j *jwt) ToText(*types.Run) string { return j.text }

const maxToken = 256 << 10

// parseJwt reads a compact token, with or without the scheme Bearer.
func parseJwt(r *types.Run, s string) (j *jwt) {
	s = strings.TrimSpace(s)
	if len(s) > 7 && strings.EqualFold(s[:7], "Bearer ") {
		s = strings.TrimSpace(s[7:])
	}
	parts := strings.Split(s, ".")
	if len(parts) != 3 || len(s) > maxToken {
		return nil
	}
	header, ok := tokenPart(r, parts[0])
	if !ok {
		return nil
	}
	claims, ok := tokenPart(r, parts[1])
	if !ok {
		return nil
	}
	if _, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[2], "=")); err != nil {
		return nil
	}
	j = &jwt{text: s, claims: claims}
	j.algorithm, j.hasAlg = textOf(header.Get("alg"))
	j.typ, j.hasTyp = textOf(header.Get("typ"))
	return j
}

// JwtValue is a compact token, whose signature was checked, as a Jwt; null when it is none.
func JwtValue(token string) types.Value {
	r := &types.Run{}
	r.Reset(Types(), nil, types.Limits{})
	if j := parseJwt(r, token); j != nil {
		return types.Ref(j)
	}
	return types.Null
}

// tokenPart reads the JSON object of a part.
func tokenPart(r *types.Run, s string) (o *JSONObject, ok bool) {
	data, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(s, "="))
	if err != nil {
		return nil, false
	}
	defer func() {
		if e := recover(); e != nil {
			if _, is := e.(*types.Exception); !is {
				panic(e)
			}
			o, ok = nil, false
		}
	}()
	o, ok = ReadJSON(r, string(data), "JObject").(*JSONObject)
	return o, ok
}

// textOf is the text of a value; false for what has none.
func textOf(t Token) (string, bool) {
	v, ok := t.(*JSONValue)
	if !ok || v.typ == jsonNull {
		return "", false
	}
	switch v.typ {
	case jsonBoolean:
		return map[bool]string{true: "true", false: "false"}[v.v.Bool()], true
	case jsonDate:
		return jsonDateText(v.v), true
	}
	return (&types.Run{}).Text(v.v), true
}

// claimValues are the texts of a claim: an array has several.
func claimValues(r *types.Run, t Token) []string {
	switch t := t.(type) {
	case *JSONArray:
		var list []string
		for _, e := range t.items {
			list = append(list, claimValues(r, e)...)
		}
		return list
	case *JSONObject:
		return []string{JSONText(r, t, false)}
	}
	s, _ := textOf(t)
	return []string{s}
}

func (j *jwt) claim(name string) val {
	s, ok := textOf(j.claims.Get(name))
	return orNull(s, ok)
}

// time is a claim that counts seconds since 1970.
func (j *jwt) time(name string) val {
	v, ok := j.claims.Get(name).(*JSONValue)
	if !ok || v.typ != jsonInteger && v.typ != jsonFloat {
		return types.Null
	}
	f := floatOf(v.v)
	if f < -62135596800 || f > 253402300799 {
		return types.Null
	}
	return Date(time.Unix(int64(f), 0))
}

func (j *jwt) claimMap(c call) val {
	d := newDictionary(c.Run, c.Types.Construct(dictionaryType, types.String, c.Types.Array(types.String)), types.Null)
	for _, p := range j.claims.props {
		d.put(c, str(p.name), c.Types.Strings(claimValues(c.Run, p.value)), false)
	}
	return types.Ref(d)
}

// tokens adds Jwt, BasicAuthCredentials and the extensions that read them.
func tokens(r *types.Registry) {
	b := r.Add(jwtType)
	b.Get("string Algorithm", self(func(j *jwt) val { return orNull(j.algorithm, j.hasAlg) }))
	b.Get("string Type", self(func(j *jwt) val { return orNull(j.typ, j.hasTyp) }))
	for name, claim := range map[string]string{"Issuer": "iss", "Subject": "sub", "Id": "jti"} {
		b.Get("string "+name, self(func(j *jwt) val { return j.claim(claim) }))
	}
	for name, claim := range map[string]string{"ExpirationTime": "exp", "NotBefore": "nbf", "IssuedAt": "iat"} {
		b.Get("DateTime? "+name, self(func(j *jwt) val { return j.time(claim) }))
	}
	b.Get("IEnumerable<string> Audiences", func(c call, a []val) val {
		t := a[0].Ref().(*jwt).claims.Get("aud")
		if t == nil {
			return c.Types.Strings(nil)
		}
		return c.Types.Strings(claimValues(c.Run, t))
	})
	b.Get("IReadOnlyDictionary<string, string[]> Claims", func(c call, a []val) val { return a[0].Ref().(*jwt).claimMap(c) })
	e := r.StaticClass("Microsoft.Azure.ApiManagement.TokenExtensions")
	e.Func("Jwt AsJwt(this string input)", func(c call, a []val) val {
		if j := parseJwt(c.Run, a[0].Str()); j != nil {
			return types.Ref(j)
		}
		return types.Null
	})
	e.Func("bool TryParseJwt(this string input, out Jwt result)", func(c call, a []val) val {
		j := parseJwt(c.Run, a[0].Str())
		a[1] = types.Null
		if j != nil {
			a[1] = types.Ref(j)
		}
		return types.Bool(j != nil)
	})
	u := r.Add(basicType)
	u.Get("string UserId", self(func(k *basic) val { return str(k.user) }))
	u.Get("string Username", self(func(k *basic) val { return str(k.user) }))
	u.Get("string Password", self(func(k *basic) val { return str(k.password) }))
	e.Func("BasicAuthCredentials AsBasic(this string input)", func(_ call, a []val) val {
		if k := parseBasic(a[0].Str()); k != nil {
			return types.Ref(k)
		}
		return types.Null
	})
	e.Func("bool TryParseBasic(this string input, out BasicAuthCredentials result)", func(_ call, a []val) val {
		k := parseBasic(a[0].Str())
		a[1] = types.Null
		if k != nil {
			a[1] = types.Ref(k)
		}
		return types.Bool(k != nil)
	})
}

// basic is a BasicAuthCredentials.
type basic struct{ user, password string }

// DotNetType implements types.Object.
func (*basic) DotNetType() *types.Type { return basicType }

// parseBasic reads an Authorization header's value: RFC 7617.
func parseBasic(s string) *basic {
	s = strings.TrimSpace(s)
	if len(s) < 6 || !strings.EqualFold(s[:6], "Basic ") {
		return nil
	}
	data, ok := decodeBase64(strings.TrimSpace(s[6:]))
	user, password, found := strings.Cut(strings.ToValidUTF8(string(data), "\uFFFD"), ":")
	if !ok || !found {
		return nil
	}
	return &basic{user, password}
}
