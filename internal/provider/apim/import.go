package apim

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/provider/apim/openapi"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/store"
)

// importFormats are the formats of an API's 'value': whether it is a link.
// https://learn.microsoft.com/rest/api/apimanagement/apis/create-or-update#contentformat
var importFormats = map[string]bool{"openapi": false, "openapi+json": false, "swagger-json": false, "openapi-link": true, "openapi+json-link": true, "swagger-link-json": true}

// refusedFormats are those that this server refuses, each with the reason.
var refusedFormats = map[string]string{
	"wsdl": "SOAP APIs can't be imported", "wsdl-link": "SOAP APIs can't be imported", "wadl-xml": "WADL can't be imported", "wadl-link-json": "WADL can't be imported",
	"graphql-link": "GraphQL APIs are not supported", "odata": "OData APIs are not supported", "odata-link": "OData APIs are not supported",
	"grpc": "put a gRPC API without a definition: its calls pass through", "grpc-link": "put a gRPC API without a definition: its calls pass through",
}

// readImport reads format and value of an API, and takes title, description and server from what they
// describe; nil when there is nothing to import.
func (p *Provider) readImport(ctx context.Context, f *fields, r *arm.PutRequest) *openapi.API {
	format, value := f.text("format", false, 0), f.text("value", false, 0)
	queries := f.oneOf("translateRequiredQueryParameters", "template", "template", "query")
	for _, once := range []string{"format", "value", "translateRequiredQueryParameters", "wsdlSelector"} {
		delete(f.m, once)
	}
	if format == "" && value == "" {
		return nil
	}
	link, known := importFormats[strings.ToLower(format)]
	if why, no := refusedFormats[strings.ToLower(format)]; no {
		f.wrong("format", "The format '%s' is not supported by this server: %s.", format, why)
		return nil
	}
	switch {
	case !known:
		f.wrong("format", "'format' must be one of %s, not '%s'.", strings.Join(slices.Sorted(maps.Keys(importFormats)), ", "), format)
		return nil
	case value == "":
		f.wrong("value", "'value' must not be empty: it holds the definition in the format %s.", format)
		return nil
	}
	if link {
		if value = p.fetch(ctx, f, "value", value); value == "" {
			return nil
		}
	}
	api, err := openapi.Read(value, openapi.Options{SchemaID: importedSchema(r.ID), QueryInTemplate: queries == "template"})
	if err != nil {
		problems := openapi.Problems{err.Error()}
		errors.As(err, &problems)
		for _, problem := range problems {
			f.wrong("value", "Parsing error(s): %s", problem)
		}
		return nil
	}
	checkImport(f, api)
	for name, text := range map[string]string{"displayName": api.Title, "description": api.Description, "serviceUrl": api.ServiceURL} {
		if empty(f.m[name]) && text != "" {
			f.m[name] = text
		}
	}
	return api
}

// importedSchema is the ID of the schema that an import makes for an API.
func importedSchema(api resourceid.ID) string {
	sum := sha256.Sum256([]byte(api.Key()))
	return hex.EncodeToString(sum[:12])
}

// checkImport checks the operations as if they were put, and that no two are the same.
func checkImport(f *fields, api *openapi.API) {
	seen := map[string]string{}
	for _, o := range api.Operations {
		own := &fields{m: o.Properties, problems: new([]*azerr.Error)}
		checkOperation(own)
		for _, problem := range *own.problems {
			f.wrong("value", "The operation '%s' can't be imported: %s", o.Name, problem.Message)
		}
		key := operationKey(o.Method, o.Template)
		if other, twice := seen[key]; twice {
			f.wrong("value", "The operations '%s' and '%s' have the same method and URL template: %s, %s.", other, o.Name, o.Method, o.Template)
		}
		seen[key] = o.Name
	}
	if api.Schema != nil {
		if data, err := json.Marshal(api.Schema.Document); err != nil || len(data) > store.MaxValue-4096 {
			f.wrong("value", "The schemas of the definition are larger than %d bytes.", store.MaxValue-4096)
		}
	}
}

// fetch reads the document that a link names, where the site lets it.
func (p *Provider) fetch(ctx context.Context, f *fields, name, link string) string {
	if p.links == nil {
		f.wrong(name, "Links are not followed by this server: send the document itself.")
		return ""
	}
	data, err := p.links(ctx, link)
	if err != nil {
		f.wrong(name, "The link '%s' can't be read: %s", link, err)
		return ""
	}
	return string(data)
}

// applyImport makes the operations and the schema of an API those of its definition. An operation is known
// by its name; a new one takes the policy of one that had its method and template. What the definition
// does not have goes. https://learn.microsoft.com/azure/api-management/api-management-api-import-restrictions#update-an-existing-api-via-openapi-import
func (t *subtree) applyImport(from *openapi.API) error {
	policies := t.clearOperations(from)
	schema := importedSchema(t.api)
	if from.Schema != nil {
		if err := t.put(TypeAPISchemas, map[string]any{"contentType": from.Schema.ContentType, "document": from.Schema.Document}, nil, "schemas", schema); err != nil {
			return err
		}
	} else if old := t.at("schemas", schema); old != nil {
		t.remove(old.ID)
	}
	for _, o := range from.Operations {
		if err := t.put(TypeOperations, o.Properties, nil, "operations", o.Name); err != nil {
			return err
		}
		policy := policies[operationKey(o.Method, o.Template)]
		if policy == nil {
			policy = policies[strings.ToLower(o.Name)]
		}
		if policy == nil {
			continue
		}
		if err := t.put(TypeOperationPolicies, policy.Properties, policy.Private, "operations", o.Name, "policies", "policy"); err != nil {
			return err
		}
	}
	return nil
}

func operationKey(method, template string) string {
	return method + " " + templateParameter.ReplaceAllString(template, "{}")
}

// clearOperations takes away the operations that the definition does not have as they are. It returns the
// policies of those, by name and by method and template.
func (t *subtree) clearOperations(from *openapi.API) map[string]*arm.Resource {
	wanted := map[string]string{}
	for _, o := range from.Operations {
		wanted[strings.ToLower(o.Name)] = operationKey(o.Method, o.Template)
	}
	policies := map[string]*arm.Resource{}
	for _, o := range t.operations() {
		name, key := o.ID.Name(), operationKey(text(o, "method"), text(o, "urlTemplate"))
		if wanted[strings.ToLower(name)] == key {
			continue
		}
		if policy := t.at("operations", name, "policies", "policy"); policy != nil {
			policies[key], policies[strings.ToLower(name)] = policy, policy
		}
		t.remove(o.ID)
	}
	return policies
}
