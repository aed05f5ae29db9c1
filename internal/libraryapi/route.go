package libraryapi

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"gatehouse/internal/identity"
	"gatehouse/internal/library"
)

// Audiences of tokens that are accepted: Azure DevOps itself, and Resource Manager,
// since a tool that is signed in has that one.
var audiences = []string{"499b84ac-1321-427f-aa17-267ca6975798", "https://management.core.windows.net/", "https://management.azure.com/"}

// maxBody bounds JSON bodies.
const maxBody = 1 << 20

type api struct {
	lib *library.Service
	ids Identity
	log *slog.Logger
}

// call is one request with what routing found in it.
type call struct {
	*http.Request
	w      http.ResponseWriter
	caller identity.Caller
	path   map[string]string
}

// route is one row: a method, the path after _apis, and what answers it. Segments in
// braces are names; a handler's value is sent as JSON, nil as 204.
type route struct {
	method, path string
	run          func(*api, *call) (any, error)
}

var table = []route{
	{"GET", "projects", (*api).projects},
	{"GET", "distributedtask/securefiles", (*api).listSecureFiles},
	{"POST", "distributedtask/securefiles", (*api).uploadSecureFile},
	{"GET", "distributedtask/securefiles/{id}", (*api).secureFile},
	{"DELETE", "distributedtask/securefiles/{id}", (*api).deleteSecureFile},
	{"GET", "distributedtask/variablegroups", (*api).listGroups},
	{"POST", "distributedtask/variablegroups", (*api).putGroup},
	{"GET", "distributedtask/variablegroups/{id}", (*api).group},
	{"PUT", "distributedtask/variablegroups/{id}", (*api).putGroup},
	{"DELETE", "distributedtask/variablegroups/{id}", (*api).deleteGroup},
	{"GET", "serviceendpoint/endpoints", (*api).listEndpoints},
	{"POST", "serviceendpoint/endpoints", (*api).putEndpoint},
	{"GET", "serviceendpoint/endpoints/{id}", (*api).endpoint},
	{"PUT", "serviceendpoint/endpoints/{id}", (*api).putEndpoint},
	{"DELETE", "serviceendpoint/endpoints/{id}", (*api).deleteEndpoint},
	{"GET", "pipelines", (*api).listPipelines},
	{"POST", "pipelines", (*api).createPipeline},
	{"GET", "pipelines/pipelinepermissions/{type}/{id}", (*api).permissions},
	{"PATCH", "pipelines/pipelinepermissions/{type}/{id}", (*api).permit},
	{"POST", "pipelines/{pipeline}/runs", (*api).beginRun},
	{"GET", "pipelines/{pipeline}/runs/{id}", (*api).readRun},
	{"PATCH", "pipelines/{pipeline}/runs/{id}", (*api).endRun},
	{"POST", "distributedtask/hubs/{hub}/plans/{plan}/jobs/{job}/oidctoken", (*api).oidcToken},
}

func (a *api) routes() http.Handler { return http.HandlerFunc(a.serve) }

func (a *api) serve(w http.ResponseWriter, r *http.Request) {
	c := &call{Request: r, w: w}
	id := uuid.NewString()
	w.Header().Set("X-VSS-E2EID", id)
	w.Header().Set("Cache-Control", "no-cache, no-store")
	v, err := a.answer(c, id)
	if err != nil {
		a.fail(c, id, err)
		return
	}
	if v == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if b, ok := v.(file); ok {
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Length", strconv.Itoa(len(b)))
		_, _ = w.Write(b) // an error means that the client has gone
		return
	}
	send(w, http.StatusOK, v)
}

// file is an answer that is not JSON.
type file []byte

func send(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8; api-version=7.1")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // an error means that the client has gone
}

func (a *api) answer(c *call, id string) (any, error) {
	caller, err := a.authenticate(c.Request)
	if err != nil {
		return nil, err
	}
	caller.RequestID = id
	c.caller = caller
	run, err := c.match()
	if err != nil {
		return nil, err
	}
	return run(a, c)
}

func (a *api) authenticate(r *http.Request) (identity.Caller, error) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return identity.Caller{}, &httpError{http.StatusUnauthorized, "UnauthorizedRequestException", "The request has no bearer token. Sign in, and ask for a token of " + audiences[0] + "."}
	}
	c, err := a.ids.VerifyToken(r.Context(), strings.TrimSpace(token), audiences...)
	if err != nil {
		return c, &httpError{http.StatusUnauthorized, "UnauthorizedRequestException", "The bearer token is not valid: " + err.Error()}
	}
	if address, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		c.Address = address.Addr().Unmap()
	}
	return c, nil
}

// match finds the route: /ORG/_apis/... or /ORG/PROJECT/_apis/...; paths have no case.
func (c *call) match() (func(*api, *call) (any, error), error) {
	segments := strings.Split(strings.Trim(c.URL.Path, "/"), "/")
	at := -1
	for i := range min(3, len(segments)) {
		if strings.EqualFold(segments[i], "_apis") {
			at = i
			break
		}
	}
	if at < 1 {
		return nil, notFound("The address must be https://dev.azure.com/%s/%s/_apis/....", library.Organization, library.Project)
	}
	if !strings.EqualFold(segments[0], library.Organization) {
		return nil, notFound("There is no organization '%s'; this server has '%s'.", segments[0], library.Organization)
	}
	if at == 2 && !strings.EqualFold(segments[1], library.Project) && segments[1] != projectID {
		return nil, notFound("There is no project '%s'; this server has '%s'.", segments[1], library.Project)
	}
	rest := segments[at+1:]
	known := false
	for _, r := range table {
		path, ok := bind(strings.Split(r.path, "/"), rest)
		if !ok {
			continue
		}
		known = true
		if r.method == c.Method {
			c.path = path
			return r.run, nil
		}
	}
	if known {
		return nil, &httpError{http.StatusMethodNotAllowed, "VssRequestContentTypeNotSupportedException", "The method " + c.Method + " is not supported here."}
	}
	return nil, notFound("The resource '%s' is not served by this server.", strings.Join(rest, "/"))
}

func bind(pattern, path []string) (map[string]string, bool) {
	if len(pattern) != len(path) {
		return nil, false
	}
	out := map[string]string{}
	for i, p := range pattern {
		switch {
		case strings.HasPrefix(p, "{"):
			out[strings.Trim(p, "{}")] = path[i]
		case !strings.EqualFold(p, path[i]):
			return nil, false
		}
	}
	return out, true
}

// body decodes a JSON body.
func (c *call) body(v any) error {
	d := json.NewDecoder(http.MaxBytesReader(c.w, c.Body, maxBody))
	if err := d.Decode(v); err != nil {
		return &httpError{http.StatusBadRequest, "InvalidRequestException", "The body is not the JSON that this request needs: " + err.Error()}
	}
	return nil
}

// number reads a number of the path.
func (c *call) number(name string) (int64, error) {
	n, err := strconv.ParseInt(c.path[name], 10, 64)
	if err != nil {
		return 0, notFound("'%s' is not a number.", c.path[name])
	}
	return n, nil
}

// run reads ?runId=, by which a run shows itself; 0 when there is none.
func (c *call) run() (int64, error) {
	text := c.URL.Query().Get("runId")
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n <= 0 {
		return 0, &httpError{http.StatusBadRequest, "InvalidRequestException", "runId is not the number of a run."}
	}
	return n, nil
}

func (a *api) fail(c *call, id string, err error) {
	status, kind, message := http.StatusInternalServerError, "InternalServerError", "An unexpected error; the server's log has it under activity "+id+"."
	var h *httpError
	var e *library.Error
	switch {
	case errors.As(err, &h):
		status, kind, message = h.status, h.kind, h.message
	case errors.As(err, &e):
		status, kind = statusOf(e)
		message = e.Message
	default:
		a.log.Error("libraryapi", "activity", id, "method", c.Method, "path", c.URL.Path, "error", err)
	}
	if status == http.StatusUnauthorized {
		c.w.Header().Set("WWW-Authenticate", `Bearer authorization_uri="https://login.microsoftonline.com/`+a.ids.TenantID()+`"`)
	}
	send(c.w, status, map[string]any{"$id": "1", "innerException": nil, "message": message, "typeName": "Gatehouse." + kind + ", Gatehouse", "typeKey": kind, "errorCode": 0, "eventId": 3000})
}
