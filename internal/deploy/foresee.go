package deploy

import (
	"context"
	"strings"

	"gatehouse/internal/resourceid"
	"gatehouse/internal/template"
)

// predicted is what a write would leave. wire is nil when the provider could not tell.
type predicted struct {
	wire    map[string]any
	shown   map[string]any // wire without the answers of list functions, where it has some; else nil
	exact   bool           // as it is now: nothing would change
	created bool           // it is not there now
	hidden  bool           // what is never shown would change, or may
	outputs map[string]any // of a deployment, the secure ones too: those that are known
}

// Reference implements template.Runtime.
func (p *prediction) Reference(ctx context.Context, id resourceid.ID, apiVersion string) (map[string]any, error) {
	m, ok := p.made[id.Key()]
	switch {
	case !ok:
		return p.belowPredicted(ctx, id, apiVersion)
	case m.exact:
		return m.wire, nil
	case m.wire == nil:
		return nil, template.ErrUnknown
	}
	p.secret = p.secret || m.shown != nil
	return m.wire, template.ErrPartial
}

// belowPredicted answers for what is not written itself, but may change with a parent that is.
func (p *prediction) belowPredicted(ctx context.Context, id resourceid.ID, apiVersion string) (map[string]any, error) {
	for at := id.Parent(); !at.IsTenant(); at = at.Parent() {
		if up := p.made[at.Key()]; up != nil && !up.exact {
			if w, err := p.live.Reference(ctx, id, apiVersion); err == nil {
				return w, template.ErrPartial
			}
			return nil, template.ErrUnknown
		}
	}
	return p.live.Reference(ctx, id, apiVersion)
}

// List implements template.Runtime. List functions of this server only read. What they answer is told when it will be
// the same after the deployment: the resource is there, and nothing of it that is never shown would change.
func (p *prediction) List(ctx context.Context, id resourceid.ID, apiVersion, function string, body map[string]any) (any, error) {
	if m := p.made[id.Key()]; m != nil && m.outputs != nil && strings.EqualFold(function, actionListOutputs) {
		p.secret = true
		return m.outputs, template.ErrPartial
	}
	for at := id; !at.IsTenant(); at = at.Parent() {
		if m := p.made[at.Key()]; m != nil && !m.exact && (m.created || m.hidden) {
			return nil, template.ErrUnknown
		}
	}
	out, err := p.live.List(ctx, id, apiVersion, function, body)
	switch {
	case isNotFound(err):
		return nil, err
	case err != nil:
		return nil, template.ErrUnknown // the deployment will tell, when it comes to it
	}
	p.secret = true
	return out, nil
}

func (p *prediction) foresight() *prediction { return p }

// unlisted is a prediction without the answers of list functions: what is shown.
type unlisted struct{ *prediction }

// Reference implements template.Runtime.
func (u unlisted) Reference(ctx context.Context, id resourceid.ID, apiVersion string) (map[string]any, error) {
	if m, ok := u.made[id.Key()]; ok && m.shown != nil {
		return m.shown, template.ErrPartial
	}
	return u.prediction.Reference(ctx, id, apiVersion)
}

// List implements template.Runtime.
func (unlisted) List(context.Context, resourceid.ID, string, string, map[string]any) (any, error) {
	return nil, template.ErrUnknown
}

// veil is what a resource will be, with each value that the answer of a list function is in as the text of its
// expression. open is the body without those answers.
func veil(after, body, open map[string]any) map[string]any {
	secrets := map[string]string{}
	collect(body, open, secrets)
	m, _ := replaced(after, secrets).(map[string]any)
	return m
}

// collect finds the texts of body that open does not have, with what stands there instead.
func collect(body, open any, secrets map[string]string) {
	switch b := body.(type) {
	case map[string]any:
		o, _ := open.(map[string]any)
		for k, v := range b {
			collect(v, o[k], secrets)
		}
	case []any:
		o, _ := open.([]any)
		for i, v := range b {
			if i < len(o) {
				collect(v, o[i], secrets)
			} else {
				collect(v, nil, secrets)
			}
		}
	case string:
		if text, ok := open.(string); !ok {
			secrets[b] = masked
		} else if text != b {
			secrets[b] = text
		}
	}
}

// masked stands for a value whose expression is not known at its place.
const masked = "*******"

func replaced(v any, secrets map[string]string) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = replaced(e, secrets)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = replaced(e, secrets)
		}
		return out
	case string:
		if text, ok := secrets[v]; ok && v != "" {
			return text
		}
	}
	return v
}
