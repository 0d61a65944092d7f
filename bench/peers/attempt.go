package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"time"

	"github.com/loadctl/loadctl/bench/internal/pause"
	"github.com/loadctl/loadctl/bench/internal/proc"
	"github.com/loadctl/loadctl/bench/internal/tiny"
)

const (
	settled    = 3 * time.Second  // until then most clients have opened all and found their rate
	windowed   = 10 * time.Second // the least that the CPU of an open load is taken over
	afterwards = time.Second      // the load outlasts the window
)

// An attempt is one run of a client while it goes on.
type attempt struct {
	c    client
	w    workload
	s    *server
	took time.Duration // of the load
	dir  string
	cmd  *exec.Cmd
	out  bytes.Buffer
	stop context.CancelFunc

	sent  uint64 // by the server's count, before
	ran   ran
	began time.Time
}

// once weighs a client. Of a closed load the whole run counts, opening included; of
// an open one a window, the same for all, in which all connections are open and the
// rate is reached: wrk2 opens for 5 s and calibrates for 10.
func (b *bench) once(ctx context.Context, w workload, c client, s *server) (r outing, err error) {
	took, settle := b.took, max(c.settle, settled)
	window := max(b.took, windowed)
	if w.rate > 0 {
		took = settle + window + afterwards
	}
	a, err := b.begin(ctx, w, c, s, took)
	if err != nil {
		return r, err
	}
	if w.rate == 0 {
		return a.finish(a.whole)
	}
	r, missed := a.window(ctx, settle, window)
	return a.finish(func() (outing, error) { return r, missed })
}

// begin starts a client.
func (b *bench) begin(ctx context.Context, w workload, c client, s *server, took time.Duration) (*attempt, error) {
	dir, err := os.MkdirTemp(b.dir, "run-")
	if err != nil {
		return nil, err
	}
	a := &attempt{c: c, w: w, s: s, took: took, dir: dir}
	words, err := c.words(w, s.url, dir, took)
	if err != nil {
		return nil, err
	}
	if a.sent, err = s.count(); err != nil {
		return nil, err
	}
	limit, stop := context.WithTimeout(ctx, took+time.Minute)
	a.stop = stop
	a.cmd = command(limit, b.pin(w, onLoads), c.path, words...)
	a.cmd.Stdout, a.cmd.Stderr, a.cmd.WaitDelay = &a.out, &a.out, 5*time.Second
	a.ran, a.began = ranUntilNow(), time.Now()
	return a, a.cmd.Start()
}

// finish waits for the end of the run. Only then it is known what loadctl says of it.
func (a *attempt) finish(figures func() (outing, error)) (r outing, err error) {
	defer os.RemoveAll(a.dir)
	defer a.stop()
	if err := a.cmd.Wait(); err != nil {
		return r, fmt.Errorf("%w\n%s", err, a.out.Bytes())
	}
	wall := time.Since(a.began)
	if r, err = figures(); err != nil {
		return r, fmt.Errorf("%w\n%s", err, a.out.Bytes())
	}
	if r.Requests == 0 {
		return r, fmt.Errorf("the server saw no request\n%s", a.out.Bytes())
	}
	if a.c.split == nil {
		return r, nil
	}
	return r, a.ask(&r, wall)
}

// whole is what all of a run took.
func (a *attempt) whole() (r outing, err error) {
	wall := time.Since(a.began)
	after, err := a.s.count()
	used := a.cmd.ProcessState.UserTime() + a.cmd.ProcessState.SystemTime()
	r = outing{CPU: used.Seconds(), Requests: after - a.sent, Wall: wall.Seconds()}
	r.disturbed(a.ran, ranUntilNow())
	return r, err
}

// ask adds what the client itself knows.
func (a *attempt) ask(r *outing, wall time.Duration) error {
	o, err := a.c.split(a.dir)
	if err != nil {
		return err
	}
	r.Beside, r.Lag = o.beside.Seconds()/wall.Seconds(), o.lag
	if a.w.rate == 0 {
		r.CPU = o.agents.Seconds()
		return nil
	}
	r.Service = &service{Client: o.service}
	due, err := a.w.due(a.s.url, a.took)
	if err != nil {
		return err
	}
	after, err := a.s.count()
	r.Sent = float64(after-a.sent) / float64(due)
	return err
}

// A mark is how far a client has come.
type mark struct {
	at   time.Time
	sent uint64
	cpu  time.Duration // of the processes that count
	pids []int         // that count
	ran  ran
}

func (a *attempt) mark() (m mark, err error) {
	for _, p := range proc.Tree(a.cmd.Process.Pid) {
		if a.c.counts == nil || a.c.counts(p.Args) {
			m.pids = append(m.pids, p.PID)
		}
	}
	m.ran = ranUntilNow()
	m.at, m.cpu = time.Now(), proc.CPU(m.pids...)
	m.sent, err = a.s.count()
	return m, err
}

// window weighs a client that runs, in a stretch of its load.
func (a *attempt) window(ctx context.Context, settle, length time.Duration) (r outing, err error) {
	_ = pause.For(ctx, settle)
	from, err := a.mark()
	if err != nil {
		return r, err
	}
	_ = pause.For(ctx, length)
	to, err := a.mark()
	if err != nil {
		return r, err
	}
	if len(from.pids) == 0 || len(from.pids) != len(to.pids) || to.cpu < from.cpu {
		return r, fmt.Errorf("the client did not run all the time: processes %v, then %v", from.pids, to.pids)
	}
	r = outing{CPU: (to.cpu - from.cpu).Seconds(), Requests: to.sent - from.sent, Wall: to.at.Sub(from.at).Seconds()}
	r.disturbed(from.ran, to.ran)
	return r, nil
}

// ran is what ran up to a moment: this machine, and processes on it that are none of
// ours. Client and server descend from this one.
type ran struct {
	clock  proc.Clock
	others proc.Times
}

func ranUntilNow() ran { return ran{proc.Read(), proc.Others()} }

// disturbed says what others took meanwhile: neighbours of the machine, and processes
// on it that are neither client nor server.
func (r *outing) disturbed(from, to ran) {
	r.Steal = to.clock.Steal(from.clock)
	r.Others = to.others.Since(from.others).Seconds() / r.Wall / float64(runtime.NumCPU())
}

// service are service times as the client tells them, in ms, and as the server, which
// held answers back for so long.
type service struct {
	Client tiny.Times `json:"client_ms"`
	Server tiny.Times `json:"server_ms"`
}

// off is by how much the client's median, and its 99th percentile, is beside the truth.
func (s *service) off() (p50, p99 float64) {
	return s.Client.P50 - s.Server.P50, s.Client.P99 - s.Server.P99
}

// late makes the server answer after 1 to 3 ms: moments that have nothing to do with ticks.
var late = []string{"-delay", "2ms", "-jitter", "1ms"}

// truth holds loadctl's service times against those of a server that knows them.
func (b *bench) truth(ctx context.Context, w workload, c client) (r outing, err error) {
	s, err := startTiny(ctx, b.tiny, b.pin(w, onServer), late...)
	if err != nil {
		return r, err
	}
	defer s.close()
	a, err := b.begin(ctx, w, c, s, b.took)
	if err != nil {
		return r, err
	}
	if r, err = a.finish(a.whole); err != nil {
		return r, err
	}
	t, err := s.tally()
	r.Service.Server = t.Delay
	if err == nil && t.Delay.Count != r.Service.Client.Count {
		err = fmt.Errorf("the server answered %d requests late, loadctl timed %d", t.Delay.Count, r.Service.Client.Count)
	}
	return r, err
}
