// Package sample makes up runs with the shapes real ones have, for the tests of
// those who keep and show runs: a closed warm-up, held connections with
// heartbeats, an open steady phase with a freeze, errors of every kind, and an
// agent that is lost. It is used by tests only. Every sample goes through
// recorders and merges like a real one, and the same Story gives the same run.
package sample

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// A Story says what happens. The zero value is a short and healthy open run.
type Story struct {
	Seconds     int     // of the steady phase; 0 = 20
	Rate        float64 // arrivals a second of the steady phase; 0 = 200
	Agents      int     // 0 = 2
	Connections int     // held; 0 = none
	Warmup      int     // seconds of closed warm-up; 0 = none
	Closed      bool    // the recorded phase is closed instead of open
	Freeze      int     // seconds into the steady phase at which the target freezes for 2 s; 0 = never
	Stall       int     // seconds into the steady phase at which the generator stands still for 900 ms; 0 = never
	Errors      bool    // some requests fail in each possible way
	LoseAgent   int     // seconds into the steady phase at which the last agent is lost; 0 = never
	Monitored   bool    // the target's database was sampled, and profiled
	Unfinished  bool    // the last update is missing
	Timed       bool    // the target tells of its own time, of some requests too much
}

// Troubled is the story with everything in it.
func Troubled() Story {
	return Story{Seconds: 46, Rate: 300, Agents: 3, Connections: 2400, Warmup: 6, Freeze: 22, Errors: true, LoseAgent: 36}
}

// Healthy is a run in which all is well.
func Healthy() Story { return Story{Seconds: 40, Rate: 250, Agents: 2, Connections: 2000, Warmup: 5} }

// Run is the run after all updates.
func Run(s Story) *stats.Run {
	r := new(stats.Run)
	for _, u := range Updates(s) {
		r.Apply(u)
	}
	return r
}

// Updates are the story step by step.
func Updates(s Story) []stats.Update {
	t := newTale(s)
	t.tell()
	if s.Monitored {
		t.monitors()
	}
	return t.updates
}

// Rows of the layout that newTale makes.
const (
	warmItem = iota
	beat
	item
	list
	create
	health
)

const timeout = 5 * time.Second

// idle is how long closed users wait between requests.
const idle = 6 * time.Millisecond

// An owned sample belongs to one agent.
type owned struct {
	stats.Sample
	agent int
}

// A tale is a story being told.
type tale struct {
	Story
	layout    *stats.Layout
	recorders []*stats.Recorder
	random    *rand.Rand
	updates   []stats.Update
	pending   [][]owned // by second in which they end
	steadyAt  int
	connectIn int
	lost      bool
	answered  uint64   // by the target
	due       []uint64 // of this second's open arrivals, by agent
	held      []int    // by agent
	names     []string
	verdicts  []stats.Verdict
}

func newTale(s Story) *tale {
	if s.Seconds == 0 {
		s.Seconds = 20
	}
	if s.Rate == 0 {
		s.Rate = 200
	}
	if s.Agents == 0 {
		s.Agents = 2
	}
	t := &tale{Story: s, random: rand.New(rand.NewPCG(7, 11)), held: make([]int, s.Agents), due: make([]uint64, s.Agents)}
	t.layout = &stats.Layout{
		Limits: []time.Duration{150 * time.Millisecond},
		Phases: []stats.PhaseKey{
			{Name: "warmup", Closed: true},
			{Name: "connect-and-hold", Recorded: true, Holds: s.Connections, Closed: s.Closed && s.Connections == 0},
			{Name: "steady", Recorded: true, Closed: s.Closed, Level: !s.Closed},
		},
		Cells: []stats.CellKey{
			{Phase: 0, Name: "/items/{id}", Method: "GET"},
			{Phase: 1, Name: "/health", Method: "GET", Heartbeat: true},
			{Phase: 2, Name: "/items/{id}", Method: "GET", Recorded: true},
			{Phase: 2, Name: "/items", Method: "GET", Recorded: true},
			{Phase: 2, Name: "POST /items", Method: "POST", Recorded: true},
			{Phase: 2, Name: "/health", Method: "GET", Recorded: true},
		},
	}
	for i := range t.layout.Cells {
		t.layout.Cells[i].Timed = s.Timed && t.layout.Cells[i].Recorded
	}
	for i := range s.Agents {
		r := stats.NewRecorder(t.layout, nil)
		r.Agent = fmt.Sprintf("local-%d", i+1)
		t.names = append(t.names, r.Agent)
		t.recorders = append(t.recorders, r)
	}
	t.connectIn = int(math.Ceil(float64(s.Connections) / 400))
	t.steadyAt = s.Warmup + t.connectIn
	t.pending = make([][]owned, t.seconds()+1)
	return t
}

// seconds is the length of the run with its drain.
func (t *tale) seconds() int { return t.steadyAt + t.Seconds + 2 }

func second(n int) stats.Offset { return stats.Offset(n) * time.Second }

// serve draws what the target needs for a request of a row, in a busy minute
// with a slow wave in it.
func (t *tale) serve(cell int, at stats.Offset) time.Duration {
	base := map[int]float64{warmItem: 14, beat: 1.1, item: 14, list: 22, create: 31, health: 1.2}[cell]
	wave := 1 + 0.45*math.Pow(math.Sin(at.Seconds()/9), 2)
	d := base * wave * math.Exp(0.42*t.random.NormFloat64())
	if t.random.Float64() < 0.012 {
		d *= 3 + 5*t.random.Float64()
	}
	return time.Duration(d * 1e6)
}
