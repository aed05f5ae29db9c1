package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"gatehouse/internal/bicep"
	"gatehouse/internal/bicep/config"
	"gatehouse/internal/bicep/format"
)

// bicepFormat is what `bicep format` was asked.
type bicepFormat struct {
	in                  bicepInput
	stdout              bool
	outfile, outdir     string
	newline, indentKind string
	indentSize          int
	finalNewline        bool
}

func newBicepFormatCommand(env *Env) *cobra.Command {
	var o bicepFormat
	cmd := &cobra.Command{
		Use:   "format FILE",
		Short: "Format a .bicep or .bicepparam file",
		Long: `Format prints a file as the official formatter does: lines of at most 120 characters,
two blanks a level. The formatting section of a bicepconfig.json beside the file or
above it, and the flags, change that. A declaration with a syntax error stays as it is.`,
		Example: "  gatehouse bicep format main.bicep\n  gatehouse bicep format main.bicep --stdout --indent-kind Tab\n  gatehouse bicep format --pattern '**/*.bicep'",
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.in.each(env, args, func(f bicepFile) error { return o.run(env, cmd, f) })
		},
	}
	f := cmd.Flags()
	f.BoolVar(&o.stdout, "stdout", false, "write the result to standard output")
	f.StringVar(&o.outfile, "outfile", "", "write the result to this file instead of FILE")
	f.StringVar(&o.outdir, "outdir", "", "write the result to this folder")
	f.StringVar(&o.newline, "newline-kind", "LF", "line ends: Auto, LF, CRLF or CR")
	f.StringVar(&o.newline, "newline", "LF", "the former name of --newline-kind")
	f.StringVar(&o.indentKind, "indent-kind", "Space", "indent with Space or Tab")
	f.IntVar(&o.indentSize, "indent-size", 2, "blanks a level")
	f.BoolVar(&o.finalNewline, "insert-final-newline", true, "end the file with a line end")
	_ = f.MarkHidden("newline")
	cmd.MarkFlagsMutuallyExclusive("stdout", "outfile", "outdir")
	o.in.flag(cmd, "stdout", "outfile", "outdir")
	return cmd
}

func (o *bicepFormat) run(env *Env, cmd *cobra.Command, f bicepFile) error {
	if err := bicepOrParams(f.name); err != nil {
		return err
	}
	path := f.path
	text, err := bicep.ReadSource(path)
	if err != nil {
		return err
	}
	options, err := o.options(cmd, path)
	if err != nil {
		return err
	}
	out := format.Source(path, string(text), options)
	if o.stdout {
		_, err := env.Stdout.Write([]byte(out))
		return err
	}
	target := path
	switch {
	case o.outfile != "":
		target = inFolder(env, o.outfile)
	case o.outdir != "":
		target = filepath.Join(inFolder(env, o.outdir), filepath.Base(path))
	case out == string(text):
		return nil // so that its time of change stays
	}
	if err := os.WriteFile(target, []byte(out), 0o644); err != nil {
		return fmt.Errorf("cannot write the formatted file: %w", err)
	}
	return nil
}

// options are the configured ones, changed by the flags that were given.
func (o *bicepFormat) options(cmd *cobra.Command, path string) (format.Options, error) {
	c, err := config.Find(path, nil)
	if err != nil {
		return format.Options{}, err
	}
	out, err := format.Configured(c)
	if err != nil {
		return out, fmt.Errorf("%s: %w", c.Path, err)
	}
	set := cmd.Flags().Changed
	if set("indent-kind") {
		if out.Tabs, err = format.Tabs(o.indentKind); err != nil {
			return out, err
		}
	}
	if set("newline-kind") || set("newline") {
		if out.Newline, err = format.Newline(o.newline); err != nil {
			return out, err
		}
	}
	if set("indent-size") {
		out.IndentSize = o.indentSize
	}
	if set("insert-final-newline") {
		out.NoFinalNewline = !o.finalNewline
	}
	return out, nil
}

// bicepOrParams reports a file that is neither by its name.
func bicepOrParams(file string) error {
	switch strings.ToLower(filepath.Ext(file)) {
	case ".bicep", ".bicepparam":
		return nil
	}
	return fmt.Errorf("The specified input %q was not recognized as a Bicep or Bicep Parameters file. Valid files must either the .bicep or .bicepparam extension.", file)
}
