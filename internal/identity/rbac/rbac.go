// Package rbac decides whether role assignments allow an action. Decide is pure:
// assignments, definitions and a request in, a Decision out. BuiltIn holds the
// role definitions of Azure that this program knows, with their real actions.
// Start at Decide; Authorizer is what domains take.
//
// It stores nothing: provider/authorization keeps assignments and implements
// Authorizer over Decide.
package rbac

import (
	"context"
	"slices"
	"strings"

	"gatehouse/internal/identity"
	"gatehouse/internal/resourceid"
)

// Permission is one set of a role definition. Patterns may hold '*', which
// stands for any text, slashes included; they are compared without regard to case.
type Permission struct {
	Actions        []string `json:"actions"`
	NotActions     []string `json:"notActions"`
	DataActions    []string `json:"dataActions"`
	NotDataActions []string `json:"notDataActions"`
}

// RoleDefinition is a built-in or custom role. ID is its GUID.
type RoleDefinition struct {
	ID               string
	Name             string // roleName, e.g. "Key Vault Secrets User"
	Type             string // BuiltInRole or CustomRole
	Description      string
	Permissions      []Permission
	AssignableScopes []string
}

// Assignment gives the role to the principal at the scope and below.
type Assignment struct {
	ID            resourceid.ID // of the assignment
	PrincipalID   string        // object ID
	PrincipalType identity.PrincipalType
	RoleID        string // GUID of the role definition, lower case
	Scope         resourceid.ID
}

// Request is what a principal asks to do. Principals are the object IDs of the
// caller and of the groups that it is in.
type Request struct {
	Principals []string
	Action     string
	Data       bool
	Scope      resourceid.ID
	Above      []resourceid.ID // management groups that Scope lies in, which its ID does not show
}

// under reports whether an assignment at the scope holds for r.
func (r Request) under(scope resourceid.ID) bool {
	return r.Scope.Within(scope) || slices.ContainsFunc(r.Above, scope.Equal)
}

// The reasons of a Decision, as Azure's Forbidden message of Key Vault names them.
const (
	ReasonAllowed     = "AllowedByRoleAssignment"
	ReasonNoValidRBAC = "DeniedWithNoValidRBAC"
)

// Decision is the answer. Assignment and Definition are those that allow; nil when denied.
type Decision struct {
	Allowed    bool
	Reason     string
	Assignment *Assignment
	Definition *RoleDefinition
}

// Authorizer decides for a caller, with the assignments of the tenant.
type Authorizer interface {
	Authorize(ctx context.Context, c identity.Caller, action string, data bool, scope resourceid.ID) Decision
}

// Decide allows r when an assignment to one of its principals, at its scope or
// above, has a role with a permission that lists the action and does not take it
// away again. NotActions subtract from their own permission set only; they deny
// nothing that another assignment gives. The first such assignment is returned.
//
// https://learn.microsoft.com/azure/role-based-access-control/overview#how-azure-rbac-determines-if-a-user-has-access-to-a-resource
func Decide(as []Assignment, defs func(id string) (RoleDefinition, bool), r Request) Decision {
	for i := range as {
		a := &as[i]
		if !r.names(a.PrincipalID) || !r.under(a.Scope) {
			continue
		}
		d, ok := defs(a.RoleID)
		if ok && d.Allows(r.Action, r.Data) {
			found, definition := *a, d // copies, so that d needs no memory of its own where it does not allow
			return Decision{Allowed: true, Reason: ReasonAllowed, Assignment: &found, Definition: &definition}
		}
	}
	return Decision{Reason: ReasonNoValidRBAC}
}

func (r Request) names(principal string) bool {
	for _, p := range r.Principals {
		if p != "" && strings.EqualFold(p, principal) {
			return true
		}
	}
	return false
}

// Allows reports whether one of d's permission sets gives the action.
func (d RoleDefinition) Allows(action string, data bool) bool {
	for _, p := range d.Permissions {
		give, take := p.Actions, p.NotActions
		if data {
			give, take = p.DataActions, p.NotDataActions
		}
		if matchAny(give, action) && !matchAny(take, action) {
			return true
		}
	}
	return false
}

func matchAny(patterns []string, action string) bool {
	for _, p := range patterns {
		if Match(p, action) {
			return true
		}
	}
	return false
}

// Match reports whether pattern covers action. '*' stands for any text.
func Match(pattern, action string) bool {
	first, rest, wild := strings.Cut(pattern, "*")
	if !wild {
		return strings.EqualFold(pattern, action)
	}
	if len(action) < len(first) || !strings.EqualFold(action[:len(first)], first) {
		return false
	}
	action = action[len(first):]
	for {
		part, after, more := strings.Cut(rest, "*")
		if !more {
			return len(action) >= len(part) && strings.EqualFold(action[len(action)-len(part):], part)
		}
		i := indexFold(action, part)
		if i < 0 {
			return false
		}
		action, rest = action[i+len(part):], after
	}
}

func indexFold(s, part string) int {
	for i := 0; i+len(part) <= len(s); i++ {
		if strings.EqualFold(s[i:i+len(part)], part) {
			return i
		}
	}
	return -1
}
