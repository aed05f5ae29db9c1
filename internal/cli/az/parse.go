package az

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
)

// command is one row of the tables of commands.
type command struct {
	path    []string // words, e.g. keyvault certificate import
	summary string
	example string
	args    []arg
	run     func(ctx context.Context, c *call) (any, error)
	table   []column // columns of -o table; nil: every scalar property
	offline bool     // needs no server
}

// arg is one argument. names begins with the long name that values are kept under.
type arg struct {
	names    []string
	help     string
	required bool
	kind     kind
	choices  []string
	raw      bool // "@FILE" is not replaced by the file's content
}

type kind int

const (
	single   kind = iota
	many          // one or more values, and may be repeated
	flag          // no value
	boolean       // true or false; without a value: true
	optional      // one value, or none
)

// opt makes an argument from its names, separated by spaces: "--name -n".
func opt(names, help string) arg { return arg{names: strings.Fields(names), help: help} }
func (a arg) must() arg          { a.required = true; return a }
func (a arg) of(c ...string) arg { a.choices = c; return a }
func (a arg) as(k kind) arg      { a.kind = k; return a }
func (a arg) verbatim() arg      { a.raw = true; return a }
func (a arg) key() string        { return strings.TrimLeft(a.names[0], "-") }
func (a arg) label() string      { return strings.Join(a.names, "/") }

var globalArgs = []arg{
	opt("--output -o", "Output format.").of("json", "jsonc", "none", "table", "tsv", "yaml", "yamlc"),
	opt("--query", "JMESPath query string. See https://jmespath.org"),
	opt("--subscription", "Name or ID of the subscription."),
	opt("--verbose", "Say more on standard error.").as(flag),
	opt("--debug", "As --verbose.").as(flag),
	opt("--only-show-errors", "Only show errors, no warnings.").as(flag),
	opt("--help -h", "Show help.").as(flag),
	opt("--data", "Data folder of the server; default GATEHOUSE_DATA, the variables of `gatehouse env`, or ./.gatehouse."),
}

// find splits args into the command that their first words name and the rest. No
// command and no error means that the words name a group of commands, or none.
func find(args []string) (*command, []string, error) {
	words := 0
	for words < len(args) && !strings.HasPrefix(args[words], "-") {
		words++
	}
	all := commands()
	for n := words; n > 0; n-- {
		for _, c := range all {
			if slices.Equal(c.path, args[:n]) {
				return c, args[n:], nil
			}
		}
	}
	for n := range words { // which word is the first that leads nowhere?
		if !slices.ContainsFunc(all, func(c *command) bool { return hasPrefix(c.path, args[:n+1]) }) {
			return nil, nil, unknownWord(all, args[:n], args[n])
		}
	}
	if words == 0 && len(args) > 0 && !wantsHelp(args) {
		return nil, nil, usagef("%q stands before any command; try `az --help`", args[0])
	}
	if words < len(args) && !wantsHelp(args) {
		return nil, nil, usagef("`az %s` is a group of commands; try `az %[1]s --help`", strings.Join(args[:words], " "))
	}
	return nil, args[words:], nil
}

func hasPrefix(path, words []string) bool {
	return len(path) >= len(words) && slices.Equal(path[:len(words)], words)
}

func unknownWord(all []*command, before []string, word string) error {
	var known []string
	for _, c := range all {
		if len(c.path) > len(before) && hasPrefix(c.path, before) && !slices.Contains(known, c.path[len(before)]) {
			known = append(known, c.path[len(before)])
		}
	}
	sort.Strings(known)
	at := strings.Join(append([]string{"az"}, before...), " ")
	return usagef("'%s' is misspelled or not recognized by the system.\n\nDid you mean '%s' ?\n`%s` knows: %s", word, Nearest(word, known), at, strings.Join(known, ", "))
}

func wantsHelp(args []string) bool {
	return slices.Contains(args, "--help") || slices.Contains(args, "-h")
}

// parse reads the arguments of cmd.
func parse(cmd *command, args []string, env *Env) (map[string][]string, error) {
	known := append(slices.Clone(cmd.args), globalArgs...)
	values := map[string][]string{}
	for i := 0; i < len(args); {
		name, inline, hasInline := strings.Cut(args[i], "=")
		a, ok := lookup(known, name)
		if !ok {
			if len(args[i]) > 2 && args[i][0] == '-' && args[i][1] != '-' { // -otsv
				if a, ok = lookup(known, args[i][:2]); ok {
					inline, hasInline = args[i][2:], true
				}
			}
			if !ok {
				return nil, unknownArg(args[i], known)
			}
		}
		i++
		got := []string{}
		if hasInline {
			got = append(got, inline)
		} else {
			for i < len(args) && wantsMore(a, len(got)) && !looksLikeFlag(args[i], known) {
				got = append(got, args[i])
				i++
			}
		}
		if err := check(a, got); err != nil {
			return nil, err
		}
		if err := a.load(env, got); err != nil {
			return nil, err
		}
		if a.kind == many {
			got = append(values[a.key()], got...)
		}
		values[a.key()] = got
	}
	return values, required(cmd, values)
}

func wantsMore(a arg, have int) bool {
	switch a.kind {
	case flag:
		return false
	case many:
		return true
	}
	return have == 0
}

// looksLikeFlag tells a flag from a value that begins with a dash, as argparse does: a value may be a negative number or hold a space.
func looksLikeFlag(s string, known []arg) bool {
	if len(s) < 2 || s[0] != '-' {
		return false
	}
	name, _, _ := strings.Cut(s, "=")
	if _, ok := lookup(known, name); ok {
		return true
	}
	return !strings.Contains(s, " ") && (s[1] < '0' || s[1] > '9')
}

func lookup(known []arg, name string) (arg, bool) {
	for _, a := range known {
		if slices.Contains(a.names, name) {
			return a, true
		}
	}
	return arg{}, false
}

func unknownArg(word string, known []arg) error {
	if !strings.HasPrefix(word, "-") {
		return usagef("unrecognized arguments: %s", word)
	}
	var names []string
	for _, a := range known {
		names = append(names, a.names...)
	}
	name, _, _ := strings.Cut(word, "=")
	return usagef("unrecognized arguments: %s\nDid you mean '%s' ?", word, Nearest(name, names))
}

func check(a arg, got []string) error {
	if len(got) == 0 && a.kind != flag && a.kind != boolean && a.kind != optional {
		return usagef("argument %s: expected one argument", a.label())
	}
	if a.kind == flag && len(got) > 0 {
		return usagef("argument %s: takes no value, got '%s'", a.label(), got[0])
	}
	if a.kind == boolean && len(got) == 1 && !slices.Contains([]string{"true", "false"}, strings.ToLower(got[0])) {
		return usagef("argument %s: invalid choice: '%s' (choose from true, false)", a.label(), got[0])
	}
	for _, v := range got {
		if len(a.choices) > 0 && !slices.ContainsFunc(a.choices, func(c string) bool { return strings.EqualFold(c, v) }) {
			return usagef("argument %s: invalid choice: '%s' (choose from %s)", a.label(), v, strings.Join(a.choices, ", "))
		}
	}
	return nil
}

// load replaces values "@FILE" and "@-" by what the file or standard input holds, as Azure CLI does for every argument.
func (a arg) load(env *Env, values []string) error {
	if a.raw {
		return nil
	}
	for i, v := range values {
		if !strings.HasPrefix(v, "@") || len(v) == 1 {
			continue
		}
		b, err := readFile(env, v[1:])
		if err != nil {
			return usagef("argument %s: %v", a.label(), err)
		}
		values[i] = strings.TrimRight(string(b), "\r\n")
	}
	return nil
}

// maxFile bounds what is read of a file that an argument names, in bytes.
const maxFile = 64 << 20

// readFile reads a file named on the command line; "-" is standard input.
func readFile(env *Env, name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(io.LimitReader(env.Stdin, maxFile))
	}
	f, err := os.Open(inDir(env, name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if len(b) > maxFile {
		return nil, fmt.Errorf("%s is longer than %d bytes", name, maxFile)
	}
	return bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")), err
}

func inDir(env *Env, name string) string {
	if rest, ok := strings.CutPrefix(name, "~/"); ok {
		return filepath.Join(env.Getenv("HOME"), rest)
	}
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(env.Dir, name)
}

func required(cmd *command, values map[string][]string) error {
	var missing []string
	for _, a := range cmd.args {
		if _, ok := values[a.key()]; a.required && !ok {
			missing = append(missing, a.label())
		}
	}
	if len(missing) > 0 {
		return usagef("the following arguments are required: %s\n\nExample:\n  %s", strings.Join(missing, ", "), cmd.example)
	}
	return nil
}

// Nearest is the known word with the smallest edit distance.
func Nearest(word string, known []string) string {
	best, bestD := "", 1<<30
	for _, k := range known {
		if d := distance(word, k); d < bestD {
			best, bestD = k, d
		}
	}
	return best
}

func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		prev := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			prev, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, prev+cost)
		}
	}
	return row[len(b)]
}

func help(w io.Writer, args []string, cmd *command) error {
	if cmd != nil {
		return helpCommand(w, cmd)
	}
	var words []string
	for _, a := range args {
		if !strings.HasPrefix(a, "-") {
			words = append(words, a)
		}
	}
	fmt.Fprintf(w, "\nGroup\n    %s\n\nCommands:\n", strings.Join(append([]string{"az"}, words...), " "))
	for _, c := range commands() {
		if hasPrefix(c.path, words) {
			fmt.Fprintf(w, "    %-38s %s\n", strings.Join(c.path, " "), c.summary)
		}
	}
	_, err := fmt.Fprint(w, "\n`az COMMAND --help` shows the arguments and an example.\n")
	return err
}

func helpCommand(w io.Writer, cmd *command) error {
	fmt.Fprintf(w, "\nCommand\n    az %s : %s\n\nArguments\n", strings.Join(cmd.path, " "), cmd.summary)
	helpArgs(w, cmd.args)
	fmt.Fprint(w, "\nGlobal Arguments\n")
	helpArgs(w, globalArgs)
	_, err := fmt.Fprintf(w, "\nExamples\n    %s\n", cmd.example)
	return err
}

func helpArgs(w io.Writer, args []arg) {
	for _, a := range args {
		label := strings.Join(a.names, " ")
		if a.required {
			label += " [Required]"
		}
		text := a.help
		if len(a.choices) > 0 {
			text += "  Allowed values: " + strings.Join(a.choices, ", ") + "."
		}
		fmt.Fprintf(w, "    %-42s : %s\n", label, text)
	}
}
