package edge

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// class is the kind of front end that a host name belongs to. It decides the TLS
// settings and the handler.
type class int

const (
	classUnknown class = iota
	classControl       // management, login, Graph, vaults, Azure DevOps
	classGateway       // API Management services
	classDefault       // localhost and addresses, also no server name
)

// asksCertificate reports whether connections of the class are asked for a client certificate.
func (c class) asksCertificate() bool { return c == classGateway || c == classDefault }

// Names are what an instance is reached by: four names, and two domains with a name for
// each vault and each service below them.
type Names struct {
	Management, Login, Graph, DevOps string
	Vaults, Gateways                 string // domains, without a dot before them
}

// AzureNames are those of Azure's public cloud.
func AzureNames() Names {
	return Names{Management: "management.azure.com", Login: "login.microsoftonline.com", Graph: "graph.microsoft.com", DevOps: "dev.azure.com",
		Vaults: "vault.azure.net", Gateways: "azure-api.net"}
}

// Reserved reports whether host is one of the names, or stands below one of the domains.
func (n Names) Reserved(host string) bool {
	host = canonical(host)
	switch host {
	case n.Management, n.Login, n.Graph, n.DevOps, n.Vaults, n.Gateways:
		return true
	}
	return strings.HasSuffix(host, "."+n.Vaults) || n.Gateway(host)
}

// Gateway reports whether host is the name of a service.
func (n Names) Gateway(host string) bool { return strings.HasSuffix(canonical(host), "."+n.Gateways) }

// Domains are the names and the domains, for the constraints of a CA.
func (n Names) Domains() []string {
	return []string{n.Vaults, n.Gateways, n.Management, n.Login, n.Graph, n.DevOps}
}

// Reserved reports whether host is one of Azure's names that Gatehouse answers for. They are
// never tunnelled to their public owners, deployed here or not.
func Reserved(host string) bool { return AzureNames().Reserved(host) }

// canonical is host in lower case without the dot of the root.
func canonical(host string) string { return strings.TrimSuffix(strings.ToLower(host), ".") }

// hostname is the host of a Host header: without the port, canonical.
func hostname(hostport string) string {
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		return canonical(host)
	}
	return canonical(strings.Trim(hostport, "[]"))
}

// classOf finds the class of a canonical host, or of a server name.
func (s *Server) classOf(host string) class {
	host = canonical(host)
	switch {
	case host == "" || host == "localhost" || isAddress(host):
		return classDefault
	case s.o.Control[host] != nil:
		return classControl
	case s.o.Gateway != nil && (s.o.Names.Gateway(host) || s.o.Gateway.Serves(host)):
		return classGateway
	case s.suffixHandler(host) != nil:
		return classControl
	}
	return classUnknown
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

// suffixHandler finds the handler of the label after the first: ".vault.azure.net" of
// "kv.vault.azure.net".
func (s *Server) suffixHandler(host string) http.Handler {
	dot := strings.IndexByte(host, '.')
	if dot < 1 {
		return nil
	}
	return s.o.Suffix[host[dot:]]
}
