package policy

import "strings"

// redirectContentURLs compiles <redirect-content-urls>: links of the backend in a response
// become links of the gateway; in inbound, the other way round in the request. No header changes.
// https://learn.microsoft.com/azure/api-management/redirect-content-urls-policy
func (c *compiler) redirectContentURLs(e *element) builder {
	c.noChildren(e)
	return c.simple(e, func(ex *Exchange) error {
		backend, gateway := ex.backendBase(), ex.gatewayBase()
		if backend == "" || gateway == "" {
			return nil
		}
		from, to := gateway, backend
		if ex.phase == responsePhase {
			from, to = backend, gateway
		}
		text, err := ex.messageText()
		if err == nil && strings.Contains(text, from) {
			ex.setMessageText(strings.ReplaceAll(text, from, to))
		}
		return err
	})
}

func (ex *Exchange) backendBase() string {
	u := ex.Backend.URL
	if u == "" && ex.API != nil {
		u = ex.API.ServiceURL
	}
	return strings.TrimRight(u, "/")
}

func (ex *Exchange) gatewayBase() string {
	if ex.Request.Host == "" {
		return ""
	}
	base := "https://" + ex.Request.Host
	if ex.API != nil && ex.API.Path != "" {
		base += "/" + ex.API.Path
	}
	return base
}
