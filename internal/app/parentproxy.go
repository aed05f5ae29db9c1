package app

import (
	"net/url"

	"golang.org/x/net/http/httpproxy"
)

// parentProxy finds the proxy that leads out of this network, as the environment in which
// the server was started names it (HTTPS_PROXY, NO_PROXY). Our own, which a shell that has
// evaluated `gatehouse env` names, is none: it would go round in circles.
func parentProxy(environment *httpproxy.Config, own string) func(*url.URL) (*url.URL, error) {
	find := environment.ProxyFunc()
	return func(u *url.URL) (*url.URL, error) {
		parent, err := find(u)
		if err != nil || parent == nil || parent.Host == own {
			return nil, err
		}
		return parent, nil
	}
}
