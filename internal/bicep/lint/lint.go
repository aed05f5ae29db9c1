package lint

import (
	"fmt"
	"strings"
	"time"

	"gatehouse/internal/bicep/config"
	"gatehouse/internal/bicep/sema"
	"gatehouse/internal/bicep/syntax"
	"gatehouse/internal/diag"
)

// section is where rules are configured.
var section = []string{"analyzers", "core"}[:2:2]

// pass is one rule at work on one file.
type pass struct {
	*index
	rule   *rule
	level  diag.Severity
	config *config.Config
	levels *config.Config // analyzers.core.rules
	today  time.Time
	found  diag.List
}

// Run checks a file by all rules that c does not turn off. Today is what the age of
// API versions is counted from.
func Run(m *sema.Model, c *config.Config, today time.Time) diag.List {
	verbose := c.Bool(false, append(section, "verbose")...)
	if !c.Bool(true, append(section, "enabled")...) {
		if verbose {
			return diag.List{note(m, "Linter Disabled", "Linter is disabled in settings file located at "+c.Path+" ")}
		}
		return nil
	}
	p := &pass{index: newIndex(m), config: c, levels: c.Under(append(section, "rules")...), today: today}
	if verbose {
		text := "No bicepconfig.json found for configuration override."
		if c != nil && c.Path != "" {
			text = "Custom bicepconfig.json file found (" + c.Path + ")."
		}
		p.found = append(p.found, note(m, "Bicep Linter Configuration", text))
	}
	for i := range rules {
		p.rule = &rules[i]
		level, on := p.configured()
		if on {
			p.level = level
			p.rule.check(p)
		}
	}
	return p.kept()
}

func note(m *sema.Model, code, text string) diag.Diagnostic {
	return diag.Diagnostic{Severity: diag.Info, Code: code, Message: text, File: m.File.Source.Name, Range: m.File.Source.Range(0, 0)}
}

// configured is the level of the rule; off is one.
func (p *pass) configured() (level diag.Severity, on bool) {
	switch strings.ToLower(p.settings().String("", "level")) {
	case "error":
		return diag.Error, true
	case "warning":
		return diag.Warning, true
	case "info":
		return diag.Info, true
	case "off":
		return 0, false
	}
	switch p.rule.level {
	case off:
		return 0, false
	case failing:
		return diag.Error, true
	case info:
		return diag.Info, true
	}
	return diag.Warning, true
}

// settings are the members of analyzers.core.rules.CODE.
func (p *pass) settings() *config.Config { return p.levels.Under(p.rule.code) }

// kept leaves out what directives silence. One place is reported once a rule and text.
func (p *pass) kept() diag.List {
	var out diag.List
	type key struct {
		code, text string
		start, end int
	}
	seen := map[key]bool{}
	for _, d := range p.found {
		k := key{d.Code, d.Message, d.Range.Start.Offset, d.Range.End.Offset}
		if seen[k] || p.m.Silenced(d) {
			continue
		}
		seen[k] = true
		out = append(out, d)
	}
	out.Sort()
	return out
}

// report reports the rule's text, with args in it, at a place.
func (p *pass) report(at syntax.Span, args ...any) {
	text := p.rule.text
	if len(args) > 0 {
		text = fmt.Sprintf(text, args...)
	}
	p.found = append(p.found, diag.Diagnostic{
		Severity: p.level, Code: p.rule.code, Message: text, File: p.m.File.Source.Name,
		Range: p.m.File.Source.Range(at.Start, at.End), URL: "https://aka.ms/bicep/linter-diagnostics#" + p.rule.code,
	})
}
