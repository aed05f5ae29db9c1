package template

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"gatehouse/internal/resourceid"
)

// Input is what a deployment adds to its template.
type Input struct {
	Name       string        // of the deployment
	Scope      resourceid.ID // resource group, subscription, management group or tenant
	Location   string        // of the deployment, outside of resource groups
	Mode       string        // Incremental when empty
	TenantID   string
	Cloud      Cloud          // for environment(); zero: Azure's public cloud
	Parameters map[string]any // name to {"value": ...} or {"reference": ...}; or given as Values
	Deployer   map[string]any // objectId, tenantId, userPrincipalName
	Now        time.Time      // for utcNow(); zero: the current time

	// Runtime, while a plan is made, answers for resources outside of the template. With nil
	// such references are Unknown.
	Runtime Runtime
	// ScopeFacts adds to resourceGroup(), subscription(), tenant() and managementGroup(). It may
	// answer ErrUnknown or ErrPartial for a resource group that is yet to be made.
	ScopeFacts func(ctx context.Context, scope resourceid.ID) (map[string]any, error)
	// External are the values of external inputs, for the expressions of Parameters; nil: there are none.
	External map[string]any
	// Secret reads a Key Vault secret that a parameter refers to.
	Secret         func(ctx context.Context, vaultID, name, version string) (string, error)
	RoleDefinition func(name string) (id string, ok bool)             // for roleDefinitions()
	Providers      func(namespace, typ string) (map[string]any, bool) // for providers()

	Fetch Fetch  // reads what templateLink and parametersLink name; nil: they are refused
	Base  string // where the template was read from; "": it was given as it is

	values *Object    // parameters of a nested deployment, which may be Unknown
	outer  *evaluator // of a nested deployment whose expressions belong to its parent
	inline bool       // a nested deployment that was given with the template around it, which was read from Base
}

// Cloud are the names of the instance, where they are not Azure's.
type Cloud struct {
	Management, Login string // hosts
	Vaults            string // domain
}

func (in *Input) now() time.Time {
	if in.Now.IsZero() {
		return time.Now().UTC()
	}
	return in.Now.UTC()
}

func (in *Input) mode() string {
	if in.Mode == "" {
		return "Incremental"
	}
	return in.Mode
}

// evaluator holds what the expressions of one deployment share.
type evaluator struct {
	*compiler
	t      *Template
	in     *Input
	given  *Object
	params map[string]any
	bound  bool
	vars   sync.Map // name to value
	plan   *Plan
	outer  *evaluator // whose parameters, variables and scope count; nil: its own
}

// root is the evaluator whose scope functions count.
func (ev *evaluator) root() *evaluator {
	for ev.outer != nil {
		ev = ev.outer
	}
	return ev
}

// Plan is the graph of a deployment's resources.
type Plan struct {
	Nodes   []*Node   // each after those that it depends on
	Missing []Missing // what is referred to, but neither planned nor there

	ev      *evaluator
	symbols map[string]*Node   // by lower-case symbolic name, with [index] for loops
	loops   map[string][]*Node // by lower-case name of a copy loop, or symbolic name of one
	byID    map[string]*Node
	names   map[string][]*Node // by lower-case name, and TYPE/NAME
}

// Plan binds parameters, makes all copies and orders the resources.
func (t *Template) Plan(ctx context.Context, in Input) (*Plan, error) {
	ev := &evaluator{compiler: t.compiler, t: t, in: &in, params: map[string]any{}, outer: in.outer, given: in.values}
	if ev.given == nil {
		ev.given = From(in.Parameters).(*Object)
	}
	if in.Parameters == nil && in.values == nil {
		ev.given = NewObject()
	}
	p, err := ev.makePlan(ctx)
	return p, ev.withoutSecrets(err)
}

func (ev *evaluator) makePlan(ctx context.Context) (*Plan, error) {
	t := ev.t
	if ev.outer == nil {
		if err := ev.bind(ctx); err != nil {
			return nil, err
		}
		ev.bound = true
	}
	p := &Plan{ev: ev, symbols: map[string]*Node{}, loops: map[string][]*Node{}, byID: map[string]*Node{}, names: map[string][]*Node{}}
	b := &builder{Plan: p, t: t, ctx: ctx, steps: maxSteps}
	for _, r := range t.resources {
		if err := b.resource(r, nil, nil); err != nil {
			return nil, err
		}
	}
	ev.plan = p
	if err := b.connect(); err != nil {
		return nil, err
	}
	if err := b.asserts(); err != nil {
		return nil, err
	}
	return p, b.order()
}

// Template that the plan was made of.
func (p *Plan) Template() *Template { return p.ev.t }

// Find returns the resource with an ID, or nil.
func (p *Plan) Find(id resourceid.ID) *Node { return p.byID[normalize(id).Key()] }

func (p *Plan) byName(name string) []*Node { return p.names[strings.ToLower(strings.Trim(name, "/"))] }

// normalize writes a resource group's ID in its short form.
func normalize(id resourceid.ID) resourceid.ID {
	if id.IsType("Microsoft.Resources/resourceGroups") && id.ResourceGroup() == "" && id.Subscription() != "" {
		return resourceid.MustParse("/subscriptions/" + id.Subscription() + "/resourceGroups/" + id.Name())
	}
	return id
}

// located is an error with the part of the template in which it is.
type located struct {
	what string
	at   int
	err  error
}

func (l *located) Error() string { return l.err.Error() }
func (l *located) Unwrap() error { return l.err }

// locate turns an evaluation error into an Error; an Error stays as it is.
func (t *Template) locate(err error, what string, at int) error {
	var e *Error
	if errors.As(err, &e) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	var l *located
	if errors.As(err, &l) {
		what, at = l.what, l.at
	}
	line, column := t.place(at)
	place := ""
	if line > 0 {
		place = fmt.Sprintf(" at line '%d' and column '%d'", line, column)
	}
	return &Error{Code: InvalidTemplate, Target: what, Line: line, Column: column, Cause: err,
		Message: fmt.Sprintf("Deployment template validation failed: 'The %s%s is not valid: %s'.", what, place, err)}
}
