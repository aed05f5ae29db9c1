package library

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"

	"gatehouse/internal/identity"
)

// runLife bounds how long the permissions of a run hold when nobody ends it.
const runLife = 24 * time.Hour

// Pipeline is a name by which permissions are kept.
type Pipeline struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
	Path string `json:"path,omitempty"`
}

// Run is one run of a pipeline.
type Run struct {
	ID           int64             `json:"id"`
	Plan         string            `json:"plan"` // a GUID, as the service names the plan of a run
	Pipeline     int64             `json:"pipeline"`
	PipelineName string            `json:"pipelineName"`
	Creator      string            `json:"creator"` // object id
	Permitted    map[What][]string `json:"permitted,omitempty"`
	Result       string            `json:"result,omitempty"` // "" while it goes on
	Created      time.Time         `json:"created"`
	Finished     time.Time         `json:"finished,omitzero"`
}

// EnsurePipeline finds a pipeline by name, or makes it.
func (s *Service) EnsurePipeline(ctx context.Context, c identity.Caller, name, path string) (*Pipeline, error) {
	if err := checkName(Pipelines, name); err != nil {
		return nil, err
	}
	if err := s.allow(ctx, c, "pipelines/write", name); err != nil {
		return nil, err
	}
	var p Pipeline
	revision, err := s.get(ctx, key(Pipelines, name), &p)
	if err != nil || revision != 0 {
		return &p, err
	}
	id, err := s.next(ctx, "pipeline")
	if err != nil {
		return nil, err
	}
	p = Pipeline{ID: id, Name: name, Path: path}
	return &p, s.put(ctx, key(Pipelines, name), 0, p)
}

// ListPipelines lists all pipelines.
func (s *Service) ListPipelines(ctx context.Context, c identity.Caller) ([]Pipeline, error) {
	if err := s.allow(ctx, c, "pipelines/read", ""); err != nil {
		return nil, err
	}
	return list[Pipeline](ctx, s, prefix(Pipelines))
}

func (s *Service) pipeline(ctx context.Context, id int64) (*Pipeline, error) {
	all, err := list[Pipeline](ctx, s, prefix(Pipelines))
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].ID == id {
			return &all[i], nil
		}
	}
	return nil, fail(NotFound, Pipelines, "There is no pipeline %d.", id)
}

// Begin registers a run. permit names objects that it may use beyond what its pipeline may.
func (s *Service) Begin(ctx context.Context, c identity.Caller, pipeline int64, permit map[What][]string) (*Run, error) {
	if err := s.allow(ctx, c, "runs/write", strconv.FormatInt(pipeline, 10)); err != nil {
		return nil, err
	}
	p, err := s.pipeline(ctx, pipeline)
	if err != nil {
		return nil, err
	}
	r := Run{Plan: uuid.NewString(), Pipeline: p.ID, PipelineName: p.Name, Creator: c.ObjectID, Created: s.now().UTC(), Permitted: map[What][]string{}}
	for w, names := range permit {
		for _, name := range names {
			id, err := s.resolve(ctx, w, name)
			if err != nil {
				return nil, err
			}
			r.Permitted[w] = append(r.Permitted[w], id)
		}
	}
	if r.ID, err = s.next(ctx, "run"); err != nil {
		return nil, err
	}
	if err := s.put(ctx, planKey(r.Plan), 0, r.ID); err != nil {
		return nil, err
	}
	return &r, s.put(ctx, runKey(r.ID), 0, r)
}

// resolve gives the id of an object by name or id.
func (s *Service) resolve(ctx context.Context, w What, name string) (string, error) {
	switch w {
	case SecureFiles:
		f, err := s.findFile(ctx, name)
		if err != nil {
			return "", err
		}
		return f.ID, nil
	case Connections:
		n, err := s.findConnection(ctx, name)
		if err != nil {
			return "", err
		}
		return n.ID, nil
	case Groups:
	default:
		return "", fail(Invalid, w, "There are no permissions for '%s'; there are for %s, %s and %s.", w, Connections, Groups, SecureFiles)
	}
	g, err := s.findGroup(ctx, name)
	if err != nil {
		return "", err
	}
	return strconv.FormatInt(g.ID, 10), nil
}

func runKey(id int64) string { return fmt.Sprintf("library/run/%012d", id) }

func planKey(plan string) string { return "library/plan/" + plan }

func (s *Service) runByPlan(ctx context.Context, plan string) (*Run, error) {
	if _, err := uuid.Parse(plan); err != nil {
		return nil, fail(NotFound, Pipelines, "There is no run with the plan '%s'.", plan)
	}
	var id int64
	revision, err := s.get(ctx, planKey(plan), &id)
	if err != nil {
		return nil, err
	}
	if revision == 0 {
		return nil, fail(NotFound, Pipelines, "There is no run with the plan '%s'.", plan)
	}
	r, _, err := s.run(ctx, id)
	return r, err
}

func (s *Service) run(ctx context.Context, id int64) (*Run, int64, error) {
	var r Run
	revision, err := s.get(ctx, runKey(id), &r)
	if err == nil && revision == 0 {
		err = fail(NotFound, Pipelines, "There is no run %d.", id)
	}
	return &r, revision, err
}

// activeRun finds a run that goes on and is the caller's: nobody else may use its permissions.
func (s *Service) activeRun(ctx context.Context, c identity.Caller, id int64) (*Run, error) {
	r, _, err := s.run(ctx, id)
	if err != nil {
		return nil, err
	}
	if r.Creator != c.ObjectID {
		return nil, fail(Forbidden, Pipelines, "The run %d is not the caller's.", id)
	}
	if r.Result != "" || s.now().Sub(r.Created) > runLife {
		return nil, fail(Forbidden, Pipelines, "The run %d has ended.", id)
	}
	return r, nil
}

// Run reads a run, whether it goes on or not.
func (s *Service) Run(ctx context.Context, c identity.Caller, id int64) (*Run, error) {
	if err := s.allow(ctx, c, "runs/read", strconv.FormatInt(id, 10)); err != nil {
		return nil, err
	}
	r, _, err := s.run(ctx, id)
	return r, err
}

// End closes a run with a result: its permissions end.
func (s *Service) End(ctx context.Context, c identity.Caller, id int64, result string) (*Run, error) {
	switch result {
	case "succeeded", "failed", "canceled":
	default:
		return nil, fail(Invalid, Pipelines, "A run ends as succeeded, failed or canceled, not '%s'.", result)
	}
	if _, err := s.activeRun(ctx, c, id); err != nil {
		return nil, err
	}
	r, revision, err := s.run(ctx, id)
	if err != nil {
		return nil, err
	}
	r.Result, r.Finished = result, s.now().UTC()
	return r, s.put(ctx, runKey(id), revision, r)
}
