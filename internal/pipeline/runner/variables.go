package runner

import (
	"fmt"
	"runtime"
	"sort"
	"strings"
	"sync"

	"gatehouse/internal/pipeline"
	"gatehouse/internal/pipeline/expression"
)

// variable is one variable of a job.
type variable struct {
	name, value      string
	secret, readOnly bool
	output           bool // of a step: other jobs read it
}

// variables are those of a job; names have no case.
type variables struct {
	mu sync.Mutex
	m  map[string]variable
}

func newVariables() *variables { return &variables{m: map[string]variable{}} }

// set changes a variable. What was secret stays secret; what is read-only stays as it is.
func (v *variables) set(n variable) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	k := strings.ToLower(n.name)
	old, ok := v.m[k]
	if ok && old.readOnly {
		return fmt.Errorf("the variable '%s' is read-only", n.name)
	}
	n.secret = n.secret || ok && old.secret
	v.m[k] = n
	return nil
}

func (v *variables) get(name string) (string, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	n, ok := v.m[strings.ToLower(name)]
	return n.value, ok
}

// replace puts values in the place of macros; unknown ones stay.
func (v *variables) replace(text string) string {
	out, _ := v.expand(text)
	return out
}

// all gives the variables in the order of their names.
func (v *variables) all() []variable {
	v.mu.Lock()
	defer v.mu.Unlock()
	out := make([]variable, 0, len(v.m))
	for _, n := range v.m {
		out = append(out, n)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].name < out[j].name })
	return out
}

// object is the root 'variables' of expressions.
func (v *variables) object() *expression.Object {
	o := expression.NewObject()
	for _, n := range v.all() {
		o.Set(n.name, v.replace(n.value))
	}
	return o
}

// environment gives the variables that steps see: all but secrets, and those that are
// made of secrets.
func (v *variables) environment() []string {
	var out []string
	for _, n := range v.all() {
		name := environmentName(n.name)
		if n.secret || name == "PATH" || name == "" || strings.Contains(name, "=") {
			continue
		}
		if value, secret := v.expand(n.value); !secret && !strings.Contains(name+value, "\x00") {
			out = append(out, name+"="+value)
		}
	}
	return out
}

// expand is replace, and says whether a secret took part.
func (v *variables) expand(text string) (out string, secret bool) {
	out, _ = pipeline.ReplaceMacros(text, func(name string) (string, bool) {
		v.mu.Lock()
		defer v.mu.Unlock()
		n, ok := v.m[strings.ToLower(name)]
		secret = secret || n.secret
		return n.value, ok
	})
	return out, secret
}

// environmentName is how a variable is called in the environment of a step.
func environmentName(name string) string {
	return strings.ToUpper(strings.NewReplacer(".", "_", " ", "_").Replace(name))
}

func agentOS() string {
	return map[string]string{"linux": "Linux", "darwin": "Darwin", "windows": "Windows_NT"}[runtime.GOOS]
}

func agentArchitecture() string {
	return map[string]string{"amd64": "X64", "arm64": "ARM64", "386": "X86", "arm": "ARM"}[runtime.GOARCH]
}

// credentials are the beginnings of names of variables that steps do not get from the caller.
var credentials = []string{"AZURE_", "IDENTITY_", "MSI_", "GATEHOUSE_", "ARM_"}

// inherited is the caller's environment without what could be a credential.
func inherited(environ []string) []string {
	var out []string
	for _, kv := range environ {
		name, _, _ := strings.Cut(kv, "=")
		drop := false
		for _, p := range credentials {
			drop = drop || strings.HasPrefix(strings.ToUpper(name), p)
		}
		if !drop {
			out = append(out, kv)
		}
	}
	return out
}
