//go:build unix

package bolt

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"gatehouse/internal/store"
)

// childEnv tells the test binary to be the process that a test kills or starves.
const childEnv = "GATEHOUSE_BOLT_TEST_CHILD"

func TestMain(m *testing.M) {
	if role, path, found := strings.Cut(os.Getenv(childEnv), ":"); found {
		if err := map[string]func(string) error{"writer": childWriter, "full": childFull}[role](path); err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func child(role, path string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+role+":"+path)
	return cmd
}

const writers = 4

// childWriter writes without end from several goroutines, and prints each write after it was acknowledged.
func childWriter(path string) error {
	s, err := Open(path, Options{})
	if err != nil {
		return err
	}
	var printing sync.Mutex
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for n := 1; ; n++ {
				// Two keys in one transaction, which must never be seen apart.
				value := []byte(strconv.Itoa(n))
				_, err := s.Txn(context.Background(), nil, []store.Op{
					store.Put(fmt.Sprintf("a/%d", w), value), store.Put(fmt.Sprintf("b/%d", w), value),
					store.Put(fmt.Sprintf("log/%d/%06d", w, n), make([]byte, 200)),
				})
				printing.Lock()
				fmt.Println("ack", w, n, err)
				printing.Unlock()
			}
		})
	}
	group.Wait()
	return nil
}

// TestKill kills a writing process without warning, several times on the same file:
// every acknowledged write is there, and no transaction in part.
func TestKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data.db")
	for round := range 5 {
		acked := killWriter(t, path, 150+20*round)
		checkAfterKill(t, path, acked)
	}
}

func killWriter(t *testing.T, path string, after int) map[string]int {
	t.Helper()
	cmd := child("writer", path)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	acked := map[string]int{}
	lines := bufio.NewScanner(stdout)
	for count := 0; lines.Scan(); count++ {
		var n int
		var w, result string
		if _, err := fmt.Sscanf(lines.Text(), "ack %s %d %s", &w, &n, &result); err != nil || result != "<nil>" {
			t.Errorf("the writer says %q", lines.Text())
		}
		acked[w] = n
		if count == after {
			_ = cmd.Process.Signal(syscall.SIGKILL)
		}
	}
	_ = cmd.Wait()
	return acked
}

func checkAfterKill(t *testing.T, path string, acked map[string]int) {
	t.Helper()
	s, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for w, n := range acked {
		a, errA := s.Get(t.Context(), "a/"+w)
		b, errB := s.Get(t.Context(), "b/"+w)
		if errA != nil || errB != nil || string(a.Value) != string(b.Value) || a.Revision != b.Revision {
			t.Fatalf("writer %s: a torn transaction: %q %v, %q %v", w, a.Value, errA, b.Value, errB)
		}
		if got, _ := strconv.Atoi(string(a.Value)); got < n {
			t.Fatalf("writer %s: %d was acknowledged, %d is there", w, n, got)
		}
		if _, err := s.Get(t.Context(), fmt.Sprintf("log/%s/%06d", w, n)); err != nil {
			t.Fatalf("writer %s: the acknowledged write %d: %v", w, n, err)
		}
	}
}

// childFull fills the file up to a limit of its size, which the system reports much
// like a full disk, and checks what is left.
func childFull(path string) error {
	signal.Ignore(syscall.SIGXFSZ) // without it the limit kills the process instead of failing the write
	if err := limitFiles(4 << 20); err != nil {
		return err
	}
	s, err := Open(path, Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	ctx := context.Background()
	watch, err := s.Watch(ctx, "", 0)
	if err != nil {
		return err
	}
	var last int64
	for n := 0; err == nil; n++ {
		var revision int64
		if revision, err = s.Txn(ctx, nil, []store.Op{store.Put("last", []byte(strconv.Itoa(n))), store.Put(fmt.Sprintf("k/%04d", n), make([]byte, 100_000))}); err == nil {
			last = revision
			<-watch
		}
		if n > 100 {
			return errors.New("the file grew beyond its limit")
		}
	}
	if !errors.Is(err, store.ErrNoSpace) {
		return fmt.Errorf("%w, want ErrNoSpace", err)
	}
	return stateAsBefore(s, last)
}

func limitFiles(size uint64) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	limit.Cur = size
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit)
}

// stateAsBefore: reads go on, the failed write left nothing, and writing goes on once there is room.
func stateAsBefore(s *Store, last int64) error {
	ctx := context.Background()
	record, err := s.Get(ctx, "last")
	if err != nil || record.Revision != last {
		return fmt.Errorf("after the failed write: %+v, %w", record, err)
	}
	page, err := s.Range(ctx, store.RangeOptions{Prefix: "k/", KeysOnly: true})
	if err != nil || page.Revision != last || int64(len(page.Records)) != last {
		return fmt.Errorf("%d records at %d, want %d: %w", len(page.Records), page.Revision, last, err)
	}
	if err := limitFiles(16 << 20); err != nil {
		return err
	}
	revision, err := s.Txn(ctx, nil, []store.Op{store.Delete("k/0000"), store.Put("last", nil)})
	if err != nil || revision != last+1 {
		return fmt.Errorf("a write with space again: revision %d, %w", revision, err)
	}
	return nil
}

func TestNoSpace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data.db")
	if out, err := child("full", path).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	s, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Txn(t.Context(), nil, []store.Op{store.Put("k/more", make([]byte, 500_000))}); err != nil {
		t.Fatalf("with space again: %v", err)
	}
}
