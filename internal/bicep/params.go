package bicep

import (
	"context"
	"encoding/json"
	"path/filepath"

	"gatehouse/internal/bicep/emit"
	"gatehouse/internal/bicep/sema"
	"gatehouse/internal/diag"
)

// ParamsOptions says how CompileParams evaluates a .bicepparam file.
type ParamsOptions struct {
	Options
	// Getenv answers readEnvironmentVariable; nil means that none is set.
	Getenv func(name string) string
	// Template is the .bicep file that the caller means to deploy; when it is not
	// empty, it must be the one that the file is using.
	Template string
	// Evaluate evaluates a template that has no resources and returns its output
	// "parameters". It is needed for files that compute values. The evaluator of
	// templates is another package, which builds on this one.
	Evaluate func(ctx context.Context, template []byte) (any, error)
}

// ParamsResult is a compiled parameters file, with the template that it is for.
type ParamsResult struct {
	Parameters []byte
	Template   []byte // nil for "using none"
}

// Combined is the JSON that `bicep build-params --stdout` writes.
func (r *ParamsResult) Combined() []byte { return emit.Combined(r.Parameters, r.Template) }

// CompileParams compiles the .bicepparam file at path and the .bicep file that it
// is using. The result is nil when the list holds errors.
func CompileParams(ctx context.Context, path string, o ParamsOptions) (*ParamsResult, diag.List) {
	o.defaults()
	path = filepath.Clean(path)
	w := &sema.Workspace{ReadFile: o.ReadFile, CacheDir: o.CacheDir}
	m, err := w.Load(path)
	if err != nil {
		return nil, diag.List{unreadable(path, err)}
	}
	diags := o.found(w)
	if o.Template != "" && m.UsingOf != nil && filepath.Clean(o.Template) != m.UsingOf.Path {
		diags = append(diags, at(path, "BCP278", "Bicep file "+o.Template+" provided with --bicep-file option doesn't match the Bicep file "+m.UsingOf.Path+" referenced by the using declaration in the parameters file."))
	}
	if diags.HasErrors() {
		return nil, diags
	}
	eo := o.emitter()
	eo.Getenv = o.Getenv
	params, more := emit.Params(m, eo)
	diags = append(diags, more...)
	if params == nil {
		return nil, diags
	}
	r := &ParamsResult{Parameters: params.File}
	if r.Parameters == nil {
		if r.Parameters, err = evaluate(ctx, params, o); err != nil {
			return nil, append(diags, at(path, "BCP338", "Failed to evaluate the parameters: "+err.Error()))
		}
	}
	if m.UsingOf != nil {
		r.Template, more = emit.Template(m.UsingOf, eo)
		diags = append(diags, more...)
	} else if m.UsingJSON != nil {
		r.Template = m.UsingJSON.Raw
	}
	if diags.HasErrors() {
		return nil, diags
	}
	return r, diags
}

func evaluate(ctx context.Context, params *emit.Parameters, o ParamsOptions) ([]byte, error) {
	if o.Evaluate == nil {
		return nil, errNoEvaluator
	}
	v, err := o.Evaluate(ctx, params.Template)
	if err != nil {
		return nil, err
	}
	values, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return params.Complete(values)
}
