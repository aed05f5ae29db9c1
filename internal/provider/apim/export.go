package apim

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/provider/apim/openapi"
	"gatehouse/internal/resourceid"
)

// exportFormats are the formats of exports, and the content type of each.
// https://learn.microsoft.com/rest/api/apimanagement/api-export/get#exportformat
var exportFormats = map[string]string{openapi.FormatYAML: "application/vnd.oai.openapi", openapi.FormatJSON: "application/vnd.oai.openapi+json", openapi.FormatSwagger: "application/vnd.swagger.doc+json"}

// refusedExports are those that this server refuses, each with the reason.
var refusedExports = map[string]string{"wadl-link": "WADL is not written", "wsdl-link": "there are no SOAP APIs"}

// linkTime is how long the link of an export opens.
const linkTime = 5 * time.Minute

// exportAPI answers a GET with export=true: with a link to the document, as Azure does, or for a format without -link
// with the document itself.
func (p *Provider) exportAPI(ctx context.Context, r *arm.ExportRequest) (any, error) {
	if !strings.EqualFold(arm.Query(r.Query, "export"), "true") {
		return nil, nil
	}
	asked := strings.ReplaceAll(strings.ToLower(arm.Query(r.Query, "format")), " ", "+") // a + that was not escaped
	format, link := strings.CutSuffix(asked, "-link")
	if why := refusedExports[asked]; why != "" {
		return nil, azerr.APIMNotSupported.New("The export format '"+asked+"'", why)
	}
	if exportFormats[format] == "" {
		return nil, fieldError("format", "'format' must be one of "+strings.Join(slices.Sorted(maps.Keys(exportFormats)), ", ")+", each also with -link, not '"+asked+"'.")
	}
	id := r.Resource.ID
	var value any
	if link {
		token, err := p.exportToken(exportLink{ID: id, Format: format, Until: p.now().Add(linkTime).Unix()})
		if err != nil {
			return nil, err
		}
		value = map[string]any{"link": r.Base + exportPath + "?token=" + url.QueryEscape(token)}
	} else {
		text, err := p.definitionOf(ctx, id, format)
		if err != nil {
			return nil, err
		}
		value = string(text)
	}
	return map[string]any{"id": id.String(), "name": r.Resource.Name, "type": TypeAPIs, "format": asked, "value": value,
		"properties": map[string]any{"format": asked, "value": value}}, nil
}

// definitionOf writes what an API is as a document.
func (p *Provider) definitionOf(ctx context.Context, id resourceid.ID, format string) ([]byte, error) {
	api, err := p.arm.Named(ctx, id)
	if err != nil {
		return nil, err
	}
	if api == nil {
		return nil, azerr.APIMNotFound.New("API '" + id.Name() + "'")
	}
	service, err := p.arm.Stored(ctx, serviceOf(id))
	if err != nil || service == nil {
		return nil, err
	}
	below, err := p.arm.Below(ctx, api.ID, func(typ string) bool {
		return strings.EqualFold(typ, TypeOperations) || strings.EqualFold(typ, TypeAPISchemas)
	})
	if err != nil {
		return nil, err
	}
	e := &openapi.Export{Title: text(api, "displayName"), Description: text(api, "description"), Version: text(api, "apiVersion"),
		Server: strings.TrimSuffix(text(service, "gatewayUrl")+"/"+text(api, "path"), "/")}
	if api.Properties["subscriptionRequired"] == true {
		keys, _ := api.Properties["subscriptionKeyParameterNames"].(map[string]any)
		e.KeyHeader, _ = keys["header"].(string)
		e.KeyQuery, _ = keys["query"].(string)
	}
	for _, r := range below {
		if document, ok := r.Properties["document"].(map[string]any); ok {
			e.Schemas = append(e.Schemas, document)
		} else if r.ID.IsType(TypeOperations) {
			e.Operations = append(e.Operations, openapi.Operation{Name: r.Name, Method: text(r, "method"), Template: text(r, "urlTemplate"), Properties: r.Properties})
		}
	}
	return openapi.Write(e, format)
}

// exportLink is what the link of an export opens. It needs no other right than to have it, as Azure's links do.
type exportLink struct {
	ID     resourceid.ID `json:"id"`
	Format string        `json:"format"`
	Until  int64         `json:"until"`
}

const exportPath = "/providers/Microsoft.ApiManagement/exports"

// exportToken is the link signed by this process: it ends with it.
func (p *Provider) exportToken(l exportLink) (string, error) {
	data, err := json.Marshal(l)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(append(p.signature(data), data...)), nil
}

func (p *Provider) signature(data []byte) []byte {
	m := hmac.New(sha256.New, p.exportKey[:])
	m.Write(data)
	return m.Sum(nil)
}

// Routes are the paths that are no resource's.
func (p *Provider) Routes() []arm.Route {
	return []arm.Route{{Method: http.MethodGet, Pattern: exportPath, Anonymous: true, Run: p.openExport}}
}

// openExport answers the link of an export.
func (p *Provider) openExport(ctx context.Context, r *arm.Request) (*arm.Answer, error) {
	data, err := base64.RawURLEncoding.DecodeString(arm.Query(r.Query, "token"))
	var l exportLink
	if err != nil || len(data) <= sha256.Size || !hmac.Equal(data[:sha256.Size], p.signature(data[sha256.Size:])) || json.Unmarshal(data[sha256.Size:], &l) != nil || p.now().Unix() > l.Until {
		return nil, azerr.APIMLinkEnded.New()
	}
	document, err := p.definitionOf(ctx, l.ID, l.Format)
	if err != nil {
		return nil, err
	}
	return &arm.Answer{Body: arm.Raw{ContentType: exportFormats[l.Format], Data: document}}, nil
}
