package pipeline

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gatehouse/internal/diag"
	"gatehouse/internal/pipeline/syntax"
)

func (r *reading) steps(n *syntax.Node, known statics) []*Step {
	var out []*Step
	seen := map[string]bool{}
	for _, item := range r.items(n, "steps") {
		s := r.step(item, known)
		if s == nil {
			continue
		}
		if k := strings.ToLower(s.Name); k != "" && seen[k] {
			r.fail(item, CodeName, fmt.Sprintf("Two steps of the job are named '%s'.", s.Name), "Rename one of them.")
		} else {
			seen[k] = true
		}
		out = append(out, s)
	}
	return out
}

func (r *reading) step(item *syntax.Node, known statics) *Step {
	kind, value := r.stepKind(item)
	if kind == "" {
		return nil
	}
	r.check(item, kind, stepSchema, stepKinds[kind])
	s := &Step{At: at(item), Enabled: true, Inputs: map[string]Text{}}
	if n := item.Get("name"); n != nil {
		s.Name = r.name(item, "name", "")
	}
	s.DisplayName = r.text(item.Get("displayName"))
	s.Condition = r.condition(item.Get("condition"))
	s.ContinueOnError = r.property(item.Get("continueOnError"))
	s.Timeout = r.property(item.Get("timeoutInMinutes"))
	s.Env = r.env(item.Get("env"))
	if e := item.Get("enabled"); !e.IsNull() {
		s.Enabled = r.boolean(e)
	}
	if c := item.Get("retryCountOnTaskFailure"); !c.IsNull() {
		s.Retries = r.count(c, 10)
	}
	if kind == "task" {
		if s.Task = r.task(value); s.Task != nil {
			r.inputs(s, item.Get("inputs"))
		}
	} else {
		r.shorthand(s, kind, item, value)
	}
	if s.Task == nil {
		return nil
	}
	r.complete(s, item)
	r.resources(s, known)
	if s.DisplayName == "" {
		s.DisplayName = s.Task.Title
	}
	return s
}

// stepKind finds the key that says what a step is.
func (r *reading) stepKind(item *syntax.Node) (string, *syntax.Node) {
	for _, p := range item.Pairs {
		if _, ok := stepKinds[p.Key.Value]; ok {
			return p.Key.Value, p.Value
		}
	}
	var known []string
	for k := range stepKinds {
		known = append(known, k)
	}
	for _, p := range item.Pairs {
		if why, ok := refusedSteps[p.Key.Value]; ok {
			r.fail(p.Key, CodeUnsupported, fmt.Sprintf("The step '%s' is not supported by this runner.", p.Key.Value), why)
			return "", nil
		}
	}
	if len(item.Pairs) == 0 {
		r.fail(item, CodeKey, "The step is empty.", "")
		return "", nil
	}
	first := item.Pairs[0].Key
	r.fail(first, CodeKey, fmt.Sprintf("'%s' is not a kind of step.", first.Value), nearHint(first.Value, known))
	return "", nil
}

func (r *reading) task(n *syntax.Node) *Task {
	ref := r.text(n)
	if t := FindTask(ref); t != nil {
		return t
	}
	var known []string
	for _, t := range Tasks() {
		known = append(known, t.Ref())
	}
	name, _, versioned := strings.Cut(ref, "@")
	for _, t := range Tasks() {
		if strings.EqualFold(t.Name, name) {
			r.fail(n, CodeTask, fmt.Sprintf("The task '%s' is not known in this version.", ref), fmt.Sprintf("Did you mean '%s'?", t.Ref()))
			return nil
		}
	}
	hint := "This runner has " + strings.Join(known, ", ") + "."
	if near := diag.Nearest(ref, known); near != "" {
		hint = fmt.Sprintf("Did you mean '%s'?", near)
	} else if !versioned {
		hint = "A task is written NAME@VERSION. " + hint
	}
	r.fail(n, CodeTask, fmt.Sprintf("The task '%s' is not known to this runner.", ref), hint)
	return nil
}

func (r *reading) inputs(s *Step, n *syntax.Node) {
	if n.IsNull() {
		return
	}
	if n.Kind != syntax.Mapping {
		r.fail(n, CodeShape, "'inputs' is a mapping.", "")
		return
	}
	for _, p := range n.Pairs {
		in := s.Task.input(p.Key.Value)
		if in == nil {
			r.fail(p.Key, CodeInput, fmt.Sprintf("The task %s has no input '%s'.", s.Task.Ref(), p.Key.Value), nearHint(p.Key.Value, s.Task.inputNames()))
			continue
		}
		if _, twice := s.Inputs[in.Name]; twice {
			r.fail(p.Key, CodeInput, fmt.Sprintf("The input '%s' is given twice, by different names.", in.Name), "")
		}
		s.Inputs[in.Name] = r.property(p.Value)
	}
}

// shorthand fills the inputs of script, bash, pwsh, powershell and checkout.
func (r *reading) shorthand(s *Step, kind string, item, value *syntax.Node) {
	set := func(input, key string) {
		if v := item.Get(key); v != nil {
			s.Inputs[input] = r.property(v)
		}
	}
	set("workingDirectory", "workingDirectory")
	set("failOnStderr", "failOnStderr")
	s.Inputs["script"] = r.property(value)
	switch kind {
	case "script":
		s.Task = CmdLine
	case "bash":
		s.Task = Bash
		s.Inputs["targetType"] = Text{Value: "inline"}
	case "pwsh", "powershell":
		s.Task = PowerShell
		s.Inputs["targetType"] = Text{Value: "inline"}
		s.Inputs["pwsh"] = Text{Value: strconv.FormatBool(kind == "pwsh")}
		set("errorActionPreference", "errorActionPreference")
		set("ignoreLASTEXITCODE", "ignoreLASTEXITCODE")
	case "checkout":
		s.Task = Checkout
		s.Inputs = map[string]Text{"repository": r.property(value)}
		if v := r.text(value); v != "self" && v != "none" {
			r.fail(value, CodeUnsupported, fmt.Sprintf("Only 'self' and 'none' can be checked out, not '%s'.", v), "")
		}
	}
}

// complete fills defaults, and checks each value that has no macro in it.
func (r *reading) complete(s *Step, item *syntax.Node) {
	get := func(name string) string { return s.Inputs[name].Value }
	for _, in := range s.Task.Inputs {
		if v, ok := s.Inputs[in.Name]; !ok || v.Value == "" && in.Default != "" {
			s.Inputs[in.Name] = Text{Value: in.Default, Node: v.Node}
		}
	}
	for _, in := range s.Task.Inputs {
		v := s.Inputs[in.Name]
		if v.Value == "" {
			if in.Required != nil && in.Required(get) {
				r.fail(item, CodeInput, fmt.Sprintf("The task %s needs the input %s.", s.Task.Ref(), in.display()), "")
			}
			continue
		}
		if v.Node != nil && !strings.Contains(v.Value, "$(") {
			if problem := in.Problem(v.Value); problem != "" {
				r.fail(v.Node, CodeInputValue, problem, "")
			}
		}
	}
}

func (in *Input) display() string {
	if len(in.Aliases) > 0 {
		return fmt.Sprintf("'%s' (or '%s')", in.Name, strings.Join(in.Aliases, "', '"))
	}
	return "'" + in.Name + "'"
}

// Problem says what is wrong with a value of the input, "" when nothing is.
func (in *Input) Problem(value string) string {
	switch in.Kind {
	case Boolean:
		if !strings.EqualFold(value, "true") && !strings.EqualFold(value, "false") {
			return fmt.Sprintf("The input '%s' is true or false, not '%s'.", in.Name, shorten(value))
		}
	case Number:
		if _, err := strconv.Atoi(value); err != nil {
			return fmt.Sprintf("The input '%s' is a number, not '%s'.", in.Name, shorten(value))
		}
	case Choice:
		if !slices.ContainsFunc(in.Choices, func(c string) bool { return strings.EqualFold(c, value) }) {
			s := fmt.Sprintf("The input '%s' cannot be '%s'; it is one of %s.", in.Name, shorten(value), strings.Join(in.Choices, ", "))
			if near := diag.Nearest(value, in.Choices); near != "" {
				s += fmt.Sprintf(" Did you mean '%s'?", near)
			}
			return s
		}
	}
	return ""
}

// resources resolves the names that must be known before the run.
func (r *reading) resources(s *Step, known statics) {
	switch s.Task {
	case AzureCLI:
		s.Connection = r.resource(s, "connectedServiceNameARM", "service connection", known, &r.graph.Connections)
	case DownloadSecureFile:
		s.SecureFile = r.resource(s, "secureFile", "secure file", known, &r.graph.SecureFiles)
	}
}

func (r *reading) resource(s *Step, input, what string, known statics, uses *[]Use) string {
	v := s.Inputs[input]
	if v.Value == "" {
		return ""
	}
	name, missing := ReplaceMacros(v.Value, func(n string) (string, bool) { t, ok := known[strings.ToLower(n)]; return t, ok })
	if missing != "" {
		r.fail(v.Node, CodeResource, fmt.Sprintf("The name of the %s depends on '$(%s)', which is known only when the run has begun; it must be known before.", what, missing),
			"Write the name, or use a parameter or a variable of this file.")
		return ""
	}
	*uses = append(*uses, Use{Name: name, At: at(v.Node)})
	return name
}

func (r *reading) env(n *syntax.Node) []EnvEntry {
	if n.IsNull() {
		return nil
	}
	if n.Kind != syntax.Mapping {
		r.fail(n, CodeShape, "'env' is a mapping.", "")
		return nil
	}
	var out []EnvEntry
	for _, p := range n.Pairs {
		if strings.ContainsAny(p.Key.Value, "=\x00") || p.Key.Value == "" {
			r.fail(p.Key, CodeName, "This is not a name of an environment variable.", "")
		}
		out = append(out, EnvEntry{Name: p.Key.Value, Value: r.property(p.Value)})
	}
	return out
}

func (r *reading) boolean(n *syntax.Node) bool {
	v := r.text(n)
	if !strings.EqualFold(v, "true") && !strings.EqualFold(v, "false") {
		r.fail(n, CodeShape, fmt.Sprintf("This must be true or false, not '%s'.", shorten(v)), "")
	}
	return strings.EqualFold(v, "true")
}

func (r *reading) count(n *syntax.Node, limit int) int {
	v, err := strconv.Atoi(r.text(n))
	if err != nil || v < 0 || v > limit {
		r.fail(n, CodeShape, fmt.Sprintf("This must be a number from 0 to %d.", limit), "")
		return 0
	}
	return v
}
