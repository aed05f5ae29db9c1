//go:build soak

package gateway_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/gateway"
)

// soakTime is ten minutes, or SOAKTIME.
func soakTime(t *testing.T) time.Duration {
	text := os.Getenv("SOAKTIME")
	if text == "" {
		return 10 * time.Minute
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatalf("SOAKTIME=%s: %v", text, err)
	}
	return d
}

// TestSoak runs at 80 % of the highest rate and ends with the memory and goroutines it began with.
func TestSoak(t *testing.T) {
	b := newBenchWith(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "ok") }, func(o *gateway.Options) { o.AccessLog = io.Discard })
	clients := []*http.Client{b.client(engines[0], b.ca.issue(t, "Caller")), b.client(engines[1], nil)}
	const workers = 32
	run := func(d, pause time.Duration) (n int64) {
		var count atomic.Int64
		var wg sync.WaitGroup
		end := time.Now().Add(d)
		for i := range workers {
			wg.Go(func() {
				for time.Now().Before(end) {
					begin := time.Now()
					if resp, _ := get(t, clients[i%2], fmt.Sprintf("/backend/orders/%d", i)); resp.StatusCode != 200 {
						t.Errorf("%d", resp.StatusCode)
						return
					}
					count.Add(1)
					time.Sleep(pause - time.Since(begin)) // a constant rate of this worker
				}
			})
		}
		wg.Wait()
		return count.Load()
	}
	const trial = 5 * time.Second
	most := float64(run(trial, 0)) / trial.Seconds()
	pause := time.Duration(workers / (0.8 * most) * float64(time.Second))
	run(trial, pause)
	heap, goroutines := settled()
	n := run(soakTime(t), pause)
	heap2, goroutines2 := settled()
	t.Logf("%d requests at %.0f/s; heap %d to %d KiB, goroutines %d to %d", n, 0.8*most, heap>>10, heap2>>10, goroutines, goroutines2)
	if heap2 > heap+heap/4+4<<20 || goroutines2 > goroutines+8 {
		t.Error("it does not end as it began")
	}
}

func settled() (heap uint64, goroutines int) {
	time.Sleep(time.Second)
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc, runtime.NumGoroutine()
}

// TestHugeUpload: 10 GiB go up and memory stays flat.
func TestHugeUpload(t *testing.T) {
	const size = 10 << 30
	b := newBench(t, func(w http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		fmt.Fprint(w, n, err)
	})
	for _, e := range engines {
		c := b.client(e, nil)
		c.Timeout = 0
		get(t, c, "/backend/x") // what comes with the first connection is there before
		before, _ := settled()
		most := watchHeap()
		begin := time.Now()
		r, _ := http.NewRequest("PUT", "https://"+clientHost+"/backend/x", io.LimitReader(zeros{}, size))
		r.ContentLength = size
		resp, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		took, peak := time.Since(begin), most()
		after, _ := settled()
		t.Logf("%s: 10 GiB in %v; heap %d KiB before, %d KiB at most in use, %d KiB after", e.name, took.Round(time.Second), before>>10, peak>>10, after>>10)
		if string(body) != fmt.Sprint(int64(size), nil) || peak > 64<<20 || after > before+4<<20 {
			t.Errorf("%s: %s; the heap went from %d MiB by %d MiB to %d MiB", e.name, body, before>>20, peak>>20, after>>20)
		}
	}
}

// watchHeap looks at the heap in use until the returned function is called, which tells the most of it.
func watchHeap() func() uint64 {
	stop, most := make(chan struct{}), make(chan uint64)
	go func() {
		var peak uint64
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				most <- peak
				return
			case <-tick.C:
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak = max(peak, m.HeapInuse)
			}
		}
	}()
	return func() uint64 { close(stop); return <-most }
}
