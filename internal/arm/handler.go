package arm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"runtime/debug"
	"strings"
	"time"

	"github.com/google/uuid"

	"gatehouse/internal/azerr"
	"gatehouse/internal/identity"
	"gatehouse/internal/resourceid"
)

// maxBody is Resource Manager's own limit of a request.
const maxBody = 4 << 20

// Handler serves management.azure.com.
func (s *Service) Handler() http.Handler { return http.HandlerFunc(s.serve) }

// exchange is one HTTP request.
type exchange struct {
	s          *Service
	w          http.ResponseWriter
	r          *http.Request
	query      url.Values
	requestID  string
	apiVersion string
	caller     identity.Caller
}

func (s *Service) serve(w http.ResponseWriter, r *http.Request) {
	x := &exchange{s: s, w: w, r: r, requestID: uuid.NewString()}
	x.query, _ = url.ParseQuery(r.URL.RawQuery) // what could be read is used, as Azure does
	x.apiVersion = Query(x.query, "api-version")
	x.commonHeaders()
	begin := time.Now()
	defer func() {
		if p := recover(); p != nil {
			s.o.Logger.Error("arm: panic", "requestId", x.requestID, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			azerr.WriteARM(w, azerr.Internal.New())
		}
	}()
	err := x.route()
	if err != nil {
		x.fail(err)
	}
	s.o.Logger.LogAttrs(r.Context(), slog.LevelDebug, "arm", slog.String("method", r.Method), slog.String("path", r.URL.Path),
		slog.String("requestId", x.requestID), slog.Duration("took", time.Since(begin)), slog.Bool("ok", err == nil))
}

func (x *exchange) commonHeaders() {
	h := x.w.Header()
	correlation := x.r.Header.Get("x-ms-correlation-request-id")
	if _, err := uuid.Parse(correlation); err != nil {
		correlation = x.requestID
	}
	h.Set("x-ms-request-id", x.requestID)
	h.Set("x-ms-correlation-request-id", correlation)
	h.Set("x-ms-routing-request-id", "GATEHOUSE:"+x.s.Now().UTC().Format("20060102T150405Z")+":"+x.requestID)
	if id := x.r.Header.Get("x-ms-client-request-id"); id != "" && len(id) <= 128 {
		h.Set("x-ms-client-request-id", id)
	}
	h.Set("Cache-Control", "no-cache")
	h.Set("Pragma", "no-cache")
	h.Set("Expires", "-1")
	h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	h.Set("X-Content-Type-Options", "nosniff")
}

// fail logs what the server is to blame for and writes the envelope.
func (x *exchange) fail(err error) {
	if errors.Is(err, context.Canceled) && x.r.Context().Err() != nil {
		return // the client has gone
	}
	e := azerr.From(err)
	if e.Kind.Status >= 500 {
		x.s.o.Logger.Error("arm: request failed", "method", x.r.Method, "path", x.r.URL.Path, "requestId", x.requestID, "error", err.Error(), "cause", fmt.Sprint(e.Cause))
	}
	if x.r.Method == http.MethodHead {
		x.w.WriteHeader(e.Kind.Status)
		return
	}
	azerr.WriteARM(x.w, err)
}

var apiVersionForm = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}(-[A-Za-z0-9.]+)?$`)

func (x *exchange) route() error {
	seg, err := splitPath(x.r.URL.EscapedPath())
	if err != nil {
		return err
	}
	route, params := x.s.match(x.r.Method, seg)
	if route == nil || !route.Anonymous {
		if x.caller, err = x.authenticate(); err != nil {
			return err
		}
	}
	if x.apiVersion == "" && (route == nil || !route.Anonymous) {
		return azerr.MissingAPIVersion.New()
	}
	if x.apiVersion != "" && !apiVersionForm.MatchString(x.apiVersion) {
		return azerr.InvalidAPIVersion.New(x.apiVersion)
	}
	if route != nil {
		return x.runRoute(route, params)
	}
	t, err := parseTarget(seg)
	if err != nil {
		return err
	}
	return x.dispatch(t)
}

func (x *exchange) dispatch(t target) error {
	switch {
	case t.operation != "":
		return x.operation(t)
	case t.collection == "" && t.last == "":
		return x.resource(t.id)
	case x.r.Method == http.MethodPost:
		return x.post(t)
	case x.r.Method != http.MethodGet && x.r.Method != http.MethodHead:
		return azerr.MethodNotAllowed.New(x.r.Method, x.r.URL.Path)
	case t.collection == "":
		return azerr.PathNotFound.New(x.r.URL.Path)
	}
	return x.list(t)
}

func (x *exchange) resource(id resourceid.ID) error {
	switch x.r.Method {
	case http.MethodGet, http.MethodHead:
		return x.get(id)
	case http.MethodPut, http.MethodPatch:
		return x.put(id)
	case http.MethodDelete:
		return x.delete(id)
	}
	return azerr.MethodNotAllowed.New(x.r.Method, x.r.URL.Path)
}

// authenticate verifies the bearer token. Refusals carry the challenge from which clients learn the tenant.
func (x *exchange) authenticate() (identity.Caller, error) {
	scheme, token, _ := strings.Cut(x.r.Header.Get("Authorization"), " ")
	token = strings.TrimSpace(token)
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return identity.Caller{}, x.challenge(azerr.AuthenticationFailed.New(), "invalid_request")
	}
	c, err := x.s.o.Identity.VerifyToken(x.r.Context(), token, identity.AudienceManagement, identity.AudienceManagementCore)
	switch {
	case errors.Is(err, identity.ErrExpired):
		return c, x.challenge(azerr.ExpiredAuthenticationToken.New(x.s.Now().UTC().Format("1/2/2006 3:04:05 PM")).Because(err), "invalid_token")
	case errors.Is(err, identity.ErrAudience):
		return c, x.challenge(azerr.InvalidTokenAudience.New().Because(err), "invalid_token")
	case errors.Is(err, identity.ErrIssuer):
		return c, x.challenge(azerr.InvalidTokenTenant.New(x.s.TenantID(), x.s.o.LoginHost, x.s.TenantID()).Because(err), "invalid_token")
	case err != nil && (errors.Is(err, identity.ErrMalformed) || errors.Is(err, identity.ErrSignature)):
		return c, x.challenge(azerr.InvalidAuthenticationToken.New().Because(err), "invalid_token")
	case err != nil:
		return c, err
	}
	c.RequestID = x.requestID
	if a, err := netip.ParseAddrPort(x.r.RemoteAddr); err == nil {
		c.Address = a.Addr().Unmap()
	}
	return c, nil
}

func (x *exchange) challenge(e *azerr.Error, reason string) error {
	e.Header = http.Header{"Www-Authenticate": {fmt.Sprintf(`Bearer authorization_uri="https://%s/%s", error="%s", error_description="%s"`,
		x.s.o.LoginHost, x.s.TenantID(), reason, e.Message)}}
	return e
}

// body reads the request's body, which may be missing, by the type's reader or as strict JSON.
func (x *exchange) body(read func([]byte) (map[string]any, error)) (map[string]any, error) {
	data, err := io.ReadAll(http.MaxBytesReader(x.w, x.r.Body, maxBody))
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return nil, azerr.RequestTooLarge.New(maxBody)
	}
	if err != nil {
		return nil, azerr.InvalidRequestContent.New("the body ended early").Because(err)
	}
	if len(strings.TrimSpace(string(data))) == 0 {
		return nil, nil
	}
	if read == nil {
		read = ReadJSON
	}
	m, err := read(data)
	var wire *azerr.Error
	if err == nil || errors.As(err, &wire) {
		return m, err
	}
	return nil, azerr.InvalidRequestContent.New(err)
}

// maxDepth bounds the nesting of a body.
const maxDepth = 200

// ReadJSON reads a body that must be one JSON object; numbers stay json.Number. A byte order mark is skipped.
func ReadJSON(data []byte) (map[string]any, error) {
	d := json.NewDecoder(strings.NewReader(strings.TrimPrefix(string(data), "\ufeff")))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, azerr.InvalidRequestContent.New(err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, azerr.InvalidRequestContent.New("there is more after the end of the JSON value")
	}
	m, ok := v.(map[string]any)
	if !ok {
		if v == nil {
			return nil, nil
		}
		return nil, azerr.InvalidRequestContent.New("the body must be an object, not " + jsonKind(v))
	}
	if deeper(m, maxDepth) {
		return nil, azerr.InvalidRequestContent.New(fmt.Sprintf("it is nested deeper than %d", maxDepth))
	}
	return m, nil
}

func deeper(v any, depth int) bool {
	if depth == 0 {
		return true
	}
	switch v := v.(type) {
	case map[string]any:
		for _, e := range v {
			if deeper(e, depth-1) {
				return true
			}
		}
	case []any:
		for _, e := range v {
			if deeper(e, depth-1) {
				return true
			}
		}
	}
	return false
}

// base is https://host as the client reached this server; links in answers begin with it.
func (x *exchange) base() string {
	scheme := "https"
	if x.r.TLS == nil && x.r.ProtoMajor == 1 && !strings.EqualFold(x.r.Header.Get("X-Forwarded-Proto"), "https") {
		scheme = "http"
	}
	return scheme + "://" + x.r.Host
}
