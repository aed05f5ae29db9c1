package template

import (
	"context"

	"gatehouse/internal/resourceid"
)

// Runtime answers the functions of a template that read resources: reference(),
// references(), list*() and the properties of `existing` resources.
type Runtime interface {
	// Reference returns a resource as GET shows it (id, name, type, location, properties and
	// so on). apiVersion can be empty. When the resource is not there the error wraps ErrNotFound.
	Reference(ctx context.Context, id resourceid.ID, apiVersion string) (map[string]any, error)
	// List runs POST id/function, such as listKeys, listSecrets or listOutputsWithSecureValues.
	List(ctx context.Context, id resourceid.ID, apiVersion, function string, body map[string]any) (any, error)
}

type notFound struct{}

func (notFound) Error() string { return "the resource is not found" }

// ErrNotFound is what Runtime.Reference wraps when there is no such resource.
var ErrNotFound error = notFound{}
