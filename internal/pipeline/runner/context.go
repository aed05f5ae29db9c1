package runner

import (
	"fmt"
	"strings"

	"gatehouse/internal/pipeline"
	"gatehouse/internal/pipeline/expression"
)

// moment is where an expression is evaluated during a run.
type moment struct {
	vars         *variables
	dependencies *expression.Object
	stages       *expression.Object // stageDependencies; nil in the condition of a stage
	status       func(function string, of []string) (bool, error)
}

func (m moment) Root(name string) (expression.Value, bool) {
	switch name {
	case "variables":
		return m.vars.object(), true
	case "dependencies":
		return m.dependencies, true
	case "stagedependencies":
		return m.stages, m.stages != nil
	}
	return nil, false
}

func (m moment) Roots() []string { return []string{"dependencies", "stageDependencies", "variables"} }

func (m moment) Status(function string, of []string) (bool, error) { return m.status(function, of) }

// Counter is refused when the pipeline is read.
func (m moment) Counter(string, int) (int, error) {
	return 0, fmt.Errorf("counter() is not supported by this runner")
}

// holds evaluates a condition; without one, succeeded() decides.
func holds(c *pipeline.Condition, m moment) (bool, error) {
	if c == nil {
		return m.status("succeeded", nil)
	}
	v, err := c.Expr.Evaluate(m)
	if err != nil {
		return false, fmt.Errorf("%s(%d,%d): the condition '%s': %w", c.At.File, c.At.Pos.Line, c.At.Pos.Column, c.Text, err)
	}
	return expression.Bool(v), nil
}

// after gives the status functions of a stage or job, by the results of what it
// depends on; canceled is whether the run was.
func after(on []string, result func(name string) (Result, bool), canceled bool) func(string, []string) (bool, error) {
	return func(function string, of []string) (bool, error) {
		if len(of) == 0 {
			of = on
		}
		all, anyFailed, done := true, false, true
		for _, name := range of {
			r, ok := result(name)
			if !ok {
				return false, fmt.Errorf("'%s' is not something that this depends on", name)
			}
			all = all && r.ok()
			anyFailed = anyFailed || r == Failed
			done = done && (r.ok() || r == Failed)
		}
		switch function {
		case "always":
			return true, nil
		case "canceled":
			return canceled, nil
		case "failed":
			return anyFailed && !canceled, nil
		case "succeededorfailed":
			return done && !canceled, nil
		}
		return all && !canceled, nil
	}
}

// stageState and jobState are what later conditions read.
type stageState struct {
	name   string
	result Result
	jobs   map[string]*jobState // by lower-case name
	order  []string
}

type jobState struct {
	name    string
	result  Result
	outputs []variable
}

// object is a job as dependencies has it: its result and outputs.
func (j *jobState) object(prefix string) *expression.Object {
	o := expression.NewObject()
	o.Set("result", string(j.result))
	outputs := expression.NewObject()
	j.into(outputs, prefix)
	o.Set("outputs", outputs)
	return o
}

func (j *jobState) into(outputs *expression.Object, prefix string) {
	for _, v := range j.outputs {
		outputs.Set(prefix+v.name, v.value)
	}
}

// dependencies of a stage are stages, whose outputs are named JOB.STEP.VARIABLE.
func stagesObject(list map[string]*stageState) (dependencies, byJob *expression.Object) {
	dependencies, byJob = expression.NewObject(), expression.NewObject()
	for _, s := range list {
		o, outputs, jobs := expression.NewObject(), expression.NewObject(), expression.NewObject()
		for _, name := range s.order {
			j := s.jobs[name]
			j.into(outputs, j.name+".")
			jobs.Set(j.name, j.object(""))
		}
		o.Set("result", string(s.result))
		o.Set("outputs", outputs)
		dependencies.Set(s.name, o)
		byJob.Set(s.name, jobs)
	}
	return dependencies, byJob
}

func (s *stageState) dependencies() *expression.Object {
	o := expression.NewObject()
	for _, name := range s.order {
		o.Set(s.jobs[name].name, s.jobs[name].object(""))
	}
	return o
}

func (s *stageState) resultOf(name string) (Result, bool) {
	j, ok := s.jobs[strings.ToLower(name)]
	if !ok {
		return "", false
	}
	return j.result, true
}
