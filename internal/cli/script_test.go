package cli_test

import (
	"context"
	"crypto/x509"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"software.sslmate.com/src/go-pkcs12"

	"gatehouse/internal/app"
	"gatehouse/internal/cli"
	"gatehouse/internal/pki"
)

var services = cli.Services{Up: app.Up, Serve: app.Serve}

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"gatehouse": func() { os.Exit(cli.Main(os.Args, services)) },
		"az":        func() { os.Exit(cli.Main(os.Args, services)) },
		"bicep":     func() { os.Exit(cli.Main(os.Args, services)) },
	})
}

// TestScripts runs testdata/script/*.txtar, which read as documentation of the
// commands. The command `server` starts a server on the data folder that
// GATEHOUSE_DATA names, after stopping the one that runs; it ends with the script. `spoil` makes a bad PFX of a good one,
// `state` writes down what the server holds, `begun GROUP DEPLOYMENT` waits until a deployment has written something,
// `terminal` runs a command on a terminal.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("GATEHOUSE_DATA", e.WorkDir+"/.data")
			e.Setenv("AZURE_CONFIG_DIR", e.WorkDir+"/.azure")
			e.Values[runningServer{}] = new(func())
			examples, err := filepath.Abs("../../examples")
			e.Setenv("EXAMPLES", examples)
			return err
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"server": startServer, "spoil": spoil, "state": writeState, "begun": begun, "terminal": terminal},
	})
}

// runningServer is the key of what stops a script's server.
type runningServer struct{}

func startServer(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: server")
	}
	running := ts.Value(runningServer{}).(*func())
	if *running != nil {
		(*running)()
	}
	ctx, cancel := context.WithCancel(context.Background())
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- app.Up(ctx, cli.UpOptions{Data: ts.Getenv("GATEHOUSE_DATA"), Listen: "127.0.0.1:0", Proxy: "127.0.0.1:0", Log: io.Discard,
			Ready: func(cli.Ready) { close(ready) }})
	}()
	select {
	case <-ready:
	case err := <-ended:
		ts.Fatalf("the server did not start: %v", err)
	}
	var once sync.Once
	*running = func() {
		once.Do(func() {
			cancel()
			if err := <-ended; err != nil {
				ts.Logf("the server ended with %v", err)
			}
		})
	}
	ts.Defer(*running)
}

// spoil writes a PFX that is bad in one way: spoil no-key|truncated GOOD.pfx PASSWORD_FILE BAD.pfx.
func spoil(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 {
		ts.Fatalf("usage: spoil no-key|truncated GOOD.pfx PASSWORD_FILE BAD.pfx")
	}
	good, password := []byte(ts.ReadFile(args[1])), strings.TrimSpace(ts.ReadFile(args[2]))
	bad := good[:len(good)/2]
	if args[0] == "no-key" {
		b, err := pki.DecodePFX(good, password, false)
		ts.Check(err)
		bad, err = pkcs12.Modern.EncodeTrustStore([]*x509.Certificate{b.Leaf}, password)
		ts.Check(err)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[3]), bad, 0o600))
}

// writeState writes what a user sees of the groups, resources, deployments, certificates,
// secrets and roles into a file, and what the gateway answers: state FILE.
func writeState(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: state FILE")
	}
	const client = "/subscriptions/{subscriptionId}/resourceGroups/rg/providers/Microsoft.ApiManagement/service/contoso-client"
	var all strings.Builder
	for _, query := range [][]string{
		{"group", "list"},
		{"rest", "-u", "/subscriptions/{subscriptionId}/resources?api-version=2021-04-01"},
		{"rest", "-u", "/subscriptions/{subscriptionId}/resourceGroups/rg/providers/Microsoft.Resources/deployments?api-version=2022-09-01"},
		{"role", "assignment", "list", "--all"},
		{"keyvault", "certificate", "list", "--vault-name", "kv-mtls"},
		{"keyvault", "secret", "list", "--vault-name", "kv-mtls"},
		{"rest", "-u", client + "?api-version=2022-08-01"},
		{"rest", "-u", client + "/certificates?api-version=2022-08-01"},
		{"rest", "-u", client + "/backends?api-version=2022-08-01"},
		{"rest", "-u", client + "/apis?api-version=2022-08-01"},
		{"rest", "-u", client + "/apis/backend/policies/policy?api-version=2022-08-01"},
		{"rest", "--skip-authorization-header", "-u", "https://contoso-client.azure-api.net/backend/internal-status-0123456789abcdef"},
	} {
		ts.Check(ts.Exec("gatehouse", append([]string{"az"}, query...)...))
		all.WriteString("$ az " + strings.Join(query, " ") + "\n" + ts.ReadFile("stdout"))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(all.String()), 0o600))
}

// begun waits until a deployment has written something: begun GROUP DEPLOYMENT.
func begun(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: begun GROUP DEPLOYMENT")
	}
	for late := time.Now().Add(time.Minute); time.Now().Before(late); {
		err := ts.Exec("gatehouse", "az", "deployment", "operation", "group", "list", "-g", args[0], "-n", args[1], "--query", "[?properties.provisioningState=='Succeeded'] | length(@)", "-o", "tsv")
		if n := strings.TrimSpace(ts.ReadFile("stdout")); err == nil && n != "0" && n != "" {
			return
		}
	}
	ts.Fatalf("the deployment %s has written nothing in a minute", args[1])
}
