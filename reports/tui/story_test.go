package tui

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// A story is a made-up run: what a coordinator would have sent, up to some second.
type story struct {
	seconds int // windows told
	planned int
	rate    float64 // requests a second at full load
	holds   int
	agents  int
	names   []string
	faults  bool // errors, a broken threshold, an agent lost near the end
	ended   bool
	seed    uint64
}

// demo is the story of the goldens: a run like scenarios/items.yaml.
func demo() story {
	return story{seconds: 31, planned: 45, rate: 600, holds: 2000, agents: 2, seed: 7,
		names: []string{"GET /items/{id}", "GET /health", "POST /cart/{id}/items"}}
}

func troubled() story {
	s := demo()
	s.faults, s.agents = true, 3
	return s
}

const (
	phaseWarm = iota
	phaseHold
	phaseSteady
	phases
)

func (s story) layout() *stats.Layout {
	l := &stats.Layout{Phases: []stats.PhaseKey{
		phaseWarm:   {Name: "warm-up", Closed: true},
		phaseHold:   {Name: "connect", Recorded: true, Holds: s.holds},
		phaseSteady: {Name: "steady", Recorded: true},
	}}
	for _, n := range s.names {
		l.Cells = append(l.Cells, stats.CellKey{Phase: phaseSteady, Name: n, Method: "GET", Recorded: true})
	}
	for _, n := range s.names {
		l.Cells = append(l.Cells, stats.CellKey{Phase: phaseWarm, Name: n, Method: "GET"})
	}
	l.Cells = append(l.Cells, stats.CellKey{Phase: phaseHold, Name: "GET /health", Method: "GET", Heartbeat: true})
	return l
}

func (s story) updates() (all []stats.Update) {
	l := s.layout()
	r := rand.New(rand.NewPCG(s.seed, 1))
	all = append(all, stats.Update{Started: &stats.Started{Info: s.info(), Layout: l, Agents: s.fleet()}},
		stats.Update{State: &stats.State{Name: "running"}},
		event(0, stats.Informative, "phase warm-up begins: 50 users, not recorded"))
	warm, steady := s.planned/6, s.planned/3
	for i := range s.seconds {
		switch i {
		case 0:
			all = append(all, spanned(phaseWarm, 0, stats.Never, stats.Never))
		case warm:
			all = append(all, spanned(phaseWarm, 0, 0, at(warm)), spanned(phaseHold, at(warm), stats.Never, stats.Never),
				event(at(warm), stats.Informative, fmt.Sprintf("phase connect begins: %d connections at 500/s", s.holds)))
		case steady:
			all = append(all, spanned(phaseHold, at(warm), at(steady), stats.Never), spanned(phaseSteady, at(steady), at(steady), stats.Never),
				event(at(steady), stats.Informative, fmt.Sprintf("phase steady begins: %.0f/s, %d connections held", s.rate, s.holds)))
		}
		all = append(all, stats.Update{Window: s.window(l, r, int64(i), warm, steady)})
		all = append(all, stats.Update{Verdicts: s.verdicts(i, steady)})
	}
	if s.faults {
		all = append(all, event(at(s.seconds-6), stats.Severe, "agent local-3 lost: its process was killed (signal: killed)"),
			event(at(s.seconds-4), stats.Warning, "response_time p(99)<150ms is broken: 163.4 ms"),
			stats.Update{Lost: &stats.AgentLoss{Agent: "local-3", At: at(s.seconds - 6), Why: "its process was killed (signal: killed)"}})
	}
	if s.ended {
		all = append(all, stats.Update{State: &stats.State{Name: "done"}}, stats.Update{Ended: &stats.Ended{
			Result: stats.Result{Verdict: "fail", ExitCode: 99, Ended: at(s.seconds)}, Agents: s.fleet()}})
	}
	return all
}

func at(seconds int) stats.Offset { return time.Duration(seconds) * time.Second }

func event(at stats.Offset, level stats.Level, say string) stats.Update {
	return stats.Update{Event: &stats.Event{At: at, Level: level, Kind: "phase", Text: say}}
}

func spanned(phase int, begin, connected, end stats.Offset) stats.Update {
	return stats.Update{Span: &stats.Span{Phase: phase, Begin: begin, Connected: connected, End: end, Finish: end}}
}

func (s story) info() stats.Info {
	return stats.Info{
		RunID: "20261123-141219-k7qa", Scenario: "items", File: "scenarios/items.yaml", Target: "http://127.0.0.1:8080",
		Started: time.Date(2026, 11, 23, 14, 12, 19, 0, time.UTC), Planned: at(s.planned), Model: "closed+hold+open",
		Arrivals: "poisson", Rate: s.rate, Asked: s.holds, Timeout: 5 * time.Second, SmallestSLO: 150 * time.Millisecond,
		Tick: time.Millisecond,
	}
}

func (s story) fleet() (agents []stats.AgentTotal) {
	for i := range s.agents {
		agents = append(agents, stats.AgentTotal{Name: fmt.Sprintf("local-%d", i+1), Host: "local", PID: 4000 + i, LostAt: stats.Never})
	}
	return agents
}

// window tells one second. Response times rise with the load; now and then one
// request is slow, so that the tail has something to show.
func (s story) window(l *stats.Layout, r *rand.Rand, i int64, warm, steady int) *stats.Window {
	m := &stats.Snapshot{Window: i, Cells: make([]stats.CellStats, len(l.Cells)), Phases: make([]stats.PhaseStats, phases)}
	ramp := math.Min(1, 0.4+0.6*float64(int(i)-steady)/float64(max(s.planned/4, 1)))
	for c, key := range l.Cells {
		share := 1 / float64(c%len(s.names)+1)
		switch {
		case key.Heartbeat && int(i) >= steady:
			s.fill(&m.Cells[c], r, float64(s.holds)/30, 1)
		case key.Phase == phaseWarm && int(i) < warm:
			s.fill(&m.Cells[c], r, s.rate/4*share, 1)
		case key.Phase == phaseSteady && int(i) >= steady:
			s.fill(&m.Cells[c], r, s.rate*ramp*share/1.8, 1+3*ramp*share)
			s.fault(m, r, c, i)
		}
	}
	s.phaseStats(m, r, i, warm, steady)
	return &stats.Window{Index: i, Merged: m, Agents: s.health(m, i), Partial: s.faults && int(i) > s.seconds-7}
}

func (s story) fill(c *stats.CellStats, r *rand.Rand, n, slow float64) {
	count := uint64(n * (0.95 + 0.1*r.Float64()))
	c.Intended, c.Classes[stats.OK] = count, count
	c.BytesIn, c.BytesOut, c.ChecksPassed = count*512, count*118, count
	c.Response, c.Service, c.FirstByte = &stats.Histogram{}, &stats.Histogram{}, &stats.Histogram{}
	for range min(count, 2000) {
		d := time.Duration((1 + slow*r.ExpFloat64()*6) * 1e6)
		if r.IntN(300) == 0 {
			d *= 9
		}
		c.Response.Record(d)
		c.Service.Record(d * 9 / 10)
		c.FirstByte.Record(d * 8 / 10)
	}
}

func (s story) fault(m *stats.Snapshot, r *rand.Rand, cell int, i int64) {
	if !s.faults || cell != 0 || r.IntN(2) == 0 {
		return
	}
	c, n := &m.Cells[cell], uint64(1+r.IntN(9))
	kinds := []stats.ErrorGroup{
		{Cell: cell, Class: stats.HTTPError, Status: 503, Kind: "status 503"},
		{Cell: cell, Class: stats.ConnError, Kind: "connection reset"},
		{Cell: cell, Class: stats.Timeout, Kind: "no answer in time"},
	}
	g := kinds[r.IntN(len(kinds))]
	g.Count, g.First, g.Last = n, at(int(i)), at(int(i))+900*time.Millisecond
	g.Samples = []stats.ErrorSample{{At: at(int(i)), Response: 41 * time.Millisecond, Agent: "local-1", Detail: "/items/91"}}
	c.Intended += n
	c.Classes[g.Class] += n
	m.Errors = append(m.Errors, g)
}

func (s story) phaseStats(m *stats.Snapshot, r *rand.Rand, i int64, warm, steady int) {
	p := &m.Phases[phaseSteady]
	p.PacerLag = &stats.Histogram{}
	for range 200 {
		p.PacerLag.Record(time.Duration(80+r.IntN(400)) * time.Microsecond)
	}
	if int(i) < warm {
		m.Phases[phaseWarm].VUs, m.Phases[phaseWarm].ConnOpen = 50, 50
		return
	}
	h := &m.Phases[phaseHold]
	h.ConnHeld = uint64(min(s.holds, (int(i)-warm+1)*s.holds/max(steady-warm, 1)))
	h.ConnOpen, h.ConnOpened = h.ConnHeld, uint64(s.holds/max(steady-warm, 1))
	if int(i) >= steady {
		h.HeartbeatsSent, h.HeartbeatsAnswered = uint64(s.holds/30), uint64(s.holds/30)
		p.InFlight, p.VUs = uint64(3+r.IntN(9)), uint64(3+r.IntN(9))
	}
}

func (s story) health(m *stats.Snapshot, i int64) (all []stats.AgentWindow) {
	n := s.agents
	if s.faults && int(i) > s.seconds-7 {
		n--
	}
	for a := range n {
		w := stats.AgentWindow{Name: fmt.Sprintf("local-%d", a+1), Host: "local", State: "ok",
			CPU: time.Duration(110+17*a) * time.Millisecond, RSS: 21 << 20}
		for c := range m.Cells {
			w.Intended += m.Cells[c].Intended / uint64(n)
			w.Requests += m.Cells[c].Intended / uint64(n)
		}
		w.Connections, w.Held = m.Phases[phaseHold].ConnOpen/uint64(n), m.Phases[phaseHold].ConnHeld/uint64(n)
		w.Vitals = stats.Vitals{
			KernelJitter: stats.Read(time.Duration(300+90*a) * time.Microsecond), GoJitter: stats.Read(40 * time.Microsecond),
			ThrottledFor: stats.Read(time.Duration(0)), Machine: stats.MachineVitals{Steal: stats.Read(0.0)},
		}
		if s.faults && a == 0 && int(i) > s.seconds-3 {
			w.Vitals.KernelJitter, w.Vitals.Machine.Steal = stats.Read(8400*time.Microsecond), stats.Read(0.034)
		}
		w.PacerLag, w.Response = m.Phases[phaseSteady].PacerLag, m.Cells[0].Response
		all = append(all, w)
	}
	return all
}

func (s story) verdicts(i, steady int) []stats.Verdict {
	v := []stats.Verdict{
		{Threshold: stats.Threshold{Metric: "response_time", Tags: stats.Tags{Name: "GET /items/{id}"}, Agg: "p", P: 99, Op: "<", Limit: 0.15, Expr: "p(99)<150ms", SLO: true}, Value: 0.1219, Held: true, FirstFail: stats.Never},
		{Threshold: stats.Threshold{Metric: "failed", Agg: "rate", Op: "<", Limit: 0.001, Expr: "rate<0.1%"}, Value: 0, Held: true, FirstFail: stats.Never},
		{Threshold: stats.Threshold{Metric: "connections_held", Agg: "min", Op: ">=", Limit: float64(s.holds), Expr: fmt.Sprintf("min>=%d", s.holds)}, Value: float64(s.holds), Held: true, FirstFail: stats.Never},
	}
	if i < steady {
		for k := range v {
			v[k].NoData, v[k].Held = true, false
		}
	} else if s.faults {
		v[0].Value, v[0].Held, v[0].FirstFail = 0.1634, false, at(steady+5)
	}
	return v
}
