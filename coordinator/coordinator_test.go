package coordinator

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/test/bufconn"

	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/stats"
)

const scenarioText = `version: 1
name: t
target: {base_url: "http://127.0.0.1:8080"}
users:
  u: {tasks: {a: {steps: [{get: /a}]}}}
phases:
  - {name: p, executor: constant-arrival-rate, user: u, rate: 10/s, duration: 5s}
`

func parse(t *testing.T, text string) *scenarios.Scenario {
	t.Helper()
	s, err := scenarios.Parse("t.yaml", []byte(text), scenarios.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A world is a run with fake hosts, in virtual time.
type world struct {
	t        *testing.T
	cfg      Config
	run      stats.Run
	updates  []stats.Update
	result   stats.Result
	err      error
	took     time.Duration
	controls chan Control
}

func newWorld(t *testing.T, text string, hosts ...*fakeHost) *world {
	lis := bufconn.Listen(1 << 20)
	s := parse(t, text)
	w := &world{t: t, controls: make(chan Control, 4)}
	w.cfg = Config{
		RunID: "r1", Scenario: s, File: "t.yaml", Version: "v-test", Controls: w.controls,
		Sink: func(u stats.Update) { w.updates = append(w.updates, u); w.run.Apply(u) },
		World: World{
			Listen: func() (net.Listener, error) { return lis, nil },
			Dial: func(context.Context, string, string) (net.Conn, error) {
				a, b := net.Pipe()
				_ = b.Close()
				return a, nil
			},
		},
	}
	for _, h := range hosts {
		h.lis, h.scenario = lis, s
		if h.perAgent == 0 {
			h.perAgent = 10
		}
		w.cfg.Hosts = append(w.cfg.Hosts, h)
	}
	return w
}

func (w *world) go_(ctx context.Context) *world {
	w.t.Helper()
	c, err := New(w.cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	begin := time.Now()
	w.result, w.err = c.Run(ctx)
	w.took = time.Since(begin)
	w.wellFormed()
	return w
}

// wellFormed holds for every run: Started first, Ended last, windows once each
// and in order, the accounts add up.
func (w *world) wellFormed() {
	w.t.Helper()
	if len(w.updates) == 0 {
		return
	}
	if w.updates[0].Started == nil || w.updates[len(w.updates)-1].Ended == nil {
		w.t.Errorf("updates do not begin with Started and end with Ended")
	}
	next := int64(0)
	for _, u := range w.updates {
		if u.Window != nil {
			if u.Window.Index != next {
				w.t.Errorf("window %d came, %d was due", u.Window.Index, next)
			}
			next++
		}
	}
	if a := w.run.Accounting(true); a.Missing() != 0 {
		w.t.Errorf("accounting: %s", a)
	}
	if w.run.Result.ExitCode != w.result.ExitCode {
		w.t.Errorf("told exit %d, gave %d", w.run.Result.ExitCode, w.result.ExitCode)
	}
}

func (w *world) want(verdict string, exit int) {
	w.t.Helper()
	if w.result.Verdict != verdict || w.result.ExitCode != exit {
		w.t.Errorf("result %+v (err %v), want %s exit %d", w.result, w.err, verdict, exit)
	}
}

func (w *world) wantReason(part string) {
	w.t.Helper()
	if !strings.Contains(w.result.Reason, part) {
		w.t.Errorf("reason %q lacks %q", w.result.Reason, part)
	}
}

func (w *world) events() string {
	var b strings.Builder
	for _, e := range w.run.Events {
		b.WriteString(e.Kind + ": " + e.Text + "\n")
	}
	return b.String()
}

func bubble(t *testing.T, f func(t *testing.T)) { t.Helper(); synctest.Test(t, f) }

func TestWholeRun(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a, b := &fakeHost{name: "a", skew: 3 * time.Hour}, &fakeHost{name: "b", skew: -time.Minute}
		w := newWorld(t, scenarioText, a, b).go_(t.Context())
		w.want("pass", 0)
		if w.err != nil {
			t.Error(w.err)
		}
		if len(w.run.Agents) != 2 || w.run.Agents[0].Name != "a-1" || w.run.Agents[1].PID != 100 || w.run.Agents[0].CPU != time.Second {
			t.Errorf("agents %+v", w.run.Agents)
		}
		if got := w.run.Accounting(true).Intended; got < 100 || got > 140 {
			t.Errorf("intended %d", got)
		}
		if len(w.run.Hosts) != 2 || w.run.Spans[0].End != 5*time.Second || w.run.Spans[0].Finish != 5*time.Second {
			t.Errorf("hosts %+v spans %+v", w.run.Hosts, w.run.Spans)
		}
		if w.took > 8*time.Second {
			t.Errorf("took %s", w.took)
		}
	})
}

func TestReportsOfABrokenStreamAreMergedOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := &fakeHost{name: "a", breaks: []time.Duration{1010 * time.Millisecond, 2030 * time.Millisecond, 2500 * time.Millisecond, 4025 * time.Millisecond}}
		w := newWorld(t, scenarioText, h).go_(t.Context())
		w.want("pass", 0)
		if h.resumes != 4 {
			t.Errorf("%d resumes", h.resumes)
		}
		if got, want := w.run.Accounting(true).Intended, uint64(20*len(w.run.Windows)); got != want {
			t.Errorf("intended %d, want %d", got, want)
		}
		if len(h.began) != 1 {
			t.Errorf("phases begun: %v", h.began)
		}
		whole := new(stats.Histogram)
		for w := range w.run.Windows {
			whole.Merge(measured(int64(w), 20))
		}
		if got := w.run.Total().Cells[0].Response; !bytes.Equal(got.Sparse(), whole.Sparse()) {
			t.Errorf("%d times of %s to %s, want %d of %s to %s", got.Count(), got.Min(), got.Max(), whole.Count(), whole.Min(), whole.Max())
		}
	})
}

func TestMixedVersionsAreRefused(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := &fakeHost{name: "a", version: "v-other"}
		w := newWorld(t, scenarioText, h).go_(t.Context())
		w.want("aborted", 1)
		w.wantReason("v-other")
		w.wantReason("v-test")
		if !strings.Contains(h.refused, "v-other") || len(w.updates) != 0 {
			t.Errorf("refused %q, %d updates", h.refused, len(w.updates))
		}
	})
}

func TestAHostOfAnotherRunIsRefused(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := &otherRun{fakeHost{name: "a"}}
		w := newWorld(t, scenarioText, &h.fakeHost)
		w.cfg.Hosts = []Host{h}
		w.go_(t.Context())
		w.want("aborted", 1)
		if !strings.Contains(h.refused, "run r1, not r2") {
			t.Errorf("refused %q", h.refused)
		}
	})
}

type otherRun struct{ fakeHost }

func (o *otherRun) Start(ctx context.Context, address, _ string, ca []byte, admit func([]byte) ([]byte, error)) error {
	return o.fakeHost.Start(ctx, address, "r2", ca, admit)
}

func TestHostThatCannotPrepare(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, scenarioText, &fakeHost{name: "a", unable: "agent a-1: out of memory"}).go_(t.Context())
		w.want("aborted", 1)
		w.wantReason("out of memory")
		if w.err == nil {
			t.Error("no error")
		}
	})
}

// TestLimitsAreJudgedWhenTheRunIsOver: only then is it known which seconds are left out.
func TestLimitsAreJudgedWhenTheRunIsOver(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, scenarioText, &fakeHost{name: "a"})
		w.go_(t.Context())
		w.want("pass", 0)
		over, judged := false, false
		for _, u := range w.updates {
			over = over || u.State != nil && u.State.Name == "done"
			judged = judged || over && u.Verdicts != nil
		}
		if !judged {
			t.Error("no limit was judged when the run was over")
		}
	})
}

func TestImpossibleLoadIsAUsageError(t *testing.T) {
	bubble(t, func(t *testing.T) {
		text := strings.Replace(scenarioText, "rate: 10/s", "rate: 10/s, max_vus: 90000", 1)
		w := newWorld(t, text, &fakeHost{name: "a"})
		w.cfg.Agents = 2
		w.go_(t.Context())
		w.want("aborted", 2)
		w.wantReason("take --agents 5")
		if _, ok := errors.AsType[*UsageError](w.err); !ok {
			t.Errorf("error %v", w.err)
		}
	})
}

const policy = "agents: {on_loss: %s}\n"

func withPolicy(name string) string { return scenarioText + strings.Replace(policy, "%s", name, 1) }

func long(text string) string { return strings.Replace(text, "duration: 5s", "duration: 60s", 1) }

func TestLostAgentFails(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := &fakeHost{name: "a", loseAgent: 2500 * time.Millisecond}
		w := newWorld(t, long(scenarioText), h).go_(t.Context())
		w.want("aborted", 97)
		w.wantReason("on_loss: fail")
		if w.took > 10*time.Second {
			t.Errorf("took %s", w.took)
		}
		if got := w.run.Accounting(true).Classes[stats.Censored]; got != 3 {
			t.Errorf("censored %d", got)
		}
	})
}

func TestLostAgentIsReplaced(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := &fakeHost{name: "a", loseAgent: 2500 * time.Millisecond}
		w := newWorld(t, long(withPolicy("redistribute")), h).go_(t.Context())
		w.want("pass", 0)
		if len(h.reshares) != 1 || len(h.reshares[0].GetAgents()) != 1 || len(h.reshares[0].GetAgents()[0].GetShare()) != 2 {
			t.Fatalf("reshares %v", h.reshares)
		}
		partial := 0
		for _, x := range w.run.Windows {
			if x.Partial {
				partial++
			}
		}
		if partial < 1 || partial > 2 {
			t.Errorf("%d partial windows", partial)
		}
	})
}

func TestLostHost(t *testing.T) {
	for name, h := range map[string]*fakeHost{
		"died":   {name: "b", dieAt: 3 * time.Second},
		"frozen": {name: "b", freezeAt: 3 * time.Second},
		"mad":    {name: "b", badReport: true},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				a := &fakeHost{name: "a"}
				w := newWorld(t, long(scenarioText), a, h).go_(t.Context())
				w.want("aborted", 97)
				w.wantReason("host b lost")
				if end := w.result.Ended - h.dieAt - h.freezeAt; end > 15*time.Second {
					t.Errorf("ended %s after the loss", end)
				}
			})
		})
	}
}

func TestLateHostIsToldToStop(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := &fakeHost{name: "a"}
		b := &fakeHost{name: "b", freezeAt: 3 * time.Second, thawAt: 20 * time.Second}
		w := newWorld(t, long(withPolicy("redistribute")), a, b).go_(t.Context())
		if !strings.Contains(w.events(), "kept apart") {
			t.Errorf("events:\n%s", w.events())
		}
		if len(a.reshares) != 1 {
			t.Errorf("reshares %v", a.reshares)
		}
		// 3 windows of both, then the share of one.
		if got := w.run.Total().Cells[0].Intended; got > 700 {
			t.Errorf("%d intended: late data were merged", got)
		}
	})
}

// A host that was given up makes load until it is told to stop: that is when it is heard of again, or at once if it can hear.
func TestAHostThatWasGivenUpStopsAtOnce(t *testing.T) {
	for name, c := range map[string]struct {
		host *fakeHost
		back time.Duration
	}{
		"by the stream that it had":  {&fakeHost{name: "b", freezeAt: 3 * time.Second, thawAt: 20 * time.Second}, 20 * time.Second},
		"by another stream":          {&fakeHost{name: "b", freezeAt: 3 * time.Second, thawAt: 20 * time.Second, breaks: []time.Duration{20 * time.Second}}, 20 * time.Second},
		"given up while it is there": {&fakeHost{name: "b", badReport: true}, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				b := c.host
				newWorld(t, long(withPolicy("redistribute")), &fakeHost{name: "a"}, b).go_(t.Context())
				if said := b.stopReason + b.refused; !strings.Contains(said, "was given up") {
					t.Errorf("told %q", said)
				}
				if after := b.stoppedAt - c.back; after < 0 || after > 500*time.Millisecond {
					t.Errorf("its load stopped %s after it could hear", after)
				}
				if b.err != nil {
					t.Errorf("it did not leave by itself: %v", b.err)
				}
			})
		})
	}
}

func TestShortSilenceIsNoLoss(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b := &fakeHost{name: "b", freezeAt: 3 * time.Second, thawAt: 8 * time.Second}
		w := newWorld(t, long(scenarioText), &fakeHost{name: "a"}, b).go_(t.Context())
		w.want("pass", 0)
		if !strings.Contains(w.events(), "heard of again") {
			t.Errorf("events:\n%s", w.events())
		}
	})
}

func TestThresholdEndsTheRun(t *testing.T) {
	bubble(t, func(t *testing.T) {
		text := long(scenarioText) + "thresholds:\n  failed: [{threshold: rate<1%, abort_on_fail: true, delay_abort_eval: 4s}]\n"
		w := newWorld(t, text, &fakeHost{name: "a", failing: true}).go_(t.Context())
		w.want("fail", 99)
		w.wantReason("failed")
		if w.result.Ended < 4*time.Second || w.result.Ended > 8*time.Second {
			t.Errorf("ended at %s", w.result.Ended)
		}
	})
}

// TestAStallOfTheGeneratorEndsNoRun: an answer that was read late is told before what made it
// late, as seconds are closed one by one.
func TestAStallOfTheGeneratorEndsNoRun(t *testing.T) {
	bubble(t, func(t *testing.T) {
		text := strings.Replace(scenarioText, "duration: 5s", "duration: 400s", 1) + "thresholds:\n  response_time: [{threshold: max<1s, abort_on_fail: true}]\n"
		h := &fakeHost{name: "a", freezeAt: 10200 * time.Millisecond, thawAt: 12700 * time.Millisecond, stalls: true}
		w := newWorld(t, text, h).go_(t.Context())
		w.want("pass", 0)
		if w.result.Ended < 400*time.Second {
			t.Errorf("ended at %s", w.result.Ended)
		}
	})
}

func TestInterrupt(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, long(scenarioText), &fakeHost{name: "a"})
		time.AfterFunc(5*time.Second, func() { w.controls <- Stop })
		w.go_(t.Context())
		w.want("aborted", 130)
		if w.took > 7*time.Second {
			t.Errorf("took %s", w.took)
		}
	})
}

func TestInterruptTwiceDoesNotHang(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := &fakeHost{name: "a", deaf: true}
		w := newWorld(t, long(scenarioText), h)
		time.AfterFunc(5*time.Second, func() { w.controls <- Stop; w.controls <- Stop })
		w.go_(t.Context())
		w.want("aborted", 130)
		if w.took > 21*time.Second {
			t.Errorf("took %s", w.took)
		}
	})
}

func TestCancelledBeforeAnybodyCame(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		w := newWorld(t, scenarioText)
		w.cfg.Hosts = []Host{silent{make(chan struct{})}}
		w.go_(ctx)
		w.want("aborted", 130)
	})
}

// silent is a host whose process runs and never calls back.
type silent struct{ exit chan struct{} }

func (silent) Name() string { return "s" }
func (silent) Start(context.Context, string, string, []byte, func([]byte) ([]byte, error)) error {
	return nil
}
func (s silent) Wait() error { <-s.exit; return nil }
func (s silent) Kill() {
	select {
	case <-s.exit:
	default:
		close(s.exit)
	}
}

// TestAnAddressNobodyAnswersIsLeftOut: localhost is two addresses, and most services
// listen on one.
func TestAnAddressNobodyAnswersIsLeftOut(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, scenarioText, &fakeHost{name: "a"})
		w.cfg.BaseURL = "http://localhost:8080"
		w.cfg.World.Resolve = func(context.Context, string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr("::1"), netip.MustParseAddr("127.0.0.1")}, nil
		}
		answering := w.cfg.World.Dial
		w.cfg.World.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			if address == "[::1]:8080" {
				return nil, syscall.ECONNREFUSED
			}
			return answering(ctx, network, address)
		}
		w.go_(t.Context()).want("pass", 0)
		if !strings.Contains(w.events(), "does not answer at [::1]:8080") {
			t.Errorf("nobody was told:\n%s", w.events())
		}
		w.cfg.World.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, syscall.ECONNREFUSED }
		c, err := New(w.cfg)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "not reachable") {
			t.Errorf("nobody answers anywhere: %v", err)
		}
	})
}
