package clients

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// site is the server under test, with the environment of a shell that ran `gatehouse env`.
type site struct {
	gatehouse, az string
	port          string // of the TLS listener
	dir           string
	env           []string
	vars          map[string]string
}

var s site

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	s.gatehouse, s.az = os.Getenv("GATEHOUSE"), os.Getenv("AZ")
	if s.gatehouse == "" || s.az == "" {
		fmt.Fprintln(os.Stderr, "set GATEHOUSE to the program and AZ to Azure CLI; conformance/run does both")
		return 2
	}
	dir, err := os.MkdirTemp("", "clients-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	defer os.RemoveAll(dir)
	s.dir = dir
	stop, err := s.start()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	defer stop()
	return m.Run()
}

func (s *site) start() (stop func(), err error) {
	data := filepath.Join(s.dir, "data")
	cmd := exec.Command(s.gatehouse, "up", "--data", data, "--listen", "127.0.0.1:0", "--proxy", "127.0.0.1:0")
	log, err := os.Create(filepath.Join(s.dir, "server.log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd.Stderr = log
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	stop = func() {
		cmd.Process.Signal(syscall.SIGTERM)
		cmd.Wait()
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	address, ready := strings.CutPrefix(line, "ready https://")
	address, _, _ = strings.Cut(address, " ")
	if _, s.port, err = net.SplitHostPort(address); err != nil || !ready {
		stop()
		text, _ := os.ReadFile(log.Name())
		return nil, fmt.Errorf("the server did not become ready: %s", text)
	}
	text, err := exec.Command(s.gatehouse, "env", "--data", data, "--shell", "dotenv").Output()
	if err != nil {
		stop()
		return nil, fmt.Errorf("gatehouse env: %w", err)
	}
	s.vars = map[string]string{}
	for _, line := range strings.Split(string(text), "\n") {
		if k, v, ok := strings.Cut(line, "="); ok {
			s.vars[k] = strings.Trim(v, "'")
		}
	}
	bin := filepath.Join(s.dir, "bin")
	if err := os.Mkdir(bin, 0o755); err == nil {
		err = os.Symlink(s.gatehouse, filepath.Join(bin, "bicep"))
	}
	s.env = append(os.Environ(), "AZURE_CONFIG_DIR="+filepath.Join(s.dir, "azure"), "AZURE_CORE_COLLECT_TELEMETRY=no", "AZURE_BICEP_USE_BINARY_FROM_PATH=true",
		"PATH="+bin+":"+os.Getenv("PATH"))
	for k, v := range s.vars {
		s.env = append(s.env, k+"="+v)
	}
	return stop, err
}

// command runs a program in the site's environment and returns what it printed.
func (s *site) command(name string, args ...string) (stdout, stderr string, err error) {
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = s.dir, s.env
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	return out.String(), errs.String(), err
}

// azure runs Azure CLI, which must succeed, and decodes its JSON into v (nil: none is wanted).
func azure(t *testing.T, v any, args ...string) {
	t.Helper()
	out, errs, err := s.command(s.az, args...)
	if err != nil {
		t.Fatalf("az %s: %v\n%s", strings.Join(args, " "), err, errs)
	}
	if v != nil {
		if err := json.Unmarshal([]byte(out), v); err != nil {
			t.Fatalf("az %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

// refused runs Azure CLI, which must fail and say want.
func refused(t *testing.T, want string, args ...string) {
	t.Helper()
	out, errs, err := s.command(s.az, args...)
	if err == nil || !strings.Contains(errs, want) {
		t.Fatalf("az %s: want a refusal with %q, got %v\n%s%s", strings.Join(args, " "), want, err, out, errs)
	}
}

func gatehouse(t *testing.T, args ...string) string {
	t.Helper()
	out, errs, err := s.command(s.gatehouse, args...)
	if err != nil {
		t.Fatalf("gatehouse %s: %v\n%s%s", strings.Join(args, " "), err, out, errs)
	}
	return out
}
