package coordinator

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"time"
)

// neverFinds is a resolver that waits for an answer until nobody wants it any more.
func neverFinds(ctx context.Context, _ string) ([]netip.Addr, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// neverConnects is a target behind a black hole.
func neverConnects(ctx context.Context, _, _ string) (net.Conn, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// neverAnswers is a target that accepts and keeps quiet.
func neverAnswers(context.Context, string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	go func() {
		buf := make([]byte, 4096)
		for {
			if _, err := theirs.Read(buf); err != nil {
				return
			}
		}
	}()
	return ours, nil
}

// publicText is a target that must answer for itself.
const publicText = `version: 1
name: t
target: {base_url: "http://203.0.113.9"}
allow_hosts: [203.0.113.9]
users:
  u: {tasks: {a: {steps: [{get: /a}]}}}
phases:
  - {name: p, executor: constant-arrival-rate, user: u, rate: 10/s, duration: 5s}
`

// TestAWishToStopWasNotHeardWhileTheTargetWasLookedFor: a name that nobody
// resolves, or an address that nobody answers, kept the run for its whole time-out.
func TestAWishToStopWasNotHeardWhileTheTargetWasLookedFor(t *testing.T) {
	for name, set := range map[string]func(*Config){
		"resolving": func(c *Config) { c.BaseURL, c.World.Resolve = "http://service.test", neverFinds },
		"probing":   func(c *Config) { c.World.Dial = neverConnects },
		"proving":   func(c *Config) { c.Scenario, c.Token, c.World.Dial = parse(t, publicText), "we-agree", neverAnswers },
	} {
		for _, wish := range []Control{Stop, Kill} {
			t.Run(name, func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					w := newWorld(t, scenarioText, &fakeHost{name: "a"})
					set(&w.cfg)
					time.AfterFunc(time.Second, func() { w.controls <- Pause; w.controls <- wish })
					w.go_(t.Context()).want("aborted", 130)
					if w.err != nil || w.took != time.Second || len(w.updates) != 0 {
						t.Errorf("error %v after %s, %d updates", w.err, w.took, len(w.updates))
					}
				})
			})
		}
	}
}

// TestCancelledWhileTheTargetIsLookedFor is an interrupt as well.
func TestCancelledWhileTheTargetIsLookedFor(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		w := newWorld(t, scenarioText, &fakeHost{name: "a"})
		w.cfg.World.Dial = neverConnects
		w.go_(ctx).want("aborted", 130)
		if w.took != time.Second {
			t.Errorf("took %s", w.took)
		}
	})
}

// TestAWishFromBeforeTheRunIsHeard: it was made while nobody listened yet.
func TestAWishFromBeforeTheRunIsHeard(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, scenarioText, &fakeHost{name: "a"})
		w.controls <- Stop
		w.go_(t.Context()).want("aborted", 130)
		if w.took != 0 || len(w.updates) != 0 {
			t.Errorf("took %s, %d updates", w.took, len(w.updates))
		}
	})
}

// TestControlsThatAreClosedEarlyStopNothing.
func TestControlsThatAreClosedEarlyStopNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, scenarioText, &fakeHost{name: "a"})
		close(w.controls)
		w.go_(t.Context()).want("pass", 0)
	})
}

// TestATargetThatNeverAnswersForItselfIsGivenUp after the time a probe may take.
func TestATargetThatNeverAnswersForItselfIsGivenUp(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, publicText, &fakeHost{name: "a"})
		w.cfg.Token, w.cfg.World.Dial = "we-agree", neverAnswers
		w.go_(t.Context()).want("aborted", 2)
		w.wantReason("does not answer for itself")
		if w.took != probeWithin {
			t.Errorf("took %s", w.took)
		}
	})
}
