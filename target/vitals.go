package target

import (
	"context"
	"net"
	"net/http"
	"runtime/metrics"
	"syscall"
	"time"

	"github.com/loadctl/loadctl/target/admin"
	"github.com/loadctl/loadctl/target/counts"
)

// vitalsEvery is how often a worker tells what it takes of its machine.
const vitalsEvery = time.Second

// tell keeps the worker's gauges of its own process, and its part of /health, true.
func (w *worker) tell(ended <-chan struct{}) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go w.service.Tend(ctx)
	tick := time.NewTicker(vitalsEvery)
	defer tick.Stop()
	for {
		vitals(&w.slot.Process)
		w.queues()
		select {
		case <-ended:
			return
		case <-tick.C:
		}
	}
}

// queues tells what waits to be accepted, and what did not find room to.
func (w *worker) queues() {
	w.slot.Process.Queued.Store(int64(queued(w.server.listener.Listener)))
	if n, known := overflows(); known {
		w.board.Master().Overflow.Store(n)
	}
}

// vitals reads what the process takes.
func vitals(p *counts.Process) {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err == nil {
		p.CPU.Store(used.Utime.Nano() + used.Stime.Nano())
	}
	names := []string{"/memory/classes/heap/objects:bytes", "/sched/goroutines:goroutines", "/gc/cycles/total:gc-cycles", "/sched/pauses/total/gc:seconds"}
	read := make([]metrics.Sample, len(names))
	for i, name := range names {
		read[i].Name = name
	}
	metrics.Read(read)
	for i, gauge := range []interface{ Store(int64) }{&p.Heap, &p.Goroutines, &p.GCs} {
		if read[i].Value.Kind() == metrics.KindUint64 {
			gauge.Store(int64(read[i].Value.Uint64()))
		}
	}
	if read[3].Value.Kind() == metrics.KindFloat64Histogram {
		p.GCPause.Store(int64(paused(read[3].Value.Float64Histogram())))
	}
	seen(p)
}

// paused is the sum of a histogram of seconds, each at the lower end of its bucket.
func paused(h *metrics.Float64Histogram) (all time.Duration) {
	for i, n := range h.Counts {
		if n > 0 && h.Buckets[i] > 0 {
			all += time.Duration(float64(n) * h.Buckets[i] * float64(time.Second))
		}
	}
	return all
}

// profiles serves the profiles of this worker on a loopback port, and tells which.
func (w *worker) profiles(token string) (end func()) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return func() {} // it serves without
	}
	s := &http.Server{Handler: admin.Profiles(token), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.Serve(ln) }()
	w.slot.Process.Port.Store(int64(ln.Addr().(*net.TCPAddr).Port))
	return func() { _ = s.Close() }
}
