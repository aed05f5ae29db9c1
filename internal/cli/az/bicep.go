package az

import (
	"context"
	"errors"
	"os"
	"strings"

	"golang.org/x/term"
)

// bicepCommands run the Bicep tool, as Azure CLI's do.
func bicepCommands() []*command {
	file := opt("--file -f", "The Bicep file.").must().verbatim()
	output := []arg{file, opt("--outdir", "Folder for the result.").verbatim(), opt("--outfile", "File for the result.").verbatim(), opt("--stdout", "Print the result.").as(flag)}
	noRestore := opt("--no-restore", "Accepted for compatibility: nothing is ever downloaded.").as(flag)
	format := opt("--diagnostics-format", "default or sarif.").of("default", "sarif")
	cmd := func(word, summary, example string, args []arg) *command {
		return &command{path: words("bicep " + word), summary: summary, example: "az bicep " + word + example, args: args, offline: true,
			run: func(ctx context.Context, c *call) (any, error) { return nil, c.runBicep(ctx, word) }}
	}
	return []*command{
		cmd("build", "Compile a Bicep file.", " --file main.bicep", append(output[:4:4], noRestore)),
		cmd("build-params", "Compile a Bicep parameters file.", " --file main.bicepparam", append(output[:4:4], noRestore)),
		cmd("lint", "Check a Bicep file.", " --file main.bicep", []arg{file, noRestore, format}),
		cmd("format", "Format a Bicep file.", " --file main.bicep", append(output[:4:4], opt("--newline --newline-kind", "Line ends.").of("Auto", "LF", "CRLF", "CR"),
			opt("--indent-kind", "Space or Tab.").of("Space", "Tab"), opt("--indent-size", "Blanks a level."), opt("--insert-final-newline", "End the file with a line end.").as(boolean))),
		{path: words("bicep version"), summary: "Show the version of the Bicep tool.", example: "az bicep version", offline: true,
			run: func(ctx context.Context, c *call) (any, error) { return nil, c.bicep(ctx, "--version") }},
	}
}

// runBicep passes the arguments on under the names that the Bicep tool has.
func (c *call) runBicep(ctx context.Context, word string) error {
	args := []string{word, c.get("file")}
	for _, name := range []string{"outdir", "outfile", "indent-kind", "indent-size", "diagnostics-format"} {
		if v := c.get(name); v != "" {
			args = append(args, "--"+name, v)
		}
	}
	if v := c.get("newline"); v != "" {
		args = append(args, "--newline-kind", v)
	}
	for _, name := range []string{"stdout", "no-restore"} {
		if c.has(name) {
			args = append(args, "--"+name)
		}
	}
	if c.has("insert-final-newline") {
		args = append(args, "--insert-final-newline="+strings.ToLower(c.either("insert-final-newline", "true")))
	}
	return c.bicep(ctx, args...)
}

func (c *call) bicep(ctx context.Context, args ...string) error {
	if c.Bicep == nil {
		return errors.New("this program was built without the Bicep tool")
	}
	if code := c.Bicep(ctx, args); code != 0 {
		return &exitCode{code}
	}
	return nil
}

// colored reports whether standard output is a terminal that wants colours
// (https://no-color.org).
func colored(env *Env) bool {
	f, ok := env.Stdout.(*os.File)
	return ok && env.Getenv("NO_COLOR") == "" && env.Getenv("AZURE_CORE_NO_COLOR") == "" && term.IsTerminal(int(f.Fd()))
}
