package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime/pprof"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/loadctl/loadctl/coordinator"
	"github.com/loadctl/loadctl/reports/runfile"
	"github.com/loadctl/loadctl/reports/view"
	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/stats"
)

// A weight is what one round took.
type weight struct {
	CPU      float64   `json:"cores"`        // user and system time of the coordinator's process in its steady stretch, of the time that passed
	Seconds  float64   `json:"seconds"`      // of that stretch
	Windows  int       `json:"windows"`      // that were closed in it
	Memory   float64   `json:"peak_bytes"`   // of the coordinator's process, its report included
	Loaded   float64   `json:"loaded_bytes"` // the same up to the end of the load
	Late     []float64 `json:"late_s"`       // by window: from its end to its close
	Lost     int       `json:"lost"`         // hosts that were given up, or failed
	Partial  int       `json:"partial"`      // windows that lack a host
	Wrong    int       `json:"wrong"`        // rows that are not to the request and bucket what hosts measured
	Requests uint64    `json:"requests"`
	Gathered float64   `json:"gathered_s"`      // until all hosts were there and ready
	Finished float64   `json:"finished_s"`      // from the end of the run to its last file
	Fleet    float64   `json:"fleet_cpu_s"`     // CPU time of the sessions' process in all
	Sent     float64   `json:"sent_late_s"`     // the most that a session was late to send
	Record   float64   `json:"updates_bytes"`   // of updates.jsonl.gz
	Verdict  string    `json:"verdict"`         // of the run
	Validity string    `json:"validity"`        // of the run
	Reasons  []string  `json:"reasons"`         // for that
	Steal    float64   `json:"steal,omitempty"` // share of the machine
	Others   float64   `json:"others,omitempty"`
}

// A witness is the sink of a run that looks at the clock.
type witness struct {
	options
	run    stats.Run
	record *runfile.Writer
	epoch  time.Time
	began  time.Time
	closed []moment
	found  weight
	err    error
}

// A moment is when a window was closed, and the CPU time this process had used by then.
type moment struct {
	at  time.Time
	cpu time.Duration
}

// margin is how many windows at the beginning and the end are not of the steady stretch.
func (o *options) margin() int { return max(1, min(5, o.Seconds/10)) }

func (w *witness) apply(u stats.Update) {
	if u.Window != nil && u.Window.Index < int64(w.Seconds) {
		w.close(u.Window)
	}
	if u.Started != nil {
		w.epoch = u.Started.Info.Started
		w.found.Gathered = time.Since(w.began).Seconds()
	}
	w.run.Apply(u)
	w.record.Apply(u)
}

func (w *witness) close(of *stats.Window) {
	now := time.Now()
	w.found.Late = append(w.found.Late, (now.Sub(w.epoch) - of.End()).Seconds())
	w.closed = append(w.closed, moment{now, used()})
	switch len(w.closed) {
	case w.margin():
		w.profile()
	case w.Seconds - w.margin():
		if w.cpu != "" {
			pprof.StopCPUProfile()
		}
	case w.Seconds:
		w.found.Loaded = peak()
		w.err = errors.Join(w.err, w.heapProfile())
	}
}

func (w *witness) profile() {
	if w.cpu == "" {
		return
	}
	f, err := os.Create(w.cpu)
	if err == nil {
		err = pprof.StartCPUProfile(f)
	}
	w.err = errors.Join(w.err, err)
}

func (w *witness) heapProfile() error {
	if w.heap == "" {
		return nil
	}
	f, err := os.Create(w.heap)
	if err != nil {
		return err
	}
	return errors.Join(pprof.WriteHeapProfile(f), f.Close())
}

// peak is the largest resident size of this process so far, in bytes.
func peak() float64 {
	var r unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &r); err != nil {
		return 0
	}
	return float64(r.Maxrss) * 1024
}

// weigh makes a run with a fleet, and says what it took.
func weigh(ctx context.Context, o options) (weight, error) {
	target, err := silent()
	if err != nil {
		return weight{}, err
	}
	defer target.Close() //nolint:errcheck // nobody waits for its end
	s, err := o.scenario(target.Addr().String())
	if err != nil {
		return weight{}, err
	}
	dir, err := os.MkdirTemp("", "loadctl-sessions-")
	if err != nil {
		return weight{}, err
	}
	defer os.RemoveAll(dir)
	w := &witness{options: o, began: time.Now()}
	if w.record, err = runfile.Create(dir, "r"); err != nil {
		return weight{}, err
	}
	return w.watch(ctx, s)
}

func (w *witness) watch(ctx context.Context, s *scenarios.Scenario) (weight, error) {
	f, err := newStation(ctx, w.shape)
	if err != nil {
		return weight{}, err
	}
	c, err := coordinator.New(coordinator.Config{
		RunID: "r", Scenario: s, File: "sessions.yaml", Version: version, Hosts: f.all(), Agents: w.Hosts * w.Agents, Sink: w.apply,
	})
	var result stats.Result
	if err == nil {
		result, err = c.Run(ctx)
	}
	said, ended := f.end()
	if err = errors.Join(err, ended, w.err); err != nil {
		return weight{}, err
	}
	if len(w.closed) < w.Seconds {
		return weight{}, fmt.Errorf("%d of %d windows were closed: %s; %v", len(w.closed), w.Seconds, result.Reason, w.run.Validity.Reasons)
	}
	w.found.Fleet, w.found.Sent, w.found.Verdict = said.CPU.Seconds(), f.late.Seconds(), result.Verdict
	return w.found, w.judge(s)
}

// judge writes the run's files as every run does, and holds what was merged against what hosts measured.
func (w *witness) judge(s *scenarios.Scenario) error {
	updates, err := os.Stat(w.record.Partial() + "/updates.jsonl.gz")
	if err != nil {
		return err
	}
	ended := time.Now()
	if _, err := w.record.Finish(&w.run, view.New(&w.run)); err != nil {
		return err
	}
	n := &w.found
	n.Finished, n.Record, n.Memory = time.Since(ended).Seconds(), float64(updates.Size()), peak()
	n.Validity, n.Reasons = w.run.Validity.Verdict, w.run.Validity.Reasons
	n.Lost, n.Partial = w.lost()
	n.Wrong, n.Requests = w.wrong(s.Layout)
	from, to := w.closed[w.margin()-1], w.closed[w.Seconds-w.margin()-1]
	n.Windows = w.Seconds - 2*w.margin()
	n.Seconds = to.at.Sub(from.at).Seconds()
	n.CPU = (to.cpu - from.cpu).Seconds() / n.Seconds
	return nil
}

func (w *witness) lost() (hosts, partial int) {
	for i := range w.run.Agents {
		if w.run.Agents[i].Lost != "" {
			hosts++
		}
	}
	for i := range w.run.Windows {
		if w.run.Windows[i].Partial {
			partial++
		}
	}
	return hosts, partial
}

// wrong counts rows whose counts or histograms differ from what all hosts measured.
func (w *witness) wrong(l *stats.Layout) (rows int, requests uint64) {
	got, want := w.run.Between(0, int64(w.Seconds)+60), w.expected(l)
	for i := range want.Cells {
		a, b := &got.Cells[i], &want.Cells[i]
		requests += a.Ended()
		same := a.Intended == b.Intended && a.Classes == b.Classes && a.BytesIn == b.BytesIn && slices.Equal(a.Statuses, b.Statuses)
		for _, h := range [][2]*stats.Histogram{{a.Response, b.Response}, {a.Service, b.Service}, {a.FirstByte, b.FirstByte}, {a.Failed, b.Failed}} {
			same = same && slices.Equal(h[0].AppendSparse(nil), h[1].AppendSparse(nil))
		}
		if !same {
			rows++
		}
	}
	return rows, requests
}

// silent is a target that takes connections and says nothing: the coordinator wants one that is there.
func silent() (net.Listener, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_ = c.Close()
		}
	}()
	return l, nil
}
