package cli_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// terminal runs gatehouse on a terminal of its own: terminal COLUMNSxLINES ANSWER_FILE ARG... The answer is typed
// when a question is asked; what the terminal was told becomes the standard output.
func terminal(ts *testscript.TestScript, neg bool, args []string) {
	var size unix.Winsize
	if len(args) < 3 {
		ts.Fatalf("usage: terminal COLUMNSxLINES ANSWER_FILE ARG...")
	}
	if _, err := fmt.Sscanf(args[0], "%dx%d", &size.Col, &size.Row); err != nil {
		ts.Fatalf("size %s: %v", args[0], err)
	}
	master, slave, err := openTerminal(&size)
	ts.Check(err)
	defer func() { _ = master.Close() }()
	cmd := exec.Command(gatehouse(ts), args[2:]...)
	cmd.Dir = ts.MkAbs(".")
	for _, name := range []string{"PATH", "HOME", "GATEHOUSE_DATA", "AZURE_CONFIG_DIR", "NO_COLOR", "TERM"} {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	ts.Check(cmd.Start())
	ts.Check(slave.Close())
	told, err := converse(master, ts.ReadFile(args[1]))
	ts.Check(err)
	err = cmd.Wait()
	_, _ = io.WriteString(ts.Stdout(), strings.ReplaceAll(told.String(), "\r\n", "\n"))
	if failed := err != nil; failed != neg {
		ts.Fatalf("ended with %v:\n%s", err, told.String())
	}
}

// converse reads what a terminal is told to the end, and answers its question.
func converse(master *os.File, answer string) (*bytes.Buffer, error) {
	var told bytes.Buffer
	for part := make([]byte, 4096); ; {
		n, err := master.Read(part)
		told.Write(part[:n])
		if errors.Is(err, syscall.EIO) { // nobody has it open any more
			return &told, nil
		}
		if err != nil {
			return &told, err
		}
		if answer != "" && bytes.Contains(told.Bytes(), []byte("? [y/N] ")) {
			if _, err := master.WriteString(answer); err != nil {
				return &told, err
			}
			answer = ""
		}
	}
}

func gatehouse(ts *testscript.TestScript) string {
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if name := filepath.Join(dir, "gatehouse"); exists(name) {
			return name
		}
	}
	ts.Fatalf("no gatehouse on the PATH")
	return ""
}

func exists(name string) bool { _, err := os.Stat(name); return err == nil }

// openTerminal makes a pseudo terminal. See pty(7).
func openTerminal(size *unix.Winsize) (master, slave *os.File, err error) {
	if master, err = os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0); err != nil {
		return nil, nil, err
	}
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		return nil, nil, err
	}
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		return nil, nil, err
	}
	if slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0); err != nil {
		return nil, nil, err
	}
	return master, slave, unix.IoctlSetWinsize(int(master.Fd()), unix.TIOCSWINSZ, size)
}
