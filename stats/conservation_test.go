package stats

import (
	"strings"
	"testing"
	"time"
)

// answeredRun is a run that is over, in which the target must have answered 33 requests
// and may have answered 36: heartbeats, warm-up and a redirect are among them.
func answeredRun() *Run {
	s := begin(Info{OnLoss: "degrade"})
	s.ok(steadyItems, 10, time.Millisecond)
	s.ok(warmupItems, 10, time.Millisecond)
	s.ok(holdBeats, 10, time.Millisecond)
	s.request(failed(steadyItems, HTTPError, 0, time.Millisecond, "status 503"))
	s.request(failed(steadyItems, CheckFailed, 0, time.Millisecond, "check"))
	s.rec.Redirected(steadyItems)
	for _, class := range []Class{Timeout, ConnError, Censored, NotSent} {
		s.request(failed(steadyItems, class, 0, time.Millisecond, "no answer"))
	}
	s.close()
	s.Apply(Update{State: &State{Name: "done"}})
	return s.Run
}

func TestAccountsAreHeldAgainstTheTarget(t *testing.T) {
	for _, c := range []struct {
		count TargetCount
		want  string
	}{
		{TargetCount{Requests: 33}, Valid},
		{TargetCount{Requests: 35}, Valid},
		{TargetCount{Requests: 36}, Valid},
		{TargetCount{Requests: 32}, Invalid},
		{TargetCount{Requests: 20, Probes: 13}, Valid}, // the run asked about the target itself
		{TargetCount{Requests: 37}, Degraded},
		{TargetCount{}, Invalid},
	} {
		r := answeredRun()
		r.Apply(Update{Counted: &c.count})
		if r.Validity.Verdict != c.want {
			t.Errorf("%+v: %+v, want %s", c.count, r.Validity, c.want)
		}
		if c.want != Valid && !strings.Contains(r.Validity.Reasons[0], "do not agree with the target's own count") {
			t.Errorf("%+v: %q", c.count, r.Validity.Reasons)
		}
		if r.Conserved() != (c.want == Valid) {
			t.Errorf("%+v: conserved %v", c.count, r.Conserved())
		}
	}
}

// What an HTTP server refuses before the target sees it was answered, and counted by
// nobody; a few requests of others are no load; and of lost agents nobody knows what
// they asked for last.
func TestTargetsCountRaisesNoFalseAlarm(t *testing.T) {
	refused := begin(Info{})
	refused.ok(steadyItems, 10, time.Millisecond)
	for range 5 {
		x := failed(steadyItems, HTTPError, 0, time.Millisecond, "status 431")
		x.Status = 431
		refused.request(x)
	}
	refused.close()
	refused.Apply(Update{State: &State{Name: "done"}})

	many := begin(Info{})
	many.ok(steadyItems, 5000, time.Millisecond)
	many.close()
	many.Apply(Update{State: &State{Name: "done"}})

	lost := answeredRun()
	lost.Apply(Update{Lost: &AgentLoss{Agent: "local-2", Why: "killed"}})
	for name, c := range map[string]struct {
		run   *Run
		count uint64
	}{"refused early": {refused.Run, 10}, "a look by hand": {many.Run, 5003}, "an agent was lost": {lost, 100}} {
		c.run.Apply(Update{Counted: &TargetCount{Requests: c.count}})
		for _, reason := range c.run.Validity.Reasons {
			if strings.Contains(reason, "own count") {
				t.Errorf("%s: %s", name, reason)
			}
		}
		if !c.run.Conserved() {
			t.Errorf("%s: marked as a contradiction that no reason tells of", name)
		}
	}
}

func TestTargetIsNotJudgedWhileTheRunGoesOn(t *testing.T) {
	s := begin(Info{})
	s.ok(steadyItems, 10, time.Millisecond)
	s.close()
	s.Apply(Update{Counted: &TargetCount{}})
	if s.Validity.Verdict != Valid || !s.Conserved() {
		t.Errorf("%+v, conserved %v", s.Validity, s.Conserved())
	}
}
