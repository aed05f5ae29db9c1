package runner

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"gatehouse/internal/pipeline"
)

// azureCLI signs in as the service connection's application, in a configuration folder
// of its own, and runs the script.
// https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/azure-cli-v2
func azureCLI(ctx context.Context, s *stepRun) (int, error) {
	dir, err := s.folder("cwd")
	if err != nil {
		return 0, err
	}
	config, done, err := s.configFolder()
	if err != nil {
		return 0, err
	}
	env := append(s.env, "AZURE_CONFIG_DIR="+config, "AZUREPS_HOST_ENVIRONMENT=ADO/AzureCLI@v2_gatehouse")
	connection := s.job.run.connections[s.step.Connection]
	token, err := s.job.run.library.OIDCToken(ctx, connection)
	if err != nil {
		return 0, errors.Join(fmt.Errorf("a token of the service connection '%s': %w", connection.Name, err), done())
	}
	s.job.run.secrets.Add(token)
	if err := s.login(ctx, dir, env, connection, token); err != nil {
		return 0, errors.Join(err, done())
	}
	if s.flag("addSpnToEnvironment") {
		env = append(env, "servicePrincipalId="+connection.ClientID, "idToken="+token, "tenantId="+connection.TenantID)
	}
	code, err := s.azureScript(ctx, dir, env)
	return code, errors.Join(err, done())
}

// configFolder makes the AZURE_CONFIG_DIR of the task. One that lives on is the job's:
// steps after it are signed in too.
func (s *stepRun) configFolder() (string, func() error, error) {
	keep := s.flag("keepAzSessionActive") || s.flag("useGlobalConfig")
	if s.flag("useGlobalConfig") && s.job.azure != "" {
		return s.job.azure, func() error { return nil }, nil
	}
	config, err := os.MkdirTemp(s.job.temp, ".azclitask")
	if err != nil {
		return "", nil, err
	}
	if keep {
		s.job.azure = config // it goes with the job's temporary folder
		return config, func() error { return nil }, nil
	}
	return config, func() error { return os.RemoveAll(config) }, nil
}

// login signs in. The token goes by a file, never by the argument list, which other
// users of the machine can read.
func (s *stepRun) login(ctx context.Context, dir string, env []string, c pipeline.Connection, token string) error {
	path := filepath.Join(s.job.temp, "assertion-"+filepath.Base(envValue(env, "AZURE_CONFIG_DIR")))
	if err := os.WriteFile(path, []byte(token), 0o600); err != nil {
		return err
	}
	err := s.az(ctx, dir, env, "login", "--service-principal", "-u", c.ClientID, "--tenant", c.TenantID, "--allow-no-subscriptions", "--federated-token", "@"+path)
	if err = errors.Join(err, os.Remove(path)); err != nil {
		return fmt.Errorf("sign in as the service connection '%s': %w", c.Name, err)
	}
	if c.SubscriptionID == "" {
		return nil
	}
	return s.az(ctx, dir, env, "account", "set", "--subscription", c.SubscriptionID)
}

// az runs a command of the task's own, showing it; what it prints is shown when visibleAzLogin says so, or when it fails.
func (s *stepRun) az(ctx context.Context, dir string, env []string, args ...string) error {
	shown := strings.Join(args, " ")
	if i := strings.Index(shown, "@"); i >= 0 {
		shown = shown[:i] + "***"
	}
	s.print("##[command]az " + shown)
	var held []string
	each := func(line string) { held = append(held, line) }
	if s.flag("visibleAzLogin") {
		each = s.print
	}
	out := &lines{each: each, secrets: s.job.run.secrets}
	code, err := execute(ctx, process{argv: append([]string{"az"}, args...), dir: dir, env: env, stdout: out, stderr: out})
	out.flush()
	if err == nil && code != 0 {
		err = fmt.Errorf("az %s ended with exit code %d", args[0], code)
	}
	if err != nil {
		for _, line := range held {
			s.print(line)
		}
	}
	return err
}

func (s *stepRun) azureScript(ctx context.Context, dir string, env []string) (int, error) {
	inline := strings.EqualFold(s.inputs["scriptLocation"], "inlineScript")
	if !strings.EqualFold(s.inputs["scriptType"], "bash") {
		p := psScript{dir: dir, env: env, preference: s.inputs["powerShellErrorActionPreference"], ignoreExit: s.flag("powerShellIgnoreLASTEXITCODE"),
			arguments: s.inputs["scriptArguments"], script: s.inputs["inlineScript"], text: s.step.Inputs["inlineScript"]}
		if !inline {
			p.file = s.path("scriptPath")
		}
		return s.powershell(ctx, p)
	}
	run := func(path string) (int, error) {
		return s.start(ctx, dir, env, append([]string{"bash", path}, arguments(s.inputs["scriptArguments"])...)...)
	}
	if !inline {
		return run(s.path("scriptPath"))
	}
	return s.script(".sh", unix(s.inputs["inlineScript"]), run)
}
