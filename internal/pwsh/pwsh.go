// Package pwsh understands the PowerShell that deployment scripts are mostly made
// of, so that they run where no pwsh is installed: native commands with their
// arguments, quoted strings, backtick continuation, `$env:` variables, comments,
// `&&` and `||`, and Write-Host. Everything else is refused with line and column
// before the first command runs. It is not a PowerShell: no objects, no cmdlets, no
// pipelines. Start at Parse; Script.Run runs what it returns.
//
// Rules: about_Parsing, about_Quoting_Rules, about_Special_Characters and
// about_Pipeline_Chain_Operators of PowerShell 7.
package pwsh

// Script is a parsed script.
type Script struct {
	Commands []Command
}

// Chain says how a command hangs on the one before it.
type Chain uint8

// The ways.
const (
	Always  Chain = iota // a new statement
	AndAlso              // &&
	OrElse               // ||
)

// Command is one command with its arguments; Words[0] is its name.
type Command struct {
	Words []Word
	Chain Chain
	Line  int // from 1
}

// Word is one argument: parts that are joined.
type Word struct {
	Parts  []Part
	Offset int
	bare   bool // begins without a quote
}

// Part is literal text, or the value of the environment variable Env.
type Part struct {
	Text string
	Env  string
}

// Text is the word's text where no environment variable takes part.
func (w Word) Text() (string, bool) {
	s := ""
	for _, p := range w.Parts {
		if p.Env != "" {
			return "", false
		}
		s += p.Text
	}
	return s, true
}

// Expand joins the word's parts.
func (w Word) Expand(getenv func(string) string) string {
	s := ""
	for _, p := range w.Parts {
		if p.Env != "" {
			s += getenv(p.Env)
		} else {
			s += p.Text
		}
	}
	return s
}
