//go:build e2e

package e2e

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// uniform has an arrival each 1/rate s, so that what should have been due is known
// for every second; its agents hold connections too. What it promises is so slow that
// a busy machine does not matter.
const uniform = `
version: 1
name: uniform
target: {base_url: "%s"}
http: {timeout: 5s}
users:
  reader: {tasks: {health: {steps: [{get: /health, check: [{status: 200}]}]}}}
phases:
  - {name: hold, executor: held-connections, connections: %d, connect_rate: 300/s, hold: %s, user: reader}
  - name: steady
    executor: constant-arrival-rate
    start: {with: hold, after: connected}
    user: reader
    over: hold
    rate: %d/s
    arrivals: uniform
    duration: %s
slo: {response_time: [p(95)<5s]}
agents: {on_loss: %s}
`

// What uniform asks for, of three agents.
const (
	lossAgents = 3
	lossHeld   = 120
	lossRate   = 300
)

// TestAgentLost: a run that goes on without an agent issues what its schedule has but
// for the share of the lost one in the time that is left out, ends when it is meant
// to, and says what it lacks. A killed agent is noticed at once; a stopped one after
// 6 s, which is more of a minute than a run may lack, but not of three.
func TestAgentLost(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		policy   string
		signal   syscall.Signal
		load     time.Duration
		validity string
		code     int
	}{
		{"killed, redistribute", "redistribute", syscall.SIGKILL, time.Minute, "degraded", 0},
		{"killed, degrade", "degrade", syscall.SIGKILL, time.Minute, "degraded", 0},
		{"stopped, redistribute", "redistribute", syscall.SIGSTOP, time.Minute, "invalid", 97},
		{"stopped, degrade", "degrade", syscall.SIGSTOP, 3 * time.Minute, "degraded", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := loss{c.policy, c.signal, c.load}
			f := repeated(t, func() finished { return l.run(t) }, func(s *summary) []string {
				if c.validity == "invalid" {
					return nil // it is so anyway
				}
				return spoilt(s)
			})
			if f.code != c.code || f.summary.Validity.Verdict != c.validity {
				t.Errorf("exit %d, validity %s %v: want %d, %s\n%s%s", f.code, f.summary.Validity.Verdict,
					f.summary.Validity.Reasons, c.code, c.validity, f.out, f.errs)
			}
		})
	}
}

// A loss is a run that loses one of its agents.
type loss struct {
	policy string
	signal syscall.Signal
	load   time.Duration
}

func (l loss) run(t *testing.T) finished {
	t.Helper()
	target := serve(t, "serve", "--listen", "127.0.0.1:0", "--workers", "2")
	file := scenario(t, fmt.Sprintf(uniform, target.url, lossHeld, l.load+2*time.Second, lossRate, l.load, l.policy))
	p := start(t, t.TempDir(), "run", "--ui", "none", "--agents", fmt.Sprint(lossAgents), file)
	agent := awaitAgents(t, p, lossAgents)[0]
	t.Cleanup(func() { // a stopped one does not end by itself, should the run fail to end it
		if isAgent(agent) {
			_ = syscall.Kill(agent, syscall.SIGKILL)
		}
	})
	p.into(25 * time.Second)
	lost := time.Now()
	if err := syscall.Kill(agent, l.signal); err != nil {
		t.Fatal(err)
	}
	f := p.finish(l.load + time.Minute)
	ended := time.Now()
	f.identity(t)
	between(t, f, target)
	if alive(agent) {
		t.Error("the lost agent outlived the run")
	}
	l.inTime(t, f, ended)
	if g, ok := onlyGap(t, f, lost.Sub(f.zero(t)).Seconds()); ok {
		l.issued(t, f, g)
		l.held(t, f)
		l.reasons(t, f, g)
	}
	return f
}

func isAgent(pid int) bool {
	return alive(pid) && strings.Contains(commandLine(pid), "\x00agent")
}

// inTime fails unless the run ended when its load was meant to, or soon after.
func (l loss) inTime(t *testing.T, f finished, ended time.Time) {
	t.Helper()
	begin, end := *f.phase(t, "steady").Begin, *f.phase(t, "steady").End
	if math.Abs(end-begin-l.load.Seconds()) > 0.01 {
		t.Errorf("the load lasted from %.2f s to %.2f s, want %s of it", begin, end, l.load)
	}
	planned := f.zero(t).Add(time.Duration((begin + l.load.Seconds()) * float64(time.Second)))
	if late := ended.Sub(planned); late < 0 || late > 15*time.Second {
		t.Errorf("the run ended %s after its planned end", late)
	}
}

// onlyGap is the one stretch that is left out. It holds the moment of the loss, or
// begins with the second after it, and is whole seconds.
func onlyGap(t *testing.T, f finished, lost float64) (gap, bool) {
	t.Helper()
	gaps := slices.DeleteFunc(slices.Clone(f.summary.Excluded), func(g gap) bool { return strings.HasPrefix(g.Reason, "the generator was late") })
	if len(gaps) != 1 {
		t.Errorf("excluded %+v: want one gap", f.summary.Excluded)
		return gap{}, false
	}
	g := gaps[0]
	t.Logf("lost at %.2f s; %.0f s to %.0f s are left out", lost, g.From, g.Until)
	if g.From != math.Trunc(g.From) || g.Until != math.Trunc(g.Until) || g.From > lost || g.Until < lost || g.From < lost-2.5 {
		t.Errorf("gap %+v is not that of a loss at %.2f s", g, lost)
	}
	for _, s := range f.series(t) {
		if in := s.T >= g.From && s.T < g.Until; in != s.Partial {
			t.Errorf("second %.0f: partial %v, and the gap is %+v", s.T, s.Partial, g)
		}
	}
	return g, true
}

// issued holds what was intended against the schedule. A third of it was the lost
// agent's. Under redistribute it is missing at most while the gap lasts, under
// degrade from some moment of the gap to the end.
func (l loss) issued(t *testing.T, f finished, g gap) {
	t.Helper()
	whole, share := int64(lossRate*l.load.Seconds()), float64(lossRate)/lossAgents
	least, most := whole-int64(math.Ceil(share*(g.Until-g.From))), whole
	if l.policy == "degrade" {
		end := *f.phase(t, "steady").End
		least = whole - int64(math.Ceil(share*(end-g.From)))
		most = whole - int64(math.Floor(share*(end-g.Until)))
	}
	got := f.summary.Accounting.Intended
	t.Logf("intended %d, want %d to %d; %+v", got, least, most, f.summary.Accounting)
	if got < least || got > most {
		t.Errorf("intended %d, want %d to %d", got, least, most)
	}
}

// held fails unless the others hold the lost agent's connections in the end, or, when
// nobody takes its share over, do not.
func (l loss) held(t *testing.T, f finished) {
	t.Helper()
	want, end := int64(lossHeld), *f.phase(t, "hold").End
	if l.policy == "degrade" {
		want -= lossHeld / lossAgents
	}
	var last second
	for _, s := range f.series(t) {
		if s.T+1.02 <= end {
			last = s
		}
	}
	t.Logf("%d connections held at %.0f s", last.Held, last.T+1)
	if last.Held != want {
		t.Errorf("%d connections are held at the end of the hold, want %d", last.Held, want)
	}
}

// reasons fails unless the run says exactly what it lacks.
func (l loss) reasons(t *testing.T, f finished, g gap) {
	t.Helper()
	want := []string{
		fmt.Sprintf("%gs to %gs: an agent did not report", g.From, g.Until),
		"agent local-",
	}
	if missing := g.Until - g.From; missing > 0.05*float64(len(f.series(t))) {
		want = append([]string{"agents did not report for "}, want...)
	}
	_, _, other := f.summary.reasons()
	for i, r := range other {
		if len(other) != len(want) || !strings.HasPrefix(r, want[i]) {
			t.Errorf("reasons %q, want %q", other, want)
			break
		}
	}
}
