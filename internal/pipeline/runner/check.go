package runner

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"gatehouse/internal/diag"
	"gatehouse/internal/pipeline"
	"gatehouse/internal/pwsh"
)

// checker looks at one step before the run.
type checker struct {
	run       *run
	bash      string
	step      *pipeline.Step
	variables []pipeline.Variable
}

func (c *checker) refuse(message, hint string) diag.List {
	at := c.step.At
	return diag.List{{Code: pipeline.CodeUnsupported, Message: message, Hint: hint, File: at.File, Range: diag.Range{Start: at.Pos, End: at.Pos}}}
}

func (c *checker) check() diag.List {
	s := c.step
	switch s.Task {
	case pipeline.Bash, pipeline.CmdLine:
		return c.needBash(s.Task.Ref())
	case pipeline.PowerShell:
		return c.powershell(s.Input("targetType"), "inline", "script", "filePath", s.Input("arguments"))
	case pipeline.AzureCLI:
		switch strings.ToLower(s.Input("scriptType")) {
		case "bash":
			return c.needBash("scriptType bash")
		case "pscore":
			return c.powershell(s.Input("scriptLocation"), "inlineScript", "inlineScript", "scriptPath", s.Input("scriptArguments"))
		case "ps", "batch":
			return c.refuse(fmt.Sprintf("The scriptType '%s' needs Windows.", s.Input("scriptType")), "Use 'pscore' or 'bash'.")
		}
	}
	return nil
}

func (c *checker) needBash(what string) diag.List {
	if c.bash != "" {
		return nil
	}
	return c.refuse(what+" needs bash, which is not on PATH.", "Install bash.")
}

// powershell checks that a script can run without pwsh, where there is none.
func (c *checker) powershell(location, inline, script, file, arguments string) diag.List {
	if c.run.pwsh != "" {
		return nil
	}
	if arguments != "" {
		return c.refuse("Arguments of a script need PowerShell 7 (pwsh), which is not on PATH.", "Install it, or write the values into the script.")
	}
	if strings.EqualFold(location, inline) {
		t := c.step.Inputs[script]
		name := c.step.At.File
		_, list := pwsh.Parse(name, c.withoutMacros(t.Value))
		return place(list, t)
	}
	path := c.step.Input(file)
	if strings.Contains(path, "$(") {
		return c.refuse("A script whose path is known only when the run has begun needs PowerShell 7 (pwsh), which is not on PATH.", "Install it, or write the path.")
	}
	text, err := readScript(filepath.Join(c.run.o.Dir, path))
	if err != nil {
		return c.refuse(fmt.Sprintf("The script '%s' cannot be read: %v.", path, err), "Paths of scripts are relative to the sources.")
	}
	_, list := pwsh.Parse(path, c.withoutMacros(text))
	return list
}

const maxScriptFile = 1 << 20

func readScript(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if info.Size() > maxScriptFile || !info.Mode().IsRegular() {
		return "", fmt.Errorf("it is larger than %d bytes, or no file", maxScriptFile)
	}
	data, err := os.ReadFile(path)
	return string(data), err
}

var macro = regexp.MustCompile(`\$\(([^()$]+)\)`)

// plainName is what variables are called; Get-Date is not one of them.
var plainName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_. ]*$`)

// withoutMacros blanks the macros that a variable may replace by then, keeping
// lengths: what they hold is not known. A name that no variable has, such as
// Get-Date, stays: PowerShell would run it.
func (c *checker) withoutMacros(text string) string {
	return macro.ReplaceAllStringFunc(text, func(m string) string {
		if name := m[2 : len(m)-1]; !plainName.MatchString(name) && !c.knows(name) {
			return m
		}
		return strings.Repeat("x", len(m))
	})
}

func (c *checker) knows(name string) bool {
	for _, v := range c.variables {
		if strings.EqualFold(v.Name, name) {
			return true
		}
	}
	for n := range c.run.o.SecretVariables {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}

// place moves diagnostics from a text to where the text is written in the pipeline.
func place(list diag.List, t pipeline.Text) diag.List {
	if t.Node == nil {
		return list
	}
	for i := range list {
		list[i].File = t.Node.File
		p := list[i].Range.Start
		switch body := t.Node.Body; {
		case body.Line > 0:
			p.Line += body.Line - 1
			p.Column += body.Column - 1
			p.Offset += body.Offset
		case p.Line == 1:
			p.Line = t.Node.Pos.Line
			p.Column += t.Node.Pos.Column - 1
			p.Offset += t.Node.Pos.Offset
		default:
			p = t.Node.Pos
		}
		list[i].Range = diag.Range{Start: p, End: p}
	}
	return list
}
