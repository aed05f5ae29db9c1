package libraryapi

import (
	"net/http"
	"time"

	"gatehouse/internal/library"
)

// projectID names the one project; it is the same everywhere, as the project is.
const projectID = "6f1c1a52-9f0e-4d8a-8a3e-8b1d6f5f2c10"

func project() map[string]any {
	return map[string]any{"id": projectID, "name": library.Project}
}

func (a *api) projects(*call) (any, error) {
	p := project()
	p["state"], p["visibility"] = "wellFormed", "private"
	return listOf([]map[string]any{p}), nil
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func person(id string) map[string]any { return map[string]any{"id": id} }

func secureFileBody(f *library.SecureFile) map[string]any {
	return map[string]any{"id": f.ID, "name": f.Name, "createdBy": person(f.CreatedBy), "createdOn": stamp(f.Created),
		"modifiedBy": person(f.ModifiedBy), "modifiedOn": stamp(f.Modified), "properties": map[string]any{"size": f.Size}}
}

// listSecureFiles answers ?secureFileNames=; with ?runId= it names what that run may use.
func (a *api) listSecureFiles(c *call) (any, error) {
	return listNamed(c, "secureFileNames", a.lib.SecureFileForRun, a.lib.ListSecureFiles,
		func(f *library.SecureFile) string { return f.Name }, func(f *library.SecureFile, _ bool) map[string]any { return secureFileBody(f) })
}

// uploadSecureFile takes the content as the body. ?replace=true is an addition to Azure
// DevOps, where a file must be deleted before one of its name can come.
func (a *api) uploadSecureFile(c *call) (any, error) {
	q := c.URL.Query()
	body := http.MaxBytesReader(c.w, c.Body, library.MaxSecureFile+1)
	f, err := a.lib.PutSecureFile(c.Context(), c.caller, q.Get("name"), body, q.Get("replace") == "true")
	if err != nil {
		return nil, err
	}
	return secureFileBody(f), nil
}

// secureFile answers with the record, or with ?download=true and ?runId= with the content.
func (a *api) secureFile(c *call) (any, error) {
	if c.URL.Query().Get("download") != "true" {
		f, err := a.lib.SecureFile(c.Context(), c.caller, c.path["id"])
		if err != nil {
			return nil, err
		}
		return secureFileBody(f), nil
	}
	run, err := c.run()
	if err != nil {
		return nil, err
	}
	if run == 0 {
		return nil, &httpError{http.StatusForbidden, "AccessDeniedException", "A secure file can be downloaded by a run of a pipeline only: runId is missing."}
	}
	_, data, err := a.lib.Download(c.Context(), c.caller, run, c.path["id"])
	return file(data), err
}

func (a *api) deleteSecureFile(c *call) (any, error) {
	return nil, a.lib.DeleteSecureFile(c.Context(), c.caller, c.path["id"])
}
