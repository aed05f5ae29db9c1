package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"

	"gatehouse/internal/pipeline"
)

// project is the base of the library's addresses.
const project = DevOps + "/" + pipeline.Organization + "/" + pipeline.Project + "/_apis/"

// devOpsVersion is the version of Azure DevOps's REST interface that is spoken.
const devOpsVersion = "7.1"

// maxSecureFile is the largest secure file that the library takes.
const maxSecureFile = 10 << 20

// Library is the library of pipelines behind c.
func (c *Client) Library() pipeline.Library { return library{c} }

type library struct{ c *Client }

// call sends a request to the library; query may be nil.
func (l library) call(ctx context.Context, method, path string, query url.Values, in, out any) error {
	return worded(l.c.JSON(ctx, method, address(path, query), DevOpsAudience, in, out))
}

// worded gives the library's own words, which say what to do, without Azure CLI's frame.
func worded(err error) error {
	var e *Error
	if errors.As(err, &e) {
		return fmt.Errorf("%s%w", e.Message, quiet{err})
	}
	return err
}

// quiet keeps an error for errors.As and says nothing.
type quiet struct{ error }

func (q quiet) Error() string { return "" }

func (q quiet) Unwrap() error { return q.error }

func address(path string, query url.Values) string {
	if query == nil {
		query = url.Values{}
	}
	query.Set("api-version", devOpsVersion)
	return project + path + "?" + query.Encode()
}

// Begin puts what the command line gives into the library, and registers the run.
func (l library) Begin(ctx context.Context, r pipeline.RunRequest) (pipeline.LibraryRun, error) {
	permitted := map[string][]string{}
	for _, f := range r.SecureFiles {
		if err := l.upload(ctx, f); err != nil {
			return nil, err
		}
		permitted["securefile"] = append(permitted["securefile"], f.Name)
	}
	for _, n := range r.Connections {
		if err := l.connect(ctx, n); err != nil {
			return nil, err
		}
		permitted["endpoint"] = append(permitted["endpoint"], n.Name)
	}
	permitted["variablegroup"] = append(permitted["variablegroup"], r.Groups...)
	var p struct {
		ID int64 `json:"id"`
	}
	if err := l.call(ctx, http.MethodPost, "pipelines", nil, map[string]any{"name": r.Pipeline, "configuration": map[string]any{"type": "yaml", "path": r.Pipeline}}, &p); err != nil {
		return nil, err
	}
	run := &libraryRun{library: l, pipeline: p.ID}
	return run, l.call(ctx, http.MethodPost, fmt.Sprintf("pipelines/%d/runs", p.ID), nil, map[string]any{"permitted": permitted}, &run.run)
}

func (l library) upload(ctx context.Context, f pipeline.GivenFile) error {
	if f.Path == "" {
		return nil
	}
	in, err := os.Open(f.Path)
	if err != nil {
		return fmt.Errorf("the secure file '%s': %w", f.Name, err)
	}
	defer in.Close()
	data, err := io.ReadAll(io.LimitReader(in, maxSecureFile+1))
	if err != nil {
		return fmt.Errorf("the secure file '%s': %w", f.Name, err)
	}
	_, err = l.c.Do(ctx, Request{Method: http.MethodPost, URL: address("distributedtask/securefiles", url.Values{"name": {f.Name}, "replace": {"true"}}), Audience: DevOpsAudience,
		Header: http.Header{"Content-Type": {"application/octet-stream"}}, Body: data})
	return worded(err)
}

// connect makes the service connection, or leads the one of that name to another application.
func (l library) connect(ctx context.Context, n pipeline.GivenConnection) error {
	if n.ClientID == "" {
		return nil
	}
	var known struct {
		Value []endpoint `json:"value"`
	}
	if err := l.call(ctx, http.MethodGet, "serviceendpoint/endpoints", url.Values{"endpointNames": {n.Name}}, nil, &known); err != nil {
		return err
	}
	body := map[string]any{"name": n.Name, "type": "azurerm", "url": Management + "/",
		"authorization": map[string]any{"scheme": "WorkloadIdentityFederation", "parameters": map[string]string{"serviceprincipalid": n.ClientID}},
		"data":          map[string]string{"environment": "AzureCloud", "scopeLevel": "Subscription", "creationMode": "Manual"}}
	if len(known.Value) == 0 {
		return l.call(ctx, http.MethodPost, "serviceendpoint/endpoints", nil, body, nil)
	}
	return l.call(ctx, http.MethodPut, "serviceendpoint/endpoints/"+known.Value[0].ID, nil, body, nil)
}

// libraryRun is a registered run.
type libraryRun struct {
	library  library
	pipeline int64
	run      struct {
		ID   int64 `json:"id"`
		Plan struct {
			ID string `json:"planId"`
		} `json:"orchestrationPlan"`
	}
}

func (r *libraryRun) ID() int64 { return r.run.ID }

// find asks for one object by name, as this run.
func find[T any](ctx context.Context, r *libraryRun, path, parameter, name string) (T, error) {
	var list struct {
		Value []T `json:"value"`
	}
	var zero T
	query := url.Values{parameter: {name}, "runId": {strconv.FormatInt(r.run.ID, 10)}}
	if err := r.library.call(ctx, http.MethodGet, path, query, nil, &list); err != nil {
		return zero, err
	}
	if len(list.Value) != 1 {
		return zero, fmt.Errorf("the library answered with %d objects named '%s'; a name must not have a comma in it", len(list.Value), name)
	}
	return list.Value[0], nil
}

type endpoint struct {
	ID            string `json:"id"`
	Name          string `json:"name"`
	Authorization struct {
		Parameters struct {
			ClientID string `json:"serviceprincipalid"`
			TenantID string `json:"tenantid"`
		} `json:"parameters"`
	} `json:"authorization"`
	Data struct {
		SubscriptionID   string `json:"subscriptionId"`
		SubscriptionName string `json:"subscriptionName"`
	} `json:"data"`
}

func (r *libraryRun) Connection(ctx context.Context, name string) (pipeline.Connection, error) {
	e, err := find[endpoint](ctx, r, "serviceendpoint/endpoints", "endpointNames", name)
	p := e.Authorization.Parameters
	return pipeline.Connection{ID: e.ID, Name: e.Name, ClientID: p.ClientID, TenantID: p.TenantID, SubscriptionID: e.Data.SubscriptionID, Subscription: e.Data.SubscriptionName}, err
}

func (r *libraryRun) SecureFile(ctx context.Context, name string) (pipeline.SecureFile, error) {
	f, err := find[struct {
		ID         string `json:"id"`
		Name       string `json:"name"`
		Properties struct {
			Size int64 `json:"size"`
		} `json:"properties"`
	}](ctx, r, "distributedtask/securefiles", "secureFileNames", name)
	return pipeline.SecureFile{ID: f.ID, Name: f.Name, Size: f.Properties.Size}, err
}

func (r *libraryRun) Download(ctx context.Context, f pipeline.SecureFile) (io.ReadCloser, error) {
	query := url.Values{"download": {"true"}, "runId": {strconv.FormatInt(r.run.ID, 10)}}
	resp, err := r.library.c.Do(ctx, Request{Method: http.MethodGet, URL: address("distributedtask/securefiles/"+f.ID, query), Audience: DevOpsAudience})
	if err != nil {
		return nil, worded(err)
	}
	return io.NopCloser(bytes.NewReader(resp.Body)), nil
}

func (r *libraryRun) Group(ctx context.Context, name string) (pipeline.Group, error) {
	g, err := find[struct {
		ID        int64  `json:"id"`
		Name      string `json:"name"`
		Variables map[string]struct {
			Value  string `json:"value"`
			Secret bool   `json:"isSecret"`
		} `json:"variables"`
	}](ctx, r, "distributedtask/variablegroups", "groupName", name)
	out := pipeline.Group{ID: g.ID, Name: g.Name}
	for k, v := range g.Variables {
		out.Variables = append(out.Variables, pipeline.GroupVariable{Name: k, Value: v.Value, Secret: v.Secret})
	}
	return out, err
}

// jobID is the GUID of the default job, as the service's agents name it.
const jobID = "12f1170f-54f2-53f3-20dd-22fc7dff55f9"

func (r *libraryRun) OIDCToken(ctx context.Context, n pipeline.Connection) (string, error) {
	var out struct {
		Token string `json:"oidcToken"`
	}
	path := "distributedtask/hubs/build/plans/" + r.run.Plan.ID + "/jobs/" + jobID + "/oidctoken"
	err := r.library.call(ctx, http.MethodPost, path, url.Values{"serviceConnectionId": {n.ID}}, nil, &out)
	if err == nil && out.Token == "" {
		err = fmt.Errorf("the library gave no token for the service connection '%s'", n.Name)
	}
	return out.Token, err
}

// networkVariables are those of `gatehouse env` that hold no credential.
var networkVariables = []string{"HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"}

func (r *libraryRun) Environment(context.Context) (map[string]string, error) {
	out := map[string]string{}
	c := r.library.c
	for _, k := range networkVariables {
		v := c.Info.Env[k]
		if c.data == "" {
			v = c.getenv(k)
		}
		if v != "" {
			out[k] = v
		}
	}
	return out, nil
}

func (r *libraryRun) End(ctx context.Context, result string) error {
	return r.library.call(ctx, http.MethodPatch, fmt.Sprintf("pipelines/%d/runs/%d", r.pipeline, r.run.ID), nil, map[string]any{"state": "completed", "result": result}, nil)
}
