package sample

import (
	"strconv"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// source is the scenario's text.
const source = `version: 1
name: items
target: {base_url: "http://127.0.0.1:8080"}
users:
  reader:
    tasks:
      get_item: {weight: 3, steps: [{get: "/items/${rand.int(1,100000)}", name: "/items/{id}"}]}
phases:
  - {name: steady, executor: constant-arrival-rate, user: reader, rate: 300/s, duration: 46s}
thresholds:
  response_time{name:/items/{id}}: [p(99)<150ms]
  failed: [rate<1%]
`

func (t *tale) info() stats.Info {
	i := stats.Info{
		RunID: "20261124-041219-k7qa", Scenario: "items", File: "scenarios/items.yaml", Source: []byte(source),
		SHA256:      "3f9a1c77aa52bd17d0b8d9bd2f7a6d51b8a2dc0ff3b9d8f6f3d54b4c1a0e9d21",
		Description: "Readers of the catalogue on a warm target", Tags: map[string]string{"team": "catalogue"},
		Tool: "loadctl 0.1.0 (4be1f0c)", Args: []string{"loadctl", "run", "scenarios/items.yaml"},
		Started: time.Date(2026, 11, 24, 4, 12, 19, 0, time.UTC), Planned: second(t.steadyAt + t.Seconds),
		Target: "http://127.0.0.1:8080", Seed: 1, Model: "open", Arrivals: "poisson", Rate: t.Rate, Asked: t.Connections,
		Timeout: timeout, SmallestSLO: 150 * time.Millisecond, Pacing: "auto", Tick: time.Millisecond, OnLoss: "redistribute",
		Machine: map[string]string{"kernel": "6.1.0", "cpu": "2 cores", "go": "go1.26.0", "open files": "20000"},
	}
	if t.Closed {
		wait := idle
		i.Model, i.Arrivals, i.Idle = "closed", "", &wait
	}
	if t.Connections > 0 {
		i.Model = "hold+" + i.Model
	}
	return i
}

func (t *tale) agents() (all []stats.AgentTotal) {
	for i, name := range t.names {
		all = append(all, stats.AgentTotal{Name: name, Host: "local", PID: 4100 + i})
	}
	return all
}

// judge holds a few limits against the run so far, by hand: the sample must not
// depend on how thresholds are judged.
func (t *tale) judge(s int) []stats.Verdict {
	if t.verdicts == nil {
		t.verdicts = []stats.Verdict{
			{Threshold: stats.Threshold{Metric: "response_time", Tags: stats.Tags{Name: "/items/{id}"}, Agg: "p", P: 99, Op: "<", Limit: 0.150, Expr: "p(99)<150ms"}, FirstFail: stats.Never},
			{Threshold: stats.Threshold{Metric: "failed", Agg: "rate", Op: "<", Limit: 0.01, Expr: "rate<1%"}, FirstFail: stats.Never},
			{Threshold: stats.Threshold{Metric: "checks", Agg: "rate", Op: ">", Limit: 0.99, Expr: "rate>99%"}, FirstFail: stats.Never},
		}
		if t.Connections > 0 {
			t.verdicts = append(t.verdicts, stats.Verdict{Threshold: stats.Threshold{Metric: "connections_held", Tags: stats.Tags{Phase: "connect-and-hold"}, Agg: "min", Op: ">=", Limit: float64(t.Connections), Expr: "min>=" + strconv.Itoa(t.Connections)}, FirstFail: stats.Never})
		}
	}
	all, item99 := t.soFar()
	values := []float64{item99, share(all.Intended-all.Classes[stats.OK], all.Intended), share(all.ChecksPassed, all.ChecksPassed+all.ChecksFailed), float64(t.Connections)}
	for i := range t.verdicts {
		v := &t.verdicts[i]
		v.Value, v.NoData = values[i], s < t.steadyAt || all.Intended == 0
		v.Held = !v.NoData && (v.Value < v.Threshold.Limit) == (v.Threshold.Op == "<") || v.Value == v.Threshold.Limit && v.Threshold.Op == ">="
		if !v.NoData && !v.Held && v.FirstFail == stats.Never {
			v.FirstFail = second(s)
			t.event(second(s), stats.Warning, "threshold", "threshold "+v.Threshold.Metric+" "+v.Threshold.Expr+" is crossed")
		}
	}
	return append([]stats.Verdict{}, t.verdicts...)
}

// soFar adds the recorded rows up; what is in flight counts as ok.
func (t *tale) soFar() (all stats.CellStats, item99 float64) {
	var times stats.Histogram
	var failed uint64
	for _, u := range t.updates {
		if u.Window == nil {
			continue
		}
		for i, c := range u.Window.Merged.Cells {
			if t.layout.Cells[i].Recorded {
				all.Intended += c.Ended()
				all.Classes[stats.OK] += c.Classes[stats.OK]
				all.ChecksPassed += c.ChecksPassed
				all.ChecksFailed += c.ChecksFailed
			}
			if i == item {
				times.Merge(c.Response)
				failed += c.Bad()
			}
		}
	}
	d, _ := stats.Dist{OK: &times, Infinite: failed}.Percentile(99)
	return all, d.Seconds()
}

func share(part, whole uint64) float64 {
	if whole == 0 {
		return 1
	}
	return float64(part) / float64(whole)
}

func (t *tale) end() {
	result := stats.Result{Verdict: "pass", Ended: second(t.seconds())}
	for _, v := range t.verdicts {
		if !v.Held {
			result.Verdict, result.ExitCode = "fail", 99
		}
	}
	if t.Errors {
		t.event(second(t.steadyAt+t.Seconds), stats.Warning, "generator", "the system's accept queue was full for a moment <script>alert(1)</script>")
	}
	var agents []stats.AgentTotal
	for i, a := range t.agents() {
		a.CPU, a.MaxRSS = time.Duration(t.seconds())*(150+time.Duration(10*i))*time.Millisecond, uint64(34+i)<<20
		if !t.lost || i < t.Agents-1 { // a lost one cannot tell
			a.Due = 10_000
		}
		if t.Errors {
			a.ByTicks = a.Due / 3
		}
		agents = append(agents, a)
	}
	t.add(stats.Update{Counted: &stats.TargetCount{Requests: t.answered}})
	t.add(stats.Update{State: &stats.State{Name: "done"}})
	t.add(stats.Update{Ended: &stats.Ended{
		Result: result, Agents: agents,
		Hosts: []stats.Usage{{Name: "local", CPU: 700 * time.Millisecond, MaxRSS: 22 << 20, ClockAhead: 40 * time.Microsecond, Apart: 120 * time.Microsecond}},
		Self:  stats.Usage{Name: "coordinator", CPU: 900 * time.Millisecond, MaxRSS: 41 << 20},
	}})
}
