package resources

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"gatehouse/internal/arm"
	"gatehouse/internal/arm/armtest"
)

func start(t *testing.T) *armtest.Server {
	return armtest.New(t, func(s *arm.Service) { New(Options{ARM: s}) })
}

func TestMetadata(t *testing.T) {
	s := start(t)
	anonymous := "Authorization:"
	if r := s.Want(200, "GET", "/metadata/endpoints?api-version=2022-09-01", "", anonymous); r.String("suffixes/keyVaultDns") != "vault.azure.net" {
		t.Errorf("2022-09-01: %s", r.Text)
	}
	if r := s.Want(200, "GET", "/metadata/endpoints?api-version=2019-05-01", "", anonymous); !strings.HasPrefix(r.Text, "[{") {
		t.Errorf("2019-05-01: %s", r.Text)
	}
	if r := s.Want(200, "GET", "/metadata/endpoints?api-version=2015-01-01", "", anonymous); r.String("authentication/loginEndpoint") == "" || r.String("galleryEndpoint") == "" {
		t.Errorf("2015-01-01: %s", r.Text)
	}
	s.Want(401, "GET", "/tenants", "", anonymous)
	if r := s.Want(200, "GET", "/tenants", ""); !strings.Contains(r.Text, armtest.Tenant) {
		t.Errorf("tenants: %s", r.Text)
	}
	for _, path := range []string{armtest.Scope + "/providers/microsoft.resources", "/providers/Microsoft.Resources"} {
		if r := s.Want(200, "GET", path, ""); r.String("registrationState") != "Registered" || !strings.Contains(r.Text, `"resourceGroups"`) {
			t.Errorf("provider: %s", r.Text)
		}
	}
	s.Want(200, "POST", armtest.Scope+"/providers/Microsoft.Resources/register", "")
	s.Want(404, "GET", armtest.Scope+"/providers/Nobody.Here", "")
	if r := s.Want(200, "GET", armtest.Scope+"/locations", ""); !slices.Contains(r.Names(), "westeurope") {
		t.Errorf("locations: %s", r.Text)
	}
	if r := s.Want(200, "GET", armtest.Scope, ""); r.String("tenantId") != armtest.Tenant {
		t.Errorf("subscription: %s", r.Text)
	}
}

func TestGroups(t *testing.T) {
	s := start(t)
	g := s.Group("My.Group_(1)")
	s.Want(204, "HEAD", g, "")
	s.Want(404, "HEAD", g+"-none", "")
	s.Want(200, "PUT", g, `{"location":"West Europe","tags":{"a":"b"}}`)
	if r := s.Want(409, "PUT", g, `{"location":"northeurope"}`); r.Code() != "InvalidResourceGroupLocation" {
		t.Errorf("another location: %s", r.Text)
	}
	if r := s.Want(200, "PATCH", g, `{"tags":{"c":"d"}}`); fmt.Sprint(r.At("tags")) != "map[c:d]" || r.String("location") != "westeurope" || r.String("properties/provisioningState") != "Succeeded" {
		t.Errorf("PATCH: %s", r.Text)
	}
	for _, bad := range []string{"ends.", "sp%20ace", strings.Repeat("x", 91)} {
		if r := s.Want(400, "PUT", armtest.Scope+"/resourceGroups/"+bad, `{"location":"westeurope"}`); r.Code() != "InvalidResourceGroupName" {
			t.Errorf("%s: %s", bad, r.Text)
		}
	}
	if r := s.Want(200, "GET", armtest.Scope+"/tagNames", ""); !strings.Contains(r.Text, `"tagName":"c"`) {
		t.Errorf("tagNames: %s", r.Text)
	}
}
