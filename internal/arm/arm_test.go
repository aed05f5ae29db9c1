package arm_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"gatehouse/internal/arm"
	"gatehouse/internal/arm/armtest"
	"gatehouse/internal/azerr"
	"gatehouse/internal/provider/resources"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/store"
)

// register adds Microsoft.Resources and a small provider: widgets with parts, tags on any resource, and jobs
// that go on after the answer.
func register(s *arm.Service) {
	resources.New(resources.Options{ARM: s})
	put := func(_ context.Context, r *arm.PutRequest) (*arm.Resource, error) {
		res, err := r.Resource()
		if err != nil {
			return nil, err
		}
		if res.Properties["bad"] == true {
			return nil, azerr.ARMBadRequest.New("bad is not allowed")
		}
		return res, nil
	}
	s.Register(
		&arm.Type{Name: "Contoso.Test/widgets", NeedsLocation: true, Tracked: true, Put: put, HeadStatus: 200,
			NameRule: func(n string) error {
				if len(n) > 10 {
					return errors.New("it is longer than 10 characters")
				}
				return nil
			},
			View: func(_ context.Context, r *arm.Resource) (*arm.Resource, error) {
				v := r.Clone()
				v.Properties["url"] = "https://" + r.Name + ".example.com"
				return v, nil
			},
			Actions: map[string]*arm.Action{"poke": {Run: func(_ context.Context, r *arm.ActionRequest) (any, error) {
				granted.Add(1)
				return map[string]any{"poked": r.Resource.Name, "with": r.Body["stick"]}, nil
			}}}},
		&arm.Type{Name: "Contoso.Test/widgets/parts", Put: put, CountInList: true},
		&arm.Type{Name: "Contoso.Test/widgets/wishes", NotStored: true, Put: grant},
		&arm.Type{Name: "Contoso.Test/notes", Scopes: arm.TenantScope | arm.SubscriptionScope | arm.GroupScope | arm.ResourceScope, Put: put},
		&arm.Type{Name: "Contoso.Test/jobs", Put: func(_ context.Context, r *arm.PutRequest) (*arm.Resource, error) {
			res, err := r.Resource()
			if err == nil {
				res.Properties["provisioningState"] = "Running"
			}
			return res, err
		}},
		&arm.Type{Name: "Contoso.Test/runs", Scopes: arm.SubscriptionScope | arm.GroupScope, OwnScope: true, Put: put},
		&arm.Type{Name: "Contoso.Test/fixed"},
	)
}

// granted are the widgets' wishes, which no record of arm's shows.
var granted atomic.Int64

func grant(_ context.Context, r *arm.PutRequest) (*arm.Resource, error) {
	granted.Add(1)
	return r.Resource()
}

const widgets = "/providers/Contoso.Test/widgets"

func TestResourceLife(t *testing.T) {
	s := armtest.New(t, register)
	g := s.Group("rg-One")
	w := g + widgets + "/w1"

	if r := s.Want(404, "GET", w, ""); r.Code() != "ResourceNotFound" || !strings.Contains(r.Text, "'Contoso.Test/widgets/w1' under resource group 'rg-One'") {
		t.Errorf("GET before: %s", r.Text)
	}
	r := s.Want(201, "PUT", w, `{"location":"West Europe","tags":{"a":"1"},"properties":{"size":12345678901234567890,"n":{"x":1,"y":2}}}`)
	if r.String("id") != w || r.String("location") != "westeurope" || r.String("properties/url") == "" || !strings.Contains(r.Text, "12345678901234567890") {
		t.Errorf("PUT answered %s", r.Text)
	}
	etag := r.Header.Get("ETag")
	if etag == "" {
		t.Error("no ETag")
	}

	// Case does not matter, the first spelling is kept; trailing slashes and doubled ones are ignored.
	odd := "//Subscriptions/" + strings.ToUpper(armtest.Subscription) + "/resourcegroups/RG-ONE/PROVIDERS/contoso.test/Widgets/W1/"
	if r := s.Want(200, "GET", odd+"?api%2Dversion=2015-11-01", ""); r.String("id") != w || r.Header.Get("ETag") != etag || r.String("type") != "Contoso.Test/widgets" {
		t.Errorf("GET of the odd path answered %s", r.Text)
	}
	s.Want(304, "GET", w, "", "If-None-Match: "+etag)
	s.Want(200, "HEAD", w, "")

	r = s.Want(200, "PATCH", w, `{"tags":{"b":"2"},"properties":{"n":{"y":null,"z":3}}}`)
	if fmt.Sprint(r.At("tags")) != "map[b:2]" || fmt.Sprint(r.At("properties/n")) != "map[x:1 z:3]" || r.String("location") != "westeurope" {
		t.Errorf("PATCH answered %s", r.Text)
	}
	s.Want(412, "PUT", w, `{"location":"westeurope"}`, "If-Match: "+etag)
	s.Want(412, "PUT", w, `{"location":"westeurope"}`, "If-None-Match: *")
	s.Want(412, "DELETE", w, "", "If-Match: "+etag)
	s.Want(200, "PUT", w, `{"location":"westeurope"}`, "If-Match: "+r.Header.Get("ETag"))
	if r := s.Want(409, "PUT", w, `{"location":"northeurope"}`); r.Code() != "InvalidResourceLocation" {
		t.Errorf("another location: %s", r.Text)
	}

	if r := s.Want(200, "POST", w+"/POKE", `{"stick":"long"}`); r.String("poked") != "w1" || r.String("with") != "long" {
		t.Errorf("action answered %s", r.Text)
	}
	s.Want(404, "POST", w+"/push", ``)
	s.Want(200, "DELETE", w, "")
	s.Want(204, "DELETE", w, "")
	s.Want(404, "GET", w, "")
}

func TestRefusals(t *testing.T) {
	s := armtest.New(t, register)
	g := s.Group("rg")
	w := g + widgets + "/w1"
	const other = "/subscriptions/33333333-3333-4333-8333-333333333333"
	deep := strings.Repeat(`{"a":`, 300) + "1" + strings.Repeat("}", 300)
	for _, c := range []struct {
		method, path, body string
		status             int
		code               string
	}{
		{"GET", w + "?api-version=", "", 400, "MissingApiVersionParameter"},
		{"GET", w + "?api-version=latest", "", 400, "InvalidApiVersionParameter"},
		{"PUT", w, "{", 400, "InvalidRequestContent"},
		{"PUT", w, "[]", 400, "InvalidRequestContent"},
		{"PUT", w, "{} {}", 400, "InvalidRequestContent"},
		{"PUT", w, deep, 400, "InvalidRequestContent"},
		{"PUT", w, `{"location":"westeurope","properties":[]}`, 400, "InvalidRequestContent"},
		{"PUT", w, `{"x":"` + strings.Repeat("x", 5<<20) + `"}`, 413, "RequestContentTooLarge"},
		{"PUT", w, `{"location":"westeurope","properties":{"x":"` + strings.Repeat("x", 2<<20) + `"}}`, 413, "ResourceTooLarge"},
		{"PUT", w, "{}", 400, "LocationRequired"},
		{"PUT", w, `{"location":"atlantis"}`, 400, "LocationNotAvailableForResourceType"},
		{"PUT", w, `{"location":"westeurope","tags":{"a":{}}}`, 400, "InvalidTags"},
		{"PUT", w, `{"location":"westeurope","tags":{"a<b":"x"}}`, 400, "InvalidTags"},
		{"PUT", w, `{"location":"westeurope","properties":{"bad":true}}`, 400, "BadRequest"},
		{"PUT", g + widgets + "/elevenchars", `{"location":"westeurope"}`, 400, "InvalidResourceName"},
		{"PUT", g + widgets + "/a%3Cb", `{"location":"westeurope"}`, 400, "InvalidResourceName"},
		{"PUT", w + "/parts/p", `{}`, 404, "ParentResourceNotFound"},
		{"PUT", armtest.Scope + widgets + "/w", `{"location":"westeurope"}`, 400, "InvalidResourceScope"},
		{"PUT", g + "none" + widgets + "/w", `{"location":"westeurope"}`, 404, "ResourceGroupNotFound"},
		{"PUT", other + "/resourceGroups/rg" + widgets + "/w", `{"location":"westeurope"}`, 404, "SubscriptionNotFound"},
		{"PATCH", w, `{}`, 404, "ResourceNotFound"},
		{"GET", g + "/providers/Contoso.Test/gadgets/x", "", 404, "InvalidResourceType"},
		{"GET", g + "/providers/Fabrikam.Test/gadgets/x", "", 404, "InvalidResourceNamespace"},
		{"PUT", g + "/providers/Contoso.Test/fixed/x", "{}", 405, "HttpMethodNotAllowed"},
		{"DELETE", g + "/providers/Contoso.Test/fixed/x", "", 405, "HttpMethodNotAllowed"},
		{"PUT", g + widgets, "{}", 405, "HttpMethodNotAllowed"},
		{"TRACE", w, "", 405, "HttpMethodNotAllowed"},
		{"POST", w, "", 405, "HttpMethodNotAllowed"},
		{"GET", g + "/providers/Contoso.Test/notes/" + strings.Repeat("n", 2000), "", 404, "ResourceNotFound"},
		{"PUT", g + "/providers/Contoso.Test/notes/" + strings.Repeat("n", 2000), "{}", 400, "InvalidResourceName"},
		{"GET", g + strings.Repeat("/providers/Contoso.Test/notes/n", 120), "", 404, "ResourceNotFound"},
		{"GET", g + strings.Repeat("/providers/Contoso.Test/notes/n", 200), "", 400, "InvalidRequestUri"},
		{"GET", g + "/nonsense", "", 404, "NotFound"},
		{"GET", "/nonsense/x/y", "", 400, "InvalidRequestUri"},
		{"GET", "/", "", 404, "InvalidResourceNamespace"},
		{"GET", g + widgets + "?$filter=name%20like%20'x'", "", 400, "InvalidFilterInQueryString"},
		{"GET", g + widgets + "?$top=x", "", 400, "InvalidQueryParameterValue"},
		{"GET", g + widgets + "?$skiptoken=!", "", 400, "InvalidQueryParameterValue"},
		{"GET", armtest.Scope + "/operationResults/x", "", 404, "InvalidAsyncOperationId"},
	} {
		r := s.Do(c.method, c.path, c.body)
		if r.Status != c.status || r.Code() != c.code {
			t.Errorf("%s %.150s: got %d %.300s, want %d %s", c.method, c.path, r.Status, r.Text, c.status, c.code)
		}
	}
	if r := s.Do("GET", w, ""); r.Status != 404 {
		t.Errorf("a refused PUT left something: %s", r.Text)
	}
}

func TestTokens(t *testing.T) {
	s := armtest.New(t, register)
	g := s.Group("rg")
	for token, code := range map[string]string{"": "AuthenticationFailed", "Basic abc": "AuthenticationFailed", "Bearer expired": "ExpiredAuthenticationToken",
		"Bearer malformed": "InvalidAuthenticationToken", "Bearer audience": "InvalidAuthenticationTokenAudience"} {
		r := s.Want(401, "GET", g, "", "Authorization: "+token)
		if c := r.Header.Get("WWW-Authenticate"); r.Code() != code || !strings.HasPrefix(c, `Bearer authorization_uri="https://login.microsoftonline.com/`+armtest.Tenant) {
			t.Errorf("token %q: got %s, challenge %q, want %s", token, r.Text, c, code)
		}
	}
	if r := s.Do("GET", g, "", "x-ms-correlation-request-id: 33333333-3333-4333-8333-333333333333"); r.Header.Get("x-ms-request-id") == "" ||
		r.Header.Get("x-ms-correlation-request-id") != "33333333-3333-4333-8333-333333333333" {
		t.Errorf("headers: %v", r.Header)
	}
}

func TestRights(t *testing.T) {
	s := armtest.New(t, register)
	g1, g2 := s.Group("rg1"), s.Group("rg2")
	for _, g := range []string{g1, g2} {
		s.Want(201, "PUT", g+widgets+"/w", `{"location":"westeurope"}`)
	}
	const ann = "Authorization: Bearer ann"
	if r := s.Want(403, "GET", g1, "", ann); r.Code() != "AuthorizationFailed" ||
		!strings.Contains(r.Text, "The client 'app-ann' with object id 'oid-ann' does not have authorization to perform action 'Microsoft.Resources/subscriptions/resourceGroups/read' over scope '"+g1+"'") {
		t.Errorf("refusal: %s", r.Text)
	}
	if n := s.Want(200, "GET", "/subscriptions", "", ann).Names(); len(n) != 0 {
		t.Errorf("a caller without roles sees subscriptions %v", n)
	}
	s.Rights.Allow("ann", g1, "*/read")
	s.Want(200, "GET", g1+widgets+"/w", "", ann)
	s.Want(403, "PUT", g1+widgets+"/w", `{"location":"westeurope"}`, ann)
	s.Want(403, "DELETE", g1+widgets+"/w", ``, ann)
	s.Want(403, "POST", g1+widgets+"/w/poke", ``, ann)
	s.Want(403, "GET", g2+widgets, "", ann)
	s.Want(403, "GET", g2+widgets+"/none", "", ann)
	for path, want := range map[string]int{"/subscriptions": 1, armtest.Scope + "/resourceGroups": 1, armtest.Scope + widgets: 1, armtest.Scope + "/resources": 1} {
		if n := s.Want(200, "GET", path, "", ann).Names(); len(n) != want {
			t.Errorf("%s shows %v, want %d", path, n, want)
		}
	}
	s.Want(200, "GET", armtest.Scope, "", ann)
}

func TestAuditBeforeAnswer(t *testing.T) {
	s := armtest.New(t, register)
	g := s.Group("rg")
	s.Want(403, "PUT", g+widgets+"/w", `{"location":"westeurope"}`, "Authorization: Bearer ann")
	s.Want(201, "PUT", g+widgets+"/w", `{"location":"westeurope"}`)
	s.Want(200, "POST", g+widgets+"/w/poke", `{"stick":"s3cret"}`)
	s.Want(200, "DELETE", g+widgets+"/w", ``)
	var got []string
	for _, r := range s.Audit.Records() {
		got = append(got, r.CallerName+" "+r.Action+" "+r.Decision+" "+r.Result)
		if strings.Contains(fmt.Sprint(r), "s3cret") {
			t.Error("the audit record shows a body")
		}
	}
	want := []string{"owner Microsoft.Resources/subscriptions/resourceGroups/write allowed Succeeded", "ann Contoso.Test/widgets/write denied AuthorizationFailed",
		"owner Contoso.Test/widgets/write allowed Succeeded", "owner Contoso.Test/widgets/poke/action allowed Started", "owner Contoso.Test/widgets/poke/action allowed Succeeded", "owner Contoso.Test/widgets/delete allowed Succeeded"}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	s.Audit.Fail = errors.New("disk gone")
	s.Want(503, "PUT", g+widgets+"/w", `{"location":"westeurope"}`)
}

func TestPagesAndFilters(t *testing.T) {
	s := armtest.New(t, register)
	g := s.Group("rg")
	s.Want(201, "PUT", g+widgets+"/w", `{"location":"westeurope","tags":{"env":"test"}}`)
	s.Want(201, "PUT", g+widgets+"/v", `{"location":"northeurope"}`)
	for _, p := range []string{"a", "b", "c", "d"} {
		s.Want(201, "PUT", g+widgets+"/w/parts/"+p, `{"properties":{"displayName":"Part `+p+`","price":`+fmt.Sprint(len(p)+int(p[0]))+`}}`)
	}
	var got []string
	pages := 0
	for next := g + widgets + "/w/parts?$top=1&$skip=1"; next != ""; pages++ {
		r := s.Want(200, "GET", next, "")
		got = append(got, r.Names()...)
		if fmt.Sprint(r.At("count")) != "4" {
			t.Errorf("count: %v", r.At("count"))
		}
		next = r.String("nextLink")
		if pages == 1 { // a page that begins after one that is gone
			s.Want(200, "DELETE", g+widgets+"/w/parts/c", "")
			s.Want(201, "PUT", g+widgets+"/w/parts/c", `{}`)
		}
	}
	if strings.Join(got, "") != "bcd" || pages != 3 {
		t.Errorf("pages gave %v in %d", got, pages)
	}
	for path, want := range map[string]string{
		g + widgets + "/w/parts?$filter=contains(properties/displayName,'PART%20A')":                            "a",
		g + widgets + "/w/parts?$filter=displayName%20eq%20'part%20b'%20or%20name%20eq%20'd'":                   "b d",
		g + widgets + "/w/parts?$filter=price%20gt%2098":                                                        "b d",
		g + widgets + "/w/parts?$filter=not%20(startswith(name,'a')%20or%20name%20eq%20'b')":                    "c d",
		armtest.Scope + "/resources?$filter=resourceType%20eq%20'contoso.test/widgets'%20and%20name%20eq%20'w'": "w",
		armtest.Scope + "/resources?$filter=tagName%20eq%20'env'%20and%20tagValue%20eq%20'test'":                "w",
		armtest.Scope + "/resources?$filter=location%20eq%20'northeurope'":                                      "v",
		g + "/resources":                "v w",
		armtest.Scope + widgets:         "v w",
		g + widgets + "/w/parts?$top=2": "a b",
	} {
		if got := strings.Join(s.Want(200, "GET", path, "").Names(), " "); got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
}

func TestOwnScopeLists(t *testing.T) {
	s := armtest.New(t, register)
	g := s.Group("rg")
	s.Want(201, "PUT", g+"/providers/Contoso.Test/runs/inner", `{}`)
	s.Want(201, "PUT", armtest.Scope+"/providers/Contoso.Test/runs/outer", `{}`)
	for scope, want := range map[string]string{g: "inner", armtest.Scope: "outer"} {
		if got := strings.Join(s.Want(200, "GET", scope+"/providers/Contoso.Test/runs", "").Names(), " "); got != want {
			t.Errorf("%s lists %q, want %q", scope, got, want)
		}
	}
}

func TestGroupDeletion(t *testing.T) {
	s := armtest.New(t, register)
	g := s.Group("rg")
	s.Group("rg2") // its key has the other's as prefix
	w := g + widgets + "/w"
	s.Want(201, "PUT", w, `{"location":"westeurope"}`)
	s.Want(201, "PUT", w+"/parts/p", `{}`)
	s.Want(201, "PUT", w+"/parts/p/providers/Contoso.Test/notes/n", `{}`)
	s.Want(201, "PUT", g+"/providers/Contoso.Test/notes/n", `{}`)
	r := s.Want(202, "DELETE", g, "")
	deleted := 0
	for _, a := range s.Audit.Records() {
		if strings.HasSuffix(a.Action, "/delete") {
			deleted++
		}
	}
	if deleted != 5 {
		t.Errorf("%d deletions in the audit log, want 5", deleted)
	}
	poll := r.Header.Get("Location")
	if poll == "" || r.Header.Get("Retry-After") == "" {
		t.Fatalf("nothing to poll: %v", r.Header)
	}
	s.Want(200, "GET", poll, "")
	s.Want(404, "HEAD", g, "")
	s.Want(204, "HEAD", g+"2", "")
	page, err := s.ARM.Below(context.Background(), resourceid.MustParse(g), func(string) bool { return true })
	if err != nil || len(page) != 0 {
		t.Errorf("left: %v %v", page, err)
	}
	if r := s.Want(404, "DELETE", g, ""); r.Code() != "ResourceGroupNotFound" {
		t.Errorf("second deletion: %s", r.Text)
	}
	if r := s.Want(404, "GET", w, ""); r.Code() != "ResourceGroupNotFound" {
		t.Errorf("GET in a group that is gone: %s", r.Text)
	}
}

// A deletion of more resources than one transaction holds.
func TestLargeGroupDeletion(t *testing.T) {
	s := armtest.New(t, register)
	g := s.Group("rg")
	s.Want(201, "PUT", g+widgets+"/w", `{"location":"westeurope"}`)
	for i := range 150 {
		_, err := s.ARM.Put(context.Background(), armtest.Caller("owner"), resourceid.MustParse(fmt.Sprintf("%s%s/w/parts/p%d", g, widgets, i)), "2024-01-01", nil, arm.PutOptions{})
		if err != nil {
			t.Fatal(err)
		}
	}
	s.Want(202, "DELETE", g, "")
	s.Want(404, "HEAD", g, "")
}

func TestOperations(t *testing.T) {
	s := armtest.New(t, register)
	g := s.Group("rg")
	job := g + "/providers/Contoso.Test/jobs/j"
	r := s.Want(201, "PUT", job, `{"properties":{"x":1}}`)
	poll := r.Header.Get("Azure-AsyncOperation")
	if poll == "" || !strings.HasPrefix(poll, s.HTTP.URL) {
		t.Fatalf("nothing to poll: %v", r.Header)
	}
	if r := s.Want(200, "GET", poll, ""); r.String("status") != "Running" || r.Header.Get("Retry-After") == "" {
		t.Errorf("status: %s", r.Text)
	}
	done := make(chan armtest.Reply)
	go func() { done <- s.Do("GET", poll, "") }()
	_, err := s.ARM.Update(context.Background(), resourceid.MustParse(job), func(r *arm.Resource) error {
		r.Properties["provisioningState"] = "Failed"
		r.Properties["error"] = map[string]any{"code": "Broken", "message": "it broke"}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if r := <-done; r.String("status") != "Failed" || r.Code() != "Broken" {
		t.Errorf("status: %s", r.Text)
	}
}

func TestConcurrentPuts(t *testing.T) {
	s := armtest.New(t, register)
	g := s.Group("rg")
	id := resourceid.MustParse(g + widgets + "/w")
	ctx, owner := context.Background(), armtest.Caller("owner")
	body := func() map[string]any { return map[string]any{"location": "westeurope"} }
	var wg sync.WaitGroup
	var mu sync.Mutex
	made := 0
	for range 16 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			_, err := s.ARM.Put(ctx, owner, id, "2024-01-01", body(), arm.PutOptions{IfNoneMatch: "*"})
			if err == nil {
				mu.Lock()
				made++
				mu.Unlock()
			} else if !errors.Is(err, azerr.PreconditionFailed) {
				t.Error(err)
			}
		}()
	}
	wg.Wait()
	if made != 1 {
		t.Errorf("%d PUTs with If-None-Match: * succeeded, want 1", made)
	}
	// Children come and go while the parent is deleted and made again: none is ever left without it.
	for i := range 8 {
		wg.Add(2)
		go func() {
			defer wg.Done()
			child := resourceid.MustParse(fmt.Sprintf("%s/parts/p%d", id, i))
			if _, err := s.ARM.Put(ctx, owner, child, "2024-01-01", nil, arm.PutOptions{}); err != nil && !errors.Is(err, azerr.ParentResourceNotFound) {
				t.Error(err)
			}
		}()
		go func() {
			defer wg.Done()
			if err := s.ARM.Delete(ctx, owner, id, "2024-01-01", arm.DeleteOptions{}); err != nil {
				t.Error(err)
			}
		}()
	}
	wg.Wait()
	left, err := s.ARM.Below(ctx, id.Scope(), func(typ string) bool { return strings.HasPrefix(typ, "contoso.test/widgets") })
	if err != nil || len(left) != 0 {
		t.Errorf("left without a parent: %v %v", left, err)
	}
}

// A provider's own Update during PUTs of others loses nothing.
func TestConcurrentUpdates(t *testing.T) {
	s := armtest.New(t, register)
	id := resourceid.MustParse(s.Group("rg") + widgets + "/w")
	ctx := context.Background()
	s.Want(201, "PUT", id.String(), `{"location":"westeurope","properties":{"n":0}}`)
	var wg sync.WaitGroup
	for i := range 10 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			_, err := s.ARM.Update(ctx, id, func(r *arm.Resource) error { r.Properties[fmt.Sprint("k", i)] = true; return nil })
			if err != nil {
				t.Error(err)
			}
		}()
	}
	wg.Wait()
	r := s.Want(200, "GET", id.String(), "")
	if p := r.At("properties").(map[string]any); len(p) != 12 { // n, url and ten more
		t.Errorf("properties: %v", p)
	}
}

func TestRestartKeepsAll(t *testing.T) {
	s := armtest.New(t, register)
	g := s.Group("Rg")
	before := s.Want(201, "PUT", g+widgets+"/w", `{"location":"westeurope","tags":{"a":"b"},"properties":{"big":12345678901234567890}}`)
	s.Restart(register)
	after := s.Want(200, "GET", g+widgets+"/w", "")
	if before.Text != after.Text || before.Header.Get("ETag") != after.Header.Get("ETag") {
		t.Errorf("before %s, after %s", before.Text, after.Text)
	}
}

func TestValidateChangesNothing(t *testing.T) {
	s := armtest.New(t, register)
	id := resourceid.MustParse(s.Group("rg") + widgets + "/w")
	ctx, owner := context.Background(), armtest.Caller("owner")
	if err := s.ARM.Validate(ctx, owner, id, "2024-01-01", map[string]any{"location": "westeurope"}); err != nil {
		t.Error(err)
	}
	if err := s.ARM.Validate(ctx, owner, id, "2024-01-01", map[string]any{"location": "westeurope", "properties": map[string]any{"bad": true}}); !errors.Is(err, azerr.ARMBadRequest) {
		t.Errorf("got %v", err)
	}
	if err := s.ARM.Validate(ctx, armtest.Caller("ann"), id, "2024-01-01", nil); !errors.Is(err, azerr.AuthorizationFailed) {
		t.Errorf("got %v", err)
	}
	s.Want(404, "GET", id.String(), "")
}

// A deletion that a crash cut short shows, keeps new children out, and can be done again or called off.
func TestDeletionCutShort(t *testing.T) {
	s := armtest.New(t, register)
	g := s.Group("rg")
	s.Want(201, "PUT", g+widgets+"/w", `{"location":"westeurope"}`)
	mark := func(id string) {
		if _, err := s.ARM.Update(context.Background(), resourceid.MustParse(id), func(r *arm.Resource) error { r.Deleting = true; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	mark(g)
	mark(g + widgets + "/w")
	if r := s.Want(200, "GET", g, ""); r.String("properties/provisioningState") != "Deleting" {
		t.Errorf("the group shows %s", r.Text)
	}
	if r := s.Want(409, "PUT", g+widgets+"/v", `{"location":"westeurope"}`); r.Code() != "ResourceGroupBeingDeleted" {
		t.Errorf("PUT in the group: %s", r.Text)
	}
	s.Want(200, "PUT", g, `{"location":"westeurope"}`)
	if r := s.Want(409, "PUT", g+widgets+"/w/parts/p", `{}`); r.Code() != "ResourceBeingDeleted" {
		t.Errorf("PUT of a child: %s", r.Text)
	}
	s.Want(202, "DELETE", g, "")
	s.Want(404, "HEAD", g, "")
}

// full is a store on a full disk.
type full struct{ store.Store }

func (full) Txn(context.Context, []store.Condition, []store.Op) (int64, error) {
	return 0, fmt.Errorf("write: %w", store.ErrNoSpace)
}

func TestFullDisk(t *testing.T) {
	s := armtest.New(t, register)
	id := resourceid.MustParse(s.Group("rg") + widgets + "/w")
	s.Want(201, "PUT", id.String(), `{"location":"westeurope","tags":{"a":"1"}}`)
	a := arm.New(arm.Options{Store: full{s.Store}, Identity: armtest.Identity{}, Authorizer: s.Rights, Audit: s.Audit})
	register(a)
	ctx, owner := context.Background(), armtest.Caller("owner")
	if _, err := a.Put(ctx, owner, id, "2024-01-01", map[string]any{"location": "westeurope"}, arm.PutOptions{}); !errors.Is(err, azerr.StorageFull) {
		t.Errorf("PUT: %v", err)
	}
	if err := a.Delete(ctx, owner, id, "2024-01-01", arm.DeleteOptions{}); !errors.Is(err, azerr.StorageFull) {
		t.Errorf("DELETE: %v", err)
	}
	if r, err := a.Get(ctx, owner, id, "2024-01-01"); err != nil || r.Tags["a"] != "1" {
		t.Errorf("reading goes on, and the state is as before: %+v %v", r, err)
	}
}

// TestNoAuditNoChange: what can't be audited is refused before anything changes.
func TestNoAuditNoChange(t *testing.T) {
	s := armtest.New(t, register)
	id := s.Group("rg") + widgets + "/w"
	s.Want(201, "PUT", id, `{"location":"westeurope","tags":{"a":"1"}}`)
	s.Want(201, "PUT", id+"/parts/p", `{}`)
	before, err := s.Store.Revision(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.Audit.Fail = errors.New("no space left on device")
	s.Want(503, "PUT", id, `{"location":"westeurope"}`)
	s.Want(503, "PATCH", id, `{"tags":{}}`)
	s.Want(503, "DELETE", id+"/parts/p", "")
	wishes := granted.Load()
	s.Want(503, "POST", id+"/poke", `{}`)
	s.Want(503, "PUT", id+"/wishes/w", `{}`)
	if now := granted.Load(); now != wishes {
		t.Error("what can't be audited was done")
	}
	if now, err := s.Store.Revision(t.Context()); err != nil || now != before {
		t.Errorf("the store went from revision %d to %d (%v)", before, now, err)
	}
	s.Want(503, "DELETE", id, "")
	s.Want(200, "GET", id+"/parts/p", "")
	if r := s.Want(200, "GET", id, ""); fmt.Sprint(r.At("tags")) != "map[a:1]" {
		t.Errorf("the state is not as before: %s", r.Text)
	}
	s.Audit.Fail = nil
	s.Want(200, "PUT", id, `{"location":"westeurope"}`) // it is not marked as being deleted
}

// FuzzHandler sends any request of the owner: the server may refuse it, but never be at fault.
func FuzzHandler(f *testing.F) {
	const g = armtest.Scope + "/resourceGroups/rg"
	f.Add("PUT", g+widgets+"/w", "api-version=2024-01-01", `{"location":"westeurope","tags":{"a":"b"},"properties":{"a":[1]}}`, "*")
	f.Add("PATCH", g, "api-version=2024-01-01", `{"tags":null}`, "")
	f.Add("GET", g+widgets, "api%2Dversion=2024-01-01&$top=1&$skiptoken=YQ&$filter=name eq 'x'", "", `"x"`)
	f.Add("POST", g+widgets+"/w/poke", "api-version=2024-01-01", `{}`, "")
	f.Add("DELETE", g+"/providers/Contoso.Test/notes/n/providers/Contoso.Test/notes/m", "api-version=2024-01-01", "", "")
	f.Add("POST", armtest.Scope+"/providers/Contoso.Test/check", "api-version=2024-01-01", `[]`, "")
	f.Add("GET", "/metadata/endpoints", "", "", "")
	s := armtest.New(f, register)
	s.Group("rg")
	h := s.ARM.Handler()
	f.Fuzz(func(t *testing.T, method, path, query, body, etag string) {
		req := httptest.NewRequest("GET", "https://management.azure.com/", strings.NewReader(body))
		req.Method, req.URL = method, &url.URL{Path: path, RawQuery: query}
		req.Header = http.Header{"Authorization": {"Bearer owner"}, "If-Match": {etag}, "If-None-Match": {etag}}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, req)
		if w.Code >= 500 || w.Code < 200 {
			t.Fatalf("%q %q?%q %q: %d %s", method, path, query, body, w.Code, w.Body)
		}
	})
}
