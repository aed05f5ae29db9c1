package template

import (
	"context"
	"errors"

	"gatehouse/internal/resourceid"
)

// Runtime answers the functions of a template that read resources: reference(),
// references(), list*() and the properties of `existing` resources.
type Runtime interface {
	// Reference returns a resource as GET shows it (id, name, type, location, properties and
	// so on). apiVersion can be empty. When the resource is not there the error wraps
	// ErrNotFound; what-if also answers ErrUnknown, or a resource with ErrPartial.
	Reference(ctx context.Context, id resourceid.ID, apiVersion string) (map[string]any, error)
	// List runs POST id/function, such as listKeys, listSecrets or listOutputsWithSecureValues. What-if also answers
	// ErrUnknown, or what it knows with ErrPartial.
	List(ctx context.Context, id resourceid.ID, apiVersion, function string, body map[string]any) (any, error)
}

// What a Runtime says when it has no whole resource.
var (
	ErrNotFound = errors.New("the resource is not found")
	ErrUnknown  = errors.New("the resource is known after the deployment only")
	ErrPartial  = errors.New("the resource is a prediction: what it lacks is known after the deployment only")
)
