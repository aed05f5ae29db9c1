package authorization

import (
	"regexp"
	"strings"

	"gatehouse/internal/azerr"
	"gatehouse/internal/identity/rbac"
	"gatehouse/internal/resourceid"
)

// The clauses that Azure's $filter of this provider knows. A quote in a value is doubled.
var (
	clauseAtScope  = regexp.MustCompile(`(?i)^atScope\(\)$`)
	clauseBelow    = regexp.MustCompile(`(?i)^atScopeAndBelow\(\)$`)
	clauseAssigned = regexp.MustCompile(`(?i)^assignedTo\('([^']*)'\)$`)
	clauseEquals   = regexp.MustCompile(`(?i)^(principalId|roleName|type) eq '((?:[^']|'')*)'$`)
	clauseAnd      = regexp.MustCompile(`(?i) and `)
)

// clauses splits a filter at `and`, outside of quotes.
func clauses(s string) []string {
	s = strings.TrimSpace(s)
	if s == "" {
		return nil
	}
	var parts []string
	begin := 0
	for _, m := range clauseAnd.FindAllStringIndex(s, -1) {
		if strings.Count(s[:m[0]], "'")%2 == 0 {
			parts = append(parts, strings.TrimSpace(s[begin:m[0]]))
			begin = m[1]
		}
	}
	return append(parts, strings.TrimSpace(s[begin:]))
}

func assignmentFilter(filter string, inForce func(assigned resourceid.ID) bool) (func(rbac.Assignment) bool, error) {
	var tests []func(rbac.Assignment) bool
	for _, c := range clauses(filter) {
		principal := ""
		if m := clauseAssigned.FindStringSubmatch(c); m != nil {
			principal = m[1]
		} else if m := clauseEquals.FindStringSubmatch(c); m != nil && strings.EqualFold(m[1], "principalId") {
			principal = m[2]
		} else if clauseAtScope.MatchString(c) {
			tests = append(tests, func(a rbac.Assignment) bool { return inForce(a.Scope) })
			continue
		} else {
			return nil, azerr.InvalidAuthorizationFilter.New(filter)
		}
		tests = append(tests, func(a rbac.Assignment) bool { return strings.EqualFold(a.PrincipalID, principal) })
	}
	return func(a rbac.Assignment) bool { return all(tests, a) }, nil
}

func definitionFilter(filter string) (func(rbac.RoleDefinition) bool, error) {
	var tests []func(rbac.RoleDefinition) bool
	for _, c := range clauses(filter) {
		m := clauseEquals.FindStringSubmatch(c)
		switch {
		case clauseAtScope.MatchString(c), clauseBelow.MatchString(c): // roles of the directory are at every scope
		case m != nil && strings.EqualFold(m[1], "roleName"):
			tests = append(tests, func(d rbac.RoleDefinition) bool {
				return strings.EqualFold(d.Name, strings.ReplaceAll(m[2], "''", "'"))
			})
		case m != nil && strings.EqualFold(m[1], "type"):
			tests = append(tests, func(d rbac.RoleDefinition) bool { return strings.EqualFold(d.Type, m[2]) })
		default:
			return nil, azerr.InvalidRoleDefinitionsFilter.New(filter)
		}
	}
	return func(d rbac.RoleDefinition) bool { return all(tests, d) }, nil
}

func all[T any](tests []func(T) bool, v T) bool {
	for _, t := range tests {
		if !t(v) {
			return false
		}
	}
	return true
}
