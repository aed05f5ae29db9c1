package pipeline

import (
	"fmt"
	"regexp"
	"strings"

	"gatehouse/internal/diag"
	"gatehouse/internal/pipeline/expression"
	"gatehouse/internal/pipeline/syntax"
)

// reading turns an expanded tree into a Graph, and refuses what it does not know.
type reading struct {
	list  diag.List
	graph *Graph
}

func (r *reading) fail(n *syntax.Node, code, message, hint string) {
	if len(r.list) < 100 {
		r.list = append(r.list, n.At(code, message, hint))
	}
}

// identifier is what stages, jobs and steps may be called.
var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func (r *reading) root(n *syntax.Node, overrides map[string]string) *Graph {
	g := &Graph{}
	r.graph = g
	r.check(n, "", rootSchema)
	g.Name = r.text(n.Get("name"))
	g.Variables = r.variables(n.Get("variables"))
	for k, v := range overrides {
		g.Variables = append(g.Variables, Variable{Name: k, Value: v})
	}
	bodies := 0
	for _, k := range []string{"stages", "jobs", "steps"} {
		if n.Get(k) != nil {
			bodies++
		}
	}
	if bodies != 1 {
		r.fail(n, CodeMissing, "A pipeline has exactly one of 'stages', 'jobs' and 'steps'.", "")
		return g
	}
	// Overrides of the command line must win over a stage's and a job's variables too.
	known := statics{}.with(g.Variables)
	if s := n.Get("stages"); s != nil {
		g.Stages = r.stages(s, known, overrides)
		return g
	}
	stage := &Stage{Name: "__default", At: at(n)}
	if j := n.Get("jobs"); j != nil {
		stage.Jobs = r.jobs(j, known, overrides)
	} else {
		job := &Job{Name: "Job", At: at(n), ContinueOnError: r.property(n.Get("continueOnError")), Steps: r.steps(n.Get("steps"), known)}
		stage.Jobs = []*Job{job}
	}
	g.Stages = []*Stage{stage}
	return g
}

// statics are the variables whose values are known before the run, by lower-case name.
type statics map[string]string

func (s statics) with(list []Variable) statics {
	out := statics{}
	for k, v := range s {
		out[k] = v
	}
	for _, v := range list {
		k := strings.ToLower(v.Name)
		if v.Group != "" {
			continue
		}
		if v.Runtime != nil {
			delete(out, k)
		} else {
			out[k] = v.Value
		}
	}
	return out
}

func override(list []Variable, overrides map[string]string) []Variable {
	var out []Variable
	for _, v := range list {
		keep := true
		for k := range overrides {
			keep = keep && !sameName(k, v.Name)
		}
		if keep {
			out = append(out, v)
		}
	}
	return out
}

func (r *reading) stages(n *syntax.Node, known statics, overrides map[string]string) []*Stage {
	var out []*Stage
	var deps []dependency
	for i, item := range r.items(n, "stages") {
		r.check(item, "", stageSchema)
		s := &Stage{At: at(item), DisplayName: r.text(item.Get("displayName"))}
		s.Name = r.name(item, "stage", fmt.Sprintf("Stage%d", i+1))
		s.Variables = override(r.variables(item.Get("variables")), overrides)
		s.Condition = r.condition(item.Get("condition"))
		s.DependsOn = r.dependsOn(item.Get("dependsOn"))
		if item.Get("dependsOn") == nil && i > 0 {
			s.DependsOn = []string{out[i-1].Name}
		}
		if jobs := item.Get("jobs"); jobs != nil {
			s.Jobs = r.jobs(jobs, known.with(s.Variables), overrides)
		} else {
			r.fail(item, CodeMissing, fmt.Sprintf("The stage '%s' has no 'jobs'.", s.Name), "")
		}
		out = append(out, s)
		deps = append(deps, dependency{s.Name, s.DependsOn, item})
	}
	return ordered(out, r.order(deps, "stage"))
}

func (r *reading) jobs(n *syntax.Node, known statics, overrides map[string]string) []*Job {
	var out []*Job
	var deps []dependency
	for i, item := range r.items(n, "jobs") {
		r.check(item, "", jobSchema)
		if item.Get("deployment") != nil {
			continue // refused by name already
		}
		j := &Job{At: at(item), DisplayName: r.text(item.Get("displayName"))}
		j.Name = r.name(item, "job", fmt.Sprintf("Job%d", i+1))
		j.Variables = override(r.variables(item.Get("variables")), overrides)
		j.Condition = r.condition(item.Get("condition"))
		j.DependsOn = r.dependsOn(item.Get("dependsOn"))
		j.ContinueOnError = r.property(item.Get("continueOnError"))
		j.Timeout = r.property(item.Get("timeoutInMinutes"))
		if steps := item.Get("steps"); steps != nil {
			j.Steps = r.steps(steps, known.with(j.Variables))
		} else {
			r.fail(item, CodeMissing, fmt.Sprintf("The job '%s' has no 'steps'.", j.Name), "")
		}
		out = append(out, j)
		deps = append(deps, dependency{j.Name, j.DependsOn, item})
	}
	return ordered(out, r.order(deps, "job"))
}

// items gives the mappings of a list.
func (r *reading) items(n *syntax.Node, what string) []*syntax.Node {
	if n.Kind != syntax.Sequence || len(n.Items) == 0 {
		r.fail(n, CodeShape, fmt.Sprintf("'%s' must be a list with at least one item.", what), "Begin each item with '- '.")
		return nil
	}
	var out []*syntax.Node
	for _, item := range n.Items {
		if item.Kind != syntax.Mapping {
			r.fail(item, CodeShape, fmt.Sprintf("An item of '%s' must be a mapping.", what), "")
			continue
		}
		out = append(out, item)
	}
	return out
}

func (r *reading) name(n *syntax.Node, key, fallback string) string {
	v := n.Get(key)
	if v == nil && key != "name" {
		r.fail(n, CodeMissing, fmt.Sprintf("An item of '%ss' begins with '%s:'.", key, key), "")
	}
	if v.IsNull() {
		return fallback
	}
	name := r.text(v)
	if !identifier.MatchString(name) {
		r.fail(v, CodeName, fmt.Sprintf("'%s' is not a valid name.", name), "Names have letters, digits and '_', and do not begin with a digit.")
	}
	return name
}

func (r *reading) text(n *syntax.Node) string {
	if n.IsNull() {
		return ""
	}
	if n.Kind != syntax.Scalar {
		r.fail(n, CodeShape, fmt.Sprintf("A text must stand here, not %s.", n.Kind), "")
		return ""
	}
	return n.Value
}

// property reads a text whose macros are replaced at run time.
func (r *reading) property(n *syntax.Node) Text { return Text{Value: r.text(n), Node: n} }

func (r *reading) dependsOn(n *syntax.Node) []string {
	if n.IsNull() {
		return nil
	}
	if n.Kind == syntax.Scalar {
		return []string{n.Value}
	}
	var out []string
	for _, item := range n.Items {
		out = append(out, r.text(item))
	}
	return out
}

func (r *reading) condition(n *syntax.Node) *Condition {
	if n.IsNull() {
		return nil
	}
	text := r.text(n)
	e, err := expression.Parse(text, true)
	if err != nil {
		r.list = append(r.list, expressionDiagnostic(n, text, 0, err))
		return nil
	}
	return &Condition{Text: text, Expr: e, At: at(n)}
}

func (r *reading) variables(n *syntax.Node) []Variable {
	var out []Variable
	switch {
	case n.IsNull():
	case n.Kind == syntax.Mapping:
		for _, p := range n.Pairs {
			out = append(out, r.variable(p.Key.Value, p.Value))
		}
	case n.Kind == syntax.Sequence:
		for _, item := range n.Items {
			out = append(out, r.listedVariable(item))
		}
	default:
		r.fail(n, CodeShape, "'variables' is a mapping or a list.", "")
	}
	return out
}

func (r *reading) listedVariable(item *syntax.Node) Variable {
	r.check(item, "", variableSchema)
	if g := item.Get("group"); g != nil {
		name := r.text(g)
		r.graph.Groups = append(r.graph.Groups, Use{Name: name, At: at(g)})
		return Variable{Group: name, At: at(g)}
	}
	name := item.Get("name")
	if name == nil {
		r.fail(item, CodeMissing, "A variable of a list needs a 'name' or a 'group'.", "")
		return Variable{}
	}
	value := item.Get("value")
	if value == nil {
		value = item
		if item.Kind == syntax.Mapping {
			value = syntax.NewScalar(item, "")
		}
	}
	v := r.variable(r.text(name), value)
	v.ReadOnly = strings.EqualFold(r.text(item.Get("readonly")), "true")
	return v
}

func (r *reading) variable(name string, n *syntax.Node) Variable {
	v := Variable{Name: name, Value: r.text(n), At: at(n)}
	body, ok := strings.CutPrefix(v.Value, "$[")
	if !ok || !strings.HasSuffix(body, "]") {
		return v
	}
	body = strings.TrimSuffix(body, "]")
	e, err := expression.Parse(body, true)
	if err != nil {
		r.list = append(r.list, expressionDiagnostic(n, body, 2, err))
		return v
	}
	if e.Calls("counter") {
		r.fail(n, CodeUnsupported, "counter() is not supported by this runner: nothing keeps its value between runs.", "Give the variable's value by --var.")
	}
	v.Runtime = e
	return v
}
