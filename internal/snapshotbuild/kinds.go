package snapshotbuild

import (
	"strings"

	"gatehouse/internal/arm"
	"gatehouse/internal/provider/apim"
	"gatehouse/internal/snapshot"
)

// kind says what a resource of a type changes in the tree. The names are those of the ID, in lower
// case, the service's first.
type kind struct {
	put    func(s *service, n []string, r *arm.Resource, revision int64) error
	remove func(s *service, n []string, revision int64)
}

// kinds are the types of which a snapshot is made, by lower-case name.
var kinds = lowerKeys(map[string]kind{
	apim.TypeService:           single(func(s *service, _ []string) *item[*snapshot.Service] { return &s.base }, baseOf),
	apim.TypePolicies:          single(func(s *service, _ []string) *item[snapshot.Policy] { return &s.policy }, policyOf),
	apim.TypeFragments:         named(func(s *service, _ []string) map[string]item[snapshot.Policy] { return s.fragments }, policyOf),
	apim.TypeBackends:          named(backendsOf, func(r *arm.Resource) *arm.Resource { return r }),
	apim.TypeNamedValues:       named(namedValuesOf, namedOf),
	apim.TypeCertificates:      tried(func(s *service, _ []string) map[string]item[*snapshot.Certificate] { return s.certificates }, certificateOf),
	apim.TypeSubscriptions:     named(func(s *service, _ []string) map[string]item[*snapshot.Subscription] { return s.subs }, subscriptionOf),
	apim.TypeSchemas:           named(func(s *service, _ []string) map[string]item[snapshot.Schema] { return s.schemas }, schemaOf),
	apim.TypeLoggers:           named(func(s *service, _ []string) map[string]item[*snapshot.Logger] { return s.loggers }, loggerOf),
	apim.TypeVersionSets:       named(versionSetsOf, versionSetOf),
	apim.TypeProducts:          single(func(s *service, n []string) *item[*snapshot.Product] { return &s.product(n[1]).base }, productOf),
	apim.TypeProductPolicies:   single(func(s *service, n []string) *item[snapshot.Policy] { return &s.product(n[1]).policy }, policyOf),
	apim.TypeProductAPIs:       named(func(s *service, n []string) map[string]item[bool] { return s.product(n[1]).apis }, there),
	apim.TypeProductGroups:     named(func(s *service, n []string) map[string]item[bool] { return s.product(n[1]).groups }, there),
	apim.TypeUsers:             named(func(s *service, _ []string) map[string]item[*snapshot.User] { return s.users }, userOf),
	apim.TypeGroups:            named(func(s *service, _ []string) map[string]item[*snapshot.Group] { return s.groups }, groupOf),
	apim.TypeGroupUsers:        named(func(s *service, n []string) map[string]item[bool] { return s.members }, there).by(func(n []string) string { return n[1] + "/" + n[2] }),
	apim.TypeAPIs:              apiKind,
	apim.TypeAPIPolicies:       single(func(s *service, n []string) *item[snapshot.Policy] { return &s.api(n[1]).policy }, policyOf),
	apim.TypeAPISchemas:        named(func(s *service, n []string) map[string]item[snapshot.Schema] { return s.api(n[1]).schemas }, apiSchemaOf),
	apim.TypeOperations:        single(func(s *service, n []string) *item[*snapshot.Operation] { return &s.api(n[1]).operation(n[2]).base }, operationOf),
	apim.TypeOperationPolicies: single(func(s *service, n []string) *item[snapshot.Policy] { return &s.api(n[1]).operation(n[2]).policy }, policyOf),
})

func lowerKeys(m map[string]kind) map[string]kind {
	out := make(map[string]kind, len(m))
	for name, k := range m {
		out[strings.ToLower(name)] = k
	}
	return out
}

func there(*arm.Resource) bool { return true }

// single is a type of which there is one at a place.
func single[T any](place func(s *service, n []string) *item[T], make func(*arm.Resource) T) kind {
	return kind{
		put: func(s *service, n []string, r *arm.Resource, revision int64) error {
			set(place(s, n), make(r), revision)
			return nil
		},
		remove: func(s *service, n []string, revision int64) {
			var none T
			set(place(s, n), none, revision)
		}}
}

// tried is a type of which there are many at a place, by the last name.
func tried[T any](place func(s *service, n []string) map[string]item[T], make func(*arm.Resource) (T, error)) kind {
	return kind{
		put: func(s *service, n []string, r *arm.Resource, revision int64) error {
			v, err := make(r)
			if err == nil {
				setIn(place(s, n), n[len(n)-1], v, revision)
			}
			return err
		},
		remove: func(s *service, n []string, revision int64) { drop(place(s, n), n[len(n)-1], revision) }}
}

// named is tried where nothing can fail.
func named[T any](place func(s *service, n []string) map[string]item[T], make func(*arm.Resource) T) kind {
	return tried(place, func(r *arm.Resource) (T, error) { return make(r), nil })
}

// by keeps the kind under another name than the last.
func (k kind) by(name func(n []string) string) kind {
	return kind{
		put: func(s *service, n []string, r *arm.Resource, revision int64) error {
			return k.put(s, []string{name(n)}, r, revision)
		},
		remove: func(s *service, n []string, revision int64) { k.remove(s, []string{name(n)}, revision) }}
}

func backendsOf(s *service, _ []string) map[string]item[*arm.Resource] {
	s.dirtyBackends = true
	return s.backends
}

// namedValuesOf: backends are made with named values.
func namedValuesOf(s *service, _ []string) map[string]item[*snapshot.NamedValue] {
	s.dirtyBackends = true
	return s.named
}

// versionSetsOf: APIs are made with their version sets.
func versionSetsOf(s *service, _ []string) map[string]item[*snapshot.VersionSet] {
	s.rebuildAPIs()
	return s.sets
}

// apiKind also notes the version set.
var apiKind = kind{
	put: func(s *service, n []string, r *arm.Resource, revision int64) error {
		a := s.api(n[1])
		set(&a.base, apiOf(r), revision)
		a.set = strings.ToLower(lastSegment(text(r.Properties, "apiVersionSetId")))
		return nil
	},
	remove: func(s *service, n []string, revision int64) { set(&s.api(n[1]).base, nil, revision) },
}
