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

// under runs it with faults, until the generator was in time.
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
		return append(late, little...)
	})
	f.identity(t)
	if f.summary.Accounting.Intended != 1000 || f.summary.Accounting.OK != 1000 {
		t.Errorf("%v: %+v, want 1000 ok", faults, f.summary.Accounting)
	}
	return f
}

// sameTimes fails unless percentiles differ by no more than a busy machine makes them,
// which in the tail is much, and less than any clock was wrong by.
func sameTimes(t *testing.T, what string, got, want times) {
	t.Helper()
	for name, p := range map[string]struct {
		got, want *float64
		within    float64
	}{"p50": {got.P50, want.P50, 4}, "p90": {got.P90, want.P90, 12}, "p99": {got.P99, want.P99, 200}} {
		if p.got == nil || p.want == nil || math.Abs(*p.got-*p.want) > p.within {
			t.Errorf("%s: %s %v ms, want %v ms", what, name, number(p.got), number(p.want))
		}
	}
}

func number(f *float64) any {
	if f == nil {
		return nil
	}
	return *f
}

// TestClocks: what agents take for the time of day changes no figure. That it is wrong
// is told; that it was set in the middle of the run, by so much, makes it invalid.
func TestClocks(t *testing.T) {
	t.Parallel()
	plain := under(t)
	plain.doubtless(t)
	for _, c := range []struct {
		name, fault, validity, reason string
		code                          int
	}{
		{"ahead", "clock=+500ms,agent=local-1", "valid", "", 0},
		{"behind", "clock=-500ms,agent=local-2", "valid", "", 0},
		{"set a little", "clock=-50ms@2s,agent=local-1", "degraded", "the wall clock of agent local-1 stepped by -50ms at 2", 0},
		{"set", "clock=+500ms@2s,agent=local-1", "invalid", "the wall clock of agent local-1 stepped by +500ms at 2", 97},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := under(t, c.fault)
			_, _, other := f.summary.reasons()
			if f.code != c.code || f.summary.Validity.Verdict != c.validity || len(other) != min(len(c.reason), 1) || !strings.HasPrefix(strings.Join(other, "; "), c.reason) {
				t.Errorf("exit %d, validity %s %q; want %d, %s, %q", f.code, f.summary.Validity.Verdict, other, c.code, c.validity, c.reason)
			}
			sameTimes(t, "response time", f.summary.ResponseMS, plain.summary.ResponseMS)
			sameTimes(t, "service time", f.summary.ServiceMS, plain.summary.ServiceMS)
			f.clocksTold(t, c.validity == "valid")
		})
	}
}

// clocksTold: a local host's seconds are the run's to half a round trip, and an agent
// whose clock is wrong from the beginning is named.
func (f finished) clocksTold(t *testing.T, skewed bool) {
	t.Helper()
	if n := len(f.summary.Hosts); n != 1 {
		t.Fatalf("%d hosts", n)
	}
	if c := f.summary.Hosts[0].Clock; c.AlignmentError <= 0 || c.AlignmentError > 20 || math.Abs(c.Offset) > 20 {
		t.Errorf("a host on the same machine: %+v", c)
	}
	if told := strings.Contains(strings.Join(f.summary.Notes, "\n"), "no figure depends on it"); skewed && !told {
		t.Errorf("notes %q do not say whose clock is wrong", f.summary.Notes)
	}
}
