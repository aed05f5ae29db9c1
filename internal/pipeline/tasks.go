package pipeline

import (
	"slices"
	"strings"
)

// InputKind says what values an input takes.
type InputKind uint8

// The kinds.
const (
	AnyText InputKind = iota
	Boolean
	Number
	Choice
)

// Input is one input of a task.
type Input struct {
	Name     string
	Aliases  []string
	Kind     InputKind
	Choices  []string
	Default  string
	Required func(get func(name string) string) bool // nil: never
}

// Task is one task of this runner. Names and inputs are those of
// https://learn.microsoft.com/azure/devops/pipelines/tasks/reference
type Task struct {
	Name    string
	Version string
	Title   string
	Inputs  []Input
}

// Ref is the task as a step names it.
func (t *Task) Ref() string { return t.Name + "@" + t.Version }

func always(func(string) string) bool { return true }

func when(name, value string) func(func(string) string) bool {
	return func(get func(string) string) bool { return strings.EqualFold(get(name), value) }
}

func toggle(name, def string) Input { return Input{Name: name, Kind: Boolean, Default: def} }

var preferences = []string{"stop", "continue", "silentlyContinue", "default"}

// The tasks, each with a runner of the same name in package runner.
var (
	Checkout = &Task{Name: "Checkout", Version: "1", Title: "Checkout", Inputs: []Input{{Name: "repository", Default: "self"}}}

	CmdLine = &Task{Name: "CmdLine", Version: "2", Title: "CmdLine", Inputs: []Input{
		{Name: "script", Required: always}, {Name: "workingDirectory", Aliases: []string{"cwd"}}, toggle("failOnStderr", "false")}}

	Bash = &Task{Name: "Bash", Version: "3", Title: "Bash", Inputs: []Input{
		{Name: "targetType", Kind: Choice, Choices: []string{"filePath", "inline"}, Default: "filePath"},
		{Name: "filePath", Aliases: []string{"scriptPath"}, Required: when("targetType", "filePath")}, {Name: "arguments", Aliases: []string{"args"}},
		{Name: "script", Required: when("targetType", "inline")}, {Name: "workingDirectory", Aliases: []string{"cwd"}},
		toggle("failOnStderr", "false"), toggle("noProfile", "true"), toggle("noRc", "true"), {Name: "bashEnvValue"}}}

	PowerShell = &Task{Name: "PowerShell", Version: "2", Title: "PowerShell", Inputs: []Input{
		{Name: "targetType", Kind: Choice, Choices: []string{"filePath", "inline"}, Default: "filePath"},
		{Name: "filePath", Aliases: []string{"scriptPath"}, Required: when("targetType", "filePath")}, {Name: "arguments"},
		{Name: "script", Required: when("targetType", "inline")}, {Name: "workingDirectory", Aliases: []string{"cwd"}},
		{Name: "errorActionPreference", Kind: Choice, Choices: preferences, Default: "stop"},
		{Name: "warningPreference"}, {Name: "informationPreference"}, {Name: "verbosePreference"}, {Name: "debugPreference"}, {Name: "progressPreference"},
		toggle("failOnStderr", "false"), toggle("showWarnings", "false"), toggle("ignoreLASTEXITCODE", "false"), toggle("pwsh", "false"), toggle("runScriptInSeparateScope", "false")}}

	DownloadSecureFile = &Task{Name: "DownloadSecureFile", Version: "1", Title: "Download secure file", Inputs: []Input{
		{Name: "secureFile", Required: always}, {Name: "retryCount", Kind: Number, Default: "8"}, {Name: "socketTimeout", Kind: Number}}}

	AzureCLI = &Task{Name: "AzureCLI", Version: "2", Title: "Azure CLI", Inputs: []Input{
		{Name: "connectedServiceNameARM", Aliases: []string{"azureSubscription"}, Required: always},
		{Name: "scriptType", Kind: Choice, Choices: []string{"ps", "pscore", "batch", "bash"}, Required: always},
		{Name: "scriptLocation", Kind: Choice, Choices: []string{"inlineScript", "scriptPath"}, Default: "scriptPath", Required: always},
		{Name: "scriptPath", Required: when("scriptLocation", "scriptPath")}, {Name: "inlineScript", Required: when("scriptLocation", "inlineScript")},
		{Name: "scriptArguments", Aliases: []string{"arguments"}},
		{Name: "powerShellErrorActionPreference", Kind: Choice, Choices: preferences, Default: "stop"},
		toggle("addSpnToEnvironment", "false"), toggle("useGlobalConfig", "false"), {Name: "cwd", Aliases: []string{"workingDirectory"}},
		toggle("failOnStandardError", "false"), toggle("powerShellIgnoreLASTEXITCODE", "false"), toggle("visibleAzLogin", "true"), toggle("keepAzSessionActive", "false")}}
)

// Tasks lists the tasks that a step may name.
func Tasks() []*Task { return []*Task{AzureCLI, Bash, CmdLine, DownloadSecureFile, PowerShell} }

// FindTask finds a task by its reference, as AzureCLI@2; names have no case.
func FindTask(ref string) *Task {
	for _, t := range Tasks() {
		if strings.EqualFold(t.Ref(), ref) {
			return t
		}
	}
	return nil
}

func (t *Task) input(name string) *Input {
	for i := range t.Inputs {
		in := &t.Inputs[i]
		if strings.EqualFold(in.Name, name) || slices.ContainsFunc(in.Aliases, func(a string) bool { return strings.EqualFold(a, name) }) {
			return in
		}
	}
	return nil
}

func (t *Task) inputNames() []string {
	var out []string
	for _, in := range t.Inputs {
		out = append(append(out, in.Name), in.Aliases...)
	}
	return out
}
