package plan

import (
	"strings"
	"testing"
	"time"
)

func TestHowLongPortsAreKept(t *testing.T) {
	for _, c := range []struct {
		reuse Figure
		to    string
		want  time.Duration
	}{
		{Figure{}, "10.0.0.9:80", 0},
		{Exactly(0), "127.0.0.1:80", time.Minute},
		{Exactly(1), "10.0.0.9:80", time.Second},
		{Exactly(2), "127.0.0.1:80", time.Second},
		{Exactly(2), "10.0.0.9:80", time.Minute},
		{Exactly(2), "127.0.0.1:80 10.0.0.9:80", time.Minute},
	} {
		if got := keptFor(Machine{TwReuse: c.reuse}, ports(strings.Fields(c.to)...)); got != c.want {
			t.Errorf("%s to %s: %s, want %s", c.reuse, c.to, got, c.want)
		}
	}
}

// TestClosedConnectionsTakeMoreSources: on loopback there are enough, elsewhere as many
// as are given.
func TestClosedConnectionsTakeMoreSources(t *testing.T) {
	m := laptop
	m.TwReuse = Exactly(0)
	p := Place{Agents: 2, Connections: 10, Closed: Closed{30_000, 500}}
	got, err := Sources(p, m, ports("127.0.0.1:80"), nil)
	if err != nil || len(got[0]) != 3 || len(got[1]) != 3 || got[0][0] == got[1][0] {
		t.Errorf("%v, %v, want three of its own for each", got, err)
	}
	if got, err = Sources(p, m, ports("10.0.0.8:80", "10.0.0.9:80"), addrs("10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4")); err != nil || len(got[0]) != 2 {
		t.Errorf("%v, %v, want two for each", got, err)
	}
	if _, err = Sources(p, m, ports("10.0.0.9:80"), addrs("10.0.0.1 10.0.0.2")); err == nil || !strings.Contains(err.Error(), "keeps up to 60,000 ports in TIME_WAIT, each for 1m0s") {
		t.Error(err)
	}
}

// TestConnectionsThatAgeKeepPorts: max_age was in the documentation of this arithmetic and
// not in it.
func TestConnectionsThatAgeKeepPorts(t *testing.T) {
	d := &Demand{To: ports("10.0.0.9:80"), Scenario: scenario(t, elsewhere,
		"name: old, executor: constant-vus, vus: 4500, duration: 90s, pool: {max_age: 10s}")}
	if got := NeedOf(d.Scenario).Closed; got != (Closed{30_000, 500}) {
		t.Errorf("%+v", got)
	}
	g := Diagnose(healthy(), d)
	if want := "closing up to 500 connections first within a second keeps up to 30,000 ports in TIME_WAIT"; g.Fits || !strings.Contains(g.Refusal, want) {
		t.Errorf("%q, want %q", g.Refusal, want)
	}
}
