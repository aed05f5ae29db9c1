package gateway

import (
	"strings"

	"gatehouse/internal/policy"
	"gatehouse/internal/snapshot"
)

// entry is what an API path stands for: one API, or the versions of one that share the path and
// differ by a header or query parameter.
// https://learn.microsoft.com/azure/api-management/api-management-versions
type entry struct {
	plain    *api // without a version, or with its version in the path
	versions []*api
}

// pick is the API that the request means, nil when it names a version that is not there.
func (e *entry) pick(r *policy.Request) *api {
	named := false
	for _, a := range e.versions {
		got := a.versionIn(r)
		if got != "" && strings.EqualFold(got, a.snap.Version) {
			return a
		}
		named = named || got != ""
	}
	if named {
		return nil
	}
	return e.plain
}

// versionIn is the version that the request asks for, at the place that the API's set says.
func (a *api) versionIn(r *policy.Request) string {
	set := a.snap.VersionSet
	if set.Scheme == snapshot.VersionHeader {
		return r.Header.Get(set.Header)
	}
	v, _ := r.Query.Get(set.Query)
	return v
}

// publicPath is the path that clients use: with a version that stands in it.
func publicPath(a *snapshot.API) string {
	if a.VersionSet == nil || a.Version == "" || a.VersionSet.Scheme != snapshot.VersionSegment {
		return a.Path
	}
	return strings.TrimPrefix(a.Path+"/"+a.Version, "/")
}

const revisionMark = ";rev="

// rootOf is the id of an API without its revision, in lower case.
func rootOf(id string) string {
	id = strings.ToLower(id)
	if i := strings.LastIndex(id, revisionMark); i > 0 {
		return id[:i]
	}
	return id
}

func revisionKey(a *snapshot.API) string { return rootOf(a.ID) + revisionMark + a.Revision }

// cutRevision takes ;rev=N out of a path: it follows the API's part.
// https://learn.microsoft.com/azure/api-management/api-management-revisions
func cutRevision(path string) (rest, revision string) {
	i := strings.Index(path, revisionMark)
	if i < 0 {
		return path, ""
	}
	end := i + len(revisionMark)
	for end < len(path) && path[end] != '/' {
		end++
	}
	if revision = path[i+len(revisionMark) : end]; revision == "" {
		revision = "?" // no revision has that name
	}
	return path[:i] + path[end:], revision
}

// revision is the API's revision of that number.
func (s *service) revision(a *api, number string) *api {
	return s.revisions[a.root+revisionMark+number]
}

// addAPI puts a compiled API where requests find it.
func (b *builder) addAPI(a *api, entries map[string]*entry) {
	b.s.apis[strings.ToLower(a.snap.ID)] = a
	if a.snap.Revision != "" {
		b.s.revisions[revisionKey(a.snap)] = a
	}
	if a.snap.NotCurrent {
		return
	}
	path := publicPath(a.snap)
	e := entries[strings.ToLower(path)]
	if e == nil {
		e = &entry{}
		if err := b.s.paths.add(path, "*", e); err != nil {
			b.problem(Problem{API: a.snap.ID, Diagnostics: one("GHG001", "The path of the API can't be used: "+err.Error())})
			return
		}
		entries[strings.ToLower(path)] = e
	}
	if set := a.snap.VersionSet; set != nil && a.snap.Version != "" && set.Scheme != snapshot.VersionSegment {
		e.versions = append(e.versions, a)
	} else {
		e.plain = a
	}
}
