// Package whatif prints the answer of a deployment's what-if as Azure CLI does: a
// line for each resource, its changes below, in colours on a terminal. It asks no
// server and knows nothing of deployments but that answer. Start at Parse.
//
// Azure CLI's note about false predictions is left out: the services here answer
// what-if themselves, so that what it says is what a deployment does.
package whatif

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"gatehouse/internal/client"
)

// Kinds of change of resources and properties.
const (
	Create      = "Create"
	Delete      = "Delete"
	Deploy      = "Deploy"
	Ignore      = "Ignore"
	Modify      = "Modify"
	NoChange    = "NoChange"
	NoEffect    = "NoEffect"
	Unsupported = "Unsupported"
	array       = "Array"
)

// Kinds are those of resources, in the order of their names.
var Kinds = []string{Create, Delete, Deploy, Ignore, Modify, NoChange, Unsupported}

// Result is what a deployment would change.
type Result struct{ Changes []Change }

// Change is what happens to one resource.
type Change struct {
	ResourceID string         `json:"resourceId"`
	Type       string         `json:"changeType"`
	Before     map[string]any `json:"before"`
	After      map[string]any `json:"after"`
	Delta      []Property     `json:"delta"`
}

// Property is a change of one property, or of what is in it.
type Property struct {
	Path     string     `json:"path"`
	Type     string     `json:"propertyChangeType"`
	Before   any        `json:"before"`
	After    any        `json:"after"`
	Children []Property `json:"children"`
}

// Parse reads the body of an answer. One that failed is an error.
func Parse(body []byte) (*Result, error) {
	var answer struct {
		Status     string        `json:"status"`
		Error      *client.Error `json:"error"`
		Properties struct {
			Changes []Change `json:"changes"`
		} `json:"properties"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, fmt.Errorf("the answer to what-if is not understood: %w", err)
	}
	if answer.Error != nil {
		return nil, answer.Error
	}
	return &Result{answer.Properties.Changes}, nil
}

// Without leaves out changes of the kinds, compared without regard to case.
func (r *Result) Without(kinds []string) *Result {
	out := &Result{}
	for _, c := range r.Changes {
		if !slices.ContainsFunc(kinds, func(k string) bool { return strings.EqualFold(k, c.Type) }) {
			out.Changes = append(out.Changes, c)
		}
	}
	return out
}

// Any reports whether a deployment would change something.
func (r *Result) Any() bool {
	return slices.ContainsFunc(r.Changes, func(c Change) bool { return c.Type != NoChange && c.Type != Ignore })
}

// kind is how a kind of change is shown.
type kind struct{ weight, symbol, color, stats string }

// Colours of Azure CLI.
const (
	orange = "\x1b[38;5;208m"
	green  = "\x1b[38;5;77m"
	purple = "\x1b[38;5;141m"
	blue   = "\x1b[38;5;39m"
	gray   = "\x1b[38;5;246m"
	reset  = "\x1b[0m"
)

var kinds = map[string]kind{
	Delete:      {"0", "-", orange, "to delete"},
	Create:      {"1", "+", green, "to create"},
	Deploy:      {"2", "!", blue, "to deploy"},
	Modify:      {"3", "~", purple, "to modify"},
	array:       {"3", "~", purple, ""},
	NoChange:    {"4", "=", reset, "no change"},
	Unsupported: {"5", "x", gray, "unsupported"},
	Ignore:      {"6", "*", gray, "to ignore"},
	NoEffect:    {"7", "x", gray, ""},
}

func weight(t string) string { return kinds[t].weight }

// scope takes an ID apart into its scope and the rest.
func scope(id string) (scope, rest string) {
	parts := strings.Split(strings.Trim(id, "/"), "/")
	n := 0
	switch {
	case len(parts) >= 4 && strings.EqualFold(parts[0], "subscriptions") && strings.EqualFold(parts[2], "resourceGroups") && len(parts) > 4:
		n = 4
	case len(parts) > 2 && strings.EqualFold(parts[0], "subscriptions"):
		n = 2
	case len(parts) > 4 && strings.EqualFold(parts[0], "providers") && strings.EqualFold(parts[2], "managementGroups"):
		n = 4
	}
	rest = strings.Join(parts[n:], "/")
	return "/" + strings.Join(parts[:n], "/"), strings.TrimPrefix(rest, "providers/")
}
