package runner

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"gatehouse/internal/pipeline"
)

// stepRun is one attempt of a step.
type stepRun struct {
	mu               sync.Mutex // of what lines of output change
	job              *jobRun
	step             *pipeline.Step
	inputs           map[string]string // macros replaced
	env              []string
	errors, warnings int
	completed        Result // by task.complete
	reason           string
	stderr           bool // something was written to standard error
}

// print shows a line of the step's output.
func (s *stepRun) print(text string) {
	for _, line := range strings.Split(text, "\n") {
		s.job.run.out.line("    ", line)
	}
}

// line is one line that a program of the step wrote.
func (s *stepRun) line(text string) {
	if c, ok := parseCommand(text); ok {
		s.command(c)
		return
	}
	s.print(text)
}

// synchronised gives a function for lines of several programs or streams of the step.
func (s *stepRun) synchronised() func(string) {
	return func(text string) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.line(text)
	}
}

// graceful is how long steps that always run may take after the run was canceled.
const graceful = time.Minute

func (j *jobRun) step(ctx context.Context, step *pipeline.Step) StepSummary {
	out := StepSummary{Name: step.Name, Task: step.Task.Ref(), DisplayName: j.run.secrets.Text(j.replace(step.DisplayName)), Result: Skipped}
	if !step.Enabled {
		return out
	}
	started := j.run.o.Now()
	ok, err := j.due(ctx, step)
	if err == nil && !ok {
		if ctx.Err() != nil {
			out.Result = Canceled
		}
		return out
	}
	j.run.out.line("", "== "+out.DisplayName)
	if ctx.Err() != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(context.WithoutCancel(ctx), graceful, errTimeout{graceful})
		defer cancel()
	}
	for attempt := 0; ; attempt++ {
		if err == nil {
			err = j.attempt(ctx, step, &out)
		}
		if err != nil {
			out.Result, out.Error = Failed, j.run.secrets.Text(err.Error())
		}
		if out.Result != Failed || attempt >= step.Retries || ctx.Err() != nil {
			break
		}
		j.run.out.line("    ", fmt.Sprintf("##[warning]%s; trying again (%d of %d)", out.Error, attempt+1, step.Retries))
		err = nil
	}
	if ctx.Err() != nil && out.Result == Failed && !errors.As(context.Cause(ctx), &errTimeout{}) {
		out.Result = Canceled
	}
	j.finish(step, &out, started)
	return out
}

// finish notes how the step ended, and shows it.
func (j *jobRun) finish(step *pipeline.Step, out *StepSummary, started time.Time) {
	out.Seconds = j.run.o.Now().Sub(started).Seconds()
	if out.Error != "" {
		j.run.out.line("    ", "##[error]"+out.Error)
	}
	if out.Result == Failed && strings.EqualFold(strings.TrimSpace(j.replace(step.ContinueOnError.Value)), "true") {
		out.Result = SucceededWithIssues
	}
	j.run.out.line("   ", fmt.Sprintf("%s, %.1f s", words[out.Result], out.Seconds))
	status := j.status.worse(out.Result)
	j.run.ignore(j.vars.set(variable{name: "Agent.JobStatus", value: string(status)}))
}

// due evaluates the step's condition.
func (j *jobRun) due(ctx context.Context, step *pipeline.Step) (bool, error) {
	m := j.moment
	m.status = func(function string, of []string) (bool, error) {
		if len(of) > 0 {
			return false, fmt.Errorf("%s() takes no names in the condition of a step", function)
		}
		canceled := ctx.Err() != nil
		switch function {
		case "always":
			return true, nil
		case "canceled":
			return canceled, nil
		case "failed":
			return j.status == Failed && !canceled, nil
		case "succeededorfailed":
			return !canceled, nil
		}
		return j.status.ok() && !canceled, nil
	}
	return holds(step.Condition, m)
}

// attempt runs the step's task once.
func (j *jobRun) attempt(ctx context.Context, step *pipeline.Step, out *StepSummary) error {
	limit, err := minutes(j.replace(step.Timeout.Value))
	if err != nil {
		return err
	}
	if limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, limit, errTimeout{limit})
		defer cancel()
	}
	s := &stepRun{job: j, step: step, inputs: map[string]string{}, env: j.environment()}
	if err := s.prepare(); err != nil {
		return err
	}
	code, err := tasks[step.Task](ctx, s)
	out.ExitCode, out.Errors, out.Warnings = code, s.errors, s.warnings
	out.Result, out.Error = s.judge(code), ""
	switch {
	case err != nil:
		return err
	case out.Result == Failed && code != 0:
		out.Error = fmt.Sprintf("the script ended with exit code %d", code)
	case out.Result == Failed && s.reason != "":
		out.Error = j.run.secrets.Text(s.reason)
	case out.Result == Failed && s.completed != Failed:
		out.Error = "the script wrote to standard error, which this step takes for a failure"
	}
	return nil
}

// prepare replaces the macros of inputs and environment.
func (s *stepRun) prepare() error {
	for _, in := range s.step.Task.Inputs {
		v := s.job.replace(s.step.Input(in.Name))
		if v != "" {
			// The value is not shown: a shortened secret would escape masking.
			if in.Problem(v) != "" {
				return fmt.Errorf("the input '%s' has a value that it cannot take, after its variables were replaced", in.Name)
			}
		}
		s.inputs[in.Name] = v
	}
	for _, e := range s.step.Env {
		s.env = append(s.env, e.Name+"="+s.job.replace(e.Value.Value))
	}
	return nil
}

// judge gives the result of a task that ended with an exit code.
func (s *stepRun) judge(code int) Result {
	result := Succeeded
	if s.completed != "" {
		result = s.completed
	}
	if code != 0 || s.stderr && (s.flag("failOnStderr") || s.flag("failOnStandardError")) {
		result = result.worse(Failed)
	}
	return result
}

func (s *stepRun) flag(input string) bool { return strings.EqualFold(s.inputs[input], "true") }

// tasks are what runs each task of the language.
var tasks = map[*pipeline.Task]func(context.Context, *stepRun) (int, error){
	pipeline.Checkout:           checkout,
	pipeline.CmdLine:            cmdLine,
	pipeline.Bash:               bash,
	pipeline.PowerShell:         powerShell,
	pipeline.DownloadSecureFile: downloadSecureFile,
	pipeline.AzureCLI:           azureCLI,
}
