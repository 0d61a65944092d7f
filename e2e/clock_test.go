//go:build e2e

package e2e

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

// clocked is a load on a queue whose times are known, some 7 ms at the median whatever
// the clocks show.
const clocked = `
version: 1
name: clocked
target: {base_url: "%s"}
http: {timeout: 5s}
users: {reader: {tasks: {get: {steps: [{get: /x, check: [{status: 200}]}]}}}}
phases: [{name: steady, executor: constant-arrival-rate, user: reader, rate: 200/s, arrivals: uniform, duration: 5s}]
slo: {response_time: [p(95)<5s]}
`

// nearby is how far a host of the same machine may be known to be from the coordinator, in ms.
const nearby = 20

// under runs it with faults, until the generator was in time and the clocks could be compared:
// of a machine that has no core for eight pings nothing is known so well.
func under(t *testing.T, faults ...string) finished {
	t.Helper()
	f := repeated(t, func() finished {
		queue := serve(t, "queue", "--servers", "8", "--mean", "10ms")
		args := []string{"run", "--ui", "none", "--agents", "2"}
		for _, f := range faults {
			args = append(args, "--fault", f)
		}
		return run(t, 90*time.Second, append(args, scenario(t, fmt.Sprintf(clocked, queue.url)))...)
	}, func(s *summary) []string {
		late, little, _ := s.reasons()
		for _, h := range s.Hosts {
			if h.Clock.AlignmentError > nearby {
				little = append(little, fmt.Sprintf("clocks are known to %v ms", h.Clock.AlignmentError))
			}
		}
		return append(late, little...)
	})
	f.identity(t)
	if f.summary.Accounting.Intended != 1000 || f.summary.Accounting.OK != 1000 {
		t.Errorf("%v: %+v, want 1000 ok", faults, f.summary.Accounting)
	}
	return f
}

// apart tells which percentiles lie farther from those of all plain runs than a busy machine
// makes them, which in the tail is much, and less than any clock was wrong by.
func apart(what string, got times, plain ...times) (all []string) {
	for _, p := range []struct {
		name   string
		of     func(times) *float64
		within float64
	}{
		{"p50", func(t times) *float64 { return t.P50 }, 4},
		{"p90", func(t times) *float64 { return t.P90 }, 12},
		{"p99", func(t times) *float64 { return t.P99 }, 200},
	} {
		low, high := math.Inf(1), math.Inf(-1)
		for _, run := range plain {
			low, high = min(low, number(p.of(run))), max(high, number(p.of(run)))
		}
		if v := number(p.of(got)); !(v >= low-p.within && v <= high+p.within) {
			all = append(all, fmt.Sprintf("%s: %s %v ms, want %v to %v ms, give or take %v", what, p.name, v, low, high, p.within))
		}
	}
	return all
}

// number is none, which nothing compares with, where there is none.
func number(f *float64) float64 {
	if f == nil {
		return math.NaN()
	}
	return *f
}

func TestPercentilesAreHeldAgainstPlainRuns(t *testing.T) {
	at := func(p50, p90, p99 float64) times { return times{P50: &p50, P90: &p90, P99: &p99} }
	for _, c := range []struct {
		got   times
		plain []times
		want  int
	}{
		{at(7, 23, 46), []times{at(7, 23, 46)}, 0},
		{at(10.9, 34, 240), []times{at(7, 23, 46)}, 0},
		{at(11.1, 36, 250), []times{at(7, 23, 46)}, 3},
		{at(11.1, 23, 46), []times{at(7, 23, 46), at(8, 23, 46)}, 0},
		{at(2.9, 23, 46), []times{at(7, 23, 46), at(8, 23, 46)}, 1},
		{times{}, []times{at(7, 23, 46)}, 3},
		{at(7, 23, 46), []times{at(7, 23, 46), {}}, 3},
	} {
		if got := apart("x", c.got, c.plain...); len(got) != c.want {
			t.Errorf("%q, want %d", got, c.want)
		}
	}
}

// A clockFault is a clock that is wrong, and what the run must say of it.
type clockFault struct {
	name, fault, validity, reason string
	code                          int
}

// TestClocks: what agents take for the time of day changes no figure. That it is wrong
// is told; that it was set in the middle of the run, by so much, makes it invalid. Each
// such run lies between two plain ones: where these differ the machine was disturbed.
func TestClocks(t *testing.T) {
	before := under(t)
	before.doubtless(t)
	for _, c := range []clockFault{
		{"ahead", "clock=+500ms,agent=local-1", "valid", "", 0},
		{"behind", "clock=-500ms,agent=local-2", "valid", "", 0},
		{"set a little", "clock=-50ms@2s,agent=local-1", "degraded", "the wall clock of agent local-1 stepped by -50ms at 2", 0},
		{"set", "clock=+500ms@2s,agent=local-1", "invalid", "the wall clock of agent local-1 stepped by +500ms at 2", 97},
	} {
		t.Run(c.name, func(t *testing.T) {
			again(t, func() []string {
				f, after, plain := under(t, c.fault), under(t), before
				after.doubtless(t)
				before = after
				c.told(t, f)
				if disturbed := after.timesApart(plain); len(disturbed) > 0 {
					return disturbed
				}
				for _, off := range f.timesApart(plain, after) {
					t.Error(off)
				}
				return nil
			})
		})
	}
}

// timesApart is apart of both series.
func (f finished) timesApart(plain ...finished) []string {
	var response, service []times
	for _, p := range plain {
		response, service = append(response, p.summary.ResponseMS), append(service, p.summary.ServiceMS)
	}
	return append(apart("response time", f.summary.ResponseMS, response...), apart("service time", f.summary.ServiceMS, service...)...)
}

// told fails unless the run says of its clocks what it must, and nothing else.
func (c clockFault) told(t *testing.T, f finished) {
	t.Helper()
	_, _, other := f.summary.reasons()
	if f.code != c.code || f.summary.Validity.Verdict != c.validity || len(other) != min(len(c.reason), 1) || !strings.HasPrefix(strings.Join(other, "; "), c.reason) {
		t.Errorf("exit %d, validity %s %q; want %d, %s, %q", f.code, f.summary.Validity.Verdict, other, c.code, c.validity, c.reason)
	}
	f.clocksTold(t, c.validity == "valid")
}

// clocksTold: a local host's seconds are the run's to half a round trip, and an agent
// whose clock is wrong from the beginning is named.
func (f finished) clocksTold(t *testing.T, skewed bool) {
	t.Helper()
	if n := len(f.summary.Hosts); n != 1 {
		t.Fatalf("%d hosts", n)
	}
	if c := f.summary.Hosts[0].Clock; c.AlignmentError <= 0 || c.AlignmentError > nearby || math.Abs(c.Offset) > nearby {
		t.Errorf("a host on the same machine: %+v", c)
	}
	if told := strings.Contains(strings.Join(f.summary.Notes, "\n"), "no figure depends on it"); skewed && !told {
		t.Errorf("notes %q do not say whose clock is wrong", f.summary.Notes)
	}
}
