package plan

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/scenarios/arrival"
)

func explained(t rapid.TB, s *scenarios.Scenario, seed uint64, agents int, every time.Duration) Timeline {
	t.Helper()
	line, err := Explain(s, seed, AgentNames("m", agents), every)
	if err != nil {
		t.Fatal(err)
	}
	return line
}

// TestArrivalsAreRateTimesDuration: exactly with a uniform schedule, and as Poisson has
// it otherwise.
func TestArrivalsAreRateTimesDuration(t *testing.T) {
	for phase, want := range map[string]float64{
		"executor: constant-arrival-rate, rate: 300/s, duration: 20s":                                                                      6_000,
		"executor: constant-arrival-rate, rate: 7/m, duration: 3m":                                                                         21,
		"executor: ramping-arrival-rate, start_rate: 100/s, stages: [{target: 500/s, duration: 10s}, {target: 500/s, duration: 5s}]":       5_500,
		"executor: ramping-arrival-rate, start_rate: 0/s, stages: [{target: 10/s, duration: 3s}, {target: 0/s, duration: 3s}], max_vus: 3": 30,
	} {
		uniform := explained(t, scenario(t, elsewhere, "name: p, arrivals: uniform, "+phase), 1, 3, 0)
		if float64(uniform.Arrivals) != want {
			t.Errorf("%s: %d arrivals, want %g", phase, uniform.Arrivals, want)
		}
		poisson := explained(t, scenario(t, elsewhere, "name: p, arrivals: poisson, "+phase), 9, 3, 0)
		if off := math.Abs(float64(poisson.Arrivals) - want); off > 5*math.Sqrt(want) {
			t.Errorf("%s: %d arrivals are no Poisson number around %g", phase, poisson.Arrivals, want)
		}
	}
}

// drawOpen is two open phases, one after the other or at once, of either law.
func drawOpen(t *rapid.T) *scenarios.Scenario {
	phases := make([]string, 2)
	for i := range phases {
		phases[i] = fmt.Sprintf("name: p%d, executor: ramping-arrival-rate, arrivals: %s, start_rate: %d/s, stages: [{target: %d/s, duration: %dms}, {target: %d/s, duration: %dms}]",
			i, rapid.SampledFrom([]string{"poisson", "uniform"}).Draw(t, "law"), rapid.IntRange(0, 50).Draw(t, "from"),
			rapid.IntRange(0, 90).Draw(t, "rate"), rapid.IntRange(1, 3_000).Draw(t, "duration"),
			rapid.IntRange(3, 90).Draw(t, "rate"), rapid.IntRange(1_000, 3_000).Draw(t, "duration"))
	}
	if rapid.Bool().Draw(t, "together") {
		phases[1] += ", start: {with: p0, after: begin, delay: 700ms}"
	}
	return scenario(t, elsewhere, phases...)
}

// TestAgentsIssueWhatIsExplained: each agent walks its own share of each phase, as its
// loops do, and comes to the arrivals that its column shows in each step.
func TestAgentsIssueWhatIsExplained(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, seed := drawOpen(t), rapid.Uint64().Draw(t, "seed")
		agents, every := rapid.IntRange(1, 9).Draw(t, "agents"), time.Duration(rapid.IntRange(90, 2_500).Draw(t, "every"))*time.Millisecond
		line := explained(t, s, seed, agents, every)
		want := make([][]uint64, len(line.Steps))
		for k := range want {
			want[k] = make([]uint64, agents)
		}
		for i := range s.Phases {
			p, plan := &s.Phases[i], s.Plan()[i]
			for a, share := range arrival.Whole().Split(agents) {
				sched := arrival.New(p.Profile, p.Arrivals, arrival.Mix(seed, uint64(i)), share)
				for due, ok := sched.Next(); ok; due, ok = sched.Next() {
					want[(plan.Begin+due.At)/every][a]++
				}
			}
		}
		for k, step := range line.Steps {
			for a, load := range step.Agents {
				if load.Arrivals != want[k][a] {
					t.Fatalf("step %d: agent %d issues %d, explained are %d", k, a, want[k][a], load.Arrivals)
				}
			}
		}
	})
}

// drawMixed is phases of every executor.
func drawMixed(t *rapid.T) *scenarios.Scenario {
	n := func(most int, what string) int { return rapid.IntRange(1, most).Draw(t, what) }
	return scenario(t, elsewhere,
		fmt.Sprintf("name: a, executor: constant-vus, vus: %d, duration: %dms", n(30, "vus"), n(4_000, "duration")),
		fmt.Sprintf("name: b, executor: ramping-vus, stages: [{target: %d, duration: %dms}, {target: %d, duration: 700ms}], start: {with: a, after: begin, delay: 300ms}", n(40, "vus"), n(4_000, "duration"), n(40, "vus")),
		fmt.Sprintf("name: c, executor: held-connections, connections: %d, connect_rate: %d/s, hold: 2s", n(500, "connections"), n(400, "connect rate")),
		fmt.Sprintf("name: d, executor: constant-arrival-rate, rate: %d/s, duration: 3s, over: c, start: {with: c, after: connected}", n(90, "rate")),
		fmt.Sprintf("name: e, executor: constant-arrival-rate, rate: %d/s, duration: 1500ms, max_vus: %d", n(90, "rate"), n(60, "max_vus")),
	)
}

// TestPartsOfAgentsAddUpToTheWhole, in every step, for every kind of load.
func TestPartsOfAgentsAddUpToTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		line := explained(t, drawMixed(t), rapid.Uint64().Draw(t, "seed"), rapid.IntRange(1, 12).Draw(t, "agents"), 400*time.Millisecond)
		all, phases := Load{}, uint64(0)
		for k, step := range line.Steps {
			sum := Load{}
			for _, part := range step.Agents {
				sum.add(part)
			}
			if sum != step.Load {
				t.Fatalf("step %d is %+v, its agents have %+v", k, step.Load, sum)
			}
			all.add(step.Load)
		}
		for _, p := range line.Phases {
			phases += p.Arrivals
		}
		for _, a := range line.Agents {
			all.Arrivals -= a.Arrivals
		}
		if all.Arrivals != 0 || phases != line.Arrivals {
			t.Fatalf("%d arrivals too many, %d in phases of %d", all.Arrivals, phases, line.Arrivals)
		}
	})
}

// TestWholeIsTheSameForAnyNumberOfAgents.
func TestWholeIsTheSameForAnyNumberOfAgents(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, seed := drawMixed(t), rapid.Uint64().Draw(t, "seed")
		one, many := explained(t, s, seed, 1, 0), explained(t, s, seed, rapid.IntRange(2, 9).Draw(t, "agents"), 0)
		for k := range one.Steps {
			if one.Steps[k].Load != many.Steps[k].Load {
				t.Fatalf("step %d: %+v and %+v", k, one.Steps[k].Load, many.Steps[k].Load)
			}
		}
	})
}

// usersOfSteps are the users column.
func usersOfSteps(line Timeline) (users []uint64) {
	for _, s := range line.Steps {
		users = append(users, s.Users)
	}
	return users
}

func TestUsersAreTheMostOfEachStep(t *testing.T) {
	for phase, want := range map[string][]uint64{
		"executor: constant-vus, vus: 7, duration: 3s":                                                   {7, 7, 7},
		"executor: ramping-vus, stages: [{target: 20, duration: 2s}]":                                    {10, 20},
		"executor: ramping-vus, stages: [{target: 4, duration: 1s}, {target: 0, duration: 2s}]":          {4, 4, 2},
		"executor: ramping-vus, vus: 9, stages: [{target: 9, duration: 1s}, {target: 3, duration: 1ms}]": {9, 9},
		"executor: constant-vus, vus: 5, duration: 1500ms, start: {delay: 700ms}":                        {5, 5, 5},
	} {
		if got := usersOfSteps(explained(t, scenario(t, elsewhere, "name: p, "+phase), 1, 2, time.Second)); !cmp.Equal(got, want) {
			t.Errorf("%s: %v users, want %v", phase, got, want)
		}
	}
}

// TestUsersFollowTheProfile: at any moment the users are the profile's, rounded up, and
// no step shows fewer, nor more than its own most.
func TestUsersFollowTheProfile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := scenario(t, elsewhere, fmt.Sprintf("name: p, executor: ramping-vus, vus: %d, stages: [{target: %d, duration: 1700ms}, {target: %d, duration: 2300ms}]",
			rapid.IntRange(0, 60).Draw(t, "vus"), rapid.IntRange(0, 60).Draw(t, "vus"), rapid.IntRange(1, 60).Draw(t, "vus")))
		const every, fine = 500 * time.Millisecond, 5 * time.Millisecond
		users, profile := usersOfSteps(explained(t, s, 1, 3, every)), s.Phases[0].Profile
		for k, got := range users {
			most := 0.0
			for at := time.Duration(k) * every; at < time.Duration(k+1)*every; at += fine {
				most = max(most, profile.RateAt(at))
			}
			if got < uint64(math.Ceil(most-1e-9)) || float64(got) > most+2 {
				t.Fatalf("step %d has %d users, the profile up to %g", k, got, most)
			}
		}
	})
}

// TestConnectionsAreAskedForAtTheirRate, and stay while others use them.
func TestConnectionsAreAskedForAtTheirRate(t *testing.T) {
	s := scenario(t, elsewhere,
		"name: hold, executor: held-connections, connections: 25, connect_rate: 10/s, hold: 1500ms",
		"name: load, executor: constant-arrival-rate, rate: 5/s, duration: 4s, over: hold, start: {with: hold, after: connected}",
		"name: own, executor: constant-arrival-rate, rate: 5/s, duration: 1s, max_vus: 30")
	var got []uint64
	for _, step := range explained(t, s, 1, 2, time.Second).Steps {
		got = append(got, step.Connections)
	}
	if want := []uint64{10, 20, 25, 25, 25, 25, 55, 30}; !cmp.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	s = scenario(t, elsewhere, "name: hold, executor: held-connections, connections: 25, hold: 3s")
	if first := explained(t, s, 1, 2, time.Second).Steps[0].Connections; first != 25 {
		t.Errorf("without a rate %d are asked for at once, want 25", first)
	}
}

func TestTimelineIsReadable(t *testing.T) {
	for _, d := range []time.Duration{time.Millisecond, time.Minute, time.Minute + 1, time.Hour, 25 * time.Hour, 366 * 24 * time.Hour, 10 * 366 * 24 * time.Hour} {
		if lines := (d + Every(d) - 1) / Every(d); lines < 1 || lines > usualSteps {
			t.Errorf("%s in steps of %s is %d lines", d, Every(d), lines)
		}
	}
	s := scenario(t, elsewhere, "name: p, executor: constant-vus, vus: 1, duration: 1h")
	if _, err := Explain(s, 1, AgentNames("m", 2), time.Millisecond); err == nil || !strings.Contains(err.Error(), "every 1ms makes 3,600,000 steps of 1h0m0s") {
		t.Error(err)
	}
}

func TestPhasesInWords(t *testing.T) {
	s := scenario(t, elsewhere,
		"name: one, executor: constant-vus, vus: 1, duration: 5s, record: false",
		"name: hold, executor: held-connections, user: u, connections: 2000, connect_rate: 1000/s, hold: 33s, heartbeat: {task: a, every: 10s, jitter: 20%}, on_close: abort",
		"name: flow, executor: ramping-arrival-rate, arrivals: uniform, start_rate: 50/s, stages: [{target: 150/s, duration: 2s}, {target: 150/s, duration: 1s}], over: hold, max_vus: 40, max_lag: 3s, start: {with: hold, after: connected, delay: 1s}")
	want := []string{
		"1 user for 5s, each waiting for its answer before it goes on (closed); accounted apart, so that no result sees it",
		"2,000 connections, opened at 1,000/s and held for 33s after the last; a heartbeat on each every 10s ± 20 %; one that the target closes ends the run",
		"50/s to 150/s in 2s, then 150/s for 1s whatever the target answers (open); 350 arrivals by a uniform schedule; on the connections of hold; at most 40 in flight, others wait and are not_sent after 3s; begins 1s after hold is connected",
	}
	for i, p := range explained(t, s, 1, 2, 0).Phases {
		if p.Words != want[i] {
			t.Errorf("%s:\ngot  %s\nwant %s", p.Name, p.Words, want[i])
		}
	}
}
