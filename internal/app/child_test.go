package app

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"gatehouse/internal/cli"
)

// childData names the data folder of a test's child process, which is this test
// binary and does nothing but serve.
const childData = "GATEHOUSE_TEST_CHILD_DATA"

func TestMain(m *testing.M) {
	if data := os.Getenv(childData); data != "" {
		os.Exit(serveChild(data))
	}
	os.Exit(m.Run())
}

func serveChild(data string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	err := Up(ctx, cli.UpOptions{Data: data, Listen: "127.0.0.1:0", Proxy: "127.0.0.1:0", Log: io.Discard,
		Ready: func(r cli.Ready) { fmt.Println("ready " + r.Listen) }})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

// child is a server in a process of its own.
type child struct {
	*exec.Cmd
	output *bufio.Reader
}

// startChild starts one and waits until it serves, or gives the error that it ends with.
// shell is run before it, as "ulimit -S -f 64;".
func startChild(t *testing.T, data, shell string) (*child, string) {
	t.Helper()
	cmd := exec.Command("/bin/sh", "-c", shell+` exec "$0"`, os.Args[0])
	cmd.Env = append(os.Environ(), childData+"="+data)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := &child{cmd, bufio.NewReader(out)}
	line, err := c.output.ReadString('\n')
	if err == nil && strings.HasPrefix(line, "ready ") {
		t.Cleanup(func() { c.stop(t) })
		return c, ""
	}
	rest, _ := io.ReadAll(c.output)
	if cmd.Wait() == nil {
		t.Errorf("the server ended with status 0 after %q", line)
	}
	return nil, line + string(rest) + " (and no more)"
}

// stop sends SIGTERM and wants status 0 soon; once is enough.
func (c *child) stop(t *testing.T) {
	t.Helper()
	if c.ProcessState != nil {
		return
	}
	if err := c.Process.Signal(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	late := time.AfterFunc(15*time.Second, func() { _ = c.Process.Kill() })
	defer late.Stop()
	if err := c.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v", err)
	}
}
