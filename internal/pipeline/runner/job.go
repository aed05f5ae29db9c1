package runner

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"gatehouse/internal/pipeline"
	"gatehouse/internal/pipeline/expression"
)

// jobRun is one job that runs.
type jobRun struct {
	run     *run
	job     *pipeline.Job
	vars    *variables
	dir     string // _work/N
	temp    string // _temp
	bin     string // has az
	paths   []string
	azure   string // AZURE_CONFIG_DIR that a task left for later ones
	status  Result // of the steps so far
	moment  moment
	cleanup []func() error
}

// errTimeout is the cause of a context that a timeout ended.
type errTimeout struct{ after time.Duration }

func (e errTimeout) Error() string {
	return fmt.Sprintf("it took longer than %s", strings.TrimSuffix(e.after.String(), "0s"))
}

// variables makes those of a job or stage: predefined ones, the command line's, groups, and the lists given.
func (r *run) variables(predefined map[string]string, lists ...[]pipeline.Variable) *variables {
	v := newVariables()
	for name, value := range predefined {
		r.ignore(v.set(variable{name: name, value: value}))
	}
	for _, list := range append([][]pipeline.Variable{r.graph.Variables}, lists...) {
		for _, x := range list {
			if x.Group != "" {
				for _, g := range r.groups[x.Group].Variables {
					r.ignore(v.set(variable{name: g.Name, value: g.Value, secret: g.Secret}))
				}
				continue
			}
			if x.Runtime == nil {
				// A variable of an inner scope takes the place of an outer one, read-only or not.
				delete(v.m, strings.ToLower(x.Name))
				r.ignore(v.set(variable{name: x.Name, value: x.Value, readOnly: x.ReadOnly}))
			}
		}
	}
	for name, value := range r.o.SecretVariables {
		delete(v.m, strings.ToLower(name))
		r.ignore(v.set(variable{name: name, value: value, secret: true}))
	}
	return v
}

func (r *run) job(ctx context.Context, stage *pipeline.Stage, state *stageState, job *pipeline.Job) JobSummary {
	started := r.o.Now()
	s := JobSummary{Name: job.Name, Steps: []StepSummary{}}
	j := &jobRun{run: r, job: job, status: Succeeded}
	result, err := j.start(ctx, stage, state)
	if err == nil && result == "" {
		result, err = j.work(ctx, &s)
	}
	if err != nil {
		s.Error = r.secrets.Text(err.Error())
		r.out.line("", "##[error]"+err.Error())
		result = Failed
	}
	if err := j.clean(); err != nil {
		r.out.line("", "##[error]"+err.Error())
		result = Failed
	}
	if result == Failed && strings.EqualFold(strings.TrimSpace(j.replace(job.ContinueOnError.Value)), "true") {
		result = SucceededWithIssues
	}
	s.Result, s.Seconds = result, r.o.Now().Sub(started).Seconds()
	state.add(job.Name, result, j.outputs())
	return s
}

func (j *jobRun) replace(text string) string {
	if j.vars == nil {
		return text
	}
	return j.vars.replace(text)
}

// outputs are the variables that other jobs may read.
func (j *jobRun) outputs() []variable {
	if j.vars == nil {
		return nil
	}
	return slices.DeleteFunc(j.vars.all(), func(v variable) bool { return !v.output })
}

// start makes the variables and decides whether the job runs; a result says that it does not.
func (j *jobRun) start(ctx context.Context, stage *pipeline.Stage, state *stageState) (Result, error) {
	r := j.run
	r.jobs++
	work := filepath.Join(r.root, "_work")
	j.dir, j.temp, j.bin = filepath.Join(work, strconv.Itoa(r.jobs)), filepath.Join(work, "_temp"), filepath.Join(work, "_bin")
	j.vars = r.variables(j.predefined(stage), stage.Variables, j.job.Variables)
	_, byJob := stagesObject(r.stages)
	j.moment = moment{vars: j.vars, dependencies: state.dependencies(), stages: byJob, status: after(j.job.DependsOn, state.resultOf, ctx.Err() != nil)}
	if err := j.runtimeVariables(stage); err != nil {
		return "", err
	}
	ok, err := holds(j.job.Condition, j.moment)
	switch {
	case err != nil:
		return "", err
	case !ok && ctx.Err() != nil:
		return Canceled, nil
	case !ok:
		r.out.line("", fmt.Sprintf("Job %s is skipped: its condition does not hold", j.job.Name))
		return Skipped, nil
	}
	return "", nil
}

// runtimeVariables evaluates those that are written $[ ... ], in order.
func (j *jobRun) runtimeVariables(stage *pipeline.Stage) error {
	for _, list := range [][]pipeline.Variable{j.run.graph.Variables, stage.Variables, j.job.Variables} {
		for _, v := range list {
			if v.Runtime == nil {
				continue
			}
			value, err := v.Runtime.Evaluate(j.moment)
			if err != nil {
				return fmt.Errorf("%s(%d,%d): the variable '%s': %w", v.At.File, v.At.Pos.Line, v.At.Pos.Column, v.Name, err)
			}
			if err := j.vars.set(variable{name: v.Name, value: expression.String(value), readOnly: v.ReadOnly}); err != nil {
				return err
			}
		}
	}
	return nil
}

// work makes the folders and runs the steps.
func (j *jobRun) work(ctx context.Context, s *JobSummary) (Result, error) {
	if err := j.folders(); err != nil {
		return "", err
	}
	limit := pipeline.DefaultTimeout
	if m, err := minutes(j.replace(j.job.Timeout.Value)); err != nil {
		return "", fmt.Errorf("timeoutInMinutes of the job %s: %w", j.job.Name, err)
	} else if m > 0 {
		limit = m
	}
	limited, cancel := context.WithTimeoutCause(ctx, limit, errTimeout{limit})
	defer cancel()
	for _, step := range j.order() {
		summary := j.step(limited, step)
		s.Steps = append(s.Steps, summary)
		j.status = j.status.worse(summary.Result)
	}
	if errors.As(context.Cause(limited), &errTimeout{}) {
		return Canceled, nil
	}
	return j.status, nil
}

// minutes reads a number of minutes; 0 or none means the default.
func minutes(text string) (time.Duration, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > 100_000 {
		return 0, fmt.Errorf("'%s' is not a number of minutes", text)
	}
	return time.Duration(n) * time.Minute, nil
}

// order puts the downloads of secure files before everything, as the service does, then
// the checkout, which every job has unless it says otherwise.
func (j *jobRun) order() []*pipeline.Step {
	var first, rest []*pipeline.Step
	checkout := false
	for _, s := range j.job.Steps {
		if s.Task == pipeline.DownloadSecureFile {
			first = append(first, s)
			continue
		}
		checkout = checkout || s.Task == pipeline.Checkout
		rest = append(rest, s)
	}
	if !checkout {
		implicit := &pipeline.Step{Task: pipeline.Checkout, DisplayName: "Checkout", Enabled: true, Inputs: map[string]pipeline.Text{"repository": {Value: "self"}}, At: j.job.At}
		first = append(first, implicit)
	}
	return append(first, rest...)
}

func (j *jobRun) folders() error {
	// Another job's files are no business of this one.
	if err := os.RemoveAll(j.temp); err != nil {
		return err
	}
	for _, d := range []string{"a", "b", "s", "TestResults"} {
		if err := os.MkdirAll(filepath.Join(j.dir, d), 0o755); err != nil {
			return err
		}
	}
	if err := errors.Join(os.MkdirAll(j.temp, 0o700), os.MkdirAll(j.bin, 0o700)); err != nil {
		return err
	}
	j.cleanup = append(j.cleanup, func() error { return os.RemoveAll(j.temp) })
	link := filepath.Join(j.bin, "az")
	if _, err := os.Lstat(link); err == nil || j.run.o.Executable == "" {
		return nil
	}
	return os.Symlink(j.run.o.Executable, link)
}

// clean removes what must not outlive the job.
func (j *jobRun) clean() error {
	var all []error
	for _, f := range slices.Backward(j.cleanup) {
		all = append(all, f())
	}
	return errors.Join(all...)
}

// environment is that of a step: the caller's without credentials, how to reach the
// server, and the variables that are not secret.
func (j *jobRun) environment() []string {
	env := slices.DeleteFunc(inherited(j.run.o.Environ), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		_, ours := j.run.network[strings.ToUpper(name)]
		return ours // also in lower case, as in https_proxy, which many programs read first
	})
	for k, v := range j.run.network {
		env = append(env, k+"="+v)
	}
	env = append(env, "TF_BUILD=True")
	env = append(env, j.vars.environment()...)
	path := strings.Join(append(append(slices.Clone(j.paths), j.bin), j.run.environ("PATH")), string(os.PathListSeparator))
	env = append(env, "PATH="+path)
	if j.azure != "" {
		env = append(env, "AZURE_CONFIG_DIR="+j.azure)
	} else {
		// Without a sign-in of its own, a step must not find the caller's.
		env = append(env, "AZURE_CONFIG_DIR="+filepath.Join(j.temp, ".azure"))
	}
	return env
}
