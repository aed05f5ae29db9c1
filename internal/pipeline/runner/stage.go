package runner

import (
	"context"
	"fmt"
	"strings"

	"gatehouse/internal/pipeline"
)

// all runs the stages in their order.
func (r *run) all(ctx context.Context) (*Summary, error) {
	s := &Summary{Pipeline: r.o.Request.Pipeline, Started: r.started}
	if r.library != nil {
		s.Run = r.library.ID()
	}
	r.number = r.buildNumber(s.Run)
	r.stages = map[string]*stageState{}
	for _, stage := range r.graph.Stages {
		summary := r.stage(ctx, stage)
		s.Stages = append(s.Stages, summary)
		s.Result = s.Result.worse(summary.Result)
	}
	s.Number = r.secrets.Text(r.number)
	s.Seconds = r.o.Now().Sub(r.started).Seconds()
	return s, nil
}

// buildNumber is the run's name: DATE.RUN, unless the pipeline has a fixed one.
func (r *run) buildNumber(id int64) string {
	v := newVariables()
	for name, value := range map[string]string{"Date:yyyyMMdd": r.started.Format("20060102"), "Rev:r": fmt.Sprint(max(1, id)), "Rev:.r": fmt.Sprintf(".%d", max(1, id)), "BuildID": fmt.Sprint(max(1, id)),
		"Build.BuildId": fmt.Sprint(max(1, id)), "Build.DefinitionName": r.o.Request.Pipeline, "Year:yyyy": r.started.Format("2006"), "Month": r.started.Format("1"), "DayOfMonth": r.started.Format("2")} {
		r.ignore(v.set(variable{name: name, value: value}))
	}
	for _, x := range r.graph.Variables {
		if x.Group == "" && x.Runtime == nil {
			r.ignore(v.set(variable{name: x.Name, value: x.Value}))
		}
	}
	name := r.graph.Name
	if name == "" {
		name = "$(Date:yyyyMMdd)$(Rev:.r)"
	}
	return v.replace(name)
}

// ignore drops the error of setting a variable that was never read-only.
func (r *run) ignore(error) {}

func (r *run) stage(ctx context.Context, stage *pipeline.Stage) StageSummary {
	state := &stageState{name: stage.Name, jobs: map[string]*jobState{}}
	summary := StageSummary{Name: stage.Name}
	if stage.Name == "__default" {
		summary.Name = ""
	}
	finish := func(result Result) StageSummary {
		state.result, summary.Result = result, result
		r.stages[strings.ToLower(stage.Name)] = state
		return summary
	}
	vars := r.variables(nil, stage.Variables)
	dependencies, _ := stagesObject(r.stages)
	result := func(name string) (Result, bool) {
		s, ok := r.stages[strings.ToLower(name)]
		if !ok {
			return "", false
		}
		return s.result, true
	}
	ok, err := holds(stage.Condition, moment{vars: vars, dependencies: dependencies, status: after(stage.DependsOn, result, ctx.Err() != nil)})
	if err != nil {
		r.out.line("", "##[error]"+err.Error())
		return finish(Failed)
	}
	if !ok {
		r.skipped(stage, state, &summary)
		if ctx.Err() != nil {
			return finish(Canceled)
		}
		return finish(Skipped)
	}
	total := Result("")
	for _, job := range stage.Jobs {
		js := r.job(ctx, stage, state, job)
		summary.Jobs = append(summary.Jobs, js)
		total = total.worse(js.Result)
	}
	return finish(total)
}

// skipped notes the jobs of a stage that does not run.
func (r *run) skipped(stage *pipeline.Stage, state *stageState, summary *StageSummary) {
	for _, job := range stage.Jobs {
		state.add(job.Name, Skipped, nil)
		summary.Jobs = append(summary.Jobs, JobSummary{Name: job.Name, Result: Skipped})
	}
}

func (s *stageState) add(name string, result Result, outputs []variable) {
	k := strings.ToLower(name)
	s.jobs[k] = &jobState{name: name, result: result, outputs: outputs}
	s.order = append(s.order, k)
}
