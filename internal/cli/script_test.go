package cli_test

import (
	"context"
	"io"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"gatehouse/internal/app"
	"gatehouse/internal/cli"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"gatehouse": func() { os.Exit(cli.Main(os.Args, app.Up)) },
		"az":        func() { os.Exit(cli.Main(os.Args, app.Up)) },
		"bicep":     func() { os.Exit(cli.Main(os.Args, app.Up)) },
	})
}

// TestScripts runs testdata/script/*.txtar, which read as documentation of the
// commands. The command `server` starts a server on the data folder that
// GATEHOUSE_DATA names; it ends with the script.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("GATEHOUSE_DATA", e.WorkDir+"/.data")
			e.Setenv("AZURE_CONFIG_DIR", e.WorkDir+"/.azure")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"server": startServer},
	})
}

func startServer(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: server")
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
	ts.Defer(func() {
		cancel()
		<-ended
	})
}
