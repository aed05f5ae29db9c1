package arm_test

import (
	"context"
	"fmt"
	"testing"

	"gatehouse/internal/arm"
	"gatehouse/internal/arm/armtest"
	"gatehouse/internal/azerr"
	"gatehouse/internal/provider/resources"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/store"
)

// kits have as many parts as their body says; "late" makes what comes last fail.
func registerKits(s *arm.Service) {
	resources.New(resources.Options{ARM: s})
	s.Register(&arm.Type{Name: "Contoso.Test/kits", Put: func(ctx context.Context, r *arm.PutRequest) (*arm.Resource, error) {
		made, err := r.Resource()
		if err != nil {
			return nil, err
		}
		names, _ := made.Properties["parts"].([]any)
		for _, n := range names {
			id, err := r.ID.Child("parts", fmt.Sprint(n))
			if err != nil {
				return nil, err
			}
			part := &arm.Resource{ID: id, Type: "Contoso.Test/kits/parts"}
			if was, err := s.Stored(ctx, id); err != nil {
				return nil, err
			} else if was != nil {
				part = was
			}
			part.Properties = map[string]any{"of": made.Properties["mark"]}
			step, err := s.StepTo(part)
			if err != nil {
				return nil, err
			}
			r.Steps = append(r.Steps, step)
		}
		if made.Properties["late"] == true {
			r.Conditions = append(r.Conditions, store.Condition{Key: "never there", Revision: 1})
		}
		return made, nil
	}}, &arm.Type{Name: "Contoso.Test/kits/parts", Put: func(_ context.Context, r *arm.PutRequest) (*arm.Resource, error) { return r.Resource() }})
}

// TestStepsAreOneWrite: what a PUT writes beside its resource is there with it, or not at all, however much it is.
func TestStepsAreOneWrite(t *testing.T) {
	s := armtest.New(t, registerKits)
	group := s.Group("rg")
	kit := group + "/providers/Contoso.Test/kits/k"
	body := func(mark string, late bool, n int) string {
		list := ""
		for i := range n {
			list += fmt.Sprintf(`,"p%03d"`, i)
		}
		return fmt.Sprintf(`{"properties":{"mark":%q,"late":%t,"parts":[%s]}}`, mark, late, list[1:])
	}
	marks := func() map[any]int {
		t.Helper()
		found, err := s.ARM.Children(t.Context(), resourceid.MustParse(kit), "Contoso.Test/kits/parts")
		if err != nil {
			t.Fatal(err)
		}
		m := map[any]int{}
		for _, r := range found {
			m[r.Properties["of"]]++
		}
		return m
	}
	for _, n := range []int{3, 300} {
		if r := s.Do("PUT", kit, body("lost", true, n)); r.Status != 409 || r.Code() != azerr.ARMConflict.Code {
			t.Fatalf("%d %v", r.Status, r.Body)
		}
		if m := marks(); len(m) != 0 {
			t.Errorf("%d parts of a PUT that failed: %v", n, m)
		}
		s.Want(404, "GET", kit, "")
	}
	s.Want(201, "PUT", kit, body("first", false, 200))
	if r := s.Do("PUT", kit, body("second", true, 300)); r.Status != 409 {
		t.Fatalf("%d %v", r.Status, r.Body)
	}
	if m := marks(); len(m) != 1 || m["first"] != 200 {
		t.Errorf("parts after a PUT that failed: %v", m)
	}
	s.Want(200, "PUT", kit, body("second", false, 300))
	if m := marks(); len(m) != 1 || m["second"] != 300 {
		t.Errorf("parts: %v", m)
	}
}
