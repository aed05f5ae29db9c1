package runner

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Result is how a step, job, stage or run went, in the words of the expression language.
type Result string

// The results.
const (
	Succeeded           Result = "Succeeded"
	SucceededWithIssues Result = "SucceededWithIssues"
	Skipped             Result = "Skipped"
	Failed              Result = "Failed"
	Canceled            Result = "Canceled"
)

func (r Result) ok() bool { return r == Succeeded || r == SucceededWithIssues }

// ended is the word for the end of a run.
func (r Result) ended() string {
	switch r {
	case Failed:
		return "failed"
	case Canceled:
		return "canceled"
	}
	return "succeeded"
}

// worse gives the result of a whole with a part.
func (r Result) worse(part Result) Result {
	order := map[Result]int{"": 0, Skipped: 1, Succeeded: 2, SucceededWithIssues: 3, Failed: 4, Canceled: 5}
	if order[part] > order[r] {
		return part
	}
	return r
}

// Summary is how a run went.
type Summary struct {
	Pipeline string         `json:"pipeline"`
	Run      int64          `json:"run,omitempty"`
	Number   string         `json:"buildNumber"`
	Result   Result         `json:"result"`
	Started  time.Time      `json:"started"`
	Seconds  float64        `json:"seconds"`
	Stages   []StageSummary `json:"stages"`
}

// StageSummary is how a stage went.
type StageSummary struct {
	Name   string       `json:"name"`
	Result Result       `json:"result"`
	Jobs   []JobSummary `json:"jobs"`
}

// JobSummary is how a job went.
type JobSummary struct {
	Name    string        `json:"name"`
	Result  Result        `json:"result"`
	Seconds float64       `json:"seconds"`
	Error   string        `json:"error,omitempty"`
	Steps   []StepSummary `json:"steps"`
}

// StepSummary is how a step went.
type StepSummary struct {
	Name        string  `json:"name,omitempty"`
	DisplayName string  `json:"displayName"`
	Task        string  `json:"task"`
	Result      Result  `json:"result"`
	Seconds     float64 `json:"seconds"`
	ExitCode    int     `json:"exitCode"`
	Errors      int     `json:"errors,omitempty"`
	Warnings    int     `json:"warnings,omitempty"`
	Error       string  `json:"error,omitempty"`
}

var words = map[Result]string{Succeeded: "ok", SucceededWithIssues: "issues", Skipped: "skipped", Failed: "FAILED", Canceled: "CANCELED"}

// Write prints the summary for people.
func (s *Summary) Write(w io.Writer) {
	fmt.Fprintf(w, "\nSummary of %s", s.Pipeline)
	if s.Run > 0 {
		fmt.Fprintf(w, ", run %d", s.Run)
	}
	fmt.Fprintln(w)
	width := 20
	for _, stage := range s.Stages {
		for _, j := range stage.Jobs {
			for _, step := range j.Steps {
				width = max(width, min(70, len([]rune(step.DisplayName))+2))
			}
		}
	}
	line := func(indent int, name string, r Result, seconds float64, note string) {
		name = strings.Repeat(" ", indent) + name
		if n := []rune(name); len(n) > width+2 {
			name = string(n[:width+1]) + "…"
		}
		fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf("  %-*s  %-8s %7.1f s  %s", width+2, name, words[r], seconds, note), " "))
	}
	for _, stage := range s.Stages {
		for _, j := range stage.Jobs {
			name := j.Name
			if stage.Name != "" {
				name = stage.Name + " / " + j.Name
			}
			line(0, name, j.Result, j.Seconds, j.Error)
			for _, step := range j.Steps {
				line(2, step.DisplayName, step.Result, step.Seconds, step.Error)
			}
		}
	}
	fmt.Fprintf(w, "\n%s in %.1f s\n", map[string]string{"succeeded": "Succeeded", "failed": "Failed", "canceled": "Canceled"}[s.Result.ended()], s.Seconds)
}
