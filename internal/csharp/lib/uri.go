package lib

import (
	"html"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"gatehouse/internal/csharp/types"
)

var (
	uriType     = types.New(types.KindClass, "System.Uri")
	uriPartType = types.New(types.KindEnum, "System.UriPartial")
	uriKindType = types.New(types.KindEnum, "System.UriKind")
)

// uri is a System.Uri; u is nil for a relative one.
type uri struct {
	text string
	u    *url.URL
}

// DotNetType implements types.Object.
func (*uri) DotNetType() *types.Type { return uriType }

// ToText implements types.TextOf: the canonical form with its escapes undone where that is safe.
func (x *uri) ToText(*types.Run) string {
	if x.u == nil {
		return x.text
	}
	return x.front() + unescapeSafely(x.path()) + unescapeSafely(x.query()) + unescapeSafely(x.fragment())
}

// EqualTo implements types.Equatable: all but the fragment.
func (x *uri) EqualTo(v val) bool { y, ok := v.Ref().(*uri); return ok && x.Key() == y.Key() }

// Key implements types.Equatable.
func (x *uri) Key() string {
	if x.u == nil {
		return x.text
	}
	return x.front() + x.path() + x.query()
}

func (x *uri) front() string {
	start := x.start()
	if !strings.HasSuffix(start, "//") {
		return start
	}
	user := ""
	if x.u.User != nil {
		user = x.u.User.String() + "@"
	}
	return start + user + x.authority()
}

func (x *uri) host() string { return strings.ToLower(x.u.Hostname()) }

func (x *uri) authority() string {
	host := x.bracketedHost()
	if p := x.u.Port(); p != "" && p != strconv.Itoa(defaultPort(x.u.Scheme)) {
		host += ":" + p
	}
	return host
}

func defaultPort(scheme string) int {
	return map[string]int{"http": 80, "https": 443, "ftp": 21, "ws": 80, "wss": 443}[scheme]
}

func (x *uri) port() int {
	if n, err := strconv.Atoi(x.u.Port()); err == nil {
		return n
	}
	if n := defaultPort(x.u.Scheme); n > 0 {
		return n
	}
	return -1
}

func (x *uri) path() string {
	if x.u.Opaque != "" {
		return x.u.Opaque
	}
	p := escapePart(x.u.EscapedPath())
	if p == "" && x.u.Host != "" {
		return "/"
	}
	return p
}

func (x *uri) query() string {
	if x.u.RawQuery == "" {
		return map[bool]string{true: "?"}[x.u.ForceQuery]
	}
	return "?" + escapePart(x.u.RawQuery)
}

func (x *uri) fragment() string {
	if x.u.Fragment == "" {
		return ""
	}
	return "#" + x.u.EscapedFragment()
}

// escapePart percent-encodes what may not stand in a URI, and leaves the rest.
func escapePart(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if c := s[i]; c <= ' ' || c >= 0x7F || strings.IndexByte("\"<>\\^`{|}", c) >= 0 {
			b.WriteString("%" + strings.ToUpper(strconv.FormatUint(uint64(c)|0x100, 16)[1:]))
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// unescapeSafely undoes the escapes of what is no delimiter.
func unescapeSafely(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '%' || i+2 >= len(s) {
			b.WriteByte(s[i])
			continue
		}
		n, err := strconv.ParseUint(s[i+1:i+3], 16, 8)
		if err != nil || n < 0x20 || n == 0x7F || strings.IndexByte("%#?/\\@:;&=+$,", byte(n)) >= 0 {
			b.WriteByte('%')
			continue
		}
		b.WriteByte(byte(n))
		i += 2
	}
	return toValid(b.String())
}

// parseURI reads by UriKind: 0 either, 1 absolute, 2 relative.
func parseURI(s string, kind int) (*uri, string) {
	text := strings.TrimSpace(s)
	u, err := url.Parse(strings.ReplaceAll(text, " ", "%20"))
	absolute := err == nil && u.Scheme != "" && (u.Host != "" || u.Opaque != "" || u.Scheme == "file")
	switch {
	case text == "" && kind == 1:
		return nil, "Invalid URI: The URI is empty."
	case absolute && kind != 2:
		if u.Opaque == "" && strings.Contains(u.Path, "/.") {
			u = new(url.URL).ResolveReference(u) // dot segments go (RFC 3986 5.2.4)
		}
		return &uri{s, u}, ""
	case absolute:
		return nil, "A relative URI cannot be created because the 'uriString' parameter represents an absolute URI."
	case kind == 1 && strings.Contains(text, "://") && err == nil:
		return nil, "Invalid URI: The hostname could not be parsed."
	case kind == 1:
		return nil, "Invalid URI: The format of the URI could not be determined."
	}
	return &uri{text: s}, ""
}

func newURI(c call, s string, kind int) val {
	x, problem := parseURI(s, kind)
	if x == nil {
		c.Throw("System.UriFormatException", problem)
	}
	c.Grow(2 * len(s))
	return types.Ref(x)
}

// uris adds System.Uri.
func uris(r *types.Registry) {
	r.AddEnum(uriPartType, "Scheme", "Authority", "Path", "Query")
	r.AddEnum(uriKindType, "RelativeOrAbsolute", "Absolute", "Relative")
	b := r.Add(uriType)
	b.New("(string uriString)", func(c call, a []val) val { c.NotNull(a[0], "uriString"); return newURI(c, a[0].Str(), 1) })
	b.New("(string uriString, UriKind uriKind)", func(c call, a []val) val { c.NotNull(a[0], "uriString"); return newURI(c, a[0].Str(), a[1].Int()) })
	b.New("(Uri baseUri, string relativeUri)", uriOfTwo)
	b.New("(Uri baseUri, Uri relativeUri)", uriOfTwo)
	for name, s := range map[string]string{"UriSchemeHttp": "http", "UriSchemeHttps": "https", "UriSchemeFtp": "ftp", "UriSchemeFile": "file", "SchemeDelimiter": "://"} {
		b.Const("string "+name, str(s))
	}
	absolute := func(f func(x *uri) val) types.Func {
		return func(c call, a []val) val {
			x := a[0].Ref().(*uri)
			if x.u == nil {
				invalid(c.Run, "This operation is not supported for a relative URI.")
			}
			return f(x)
		}
	}
	for name, f := range map[string]func(x *uri) string{
		"Scheme": func(x *uri) string { return x.u.Scheme }, "Host": (*uri).host, "DnsSafeHost": (*uri).host, "IdnHost": (*uri).host, "Authority": (*uri).authority,
		"AbsolutePath": (*uri).path, "LocalPath": func(x *uri) string { return unescape(x.path()) }, "PathAndQuery": func(x *uri) string { return x.path() + x.query() },
		"Query": (*uri).query, "Fragment": (*uri).fragment, "AbsoluteUri": func(x *uri) string { return x.front() + x.path() + x.query() + x.fragment() },
		"UserInfo": func(x *uri) string { return x.u.User.String() },
	} {
		b.Get("string "+name, absolute(func(x *uri) val { return str(f(x)) }))
	}
	b.Get("int Port", absolute(func(x *uri) val { return integer(x.port()) }))
	b.Get("bool IsDefaultPort", absolute(func(x *uri) val { return types.Bool(x.port() == defaultPort(x.u.Scheme)) }))
	b.Get("bool IsFile", absolute(func(x *uri) val { return types.Bool(x.u.Scheme == "file") }))
	b.Get("bool IsLoopback", absolute(func(x *uri) val {
		ip, err := netip.ParseAddr(x.host())
		return types.Bool(x.host() == "localhost" || err == nil && ip.IsLoopback())
	}))
	b.Get("bool IsAbsoluteUri", self(func(x *uri) val { return types.Bool(x.u != nil) }))
	b.Get("string OriginalString", self(func(x *uri) val { return str(x.text) }))
	b.Get("string[] Segments", func(c call, a []val) val {
		return absolute(func(x *uri) val {
			var list []string
			for part := range strings.SplitAfterSeq(x.path(), "/") {
				if part != "" {
					list = append(list, part)
				}
			}
			return c.Types.Strings(list)
		})(c, a)
	})
	b.Method("string GetLeftPart(UriPartial part)", func(c call, a []val) val {
		part := a[1].Int()
		return absolute(func(x *uri) val {
			switch part {
			case 0:
				return str(x.u.Scheme + "://")
			case 1:
				return str(x.front())
			case 2:
				return str(x.front() + x.path())
			}
			return str(x.front() + x.path() + x.query())
		})(c, a)
	})
	uriStatics(b)
}

func uriStatics(b *types.Builder) {
	b.Func("bool TryCreate(string uriString, UriKind uriKind, out Uri result)", func(_ call, a []val) val {
		x, _ := parseURI(a[0].Str(), a[1].Int())
		ok := x != nil && !a[0].IsNull()
		a[2] = types.Null
		if ok {
			a[2] = types.Ref(x)
		}
		return types.Bool(ok)
	})
	b.Func("bool IsWellFormedUriString(string uriString, UriKind uriKind)", func(_ call, a []val) val {
		x, _ := parseURI(a[0].Str(), a[1].Int())
		return types.Bool(x != nil && !a[0].IsNull() && escapePart(a[0].Str()) == a[0].Str())
	})
	b.Func("string EscapeDataString(string stringToEscape)", func(c call, a []val) val {
		c.NotNull(a[0], "stringToEscape")
		return percent(c, a[0].Str(), "-._~", "%20")
	})
	b.Func("string EscapeUriString(string stringToEscape)", func(c call, a []val) val {
		c.NotNull(a[0], "stringToEscape")
		return percent(c, a[0].Str(), "-._~:/?#[]@!$&'()*+,;=%", "%20")
	})
	b.Func("string UnescapeDataString(string stringToUnescape)", func(c call, a []val) val {
		c.NotNull(a[0], "stringToUnescape")
		return str(unescape(a[0].Str()))
	})
	b.Func("bool CheckSchemeName(string schemeName)", func(_ call, a []val) val {
		u, err := url.Parse(a[0].Str() + "://h")
		return types.Bool(err == nil && strings.EqualFold(u.Scheme, a[0].Str()) && u.Scheme != "")
	})
	equal := func(want bool) types.Func {
		return func(_ call, a []val) val {
			return types.Bool((a[0].IsNull() == a[1].IsNull() && (a[0].IsNull() || types.Equal(a[0], a[1]))) == want)
		}
	}
	b.Operator("bool operator ==(Uri a, Uri b)", equal(true))
	b.Operator("bool operator !=(Uri a, Uri b)", equal(false))
}

// percent escapes all but letters, digits and the characters of safe.
func percent(c call, s, safe, space string) val {
	s = toValid(s)
	c.Grow(3 * len(s))
	return str(escapeBytes(s, safe, space))
}

// percentBytes is WebUtility's way to write the bytes of s.
func percentBytes(s string) []byte { return []byte(escapeBytes(s, "-_.!*()", "+")) }

func escapeBytes(s, safe, space string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch ch := s[i]; {
		case ch|0x20 >= 'a' && ch|0x20 <= 'z' || ch >= '0' && ch <= '9' || strings.IndexByte(safe, ch) >= 0:
			b.WriteByte(ch)
		case ch == ' ':
			b.WriteString(space)
		default:
			b.WriteString("%" + strings.ToUpper(strconv.FormatUint(uint64(ch)|0x100, 16)[1:]))
		}
	}
	return b.String()
}

// unescape undoes percent-encoding; what is no escape stays.
func unescape(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	return toValid(string(unescapeBytes(s)))
}

func unescapeBytes(s string) []byte {
	b := make([]byte, 0, len(s))
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
	return b
}

// webUtilities adds System.Net.WebUtility.
func webUtilities(r *types.Registry) {
	b := r.StaticClass("System.Net.WebUtility")
	nullable := func(f func(c call, s string) val) types.Func {
		return func(c call, a []val) val {
			if a[0].IsNull() {
				return types.Null
			}
			return f(c, a[0].Str())
		}
	}
	b.Func("string UrlEncode(string value)", nullable(func(c call, s string) val { return percent(c, s, "-_.!*()", "+") }))
	b.Func("string UrlDecode(string encodedValue)", nullable(func(_ call, s string) val { return str(unescape(strings.ReplaceAll(s, "+", " "))) }))
	b.Func("string HtmlEncode(string value)", nullable(func(c call, s string) val { return str(encodeHTML(c, s)) }))
	webBytes(b)
	b.Func("string HtmlDecode(string value)", nullable(func(_ call, s string) val { return str(html.UnescapeString(s)) }))
}

// webBytes adds WebUtility's members over bytes and those that write to a TextWriter.
func webBytes(b *types.Builder) {
	part := func(c call, a []val) (string, bool) {
		if a[0].IsNull() && a[2].Int() == 0 {
			return "", false
		}
		return string(bytesPart(c, a[0], a[1].Int(), a[2].Int(), "bytes")), true
	}
	bytesOrNull := func(f func(c call, s string) []byte) types.Func {
		return func(c call, a []val) val {
			s, ok := part(c, a)
			if !ok {
				return types.Null
			}
			c.Grow(3 * len(s))
			return types.Ref(c.Types.Bytes(f(c, s)))
		}
	}
	b.Func("byte[] UrlEncodeToBytes(byte[] value, int offset, int count)", bytesOrNull(func(_ call, s string) []byte { return percentBytes(s) }))
	b.Func("byte[] UrlDecodeToBytes(byte[] encodedValue, int offset, int count)", bytesOrNull(func(_ call, s string) []byte {
		return unescapeBytes(strings.ReplaceAll(s, "+", " "))
	}))
	for name, f := range map[string]func(c call, s string) string{"HtmlEncode": encodeHTML, "HtmlDecode": func(_ call, s string) string { return html.UnescapeString(s) }} {
		b.Func("void "+name+"(string value, System.IO.TextWriter output)", func(c call, a []val) val {
			if a[0].IsNull() {
				return types.Null
			}
			c.NotNull(a[1], "output")
			a[1].Ref().(*stringWriter).to.add(c, f(c, a[0].Str()))
			return types.Null
		})
	}
}

func encodeHTML(c call, s string) string {
	c.Grow(6 * len(s))
	var w strings.Builder
	for _, ch := range s {
		switch {
		case ch == '<':
			w.WriteString("&lt;")
		case ch == '>':
			w.WriteString("&gt;")
		case ch == '&':
			w.WriteString("&amp;")
		case ch == '"':
			w.WriteString("&quot;")
		case ch == '\'':
			w.WriteString("&#39;")
		case ch >= 160 && ch < 256 || ch > 0xFFFF:
			w.WriteString("&#" + strconv.Itoa(int(ch)) + ";")
		default:
			w.WriteRune(ch)
		}
	}
	return w.String()
}
