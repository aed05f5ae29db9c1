package runner

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/pipeline"
)

// TestMain lets the test binary stand in for az: the runner links it under that name.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "az" {
		args, err := Arguments(os.Args[1:], os.Getenv)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(fakeAz(args))
	}
	os.Exit(m.Run())
}

// fakeAz prints its arguments, a line each, and what a test asks for by one of them.
func fakeAz(args []string) int {
	switch args[0] {
	case "login":
		for i, a := range args {
			if file, ok := strings.CutPrefix(a, "@"); ok && args[i-1] == "--federated-token" {
				info, err := os.Stat(file)
				token, _ := os.ReadFile(file)
				fmt.Println("token", string(token), err == nil && info.Mode().Perm() == 0o600)
			}
		}
		return touch(filepath.Join(os.Getenv("AZURE_CONFIG_DIR"), "profile"))
	case "account":
		return 0
	case "env":
		for _, kv := range os.Environ() {
			fmt.Println("ENV", kv)
		}
	case "fail":
		fmt.Fprintln(os.Stderr, "ERROR: (Forbidden) no")
		return 3
	case "warn":
		fmt.Fprintln(os.Stderr, "WARNING: careful")
	case "signed-in":
		if _, err := os.Stat(filepath.Join(os.Getenv("AZURE_CONFIG_DIR"), "profile")); err != nil {
			fmt.Println("signed in: false")
			return 0
		}
		fmt.Println("signed in: true")
	default:
		fmt.Println("secret listed:", strings.Contains(strings.Join(os.Args, " "), "pa$$word"))
		for _, a := range args {
			fmt.Printf("ARG [%s]\n", a)
		}
	}
	return 0
}

func touch(path string) int {
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// fakeLibrary has what its maps have, and permits nothing else.
type fakeLibrary struct {
	files       map[string]string
	connections map[string]string
	groups      map[string][]pipeline.GroupVariable
	ended       string
}

func (l *fakeLibrary) Begin(context.Context, pipeline.RunRequest) (pipeline.LibraryRun, error) {
	return l, nil
}
func (l *fakeLibrary) ID() int64 { return 7 }
func (l *fakeLibrary) Connection(_ context.Context, n string) (pipeline.Connection, error) {
	if id, ok := l.connections[n]; ok {
		return pipeline.Connection{ID: "c1", Name: n, ClientID: id, TenantID: "tenant", SubscriptionID: "sub"}, nil
	}
	return pipeline.Connection{}, fmt.Errorf("no permission for the service connection '%s'", n)
}
func (l *fakeLibrary) SecureFile(_ context.Context, n string) (pipeline.SecureFile, error) {
	if c, ok := l.files[n]; ok {
		return pipeline.SecureFile{ID: n, Name: n, Size: int64(len(c))}, nil
	}
	return pipeline.SecureFile{}, fmt.Errorf("no permission for the secure file '%s'", n)
}
func (l *fakeLibrary) Download(_ context.Context, f pipeline.SecureFile) (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader(l.files[f.ID])), nil
}
func (l *fakeLibrary) Group(_ context.Context, n string) (pipeline.Group, error) {
	return pipeline.Group{Name: n, Variables: l.groups[n]}, nil
}
func (l *fakeLibrary) OIDCToken(context.Context, pipeline.Connection) (string, error) {
	return "the-oidc-token", nil
}
func (l *fakeLibrary) Environment(context.Context) (map[string]string, error) {
	return map[string]string{"HTTPS_PROXY": "http://127.0.0.1:1"}, nil
}
func (l *fakeLibrary) End(_ context.Context, result string) error { l.ended = result; return nil }

// fixture is a run in a folder of its own; PATH has the test's system but no pwsh.
type fixture struct {
	lib     *fakeLibrary
	dir     string
	secrets map[string]string
	ctx     context.Context
	path    string
}

func newFixture(t *testing.T) *fixture {
	return &fixture{lib: &fakeLibrary{}, dir: t.TempDir(), ctx: t.Context(), path: "/usr/bin:/bin"}
}

func (f *fixture) run(t *testing.T, text string) (*Summary, string, error) {
	t.Helper()
	g, list := pipeline.Load("p.yml", []byte(text), pipeline.LoadOptions{})
	if list.HasErrors() {
		t.Fatal(list.Text())
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	s, err := Run(f.ctx, g, Options{Dir: f.dir, Output: &out, Executable: exe, SecretVariables: f.secrets,
		Environ: []string{"PATH=" + f.path, "HOME=/nowhere", "AZURE_CLIENT_SECRET=leak", "IDENTITY_ENDPOINT=leak", "MSI_SECRET=leak", "GATEHOUSE_DATA=leak", "KEPT=yes", "https_proxy=leak", "GORACE=atexit_sleep_ms=0"},
		Request: pipeline.RunRequest{Pipeline: "test"}, Library: func(context.Context) (pipeline.Library, error) { return f.lib, nil }})
	return s, out.String(), err
}

func must(t *testing.T, out string, wanted ...string) {
	t.Helper()
	for _, w := range wanted {
		if !strings.Contains(out, w) {
			t.Errorf("the output lacks %q:\n%s", w, out)
		}
	}
}

func mustNot(t *testing.T, out string, unwanted ...string) {
	t.Helper()
	for _, w := range unwanted {
		if strings.Contains(out, w) {
			t.Errorf("the output has %q:\n%s", w, out)
		}
	}
}

const seed = `
variables:
  connection: contoso
  vault: kv-contoso
steps:
- task: AzureCLI@2
  displayName: Import
  inputs:
    azureSubscription: '${{ variables.connection }}'
    scriptType: pscore
    scriptLocation: inlineScript
    inlineScript: |
      az keyvault certificate import ` + "`" + `
        --file '$(clientCertificate.secureFilePath)' ` + "`" + `
        --vault-name '$(vault)' ` + "`" + `
        --password '$(password)'
- task: DownloadSecureFile@1
  name: clientCertificate
  inputs:
    secureFile: client.pfx
- bash: |
    stat -c 'mode %a' "$CLIENTCERTIFICATE_SECUREFILEPATH"
    cat $(clientCertificate.secureFilePath)
    dirname $(clientCertificate.secureFilePath) > where
    test "$(Agent.TempDirectory)" = "$(dirname $(clientCertificate.secureFilePath))" && echo in temp
`

func TestSeed(t *testing.T) {
	f := newFixture(t)
	f.lib.files = map[string]string{"client.pfx": "CONTENT"}
	f.lib.connections = map[string]string{"contoso": "app-id"}
	f.secrets = map[string]string{"password": "pa$$word"}
	s, out, err := f.run(t, seed)
	if err != nil || s.Result != Succeeded || f.lib.ended != "succeeded" || s.Run != 7 {
		t.Fatalf("%v %+v %s\n%s", err, s, f.lib.ended, out)
	}
	if first := s.Stages[0].Jobs[0].Steps[0]; first.Task != "DownloadSecureFile@1" {
		t.Errorf("the first step is %s; secure files come before all", first.Task)
	}
	must(t, out, "client.pfx]", "secret listed: false", "ARG [--vault-name]", "ARG [kv-contoso]", "ARG [***]", "mode 600", "CONTENT", "in temp", "token *** true")
	mustNot(t, out, "pa$$word", "the-oidc-token")
}

func TestNothingIsLeft(t *testing.T) {
	f := newFixture(t)
	f.lib.files = map[string]string{"a.txt": "x"}
	_, out, err := f.run(t, "steps:\n- task: DownloadSecureFile@1\n  name: f\n  inputs: {secureFile: a.txt}\n- bash: echo \"PATH-IS $(f.secureFilePath) $(Agent.BuildDirectory)\"\n")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(out, "PATH-IS ")
	for _, path := range strings.Fields(rest)[:2] {
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is left: %v", path, err)
		}
	}
}

func TestCredentialsOfTheCaller(t *testing.T) {
	f := newFixture(t)
	f.lib.connections = map[string]string{"c": "app"}
	f.secrets = map[string]string{"token": "very-secret"}
	_, out, err := f.run(t, `
variables: {Some.Var: value, Made.Of: "x-$(token)"}
steps:
- bash: env
- task: AzureCLI@2
  inputs: {azureSubscription: c, scriptType: bash, scriptLocation: inlineScript, inlineScript: az env; az signed-in, addSpnToEnvironment: true, visibleAzLogin: false}
- bash: az signed-in; test -z "$TOKEN" && echo unmapped; test -z "$MADE_OF" && echo nor made of it; echo "mapped $MAPPED" | tr a-z A-Z
  env: {MAPPED: $(token)}
`)
	if err != nil {
		t.Fatal(err)
	}
	mustNot(t, out, "leak", "very-secret")
	must(t, out, "KEPT=yes", "SOME_VAR=value", "TF_BUILD=True", "HTTPS_PROXY=http://127.0.0.1:1", "servicePrincipalId=app", "signed in: true", "signed in: false", "unmapped", "nor made of it", "MAPPED VERY-SECRET")
}

func TestExitCodes(t *testing.T) {
	f := newFixture(t)
	f.lib.connections = map[string]string{"c": "app"}
	for _, c := range []struct {
		name, inputs string
		result       Result
		code         int
	}{
		{"fail", "scriptType: pscore, scriptLocation: inlineScript, inlineScript: az fail", Failed, 3},
		{"the last command decides", "scriptType: pscore, scriptLocation: inlineScript, inlineScript: \"az fail\\naz ok\"", Succeeded, 0},
		{"ignored", "scriptType: pscore, scriptLocation: inlineScript, inlineScript: az fail, powerShellIgnoreLASTEXITCODE: true", Succeeded, 0},
		{"bash", "scriptType: bash, scriptLocation: inlineScript, inlineScript: exit 9", Failed, 9},
		{"stderr", "scriptType: bash, scriptLocation: inlineScript, inlineScript: az warn, failOnStandardError: true", Failed, 0},
		{"stderr allowed", "scriptType: bash, scriptLocation: inlineScript, inlineScript: az warn", Succeeded, 0},
		{"no such program", "scriptType: pscore, scriptLocation: inlineScript, inlineScript: nope x", Failed, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, out, err := f.run(t, "steps:\n- task: AzureCLI@2\n  inputs: {azureSubscription: c, "+c.inputs+"}\n")
			if err != nil {
				t.Fatal(err)
			}
			steps := s.Stages[0].Jobs[0].Steps
			if last := steps[len(steps)-1]; last.Result != c.result || last.ExitCode != c.code || s.Result != c.result {
				t.Errorf("got %+v, want %s and %d\n%s", last, c.result, c.code, out)
			}
		})
	}
}

func TestLoggingCommands(t *testing.T) {
	s, out, err := newFixture(t).run(t, `
steps:
- bash: |
    echo "##vso[task.setvariable variable=plain]one%0Atwo"
    echo "##vso[task.setvariable variable=hidden;issecret=true]top\"secret"
    echo "text ##vso[task.setvariable variable=out;isOutput=true]result"
    echo "##vso[task.setvariable variable=fixed;isreadonly=true]1"
    echo "##vso[task.prependpath]$PWD/tools"
    echo "##vso[task.setsecret]another secret"
    echo "##[group]Group"
    echo "##vso[task.logissue type=warning;sourcepath=a.c;linenumber=1;columnnumber=2]odd"
    mkdir tools && printf '#!/bin/sh\necho my tool\n' > tools/mytool && chmod +x tools/mytool
  name: first
- bash: |
    echo '$(plain)'; echo 'h $(hidden)'; echo 'o $(first.out)'; mytool; echo "another%20secret"
    echo '{"a":"top\"secret"}' ; test -z "$HIDDEN" && echo hidden is not there
    echo "##vso[task.setvariable variable=fixed]2"
    echo '$(undefined)'
- bash: echo "##vso[task.complete result=SucceededWithIssues;]done"
- bash: echo "##vso[build.updatebuildnumber]1.2.3"; printf 'no newline'
`)
	if err != nil || s.Result != SucceededWithIssues || s.Number != "1.2.3" {
		t.Fatalf("%v %+v\n%s", err, s, out)
	}
	must(t, out, "one\n    two", "h ***", "o result", "my tool", `{"a":"***"}`, "hidden is not there", "##[group]Group", "##[warning]a.c(1,2): odd", "is read-only", "$(undefined)", "no newline")
	mustNot(t, out, "secret variable", "top\"secret", `top\"secret`, "another%20secret")
	if w := s.Stages[0].Jobs[0].Steps[1].Warnings; w != 1 {
		t.Errorf("%d warnings, want 1", w)
	}
}

func TestConditionsAndOutputs(t *testing.T) {
	s, out, err := newFixture(t).run(t, `
stages:
- stage: one
  jobs:
  - job: a
    steps:
    - bash: echo "##vso[task.setvariable variable=v;isoutput=true]yes"
      name: s
  - job: b
    dependsOn: a
    variables: {got: "$[ dependencies.a.outputs['s.v'] ]"}
    condition: and(succeeded(), eq(dependencies.a.outputs['s.v'], 'yes'))
    steps:
    - bash: echo "b got $(got)"
    - bash: exit 1
      continueOnError: true
    - bash: exit 2
    - bash: echo never
    - bash: echo on failure
      condition: failed()
    - bash: echo whatever
      condition: always()
    - bash: echo disabled
      enabled: false
  - job: c
    dependsOn: b
    steps: [{bash: echo c never}]
  - job: d
    dependsOn: b
    condition: failed()
    steps: [{bash: echo d after failure}]
- stage: two
  condition: and(failed(), eq(dependencies.one.outputs['a.s.v'], 'yes'), eq(dependencies.one.result, 'Failed'))
  jobs:
  - job: e
    variables: {x: "$[ stageDependencies.one.a.outputs['s.v'] ]"}
    steps: [{bash: echo "e got $(x)"}]
- stage: three
  dependsOn: one
  jobs:
  - job: f
    steps: [{bash: echo f never}]
`)
	if err != nil || s.Result != Failed {
		t.Fatalf("%v %+v\n%s", err, s, out)
	}
	must(t, out, "b got yes", "on failure", "whatever", "d after failure", "e got yes")
	mustNot(t, out, "never", "disabled")
	if s.Stages[0].Jobs[2].Result != Skipped || s.Stages[2].Result != Skipped {
		t.Errorf("job c and stage three must be skipped: %+v", s)
	}
}

func TestRefusedBeforeTheFirstStep(t *testing.T) {
	f := newFixture(t)
	f.lib.connections = map[string]string{"c": "app"}
	for _, c := range []struct{ text, want string }{
		{"steps:\n- bash: touch ran\n- pwsh: |\n    az version\n    Get-ChildItem\n", "p.yml(5,5) : Error GHW001: The cmdlet 'Get-ChildItem'"},
		{"steps:\n- task: DownloadSecureFile@1\n  inputs:\n    secureFile: nope.pfx\n", "p.yml(4,17): no permission for the secure file 'nope.pfx'"},
		{"steps:\n- task: AzureCLI@2\n  inputs: {azureSubscription: other, scriptType: bash, scriptLocation: inlineScript, inlineScript: az}\n", "no permission for the service connection 'other'"},
		{"steps:\n- task: AzureCLI@2\n  inputs: {azureSubscription: c, scriptType: batch, scriptLocation: inlineScript, inlineScript: az}\n", "needs Windows"},
		{"steps:\n- pwsh: az \"$(Get-Date)\"\n", "p.yml(2,13) : Error GHW001: A subexpression"},
	} {
		s, out, err := f.run(t, c.text)
		if s != nil || err == nil || !strings.Contains(err.Error(), c.want) || out != "" {
			t.Errorf("%s\ngot %v, output %q; want %s", c.text, err, out, c.want)
		}
	}
}

func TestGroupsAndSources(t *testing.T) {
	f := newFixture(t)
	f.lib.groups = map[string][]pipeline.GroupVariable{"shared": {{Name: "plain", Value: "p1"}, {Name: "hidden", Value: "group-secret", Secret: true}}}
	for name, data := range map[string]string{"src/a.txt": "from sources", ".git/config": "x", ".gatehouse/data.db": "x", "state/data.db": "x", "state/root.key": "x"} {
		if err := errors.Join(os.MkdirAll(filepath.Dir(filepath.Join(f.dir, name)), 0o755), os.WriteFile(filepath.Join(f.dir, name), []byte(data), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	s, out, err := f.run(t, `
variables: [{group: shared}, {name: fixed, value: 1, readonly: true}]
steps:
- bash: cat a.txt; echo "$PLAIN $(hidden) [$HIDDEN]"; ls -a ..; touch changed; pwd
  workingDirectory: src
- script: ls -a
- bash: sleep 30
  timeoutInMinutes: 0
  condition: false
`)
	if err != nil || s.Result != Succeeded {
		t.Fatalf("%v %+v\n%s", err, s, out)
	}
	must(t, out, "from sources", "p1 *** []", "/_work/1/s/src")
	mustNot(t, out, "group-secret", ".git\n", ".gatehouse", "state")
	if _, err := os.Stat(filepath.Join(f.dir, "src", "changed")); err == nil {
		t.Error("a step changed the sources themselves")
	}
}

func TestCancel(t *testing.T) {
	f := newFixture(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	f.ctx = ctx
	// The step says that it runs by making a file; then the run is canceled.
	marker := filepath.Join(f.dir, "running")
	go func() {
		for ctx.Err() == nil {
			if _, err := os.Stat(marker); err == nil {
				cancel()
			}
			time.Sleep(time.Millisecond)
		}
	}()
	started := time.Now()
	s, out, err := f.run(t, "steps:\n- bash: touch "+marker+"; sleep 60\n- bash: echo next\n- bash: echo cleaning up\n  condition: always()\n")
	if err != nil || s.Result != Canceled || time.Since(started) > 20*time.Second {
		t.Fatalf("%v %+v after %s\n%s", err, s, time.Since(started), out)
	}
	must(t, out, "cleaning up")
	mustNot(t, out, "next\n")
}

func TestNoPartOfASecretIsShown(t *testing.T) {
	f := newFixture(t)
	f.secrets = map[string]string{"s": "first$second | third"}
	for _, step := range []string{"- pwsh: az \"$(s)\"", "- pwsh: az $(s)", "- bash: echo\n  timeoutInMinutes: $(s)", "- task: CmdLine@2\n  inputs: {script: echo, failOnStderr: $(s)}",
		"- bash: echo\n  workingDirectory: $(s)"} {
		s, out, err := f.run(t, "steps:\n"+step+"\n")
		if err != nil || s.Result != Failed {
			t.Fatalf("%s: %v %+v", step, err, s)
		}
		mustNot(t, out+s.Stages[0].Jobs[0].Steps[1].Error, "first", "second", "third")
	}
}

func TestSecretsInLongLines(t *testing.T) {
	f := newFixture(t)
	f.secrets = map[string]string{"s": "needle-in-the-stack"}
	_, out, err := f.run(t, "steps:\n- bash: |\n    head -c 65500 /dev/zero | tr '\\0' x; for i in 1 2 3 4 5 6 7 8 9; do printf \"$S\"; head -c 8191 /dev/zero | tr '\\0' y; done\n  env: {S: $(s)}\n")
	if err != nil {
		t.Fatal(err)
	}
	if joined := strings.ReplaceAll(out, "\n    ", ""); strings.Contains(joined, "needle-in") || strings.Count(joined, "***") != 9 {
		t.Errorf("the secret is shown, or masked %d times instead of 9", strings.Count(joined, "***"))
	}
}

// Where there is a PowerShell, it is called as the task calls it.
func TestRealPowerShell(t *testing.T) {
	f := newFixture(t)
	bin := t.TempDir()
	fake := "#!/bin/bash\nprintf 'PWSH [%s]\\n' \"$@\"\nfile=${@: -1}; file=${file#. \\'}; cat \"${file%\\'}\"\nexit 5\n"
	if err := os.WriteFile(filepath.Join(bin, "pwsh"), []byte(fake), 0o755); err != nil {
		t.Fatal(err)
	}
	f.path = bin + ":/usr/bin:/bin"
	s, out, err := f.run(t, "steps:\n- pwsh: |\n    Get-ChildItem | Out-Null\n  errorActionPreference: continue\n")
	if err != nil || s.Result != Failed || s.Stages[0].Jobs[0].Steps[1].ExitCode != 5 {
		t.Fatalf("%v %+v\n%s", err, s, out)
	}
	must(t, out, "PWSH [-NoLogo]", "PWSH [-NoProfile]", "PWSH [-NonInteractive]", "PWSH [-ExecutionPolicy]", "PWSH [Unrestricted]", "PWSH [-Command]", "PWSH [. '",
		"$ErrorActionPreference = 'continue'\n    Get-ChildItem | Out-Null", "if ((Test-Path -LiteralPath variable:\\LASTEXITCODE)) { exit $LASTEXITCODE }")
}

func TestArguments(t *testing.T) {
	for in, want := range map[string]string{`a b`: "a|b", `"a b" c`: "a b|c", `"a \"b\""`: `a "b"`, `a\b`: `a\b`, ` `: "", `""`: ""} {
		if got := strings.Join(arguments(in), "|"); got != want {
			t.Errorf("%s: got %q, want %q", in, got, want)
		}
	}
}

func FuzzCommand(f *testing.F) {
	f.Add("##vso[task.setvariable variable=a;issecret=true]b")
	f.Add("x ##vso[a.b]")
	f.Fuzz(func(t *testing.T, line string) {
		if c, ok := parseCommand(line); ok && (c.name == "" || c.properties == nil) {
			t.Fatal("a command without a name")
		}
	})
}
