package pipeline

import (
	"time"

	"gatehouse/internal/diag"
	"gatehouse/internal/pipeline/expression"
	"gatehouse/internal/pipeline/syntax"
)

// Graph is a pipeline that is ready to run: everything in it is known and checked,
// but for the values of `$( )` and `$[ ]`.
type Graph struct {
	File        string
	Name        string // of the run; may hold macros
	Variables   []Variable
	Stages      []*Stage // in an order in which they may run
	Connections []Use    // service connections that the tasks name
	SecureFiles []Use
	Groups      []Use
}

// Use is a name of something outside of the pipeline, where it is written.
type Use struct {
	Name string
	At   Place
}

// Place is where something is written.
type Place struct {
	File string
	Pos  diag.Position
}

func at(n *syntax.Node) Place { return Place{File: n.File, Pos: n.Pos} }

// Variable is one variable, or a group of them where Group is set.
type Variable struct {
	Name     string
	Value    string
	Runtime  *expression.Node // of a value `$[ ... ]`
	ReadOnly bool
	Group    string
	At       Place
}

// Stage is a list of jobs.
type Stage struct {
	Name        string
	DisplayName string
	DependsOn   []string
	Condition   *Condition
	Variables   []Variable
	Jobs        []*Job // in an order in which they may run
	At          Place
}

// Job is a list of steps that run one after the other.
type Job struct {
	Name            string
	DisplayName     string
	DependsOn       []string
	Condition       *Condition
	ContinueOnError Text
	Timeout         Text // minutes
	Variables       []Variable
	Steps           []*Step
	At              Place
}

// Condition is a parsed condition with its text.
type Condition struct {
	Text string
	Expr *expression.Node
	At   Place
}

// Text is an input or property whose macros are replaced just before it is used.
type Text struct {
	Value string
	Node  *syntax.Node // where it is written; nil for a default
}

// Step is one task with its inputs. script, bash, pwsh and powershell are steps of
// the tasks CmdLine, Bash and PowerShell, as in the service.
type Step struct {
	Task            *Task
	Name            string // by which its outputs are read
	DisplayName     string
	Condition       *Condition
	ContinueOnError Text
	Enabled         bool
	Env             []EnvEntry
	Timeout         Text // minutes
	Retries         int
	Inputs          map[string]Text // by the name in the task's table; defaults filled in
	Connection      string          // of AzureCLI: the service connection, resolved
	SecureFile      string          // of DownloadSecureFile, resolved
	At              Place
}

// EnvEntry maps a value into a step's environment.
type EnvEntry struct {
	Name  string
	Value Text
}

// Input is the text of an input, "" when it is absent.
func (s *Step) Input(name string) string { return s.Inputs[name].Value }

// DefaultTimeout of a job, as in the service.
const DefaultTimeout = 60 * time.Minute

// Load reads, expands and checks a pipeline. The graph is nil when the list has errors.
func Load(file string, text []byte, o LoadOptions) (*Graph, diag.List) {
	root, list := Expand(file, text, o)
	if list.HasErrors() {
		return nil, list
	}
	r := &reading{}
	g := r.root(root, o.Variables)
	g.File = file
	if r.list.HasErrors() {
		r.list.Sort()
		return nil, r.list
	}
	return g, r.list
}
