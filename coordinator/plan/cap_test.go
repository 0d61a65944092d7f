package plan

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/loadctl/loadctl/scenarios/arrival"
)

// TestSmallestMaxVUsIsTheCap: of open phases that have one.
func TestSmallestMaxVUsIsTheCap(t *testing.T) {
	const users = "u: {tasks: {a: {steps: [{get: /a}]}}}"
	phase := func(name, more string) string {
		return "{name: " + name + ", executor: constant-arrival-rate, user: u, rate: 3/s, duration: 5s" + more + "}"
	}
	n := needOf(t, users, strings.Join([]string{phase("a", ", max_vus: 40"), phase("b", ", max_vus: 3"), phase("c", ""), phase("d", ", max_vus: 3")}, ", "))
	if n.MaxVUs != 3 || n.Capped != "b" {
		t.Errorf("%+v, want 3 of phase b", n)
	}
	if n := needOf(t, users, phase("c", "")); n.MaxVUs != 0 || n.Capped != "" {
		t.Errorf("%+v, want no cap", n)
	}
}

// TestPoolsMaxIsACapToo: every loop has a part of it.
func TestPoolsMaxIsACapToo(t *testing.T) {
	n := needOf(t, "u: {tasks: {t: {steps: [{get: /}]}}}", "{name: a, executor: constant-vus, vus: 9, duration: 1s, pool: {reuse: shared, max: 2}}")
	if n.MaxVUs != 2 || n.Capped != "a" || !n.PoolCap || n.Connections != 2 {
		t.Errorf("%+v, want a cap of 2 by the pool of a", n)
	}
}

// TestEveryLoopHasAUserOfMaxVUs: two agents ran two users where max_vus was 1.
func TestEveryLoopHasAUserOfMaxVUs(t *testing.T) {
	big := laptop
	big.Cores = 16
	for _, c := range []struct {
		name          string
		need          Need
		wish          Wish
		machine       Machine
		agents, loops int
	}{
		{"one user has one agent", Need{MaxVUs: 1}, Wish{}, laptop, 1, 1},
		{"two have the usual two", Need{MaxVUs: 2}, Wish{}, laptop, 2, 1},
		{"agents come before loops", Need{MaxVUs: 5, Eager: true}, Wish{}, big, 2, 2},
		{"fewer loops than the rate asks for", Need{MaxVUs: 3, Work: requests(200_000)}, Wish{Agents: 1}, big, 1, 3},
		{"fewer agents for the loops wished for", Need{MaxVUs: 4}, Wish{Loops: 3}, big, 1, 3},
		{"enough for the wish", Need{MaxVUs: 4}, Wish{Agents: 2, Loops: 2}, laptop, 2, 2},
		{"more than enough", Need{MaxVUs: 2000}, Wish{}, laptop, 2, 1},
	} {
		places, err := Fit(c.need, c.wish, []Machine{c.machine})
		if err != nil || places[0].Agents != c.agents || places[0].Loops != c.loops {
			t.Errorf("%s: %+v, %v; want %d agents of %d loops", c.name, places, err, c.agents, c.loops)
		}
	}
}

func TestWishAboveMaxVUsIsRefused(t *testing.T) {
	for _, c := range []struct {
		need     Need
		wish     Wish
		machines int
		want     string
	}{
		{Need{MaxVUs: 1}, Wish{Agents: 2, Loops: 2}, 1, "max_vus: 1 of phase steady is less than the 2 agents × 2 loops asked for: every loop needs at least one; use --agents 1 --loops 1, or raise max_vus to 4"},
		{Need{MaxVUs: 3}, Wish{Agents: 2, Loops: 2}, 1, "max_vus: 3 of phase steady is less than the 2 agents × 2 loops asked for: every loop needs at least one; use --agents 2 --loops 1, or raise max_vus to 4"},
		{Need{MaxVUs: 3}, Wish{Agents: 5}, 1, "max_vus: 3 of phase steady is less than the 5 agents asked for: every loop needs at least one; use --agents 3 --loops 1, or raise max_vus to 5"},
		{Need{MaxVUs: 3}, Wish{Loops: 4}, 1, "max_vus: 3 of phase steady is less than the 1 agent × 4 loops asked for: every loop needs at least one; use --agents 1 --loops 3, or raise max_vus to 4"},
		{Need{MaxVUs: 1, PoolCap: true}, Wish{Agents: 2}, 1, "pool.max: 1 of phase steady is less than the 2 agents asked for: every loop needs at least one; use --agents 1 --loops 1, or raise pool.max to 2"},
		{Need{MaxVUs: 2}, Wish{}, 3, "max_vus: 2 of phase steady is less than the 3 agents that 3 machines run: every loop needs at least one; raise max_vus to 3"},
		{Need{MaxVUs: 2, Connections: 50_000}, Wish{}, 1, "max_vus: 2 of phase steady is less than the 3 agents that 50,000 connections take: every loop needs at least one; raise max_vus to 3, or the limit of open files (ulimit -n)"},
	} {
		c.need.Capped = "steady"
		if _, err := Fit(c.need, c.wish, slicesOf(laptop, c.machines)); err == nil || err.Error() != c.want {
			t.Errorf("%+v %+v:\ngot  %v\nwant %s", c.need, c.wish, err, c.want)
		}
	}
}

// drawCapped draws a load with a cap, what was asked for, and machines unlike each
// other.
func drawCapped(t *rapid.T) (Need, Wish, []Machine) {
	machines := make([]Machine, rapid.IntRange(1, 4).Draw(t, "machines"))
	for i := range machines {
		machines[i] = Machine{Name: fmt.Sprint("m", i), Cores: rapid.IntRange(0, 16).Draw(t, "cores"), MaxFiles: rapid.Uint64Range(1_024, 30_000).Draw(t, "files")}
	}
	return Need{
		Connections: rapid.IntRange(0, 50_000).Draw(t, "connections"), Work: requests(rapid.Float64Range(0, 1e6).Draw(t, "rate")),
		Eager: rapid.Bool().Draw(t, "eager"), MaxVUs: rapid.IntRange(1, 30).Draw(t, "max_vus"), Capped: "p",
	}, Wish{Agents: rapid.IntRange(0, 9).Draw(t, "agents"), Loops: rapid.IntRange(0, 4).Draw(t, "loops")}, machines
}

// TestLoopsTogetherHoldMaxVUs: each loop takes its share of max_vus and at least
// one, and that is max_vus in all.
func TestLoopsTogetherHoldMaxVUs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, w, machines := drawCapped(t)
		places, err := Fit(n, w, machines)
		if err != nil {
			t.Skip("refused")
		}
		total, sum := 0, uint64(0)
		for _, p := range places {
			total += p.Agents
		}
		agents := arrival.Whole().Split(total)
		for _, p := range places {
			for range p.Agents {
				for _, share := range agents[0].Split(p.Loops) {
					sum += max(share.Of(uint64(n.MaxVUs)), 1)
				}
				agents = agents[1:]
			}
		}
		if sum != uint64(n.MaxVUs) {
			t.Fatalf("%+v take %d users of %d", places, sum, n.MaxVUs)
		}
	})
}

// TestAdviceAboutMaxVUsIsGoodAdvice: with the agents and loops, or the max_vus, that a
// refusal names, the load fits.
func TestAdviceAboutMaxVUsIsGoodAdvice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, w, machines := drawCapped(t)
		_, err := Fit(n, w, machines)
		if err == nil || !strings.HasPrefix(err.Error(), "max_vus") {
			t.Skip("not refused for max_vus")
		}
		if strings.Contains(err.Error(), "--agents") {
			other := Wish{Agents: numberAfter(t, err, "--agents "), Loops: numberAfter(t, err, "--loops ")}
			if _, err := Fit(n, other, machines); err != nil {
				t.Fatalf("with %+v: %v", other, err)
			}
		}
		n.MaxVUs = numberAfter(t, err, "raise max_vus to ")
		if _, err := Fit(n, w, machines); err != nil && strings.HasPrefix(err.Error(), "max_vus") {
			t.Fatalf("with max_vus %d: %v", n.MaxVUs, err)
		}
	})
}
