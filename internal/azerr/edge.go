package azerr

// What the listener and the proxy answer themselves, before any service is reached.
// The code of a wrong host is Resource Manager's; Azure's own front ends answer such
// requests with pages of HTML, which no client parses.
var (
	EdgeUnknownHost = &Code{Code: "HostNotFound", Status: 404, Format: "No service here has the host name '%s'. Check the name, and that the vault or API Management service has been deployed here."}
	EdgeMisdirected = &Code{Code: "MisdirectedRequest", Status: 421, Format: "The request for host '%s' came over a connection that was made for '%s', whose TLS settings differ. Open a new connection whose server name (SNI) is the host (RFC 9110, section 15.5.20)."}
	ProxyMethod     = &Code{Code: "MethodNotAllowed", Status: 405, Format: "This is a proxy for https alone and serves CONNECT only; it got %s %s. Use https, or take this proxy out of HTTP_PROXY."}
	ProxyForbidden  = &Code{Code: "Forbidden", Status: 403, Format: "%s"}
	ProxyBadTarget  = &Code{Code: "BadRequest", Status: 400, Format: "CONNECT needs HOST:PORT; it got '%s'."}
	ProxyDial       = &Code{Code: "BadGateway", Status: 502, Format: "The proxy could not reach %s: %s"}
)
