package lib

import (
	"strconv"
	"strings"

	"gatehouse/internal/csharp/types"
)

// What UriComponents has bits for, in the order in which a URI has them.
const (
	uriScheme = 1 << iota
	uriUser
	uriHost
	uriPort
	uriPath
	uriQuery
	uriFragment
	uriStrongPort
	uriNormalHost
	uriDelimiters = 1 << 30
)

// components is Uri.GetComponents: the parts with the delimiters between them; a part alone has
// none of its own unless it is to be kept.
func (x *uri) components(parts int, decode func(string) string) string {
	keep := parts&uriDelimiters != 0
	parts &^= uriDelimiters
	with := func(other int) bool { return keep || parts&other != 0 }
	alone := func(s, delimiter string, part int) string {
		if keep || parts&^part != 0 {
			return s
		}
		return strings.TrimPrefix(s, delimiter)
	}
	var b strings.Builder
	if parts&uriScheme != 0 {
		b.WriteString(x.u.Scheme)
		if with(^uriScheme) {
			b.WriteString(strings.TrimPrefix(x.start(), x.u.Scheme))
		}
	}
	if user := x.u.User.String(); parts&uriUser != 0 && user != "" {
		b.WriteString(decode(user))
		if with(^uriUser) {
			b.WriteString("@")
		}
	}
	if parts&(uriHost|uriNormalHost) != 0 {
		b.WriteString(x.bracketedHost())
	}
	if port := x.port(); parts&uriStrongPort != 0 && port >= 0 || parts&uriPort != 0 && port != defaultPort(x.u.Scheme) && port >= 0 {
		if with(^(uriPort | uriStrongPort)) {
			b.WriteString(":")
		}
		b.WriteString(strconv.Itoa(port))
	}
	if parts&uriPath != 0 {
		b.WriteString(decode(alone(x.path(), "/", uriPath)))
	}
	if parts&uriQuery != 0 {
		b.WriteString(decode(alone(x.query(), "?", uriQuery)))
	}
	if parts&uriFragment != 0 {
		b.WriteString(decode(alone(x.fragment(), "#", uriFragment)))
	}
	return b.String()
}

// start is the scheme with what divides it from the rest.
func (x *uri) start() string {
	if x.u.Host == "" && x.u.Scheme != "file" {
		return x.u.Scheme + ":"
	}
	return x.u.Scheme + "://"
}

func (x *uri) bracketedHost() string {
	if host := x.host(); strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return x.host()
}

// relativeTo is Uri.MakeRelativeUri: the way from x to y, and y itself when it has another server.
func (x *uri) relativeTo(y *uri) *uri {
	if x.u.Scheme != y.u.Scheme || x.host() != y.host() || x.port() != y.port() {
		return y
	}
	way := pathDifference(x.path(), y.path())
	if first, _, _ := strings.Cut(way, "/"); strings.Contains(first, ":") {
		way = "./" + way // else the first segment would read as a scheme (RFC 3986 4.2)
	}
	return &uri{text: way + y.query() + y.fragment()}
}

func pathDifference(from, to string) string {
	i, slash := 0, -1
	for ; i < len(from) && i < len(to) && from[i] == to[i]; i++ {
		if from[i] == '/' {
			slash = i
		}
	}
	switch {
	case i == 0:
		return to
	case from == to:
		return ""
	}
	up := strings.Repeat("../", strings.Count(from[i:], "/"))
	if up == "" && len(to)-1 == slash {
		return "./"
	}
	return up + to[slash+1:]
}

// isBaseOf is Uri.IsBaseOf: y has all the folders of x; the last segment of x and its query do not count.
func (x *uri) isBaseOf(y *uri) bool {
	const url = uriScheme | uriUser | uriHost | uriPort | uriPath
	base := x.components(url, unescapeSafely)
	return strings.HasPrefix(y.components(url, unescapeSafely), base[:strings.LastIndexByte(base, '/')+1])
}

// uriParts adds the members of System.Uri that take a URI to pieces or compare two.
func uriParts(r *types.Registry) {
	r.Enum("System.UriComponents", "Scheme=1", "UserInfo=2", "Host=4", "Port=8", "Path=16", "Query=32", "Fragment=64", "StrongPort=128", "NormalizedHost=256",
		"KeepDelimiter=1073741824", "AbsoluteUri=127", "HostAndPort=132", "StrongAuthority=134", "SchemeAndServer=13", "HttpRequestUrl=61", "PathAndQuery=48").Flags()
	r.Enum("System.UriFormat", "UriEscaped=1", "Unescaped=2", "SafeUnescaped=3")
	b := r.Class("System.Uri")
	b.Method("string GetComponents(UriComponents components, UriFormat format)", func(c call, a []val) val {
		return str(absoluteURI(c, a[0]).components(a[1].Int(), decoderOf(c, a[2].Int())))
	})
	b.Method("Uri MakeRelativeUri(Uri uri)", func(c call, a []val) val {
		c.NotNull(a[1], "uri")
		return types.Ref(absoluteURI(c, a[0]).relativeTo(absoluteURI(c, a[1])))
	})
	b.Method("bool IsBaseOf(Uri uri)", func(c call, a []val) val {
		c.NotNull(a[1], "uri")
		x, y := a[0].Ref().(*uri), a[1].Ref().(*uri)
		return types.Bool(x.u != nil && y.u != nil && x.isBaseOf(y))
	})
	b.Method("bool IsWellFormedOriginalString()", self(func(x *uri) val { return types.Bool(escapePart(x.text) == x.text) }))
}

func absoluteURI(c call, v val) *uri {
	x := v.Ref().(*uri)
	if x.u == nil {
		invalid(c.Run, "This operation is not supported for a relative URI.")
	}
	return x
}

// decoderOf is what a UriFormat does to a part.
func decoderOf(c call, format int) func(string) string {
	switch format {
	case 1:
		return func(s string) string { return s }
	case 2:
		return unescape
	case 3:
		return unescapeSafely
	}
	c.OutOfRange("format", "Specified argument was out of the range of valid values.")
	return nil
}
