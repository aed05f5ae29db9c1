package library

import (
	"context"
	"slices"

	"gatehouse/internal/audit"
	"gatehouse/internal/identity"
)

// Permissions says which pipelines may use an object.
type Permissions struct {
	All       bool    `json:"all,omitempty"`
	Pipelines []int64 `json:"pipelines,omitempty"`
}

func permissionKey(w What, id string) string { return "library/permission/" + string(w) + "/" + id }

// uses are the objects that permissions are for: the audited action, and the flag of a run.
var uses = map[What]struct{ action, flag string }{
	SecureFiles: {"secureFiles/download/action", "--secure-file"},
	Groups:      {"variableGroups/use/action", "--variable-group"},
	Connections: {"serviceConnections/use/action", "--service-connection"},
}

// exists checks that an object is there, by id.
func (s *Service) exists(ctx context.Context, w What, id string) error {
	_, err := s.resolve(ctx, w, id)
	return err
}

// Permissions reads who may use an object.
func (s *Service) Permissions(ctx context.Context, c identity.Caller, w What, id string) (Permissions, error) {
	var p Permissions
	if err := s.allow(ctx, c, "pipelinePermissions/read", string(w)+"/"+id); err != nil {
		return p, err
	}
	if err := s.exists(ctx, w, id); err != nil {
		return p, err
	}
	_, err := s.get(ctx, permissionKey(w, id), &p)
	return p, err
}

// Permit changes who may use an object: all pipelines (unless all is nil), and single ones.
func (s *Service) Permit(ctx context.Context, c identity.Caller, w What, id string, all *bool, pipelines map[int64]bool) (Permissions, error) {
	var p Permissions
	if err := s.allow(ctx, c, "pipelinePermissions/write", string(w)+"/"+id); err != nil {
		return p, err
	}
	if err := s.exists(ctx, w, id); err != nil {
		return p, err
	}
	revision, err := s.get(ctx, permissionKey(w, id), &p)
	if err != nil {
		return p, err
	}
	if all != nil {
		p.All = *all
	}
	for pipeline, authorized := range pipelines {
		p.Pipelines = slices.DeleteFunc(p.Pipelines, func(old int64) bool { return old == pipeline })
		if authorized {
			p.Pipelines = append(p.Pipelines, pipeline)
		}
	}
	slices.Sort(p.Pipelines)
	return p, s.put(ctx, permissionKey(w, id), revision, p)
}

// permitted checks that a run that is going on, and is the caller's, may use an object.
func (s *Service) permitted(ctx context.Context, c identity.Caller, run int64, w What, id, name string) error {
	r, err := s.activeRun(ctx, c, run)
	if err != nil {
		return err
	}
	ok := slices.Contains(r.Permitted[w], id)
	if !ok {
		var p Permissions
		if _, err := s.get(ctx, permissionKey(w, id), &p); err != nil {
			return err
		}
		ok = p.All || slices.Contains(p.Pipelines, r.Pipeline)
	}
	if ok {
		return s.record(ctx, c, uses[w].action, name, audit.Allowed)
	}
	if err := s.record(ctx, c, uses[w].action, name, audit.Denied); err != nil {
		return err
	}
	return fail(Forbidden, w, "The pipeline '%s' needs permission to use the %s '%s'. Permit it for one run by %s '%s', or for all runs by a pipeline permission.",
		r.PipelineName, w.Name(), name, uses[w].flag, name)
}
