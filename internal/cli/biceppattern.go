package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
)

// bicepInput is what a command works on: the file in its arguments, or the files
// that match --pattern.
type bicepInput struct{ pattern string }

// bicepFile is one of the files.
type bicepFile struct {
	name   string // as the caller would write it
	path   string
	folder string // below the folder that the pattern's first star is in
}

// flag adds --pattern to a command, which then takes at most one file. The others
// are flags that speak of one file only.
func (in *bicepInput) flag(cmd *cobra.Command, others ...string) {
	cmd.Flags().StringVar(&in.pattern, "pattern", "", "take all files that match, such as 'src/**/*.bicep'")
	for _, name := range others {
		cmd.MarkFlagsMutuallyExclusive("pattern", name)
	}
	cmd.Args = func(_ *cobra.Command, args []string) error {
		switch {
		case len(args) > 1:
			return fmt.Errorf("one file is wanted, and %d were given: use --pattern for several", len(args))
		case len(args) == 0 && in.pattern == "":
			return errors.New("Either the input file path or the --pattern parameter must be specified")
		case len(args) == 1 && in.pattern != "":
			return errors.New("The input path and --pattern parameter cannot both be specified")
		}
		return nil
	}
}

// each calls do for every file. A file with errors does not keep the next one from
// its turn; it decides the exit code.
func (in *bicepInput) each(env *Env, args []string, do func(bicepFile) error) error {
	files, err := in.files(env, args)
	if err != nil {
		return err
	}
	var failed error
	for _, f := range files {
		err := do(f)
		var exit *ExitError
		switch {
		case errors.As(err, &exit) && exit.Err == nil:
			failed = err
		case err != nil:
			return err
		}
	}
	return failed
}

func (in *bicepInput) files(env *Env, args []string) ([]bicepFile, error) {
	if in.pattern == "" {
		return []bicepFile{{name: args[0], path: inFolder(env, args[0])}}, nil
	}
	found, err := matching(env, in.pattern)
	if err == nil && len(found) == 0 {
		fmt.Fprintf(env.Stderr, "WARNING: no file matches the pattern %q.\n", in.pattern)
	}
	return found, err
}

// matching finds the files of a pattern, in which ** stands for any folders and *
// for any characters of a name, without regard to case.
func matching(env *Env, pattern string) ([]bicepFile, error) {
	if strings.Contains(pattern, `\`) && os.PathSeparator == '/' {
		return nil, fmt.Errorf(`The file pattern '%s' contains '\'. Bicep does not support '\' in file paths on non-Windows platforms when used as command-line inputs.`, pattern)
	}
	pattern = filepath.ToSlash(pattern)
	star := strings.IndexByte(pattern, '*')
	if star < 0 {
		star = len(pattern)
	}
	cut := strings.LastIndexByte(pattern[:star], '/') + 1
	segments := strings.Split(pattern[cut:], "/")
	for _, s := range segments {
		if s == ".." || s == "." {
			return nil, fmt.Errorf("the pattern %q has %q after a star: put it before", pattern, s)
		}
	}
	return below(inFolder(env, orHere(pattern[:cut])), pattern[:cut], segments)
}

func orHere(folder string) string {
	if folder == "" {
		return "."
	}
	return folder
}

// below finds the files under root whose path matches the segments.
func below(root, prefix string, segments []string) ([]bicepFile, error) {
	form, deep := patternForm(segments)
	var out []bicepFile
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			if path == root && errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return fmt.Errorf("cannot look for files of the pattern: %w", err)
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if d.IsDir() {
			if !deep && rel != "." && strings.Count(rel, "/")+1 >= len(segments) {
				return fs.SkipDir
			}
			return nil
		}
		if form.MatchString(rel) {
			out = append(out, bicepFile{name: prefix + rel, path: path, folder: filepath.Dir(filepath.FromSlash(rel))})
		}
		return nil
	})
	return out, err
}

// patternForm is the form of matching paths; deep says that they have any number of folders.
func patternForm(segments []string) (form *regexp.Regexp, deep bool) {
	var b strings.Builder
	b.WriteString("(?is)^")
	for i, s := range segments {
		last := i == len(segments)-1
		switch {
		case s == "**" && last:
			b.WriteString(".+")
		case s == "**":
			b.WriteString("(?:[^/]+/)*")
		default:
			b.WriteString(strings.ReplaceAll(regexp.QuoteMeta(s), `\*`, "[^/]*"))
			if !last {
				b.WriteByte('/')
			}
		}
		deep = deep || s == "**"
	}
	return regexp.MustCompile(b.String() + "$"), deep
}
