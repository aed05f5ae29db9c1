// Package deploy runs templates: it is the provider of Microsoft.Resources/deployments
// at tenant, management group, subscription and resource group scope, with their operations, validate, whatIf,
// cancel and exportTemplate. It is not the template engine, which is package template,
// and it writes resources only through arm.Service, as the caller of the deployment.
//
// A PUT parses and plans the template and checks all of it before the first write
// (request.go, preflight.go); then it is answered, and the plan runs along its graph
// with a bounded number of writes at a time (run.go). Start at New.
package deploy

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"gatehouse/internal/arm"
	"gatehouse/internal/azerr"
	"gatehouse/internal/identity"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/template"
)

// The types of this provider.
const (
	TypeDeployment = "Microsoft.Resources/deployments"
	TypeOperation  = "Microsoft.Resources/deployments/operations"
)

// Options of New.
type Options struct {
	ARM     *arm.Service
	Workers int           // writes of one deployment at a time; 0: 8
	Backoff time.Duration // wait before the first retry of a write, where its provider names none; 0: 1 s
	Now     func() time.Time
	Logger  *slog.Logger
	Cloud   template.Cloud // the instance's names
	// Secret reads a secret of a vault for a parameter that refers to it, by the right of the caller.
	Secret func(ctx context.Context, c identity.Caller, vault resourceid.ID, name, version string) (string, error)
	// Document reads what a templateLink or parametersLink names; nil: they are refused.
	Document template.Fetch
}

// Service is the provider. It is safe for concurrent use.
type Service struct {
	o Options

	mu      sync.Mutex
	closed  bool
	pending map[string]*run // planned, not stored yet, by deployment's key
	running map[string]*run
	all     sync.WaitGroup
}

// New makes the provider; the app registers its Types and runs Run.
func New(o Options) *Service {
	if o.Workers <= 0 {
		o.Workers = 8
	}
	if o.Backoff <= 0 {
		o.Backoff = time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Service{o: o, pending: map[string]*run{}, running: map[string]*run{}}
}

// Types are to be registered with arm.
func (s *Service) Types() []*arm.Type { return []*arm.Type{s.deploymentType(), s.operationType()} }

// Run ends deployments that an earlier process left running, then waits for ctx to end,
// stops those that run and records that.
func (s *Service) Run(ctx context.Context) error {
	if err := s.recover(ctx); err != nil {
		return err
	}
	<-ctx.Done()
	s.mu.Lock()
	s.closed = true
	for _, r := range s.running {
		r.stop(azerr.DeploymentInterrupted.New())
	}
	s.mu.Unlock()
	s.all.Wait()
	return ctx.Err()
}

// recover fails the deployments that were running when the last process ended.
func (s *Service) recover(ctx context.Context) error {
	stored, err := s.o.ARM.Children(ctx, resourceid.ID{}, TypeDeployment)
	if err != nil {
		return err
	}
	for _, d := range stored {
		if arm.Terminal(stateOf(d)) || s.find(d.ID) != nil {
			continue
		}
		if err := s.interrupted(ctx, d); err != nil {
			return err
		}
	}
	return nil
}

// interrupted records that a deployment ended with its process, and what it had done until then.
func (s *Service) interrupted(ctx context.Context, d *arm.Resource) error {
	ops, done, err := s.afterCrash(ctx, d)
	if err != nil {
		return err
	}
	operations, err := decoded(ops)
	if err != nil {
		return err
	}
	_, err = s.o.ARM.Update(ctx, d.ID, func(d *arm.Resource) error {
		if arm.Terminal(stateOf(d)) || s.find(d.ID) != nil {
			return errNothingToDo
		}
		d.Properties["provisioningState"] = stateFailed
		d.Properties["error"] = wireError(azerr.DeploymentInterrupted.New().With(done.incomplete()))
		d.Private["operations"] = operations
		return nil
	})
	if errors.Is(err, errNothingToDo) || errors.Is(err, azerr.DeploymentNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.dropJournal(ctx, d.ID)
}

var errNothingToDo = errors.New("deploy: nothing to do")

func (s *Service) find(id resourceid.ID) *run {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.pending[id.Key()]; r != nil {
		return r
	}
	return s.running[id.Key()]
}

// Provisioning states of deployments.
const (
	stateRunning   = "Running"
	stateSucceeded = "Succeeded"
	stateFailed    = "Failed"
	stateCanceled  = "Canceled"
)

func stateOf(r *arm.Resource) string {
	state, _ := r.Properties["provisioningState"].(string)
	return state
}

var apiVersions = []string{"2025-04-01", "2024-11-01", "2024-03-01", "2023-07-01", "2022-09-01", "2021-04-01", "2020-10-01", "2020-06-01", "2019-10-01"}

// anyScope is where deployments may lie.
const anyScope = arm.GroupScope | arm.SubscriptionScope | arm.ManagementGroupScope | arm.TenantScope

func (s *Service) deploymentType() *arm.Type {
	return &arm.Type{
		Name: TypeDeployment, Scopes: anyScope, APIVersions: apiVersions,
		NameRule: checkName, ReadBody: ReadBody, NoPatch: true, OwnScope: true, Put: s.put, Stored: s.stored, Delete: s.delete, DeleteStatus: 202,
		NotFound: func(id resourceid.ID) error { return azerr.DeploymentNotFound.New(id.Name()) },
		Actions: map[string]*arm.Action{
			"validate":        {Run: s.validate, ReadBody: ReadBody, ParentFree: true, Quiet: true},
			"whatIf":          {Run: s.whatIf, ReadBody: ReadBody, ParentFree: true, Quiet: true},
			"cancel":          {Run: s.cancel},
			"exportTemplate":  {Run: s.exportTemplate, Quiet: true},
			actionListOutputs: {Run: s.listOutputs},
		},
	}
}

// checkName: 1 to 64 of [-\w._()].
func checkName(name string) error {
	if len(name) < 1 || len(name) > 64 || strings.IndexFunc(name, func(r rune) bool {
		return !(r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || strings.ContainsRune("-_.()", r))
	}) >= 0 {
		return azerr.InvalidDeploymentName.New(name)
	}
	return nil
}
