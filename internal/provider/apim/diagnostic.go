package apim

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
)

func isDiagnostic(typ string) bool {
	return strings.EqualFold(typ, TypeDiagnostics) || strings.EqualFold(typ, TypeAPIDiagnostics)
}

// diagnosticName: a service or API has one diagnostic for each kind of logger.
func diagnosticName(name string) error {
	switch strings.ToLower(name) {
	case "applicationinsights", "azuremonitor", "azureeventhub", "local":
		return nil
	}
	return errors.New("it must be applicationinsights, azuremonitor or local")
}

// diagnosticLoggers are the types of loggers that diagnostics send to.
var diagnosticLoggers = map[string]string{"applicationinsights": "applicationInsights", "azuremonitor": "azureMonitor", "azureeventhub": "azureEventHub"}

// putDiagnostic follows https://learn.microsoft.com/rest/api/apimanagement/diagnostic/create-or-update.
func (p *Provider) putDiagnostic(ctx context.Context, r *arm.PutRequest) (*arm.Resource, error) {
	made, err := r.Resource()
	if err != nil {
		return nil, err
	}
	f := newFields(made.Properties)
	f.only([]string{"alwaysLog", "loggerId", "sampling", "frontend", "backend", "logClientIp", "httpCorrelationProtocol", "verbosity", "operationNameFormat", "metrics"}, nil)
	if err := p.checkDiagnosticLogger(ctx, f, r); err != nil {
		return nil, err
	}
	for name, set := range map[string][]string{"alwaysLog": {"allErrors"}, "httpCorrelationProtocol": {"None", "Legacy", "W3C"},
		"verbosity": {"verbose", "information", "error"}, "operationNameFormat": {"Name", "Url"}} {
		if made.Properties[name] != nil {
			f.oneOf(name, set[0], set...)
		}
	}
	for _, name := range []string{"logClientIp", "metrics"} {
		if made.Properties[name] != nil {
			f.flag(name, false)
		}
	}
	if s, ok := f.object("sampling"); ok {
		s.only([]string{"samplingType", "percentage"}, nil)
		s.oneOf("samplingType", "fixed", "fixed")
		if n, ok := number(s.m["percentage"]); s.m["percentage"] != nil && (!ok || n < 0 || n > 100) {
			s.wrong("percentage", "'sampling.percentage' must be a number from 0 to 100.")
		}
	}
	for _, side := range []string{"frontend", "backend"} {
		if s, ok := f.object(side); ok {
			s.only([]string{"request", "response"}, nil)
			checkMessageDiagnostic(s, "request")
			checkMessageDiagnostic(s, "response")
		}
	}
	return made, f.err()
}

func (p *Provider) checkDiagnosticLogger(ctx context.Context, f *fields, r *arm.PutRequest) error {
	ref := f.text("loggerId", true, 0)
	if ref == "" {
		return nil
	}
	id, ok := mine(serviceOf(r.ID), "loggers", ref)
	var logger *arm.Resource
	if ok {
		var err error
		if logger, err = p.arm.Stored(ctx, id); err != nil {
			return err
		}
	}
	want := diagnosticLoggers[strings.ToLower(r.ID.Name())]
	switch {
	case logger == nil:
		f.wrong("loggerId", "'loggerId' must be the ID of a logger of this service: '%s' is not found.", ref)
	case want != "" && text(logger, "loggerType") != want:
		f.wrong("loggerId", "The diagnostic '%s' needs a logger of the type %s; '%s' is of the type %s.", r.ID.Name(), want, logger.Name, text(logger, "loggerType"))
	default:
		f.m["loggerId"] = logger.ID.String()
	}
	return nil
}

// maxDiagnosticBody is how much of a body a diagnostic may log.
const maxDiagnosticBody = 8192

// checkMessageDiagnostic is HttpMessageDiagnostic.
func checkMessageDiagnostic(f *fields, name string) {
	m, ok := f.object(name)
	if !ok {
		return
	}
	m.only([]string{"headers", "body", "dataMasking"}, nil)
	m.texts("headers")
	if b, ok := m.object("body"); ok {
		b.only([]string{"bytes"}, nil)
		if n := b.number("bytes"); n != nil && (*n < 0 || *n > maxDiagnosticBody) {
			b.wrong("bytes", "'%s' must be a number from 0 to %d.", b.at+"bytes", maxDiagnosticBody)
		}
	}
	masking, ok := m.object("dataMasking")
	if !ok {
		return
	}
	masking.only([]string{"queryParams", "headers"}, nil)
	for _, list := range []string{"queryParams", "headers"} {
		for _, e := range masking.objects(list) {
			e.only([]string{"value", "mode"}, nil)
			e.text("value", true, 0)
			e.oneOf("mode", "Mask", "Mask", "Hide")
		}
	}
}

// number is a JSON number.
func number(v any) (float64, bool) {
	switch v := v.(type) {
	case json.Number:
		n, err := v.Float64()
		return n, err == nil
	case float64:
		return v, true
	case int:
		return float64(v), true
	}
	return 0, false
}

// putCache: policies use the gateway's own cache. https://learn.microsoft.com/rest/api/apimanagement/cache/create-or-update
func (p *Provider) putCache(_ context.Context, r *arm.PutRequest) (*arm.Resource, error) {
	return nil, azerr.APIMNotSupported.New("The external cache '"+r.ID.Name()+"'", "policies use the gateway's built-in cache, which needs no resource (caching-type=\"internal\" or \"prefer-external\")")
}
