package cli

import (
	"fmt"
	"maps"
	"sort"
	"strings"

	"github.com/spf13/cobra"

	"gatehouse/internal/client"
)

func newEnvCommand(env *Env) *cobra.Command {
	var data, shell string
	cmd := &cobra.Command{
		Use:   "env",
		Short: "Print the variables that point a shell at the running server",
		Long: `Print variables for curl, az, the Azure SDKs and anything else that obeys HTTPS_PROXY: with them,
https://NAME.vault.azure.net, https://NAME.azure-api.net, management.azure.com and
login.microsoftonline.com are this server. Only the shell that evaluates them is concerned.`,
		Example: `  eval "$(gatehouse env)"
  gatehouse env --shell pwsh | Out-String | Invoke-Expression
  gatehouse env --shell dotenv > .env`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			write, ok := shells[shell]
			if !ok {
				return &ExitError{Code: 2, Err: fmt.Errorf("--shell %s: want sh, fish, pwsh or dotenv", shell)}
			}
			c, err := client.Open(cmd.Context(), client.Options{Data: env.dataFolder(data), Dir: env.Dir, Getenv: env.Getenv})
			if err != nil {
				return err
			}
			defer c.Close()
			return printEnv(env, withLowerCase(c.Info.Env, env.Getenv), write)
		},
	}
	dataFlag(cmd, &data)
	cmd.Flags().StringVar(&shell, "shell", "sh", "sh, fish, pwsh or dotenv")
	return cmd
}

// withLowerCase adds the names in lower case that the shell has: curl, Python and others read those first, and
// would go past this server.
func withLowerCase(vars map[string]string, getenv func(string) string) map[string]string {
	all := maps.Clone(vars)
	for _, name := range []string{"HTTPS_PROXY", "NO_PROXY"} {
		if lower := strings.ToLower(name); getenv(lower) != "" {
			all[lower] = vars[name]
		}
	}
	return all
}

var shells = map[string]func(k, v string) string{
	"sh":     func(k, v string) string { return "export " + k + "=" + shellQuote(v) },
	"fish":   func(k, v string) string { return "set -gx " + k + " '" + fishEscaper.Replace(v) + "'" },
	"pwsh":   func(k, v string) string { return "$env:" + k + " = '" + strings.ReplaceAll(v, "'", "''") + "'" },
	"dotenv": func(k, v string) string { return k + "=" + dotenvQuote(v) },
}

var fishEscaper = strings.NewReplacer(`\`, `\\`, `'`, `\'`)

// dotenvQuote puts v between single quotes, which end at the next one: a value with one stands between
// double quotes, where readers of .env files know escapes.
func dotenvQuote(v string) string {
	if !strings.Contains(v, "'") {
		return "'" + v + "'"
	}
	return `"` + dotenvEscaper.Replace(v) + `"`
}

// dotenvUnquote reads what dotenvQuote wrote.
func dotenvUnquote(s string) string {
	if inner, ok := strings.CutPrefix(s, `"`); ok {
		return dotenvUnescaper.Replace(strings.TrimSuffix(inner, `"`))
	}
	return strings.Trim(s, "'")
}

var dotenvUnescaper = strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\$`, `$`)

var dotenvEscaper = strings.NewReplacer(`\`, `\\`, `"`, `\"`, `$`, `\$`)

func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// shellWord quotes s only where a shell needs it.
func shellWord(s string) string {
	if strings.IndexFunc(s, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-:@%+,=", r)
	}) < 0 {
		return s
	}
	return shellQuote(s)
}

func printEnv(env *Env, vars map[string]string, write func(k, v string) string) error {
	names := make([]string, 0, len(vars))
	for k := range vars {
		names = append(names, k)
	}
	sort.Strings(names)
	for _, k := range names {
		if _, err := fmt.Fprintln(env.Stdout, write(k, vars[k])); err != nil {
			return err
		}
	}
	return nil
}
