package template

import (
	"errors"
	"slices"
	"strings"
)

// masked stands for a secure value.
const masked = "*******"

// minSecret is the length from which a secure value is looked for in texts: shorter ones
// ("on", "1") stand in many texts by chance.
const minSecret = 4

// secrets are the texts of the secure parameters, the longest first.
func (ev *evaluator) secrets() []string {
	var out []string
	for e := ev; e != nil; e = e.outer {
		for _, p := range e.t.Parameters {
			if p.Secure {
				visitStrings(e.params[p.Name], func(s string) {
					if len(s) >= minSecret {
						out = append(out, s)
					}
				})
			}
		}
	}
	slices.SortFunc(out, func(a, b string) int { return len(b) - len(a) })
	return slices.Compact(out)
}

// Redact returns v, a value as To gives it, with the texts of secure parameters masked.
func (p *Plan) Redact(v any) any {
	secrets := p.ev.secrets()
	if len(secrets) == 0 {
		return v
	}
	return redact(v, secrets)
}

func redact(v any, secrets []string) any {
	switch v := v.(type) {
	case string:
		return redactText(v, secrets)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = redact(v[i], secrets)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = redact(e, secrets)
		}
		return out
	}
	return v
}

func redactText(s string, secrets []string) string {
	for _, secret := range secrets {
		s = strings.ReplaceAll(s, secret, masked)
	}
	return s
}

// withoutSecrets masks secure values in the message of an error.
func (ev *evaluator) withoutSecrets(err error) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	text := redactText(e.Message, ev.secrets())
	if text == e.Message {
		return err
	}
	c := *e
	c.Message = text
	return &c
}
