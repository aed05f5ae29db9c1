// Package runner runs a pipeline.Graph on this machine: one job after the other, in a
// folder of its own laid out as an agent's, with live output in which secrets are
// masked. Start at Run.
//
// It reads no YAML, and reaches the server only through pipeline.Library. What steps
// get of the caller's environment excludes everything that could be a credential for
// Azure: they act as the service connection that a task names, or not at all.
package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"gatehouse/internal/diag"
	"gatehouse/internal/pipeline"
	"gatehouse/internal/pipeline/mask"
)

// Options of Run.
type Options struct {
	Dir             string   // the sources
	Environ         []string // the caller's environment
	Output          io.Writer
	Library         func(ctx context.Context) (pipeline.Library, error) // asked only when the pipeline needs it
	Request         pipeline.RunRequest                                 // what the command line gives to the run
	SecretVariables map[string]string                                   // variables that are secret from the start
	Executable      string                                              // this program, which steps find as az
	Now             func() time.Time                                    // nil: time.Now
}

// Run runs the graph. The error says why it could not begin; a run that began has a
// Summary, whose result says how it went.
func Run(ctx context.Context, g *pipeline.Graph, o Options) (*Summary, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	r := &run{o: o, graph: g, secrets: &mask.Set{}, started: o.Now()}
	r.out = &output{w: o.Output, secrets: r.secrets}
	for _, v := range o.SecretVariables {
		r.secrets.Add(v)
	}
	if list := r.check(); list.HasErrors() {
		return nil, list.Err()
	}
	root, err := os.MkdirTemp("", "gatehouse-run-")
	if err != nil {
		return nil, err
	}
	// The folder may hold what steps left there with any mode; a rest of it is not worth an error.
	defer func() { _ = os.RemoveAll(root) }()
	r.root = root
	if err := r.begin(ctx); err != nil {
		return nil, r.masked(err)
	}
	s, err := r.all(ctx)
	if r.library != nil {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		err = errors.Join(err, r.library.End(end, s.Result.ended()))
	}
	return s, r.masked(err)
}

// masked hides secrets in an error that goes to the caller.
func (r *run) masked(err error) error {
	if err == nil || r.secrets.Text(err.Error()) == err.Error() {
		return err
	}
	return errors.New(r.secrets.Text(err.Error()))
}

// run is one run of a pipeline.
type run struct {
	o           Options
	graph       *pipeline.Graph
	secrets     *mask.Set
	out         *output
	root        string // temporary folder of everything
	started     time.Time
	library     pipeline.LibraryRun // nil when the pipeline needs nothing of the server
	connections map[string]pipeline.Connection
	files       map[string]pipeline.SecureFile
	groups      map[string]pipeline.Group
	network     map[string]string // variables by which steps reach the server
	stages      map[string]*stageState
	jobs        int
	number      string // the build number
	pwsh        string // path of PowerShell, "" when there is none
}

// needsLibrary reports whether the pipeline uses anything of the server.
func (r *run) needsLibrary() bool {
	g, q := r.graph, r.o.Request
	return len(g.Connections)+len(g.SecureFiles)+len(g.Groups)+len(q.SecureFiles)+len(q.Connections)+len(q.Groups) > 0
}

// begin registers the run, and resolves every name before the first step.
func (r *run) begin(ctx context.Context) error {
	r.connections, r.files, r.groups = map[string]pipeline.Connection{}, map[string]pipeline.SecureFile{}, map[string]pipeline.Group{}
	if !r.needsLibrary() {
		return nil
	}
	lib, err := r.o.Library(ctx)
	if err != nil {
		return err
	}
	if r.library, err = lib.Begin(ctx, r.o.Request); err != nil {
		return err
	}
	if err = r.resolve(ctx); err == nil {
		r.network, err = r.library.Environment(ctx)
	}
	if err != nil {
		return errors.Join(err, r.library.End(ctx, "failed"))
	}
	return nil
}

func (r *run) resolve(ctx context.Context) error {
	return errors.Join(
		each(r.graph.Connections, r.connections, func(n string) (pipeline.Connection, error) { return r.library.Connection(ctx, n) }),
		each(r.graph.SecureFiles, r.files, func(n string) (pipeline.SecureFile, error) { return r.library.SecureFile(ctx, n) }),
		each(r.graph.Groups, r.groups, func(n string) (pipeline.Group, error) {
			g, err := r.library.Group(ctx, n)
			for _, v := range g.Variables {
				if v.Secret {
					r.secrets.Add(v.Value)
				}
			}
			return g, err
		}))
}

func each[T any](list []pipeline.Use, into map[string]T, find func(string) (T, error)) error {
	var failed []error
	for _, u := range list {
		if _, ok := into[u.Name]; ok {
			continue
		}
		v, err := find(u.Name)
		if err != nil {
			failed = append(failed, fmt.Errorf("%s(%d,%d): %w", u.At.File, u.At.Pos.Line, u.At.Pos.Column, err))
			continue
		}
		into[u.Name] = v
	}
	return errors.Join(failed...)
}

// check refuses what cannot run here, before anything is made or asked.
func (r *run) check() diag.List {
	r.pwsh = lookPath("pwsh", r.o.Dir, r.environ("PATH"))
	bash := lookPath("bash", r.o.Dir, r.environ("PATH"))
	var list diag.List
	for _, stage := range r.graph.Stages {
		for _, job := range stage.Jobs {
			for _, step := range job.Steps {
				if step.Enabled {
					c := checker{run: r, bash: bash, step: step, variables: append(append(append([]pipeline.Variable{}, r.graph.Variables...), stage.Variables...), job.Variables...)}
					list = append(list, c.check()...)
				}
			}
		}
	}
	list.Sort()
	return list
}

func (r *run) environ(name string) string {
	for i := len(r.o.Environ) - 1; i >= 0; i-- {
		if k, v, ok := strings.Cut(r.o.Environ[i], "="); ok && k == name {
			return v
		}
	}
	return ""
}

// lookPath finds a program as a step would, by the PATH of its environment.
func lookPath(name, dir, path string) string {
	if strings.ContainsAny(name, `/\`) {
		if !filepath.IsAbs(name) {
			name = filepath.Join(dir, name)
		}
		return executable(name)
	}
	for _, p := range filepath.SplitList(path) {
		if p == "" || !filepath.IsAbs(p) {
			continue
		}
		if found := executable(filepath.Join(p, name)); found != "" {
			return found
		}
	}
	return ""
}

func executable(path string) string {
	if runtime.GOOS == "windows" && filepath.Ext(path) == "" {
		path += ".exe"
	}
	info, err := os.Stat(path)
	if err != nil || info.IsDir() || runtime.GOOS != "windows" && info.Mode()&0o111 == 0 {
		return ""
	}
	return path
}
