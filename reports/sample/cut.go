package sample

import (
	"fmt"
	"math"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// finish records what ends in second s. What a lost agent had in flight is gone
// with it.
func (t *tale) finish(s int) {
	for _, x := range t.pending[s] {
		if t.lost && x.agent == t.Agents-1 {
			continue
		}
		r := t.recorders[x.agent]
		r.Record(&x.Sample)
		if x.Class == stats.OK || x.Class == stats.HTTPError || x.Class == stats.CheckFailed {
			t.answered++
		}
		switch phase := t.layout.Cells[x.Cell].Phase; {
		case x.Cell == beat:
			r.HeartbeatAnswered(1)
		default:
			r.Iteration(phase, stats.IterCompleted)
		}
		if !x.Reused && x.Cell != beat {
			r.Opened(t.layout.Cells[x.Cell].Phase)
			r.Connect(t.layout.Cells[x.Cell].Phase, x.ConnectTime)
		}
	}
}

// cut closes second s on every agent that lives and merges their snapshots.
func (t *tale) cut(s int) {
	t.hold(s)
	lose := t.LoseAgent > 0 && s == t.steadyAt+t.LoseAgent
	w := &stats.Window{Index: int64(s), Merged: &stats.Snapshot{Window: int64(s)}, Partial: lose}
	for i := range t.alive() {
		if lose && i == t.Agents-1 {
			t.lose(s)
			break
		}
		part := t.recorders[i].Cut(int64(s))
		health := part.Health(t.layout)
		health.Name, health.Host, health.State = t.names[i], "local", "ok"
		health.CPU = time.Duration((0.08 + 0.0006*float64(health.Requests)) * 1e9)
		health.RSS = uint64(31<<20 + i<<20 + s<<14)
		health.Vitals, health.Arrivals = vitals(i, s), t.tests(i, s)
		part.Pack()
		w.Agents = append(w.Agents, health)
		w.Merged.Merge(part)
	}
	clear(t.due)
	t.add(stats.Update{Window: w})
}

// tests are what an agent's open phase keeps to its schedule by: one second in 40 fails,
// as chance has it.
func (t *tale) tests(agent, s int) []stats.ArrivalTest {
	n := t.due[agent]
	if n == 0 || t.Closed {
		return nil
	}
	far := 0.5 + 0.02*float64(s%20)
	if agent == 0 && s%40 == 30 {
		far = 2.2
	}
	a := stats.ArrivalTest{Phase: 2, Due: n, N: n, D: far / math.Sqrt(float64(n)), Steepest: 1, Dispersion: 0.9 + 0.01*float64(s%20), Bins: int(n / 5), MaxGap: 40 * time.Millisecond}
	return []stats.ArrivalTest{a}
}

// vitals are those of a machine that has time for its agents.
func vitals(agent, s int) stats.Vitals {
	return stats.Vitals{
		KernelJitter: stats.Read(time.Duration(180+70*agent+13*s%90) * time.Microsecond), StallCPU: stats.Read(40 * time.Microsecond),
		GoJitter: stats.Read(time.Duration(30+9*s%40) * time.Microsecond), SchedP99: stats.Read(90 * time.Microsecond),
		GCPause: stats.Read(60 * time.Microsecond), GCPauseMax: stats.Read(60 * time.Microsecond), GCShare: stats.Read(0.002),
		Throttled: stats.Read(uint64(0)), ThrottledFor: stats.Read(time.Duration(0)),
		Machine: stats.MachineVitals{
			Cores: stats.Read(uint64(4)), Busy: stats.Read(0.9), BusiestCore: stats.Read(0.31), Steal: stats.Read(0.0), Pressure: stats.Read(0.02),
			Segments: stats.Read(uint64(1800)), Retransmitted: stats.Read(uint64(0)), Packets: stats.Read(uint64(3700)), Drops: stats.Read(uint64(0)),
		},
	}
}

// hold opens connections and sets the gauges.
func (t *tale) hold(s int) {
	for i := range t.alive() {
		r := t.recorders[i]
		want := 0
		if t.Connections > 0 && s >= t.Warmup && s <= t.steadyAt+t.Seconds {
			want = min(t.Connections, (s-t.Warmup+1)*400) * (i + 1) / t.Agents
			want -= min(t.Connections, (s-t.Warmup+1)*400) * i / t.Agents
		}
		for ; t.held[i] < want; t.held[i]++ {
			r.Opened(1)
			r.Connect(1, time.Duration(150+t.random.IntN(900))*time.Microsecond)
		}
		t.held[i] = want
		r.SetGauges(1, uint64(want), uint64(want), 0, 0, 0)
		var users, flying uint64
		if s >= t.steadyAt && s < t.steadyAt+t.Seconds {
			users = uint64(t.Rate / 40 / float64(t.Agents) * (1 + 0.3*math.Sin(float64(s)/5)))
			if t.Closed { // as Little's law has it: a request takes some 25 ms
				users = uint64(math.Round(t.Rate / float64(t.Agents) * (25*time.Millisecond + idle).Seconds()))
			}
			flying = users / 2
			if t.Freeze > 0 && s >= t.steadyAt+t.Freeze && s < t.steadyAt+t.Freeze+2 {
				users, flying = users+uint64(t.Rate/float64(t.Agents)), flying+uint64(t.Rate/float64(t.Agents))
			}
		}
		r.SetGauges(2, users/4, 0, users, flying, 0)
		if s < t.Warmup {
			r.SetGauges(0, 8, 0, 8, 3, 0)
		} else {
			r.SetGauges(0, 0, 0, 0, 0, 0)
		}
	}
}

// lose ends the last agent: what it had counted and not reported is missing, and
// what it had not ended is censored.
func (t *tale) lose(s int) {
	t.lost = true
	last := t.recorders[t.Agents-1]
	counts := last.Cut(int64(s))
	loss := &stats.AgentLoss{Agent: t.names[t.Agents-1], At: second(s) + 400*time.Millisecond, Why: "killed by signal 9", Missing: counts.Cells, Phases: counts.Phases}
	for i := range loss.Missing { // times die with an agent; only its counters are in shared memory
		c := &loss.Missing[i]
		c.Response, c.Service, c.FirstByte, c.Failed = nil, nil, nil, nil
	}
	for i := range loss.Phases {
		p := &loss.Phases[i]
		p.Connect, p.TLS, p.PoolWait, p.PacerLag = nil, nil, nil, nil
		p.ConnOpen, p.ConnHeld, p.VUs, p.InFlight, p.Queued = 0, 0, 0, 0, 0
	}
	for _, later := range t.pending[s+1:] {
		for _, x := range later {
			if x.agent == t.Agents-1 {
				loss.Missing[x.Cell].Classes[stats.Censored]++
			}
		}
	}
	t.add(stats.Update{Lost: loss})
	t.event(loss.At, stats.Severe, "agent", fmt.Sprintf("agent %s was lost: %s; its share was given to the others", loss.Agent, loss.Why))
}
