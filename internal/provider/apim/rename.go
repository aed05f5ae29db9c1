package apim

import (
	"context"
	"strings"

	"gatehouse/internal/arm"
)

// renamed gives a stored service the host name of the domain that the instance has now: it may have
// been deployed under another.
func (p *Provider) renamed(ctx context.Context, r *arm.Resource) *arm.Resource {
	name := strings.ToLower(r.ID.Name()) + p.suffix
	was, _ := strings.CutPrefix(text(r, "gatewayUrl"), "https://")
	if was == "" || was == name {
		return r
	}
	moved, err := p.arm.Update(ctx, r.ID, func(r *arm.Resource) error {
		r.Properties["gatewayUrl"] = "https://" + name
		r.Properties["managementApiUrl"] = "https://" + strings.ToLower(r.ID.Name()) + ".management" + p.suffix
		hosts, _ := r.Properties["hostnameConfigurations"].([]any)
		for _, e := range hosts {
			if h, ok := e.(map[string]any); ok && h["hostName"] == was {
				h["hostName"] = name
			}
		}
		return nil
	})
	if err != nil {
		p.logger.Error("a service keeps the host name of another domain; put it again", "service", r.ID.String(), "host", was, "error", err)
		return r
	}
	p.logger.Warn("a service has another host name, since the domain of the instance has changed", "service", r.ID.String(), "was", was, "is", name)
	return moved
}
