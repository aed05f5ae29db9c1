package template

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"gatehouse/internal/resourceid"
)

// Node is one resource of a plan.
type Node struct {
	Symbol     string // symbolic name, with [index] in a loop; may be empty
	ID         resourceid.ID
	Type       string
	Name       string // with the parents' names: a/b
	APIVersion string
	Condition  bool // false: it is not deployed
	Existing   bool // it is read, not deployed
	// OnlyIfNotExists leaves a resource that is there as it is (@onlyIfNotExists).
	OnlyIfNotExists bool
	// Retry lists the error codes after which it is tried again, at most RetryCount times (@retryOn).
	Retry        []string
	RetryCount   int
	DependsOn    []*Node
	Line, Column int

	raw    *Object
	copies *copyScope
	plan   *Plan
	index  int
	// unnamed is why the name of an existing or left out resource can't be evaluated.
	unnamed error
	// nullable: reference() of an existing resource that is not there is null (@nullIfNotFound).
	nullable bool
	parent   *Node // the resource whose "resources" it stands in
	at       int
}

// IsDeployment reports whether the resource is a nested deployment.
func (n *Node) IsDeployment() bool {
	return strings.EqualFold(n.Type, "Microsoft.Resources/deployments")
}

// notBody are the members of a resource that the engine reads; the rest is sent.
var notBody = map[string]bool{"copy": true, "condition": true, "dependson": true, "scope": true, "name": true, "type": true, "apiversion": true,
	"comments": true, "resources": true, "subscriptionid": true, "resourcegroup": true, "existing": true, "import": true, "extension": true,
	"asserts": true, "@options": true, "metadata": true}

// Body evaluates what is to be sent. What the Runtime does not know yet is the text of its
// expression; complete is then false.
func (n *Node) Body(ctx context.Context, rt Runtime) (body map[string]any, complete bool, err error) {
	v, err := n.body(n.frame(ctx, rt))
	if err != nil {
		return nil, false, n.plan.ev.withoutSecrets(err)
	}
	if weigh(v, maxResource) > maxResource {
		return nil, false, n.fail(fault("The resource is larger than %d bytes. Please see https://aka.ms/arm-template-limits for usage details.", maxResource))
	}
	return To(v).(map[string]any), !HasUnknown(v), nil
}

func (n *Node) frame(ctx context.Context, rt Runtime) *frame {
	steps := maxSteps
	f := &frame{ctx: ctx, ev: n.plan.ev, rt: rt, can: canReference, node: n, steps: &steps}
	if n.copies != nil {
		f.copies, f.can = n.copies, f.can|canCopyIndex
	}
	return f
}

func (n *Node) body(f *frame) (*Object, error) {
	out := NewObject()
	for i, k := range n.raw.keys {
		if loops, ok := n.raw.vals[i].([]any); ok && strings.EqualFold(k, "copy") && areLoops(loops) {
			if err := f.loops(loops, out); err != nil {
				return nil, n.fail(err)
			}
			continue
		}
		if notBody[strings.ToLower(k)] {
			continue
		}
		value := f.value
		if n.IsDeployment() && strings.EqualFold(k, "properties") {
			value = n.deploymentProperties(f)
		}
		v, err := value(n.raw.vals[i])
		if err != nil {
			return nil, n.fail(err)
		}
		if v != nil {
			out.set(k, v)
		}
	}
	return out, nil
}

// deploymentProperties evaluates those of a nested deployment, but not its template.
func (n *Node) deploymentProperties(f *frame) func(any) (any, error) {
	return func(v any) (any, error) {
		o, ok := v.(*Object)
		if !ok {
			return f.value(v)
		}
		out := NewObject()
		for i, k := range o.keys {
			v := o.vals[i]
			if _, byExpression := v.(string); byExpression || !strings.EqualFold(k, "template") {
				var err error
				if v, err = f.value(v); err != nil {
					return nil, err
				}
			}
			out.set(k, v)
		}
		return out, nil
	}
}

// fail names the resource in an evaluation error.
func (n *Node) fail(err error) error {
	var e *Error
	if errors.As(err, &e) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	place := ""
	if n.Line > 0 {
		place = fmt.Sprintf(" at line '%d' and column '%d'", n.Line, n.Column)
	}
	return &Error{Code: InvalidTemplate, Target: n.ID.String(), Line: n.Line, Column: n.Column, Cause: err,
		Message: fmt.Sprintf("Unable to process template language expressions for resource '%s'%s. '%s'", n.ID, place, err)}
}

// Nested is the deployment inside of a resource of type Microsoft.Resources/deployments.
type Nested struct {
	Template *Template
	Mode     string
	Location string
	Base     string // where the template, or the one around it, was read from; "": it was given as it is

	values *Object
	outer  *evaluator
	linked bool // by templateLink
}

// Nested evaluates the parameters of a nested deployment and parses its template, which is given inline or by a link.
func (n *Node) Nested(ctx context.Context, rt Runtime) (*Nested, error) {
	nested, err := n.nested(n.frame(ctx, rt))
	return nested, n.plan.ev.withoutSecrets(err)
}

func (n *Node) nested(f *frame) (*Nested, error) {
	body, err := n.body(f)
	if err != nil {
		return nil, err
	}
	props, _ := body.Value("properties").(*Object)
	if props == nil {
		return nil, n.fail(fault("The nested deployment has no properties."))
	}
	nested := &Nested{Mode: "Incremental"}
	if m, ok := props.Value("mode").(string); ok {
		nested.Mode = m
	}
	nested.Location, _ = body.Value("location").(string)
	if nested.values, err = n.nestedParameters(f, props); err != nil {
		return nil, err
	}
	if props.Value("templateLink") != nil {
		if props.Value("template") != nil {
			return nil, n.fail(fault("A nested deployment has 'template' or 'templateLink', not both."))
		}
		return nested, n.linked(f, props, nested)
	}
	nested.Base = n.plan.ev.base()
	return nested, n.inline(props, nested)
}

// nestedParameters are those of a nested deployment, given inline or by a link.
func (n *Node) nestedParameters(f *frame, props *Object) (*Object, error) {
	given, inline := props.Value("parameters").(*Object)
	link := props.Value("parametersLink")
	switch {
	case link != nil && inline:
		return nil, n.fail(fault("A nested deployment has 'parameters' or 'parametersLink', not both."))
	case link != nil:
		return n.linkedParameters(f, link)
	case inline:
		return given, nil
	}
	return NewObject(), nil
}

// inline parses the template that stands in the properties.
func (n *Node) inline(props *Object, nested *Nested) (err error) {
	inner := false
	if o, ok := props.Value("expressionEvaluationOptions").(*Object); ok {
		s, _ := o.Value("scope").(string)
		inner = strings.EqualFold(s, "inner")
	}
	if o, ok := n.raw.Value("properties").(*Object); ok {
		// A template by expression was evaluated already: what is an expression in it is its own.
		_, byExpression := o.Value("template").(string)
		inner = inner || byExpression
	}
	var shared *compiler
	if !inner {
		nested.outer, shared = n.plan.ev, n.plan.ev.compiler
	}
	nested.Template, err = parseValue(n.Name, props.Value("template"), n.plan.ev.t.source, shared)
	return err
}

// Plan of the nested deployment. in has its scope; the parameters come from the parent.
func (d *Nested) Plan(ctx context.Context, in Input) (*Plan, error) {
	in.values, in.outer, in.Base, in.inline = d.values, d.outer, d.Base, !d.linked
	return d.Template.Plan(ctx, in)
}
