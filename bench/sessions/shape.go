package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/stats"
)

// A shape is what is asked of a coordinator.
type shape struct {
	Hosts   int `json:"hosts"`
	Agents  int `json:"agents"` // of each host
	Series  int `json:"series"`
	Seconds int `json:"seconds"`
}

// The requests of a series in a second of a host: as many in each series, from few to many.
const (
	fewest = 50
	most   = 500
)

// ofSeries is how many requests a second a series has on each host.
func (s shape) ofSeries(i int) int { return fewest + (most-fewest)*i/max(s.Series-1, 1) }

func (s shape) ofHost() (n int) {
	for i := range s.Series {
		n += s.ofSeries(i)
	}
	return n
}

// text is the scenario in loadctl's language: a task, and so a series, for each path.
func (s shape) text(target string) string {
	var tasks strings.Builder
	for i := range s.Series {
		fmt.Fprintf(&tasks, "      series%02d: {weight: %d, steps: [{get: /series/%02d}]}\n", i, s.ofSeries(i), i)
	}
	return fmt.Sprintf(`version: 1
name: sessions
target: {base_url: "http://%s"}
users:
  u:
    tasks:
%sphases:
  - {name: load, executor: constant-arrival-rate, user: u, rate: %d/s, duration: %ds, max_vus: %d}
thresholds:
  response_time: [p(95)<1s, p(99)<2s]
  failed: [rate<1%%]
`, target, tasks.String(), s.ofHost()*s.Hosts, s.Seconds, s.Hosts*vusOfHost)
}

const vusOfHost = 1000

func (s shape) scenario(target string) (*scenarios.Scenario, error) {
	return scenarios.Parse("sessions.yaml", []byte(s.text(target)), scenarios.Options{})
}

// variants is how many different windows hosts hand in: host i has the one of number i modulo variants.
const variants = 8

// measured is what a host measures in a second, as the recorder of an agent makes it: response times whose logarithms
// are normal, around 5 ms in the first series and 25 ms in the last, and one request in 200 turned away.
func measured(l *stats.Layout, s shape, variant int) *stats.Snapshot {
	r, chance := stats.NewRecorder(l, nil), rand.New(rand.NewPCG(uint64(variant), 1))
	r.Agent = "host"
	n := 0
	for i := range s.Series {
		for range s.ofSeries(i) {
			r.Intend(i)
			r.Iteration(0, stats.IterIntended)
			r.Record(request(i, n, s, chance))
			r.Iteration(0, stats.IterCompleted)
			n++
		}
	}
	r.SetGauges(0, 200, 0, 100, 20, 0)
	return r.Cut(0)
}

func request(cell, n int, s shape, chance *rand.Rand) *stats.Sample {
	middle := 5 + 20*float64(cell)/float64(s.Series)
	service := time.Duration(middle * math.Exp(0.5*chance.NormFloat64()) * float64(time.Millisecond))
	at := time.Duration(chance.Int64N(int64(stats.WindowLength)))
	x := &stats.Sample{Cell: cell, Class: stats.OK, Status: 200, Reused: true, Intended: at, BytesIn: 900, BytesOut: 120}
	x.Scheduled = at + time.Duration(20+chance.IntN(200))*time.Microsecond
	x.Connected = x.Scheduled + time.Duration(chance.IntN(40))*time.Microsecond
	x.Written = x.Connected + 5*time.Microsecond
	x.FirstByte = x.Written + service*9/10
	x.Done = x.Written + service
	if n%200 == 0 {
		x.Class, x.Status, x.Err = stats.HTTPError, 503, "status 503"
	}
	return x
}

// inWindow is the same in another second. It shares what is not changed.
func inWindow(s *stats.Snapshot, window int64) *stats.Snapshot {
	const bins = int64(stats.WindowLength / stats.BinLength)
	moved := *s
	moved.Window, moved.Cells = window, append([]stats.CellStats(nil), s.Cells...)
	for i := range moved.Cells {
		c := &moved.Cells[i]
		c.Bins = append(stats.BinCounts(nil), c.Bins...)
		for j := range c.Bins {
			c.Bins[j].Bin += window * bins
		}
	}
	moved.Errors = append([]stats.ErrorGroup(nil), s.Errors...)
	for i := range moved.Errors {
		e := &moved.Errors[i]
		by := stats.Offset(window) * stats.WindowLength
		e.First, e.Last = e.First+by, e.Last+by
		e.Samples = append([]stats.ErrorSample(nil), e.Samples...)
		for j := range e.Samples {
			e.Samples[j].At += by
		}
	}
	return &moved
}

// nothing is a second without load.
func nothing(l *stats.Layout, window int64) *stats.Snapshot {
	return &stats.Snapshot{Window: window, Cells: make([]stats.CellStats, len(l.Cells)), Phases: make([]stats.PhaseStats, len(l.Phases))}
}

// expected is what all hosts measure in the whole run, without bins.
func (s shape) expected(l *stats.Layout) *stats.Snapshot {
	all := nothing(l, 0)
	for v := range min(variants, s.Hosts) {
		one := measured(l, s, v)
		times := (s.Hosts - v + variants - 1) / variants * s.Seconds
		for range times {
			all.Append(one)
		}
	}
	return all
}
