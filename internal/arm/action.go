package arm

import (
	"context"
	"slices"
	"strings"

	"gatehouse/internal/azerr"
	"gatehouse/internal/identity"
	"gatehouse/internal/resourceid"
)

// Action runs a POST action as the caller.
func (s *Service) Action(ctx context.Context, c identity.Caller, id resourceid.ID, apiVersion, action string, body map[string]any) (any, error) {
	return s.act(ctx, &ActionRequest{Caller: c, ID: id, APIVersion: apiVersion, Body: body}, action)
}

// findAction finds the action of a type by name in any case.
func (s *Service) findAction(id resourceid.ID, apiVersion, name string) (*Type, *Action, string, error) {
	if err := s.checkSubscription(id); err != nil {
		return nil, nil, "", err
	}
	t, err := s.typeOf(id.Type(), apiVersion)
	if err != nil {
		return nil, nil, "", err
	}
	var known []string
	for k, a := range t.Actions {
		if strings.EqualFold(k, name) {
			return t, a, k, nil
		}
		known = append(known, k)
	}
	slices.Sort(known)
	return nil, nil, "", azerr.InvalidResourceAction.New(name, t.Name, strings.Join(known, ", "))
}

func (s *Service) act(ctx context.Context, r *ActionRequest, name string) (any, error) {
	t, a, key, err := s.findAction(r.ID, r.APIVersion, name)
	if err != nil {
		return nil, err
	}
	action := a.rbac(t.rbacName(), key)
	if err := s.Authorize(ctx, r.Caller, action, r.ID); err != nil {
		return nil, s.audited(ctx, r.Caller, r.RequestID, action, r.ID, 0, err)
	}
	asked := r.ID
	if r.ID, _, err = s.resolve(ctx, asked); err != nil {
		return nil, err
	}
	if r.Resource, err = s.find(ctx, r.ID); err != nil {
		return nil, err
	}
	if r.Resource == nil && !a.ParentFree {
		return nil, s.notFound(ctx, t, asked)
	}
	if r.Resource == nil {
		p, err := s.locate(ctx, r.ID, r.APIVersion)
		if err != nil {
			return nil, err
		}
		r.ID = p.id
	} else {
		r.ID = r.Resource.ID
	}
	return s.runAction(ctx, a, action, r)
}

func (s *Service) runAction(ctx context.Context, a *Action, action string, r *ActionRequest) (any, error) {
	r.Service = s
	if r.Body == nil {
		r.Body = map[string]any{}
	}
	if a.Quiet {
		return a.Run(ctx, r)
	}
	if err := s.Started(ctx, r.Caller, r.RequestID, action, r.ID); err != nil {
		return nil, err
	}
	out, err := a.Run(ctx, r)
	if err := s.audited(ctx, r.Caller, r.RequestID, action, r.ID, 200, err); err != nil {
		return nil, err
	}
	return out, nil
}

// rbac is the action that the caller's roles must allow.
func (a *Action) rbac(typ, key string) string {
	switch {
	case a.Name == "":
		return typ + "/" + key + "/action"
	case strings.Contains(a.Name, "/"):
		return a.Name
	}
	return typ + "/" + a.Name + "/action"
}

// call runs a POST on a provider itself, at a scope.
func (s *Service) call(ctx context.Context, namespace, name string, r *ActionRequest) (any, error) {
	a := s.calls[strings.ToLower(namespace)][strings.ToLower(name)]
	if a == nil {
		if _, err := s.typeOf(namespace+"/"+name, r.APIVersion); err != nil {
			return nil, err
		}
		return nil, azerr.MethodNotAllowed.New("POST", namespace+"/"+name)
	}
	if err := s.checkListScope(ctx, &Type{}, r.ID); err != nil {
		return nil, err
	}
	action := a.rbac(namespace, name)
	if err := s.Authorize(ctx, r.Caller, action, r.ID); err != nil {
		return nil, s.audited(ctx, r.Caller, r.RequestID, action, r.ID, 0, err)
	}
	return s.runAction(ctx, a, action, r)
}
