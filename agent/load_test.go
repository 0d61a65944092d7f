package agent

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loadctl/loadctl/proto/loadctlpb"
	"github.com/loadctl/loadctl/proto/wire"
	"github.com/loadctl/loadctl/stats"
)

func TestAShareIsDrivenAndHandedInSecondBySecond(t *testing.T) {
	t.Parallel()
	const loops = 2
	s := serve(t)
	h := begin(t)
	if m := h.prepare(prepare(s, loops), loops); m.GetFailed() != "" || m.GetVersion() != version || m.GetProtocol() != wire.Protocol {
		t.Fatalf("hello %v", m)
	}
	h.start(100 * time.Millisecond)
	h.gather(drained)
	if len(h.early) > 0 {
		t.Errorf("windows %v came before their end", h.early)
	}
	if len(h.windows) < 2 {
		t.Errorf("windows %v of 2 s", h.windows)
	}
	h.stop()
	h.gather(done)
	h.wantEnd("")
	h.wantWindowsInOrder()
	h.wantAccounts("intended 80, ok 80, censored 0, ended 80")
	h.wantSharedCounters()
	h.wantArrivals(2, 25*time.Millisecond)
	if n := s.answered.Load(); n != 80 {
		t.Errorf("the target answered %d", n)
	}
	if d := cmp.Diff([]string{"finished", "drained"}, h.states); d != "" {
		t.Error(d)
	}
}

// TestAnAgentTellsItsPorts: those it was said to have, and how many of them its closed
// connections keep.
func TestAnAgentTellsItsPorts(t *testing.T) {
	t.Parallel()
	h := begin(t)
	p := prepare(serve(t), 2)
	p.Source = []byte(strings.Replace(scenarioText, "arrivals: uniform", "arrivals: uniform, pool: {reuse: user}", 1))
	p.Agents[0].Ports, p.Agents[0].PortsKeptNs = 28_000, int64(time.Minute)
	h.prepare(p, 2)
	h.start(0)
	h.gather(drained)
	h.stop()
	h.gather(done)
	h.wantEnd("")
	if n := len(h.health); n == 0 || h.health[n-1].Ports != 28_000 || h.health[n-1].PortsKept != 80 {
		t.Errorf("%+v, want 80 of 28,000 ports kept at the end", h.health)
	}
}

func (h *fakeHost) wantAccounts(want string) {
	h.t.Helper()
	if got := accounts(&h.total); got != want {
		h.t.Errorf("%s; want %s", got, want)
	}
}

func (h *fakeHost) wantWindowsInOrder() {
	h.t.Helper()
	for i, w := range h.windows {
		if w != int64(i) {
			h.t.Errorf("windows %v", h.windows)
			return
		}
	}
}

// wantArrivals: what loops took up in a whole second is one test, of their gaps together. A
// loop that the machine lets begin late has one second less.
func (h *fakeHost) wantArrivals(seconds int, gap time.Duration) {
	h.t.Helper()
	due := uint64(0)
	for _, a := range h.arrivals {
		if due += a.Due; a.Gap != gap {
			h.t.Errorf("%+v, want gaps of %v", a, gap)
		}
	}
	if all := h.total.Phases[0].IterIntended; len(h.arrivals) == 0 || len(h.arrivals) > seconds || due == 0 || due > all {
		h.t.Errorf("%d tests of arrivals, %d due of %d", len(h.arrivals), due, all)
	}
}

// wantSharedCounters: the memory says what the reports said.
func (h *fakeHost) wantSharedCounters() {
	h.t.Helper()
	shared := stats.CountersSnapshot(h.layout, h.counters.Split(h.loops)...)
	if got, want := accounts(shared), accounts(&h.total); got != want {
		h.t.Errorf("shared counters say %s; reports %s", got, want)
	}
}

func TestDrainFinishesWhatIsDueAndEnds(t *testing.T) {
	t.Parallel()
	h := begin(t)
	h.prepare(prepare(serve(t), 1), 1)
	h.start(2 * time.Second) // time for the order that follows
	h.say(&loadctlpb.AgentDown{Message: &loadctlpb.AgentDown_Drain{Drain: &loadctlpb.Drain{
		At: int64(time.Second), Deadline: int64(within),
	}}})
	h.gather(done)
	h.wantEnd("")
	h.wantAccounts("intended 40, ok 40, censored 0, ended 40")
}

func TestANewShareCountsFromItsMoment(t *testing.T) {
	t.Parallel()
	h := begin(t)
	p := prepare(serve(t), 2)
	p.Agents[0].Share = []*loadctlpb.Slot{{Of: 2}}
	h.prepare(p, 2)
	h.start(2 * time.Second) // time for the order that follows
	h.say(&loadctlpb.AgentDown{Message: &loadctlpb.AgentDown_Reshare{Reshare: &loadctlpb.Reshare{
		From: int64(time.Second),
		Agents: []*loadctlpb.AgentPlan{
			{Name: "a-2", Share: []*loadctlpb.Slot{{Of: 1}}},
			{Name: "a-1", Share: []*loadctlpb.Slot{{Of: 2}, {Index: 1, Of: 2}}},
		},
	}}})
	h.gather(drained)
	h.stop()
	h.gather(done)
	h.wantEnd("")
	h.wantAccounts("intended 60, ok 60, censored 0, ended 60")
}

func TestTheEndOfTheSocketEndsTheLoad(t *testing.T) {
	t.Parallel()
	t.Run("before the start", func(t *testing.T) {
		t.Parallel()
		h := begin(t)
		h.prepare(prepare(serve(t), 2), 2)
		h.conn.Close()
		h.wantEnd("the host is gone")
	})
	t.Run("under load", func(t *testing.T) {
		t.Parallel()
		s, h := serve(t), begin(t)
		p := prepare(s, 1)
		p.Source = endless
		h.prepare(p, 1)
		h.start(0)
		h.gather(reported)
		h.conn.Close()
		h.wantEnd("the host is gone")
		n := stats.CountersSnapshot(h.layout, h.counters.Split(1)...).Cells[0].Intended
		if n >= 40*uint64(within/time.Second) {
			t.Errorf("%d requests were intended", n)
		}
		time.Sleep(100 * time.Millisecond)
		if answered := s.answered.Load(); answered > n {
			t.Errorf("%d requests were intended, %d answered", n, answered)
		}
	})
}

func TestStopEndsTheLoad(t *testing.T) {
	t.Parallel()
	t.Run("before the start", func(t *testing.T) {
		t.Parallel()
		h := begin(t)
		h.prepare(prepare(serve(t), 2), 2)
		h.stop()
		h.gather(done)
		h.wantEnd("")
	})
	t.Run("under load", func(t *testing.T) {
		t.Parallel()
		h, _ := started(t)
		h.gather(reported)
		h.stop()
		h.gather(done)
		h.wantEnd("")
		if c := h.total.Cells[0]; c.Intended == 0 || c.Intended != c.Ended() {
			t.Error(accounts(&h.total))
		}
		h.wantSharedCounters()
	})
}

func TestACancelledAgentEnds(t *testing.T) {
	t.Parallel()
	a, b := net.Pipe()
	defer a.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Run(ctx, Config{Conn: b}); err == nil || !strings.Contains(err.Error(), "context canceled") {
		t.Errorf("ended with %v", err)
	}
}

func TestWhatIsNoMessageEndsTheLoad(t *testing.T) {
	t.Parallel()
	for name, bytes := range map[string]string{
		"an absurd length": "\xff\xff\xff\xff",
		"no protobuf":      "\x00\x00\x00\x03\xff\xff\xff",
		"an empty part":    "\x00\x00\x00\x02\x0a\x00",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, _ := started(t)
			if _, err := h.conn.Write([]byte(bytes)); err != nil {
				t.Fatal(err)
			}
			if h.gather(never); h.wait() == nil {
				t.Error("ended without an error")
			}
		})
	}
}

func TestAnOrderThatMakesNoSenseEndsTheLoad(t *testing.T) {
	t.Parallel()
	for want, m := range map[string]*loadctlpb.AgentDown{
		"an order for phase 1 of 1": {Message: &loadctlpb.AgentDown_Begin{Begin: &loadctlpb.Begin{Phase: 1}}},
		"an order for phase 9 of 1": {Message: &loadctlpb.AgentDown_End{End: &loadctlpb.End{Phase: 9}}},
		"does not know: <nil>":      {},
		"does not know: *loadctlpb.AgentDown_Prepare": {
			Message: &loadctlpb.AgentDown_Prepare{Prepare: &loadctlpb.AgentPrepare{}}},
		"readdress: no address": {Message: &loadctlpb.AgentDown_Readdress{Readdress: &loadctlpb.Readdress{}}},
		"readdress: ":           {Message: &loadctlpb.AgentDown_Readdress{Readdress: &loadctlpb.Readdress{Addresses: []string{"somewhere"}}}},
		"share": {Message: &loadctlpb.AgentDown_Reshare{Reshare: &loadctlpb.Reshare{
			Agents: []*loadctlpb.AgentPlan{{Name: "a-1", Share: []*loadctlpb.Slot{{Index: 3, Of: 2}}}}}}},
	} {
		h, _ := started(t)
		h.say(m)
		h.gather(never)
		h.wantEnd(want)
	}
}

func TestAPartThatCannotBeLaidOutIsSaid(t *testing.T) {
	t.Parallel()
	for want, spoil := range map[string]func(p *loadctlpb.Prepare){
		"mapping shared counters": func(p *loadctlpb.Prepare) { p.Agents[0].Loops = 200 },
		"share":                   func(p *loadctlpb.Prepare) { p.Agents[0].Share = []*loadctlpb.Slot{{}} },
		"prepare: addresses":      func(p *loadctlpb.Prepare) { p.Addresses = []string{"localhost"} },
		"addrs: a loop needs":     func(p *loadctlpb.Prepare) { p.Addresses = nil },
		"prepare: sources":        func(p *loadctlpb.Prepare) { p.Agents[0].Sources = []string{"127.0.0.1:1"} },
		`pacing: "fast"`:          func(p *loadctlpb.Prepare) { p.Pacing = "fast" },
	} {
		h := begin(t)
		p := prepare(serve(t), 1)
		spoil(p)
		if failed := h.prepare(p, 1).GetFailed(); !strings.Contains(failed, want) {
			t.Errorf("failed %q lacks %q", failed, want)
		}
		h.wantEnd(want)
	}
}

func TestASilentHostEndsTheLoadAndStillGetsWhatWasMeasured(t *testing.T) {
	t.Parallel()
	h := begin(t, func(c *Config) { c.Silence = 8 * time.Second }) // longer than getting ready takes
	p := prepare(serve(t), 1)
	p.Source = endless
	h.prepare(p, 1)
	h.start(0)
	h.gather(never)
	h.wantEnd("nothing was heard of the coordinator for 8s")
	if c := h.total.Cells[0]; c.Intended == 0 || c.Intended != c.Ended() {
		t.Error(accounts(&h.total))
	}
	h.wantSharedCounters()
}

// TestAHostThatReadsNothingIsWaitedForOnce: each message that was not read cost
// another silence, first with the load still on.
func TestAHostThatReadsNothingIsWaitedForOnce(t *testing.T) {
	t.Parallel()
	const silence = 5 * time.Second
	ours, theirs := net.Pipe() // which holds nothing that is not read
	h := beginOn(t, ours, theirs, func(c *Config) { c.Silence = silence })
	h.prepare(prepare(serve(t), 1), 1)
	h.start(0)
	began := time.Now()
	h.wantEnd(os.ErrDeadlineExceeded.Error())
	if took := time.Since(began); took > 2*silence {
		t.Errorf("ended %s after the last word of a host that is gone after %s", took, silence)
	}
}

func TestASocketNobodyInheritedIsAnError(t *testing.T) {
	_, err := Inherited(1 << 20)
	if err == nil || !strings.Contains(err.Error(), "started by its host") {
		t.Errorf("got %v", err)
	}
}

// TestProfilesOfAnAgent: they are called after it, and a directory that cannot be
// written is said before the load begins.
func TestProfilesOfAnAgent(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "profiles")
	h, _ := started(t, func(c *Config) { c.Profiles = dir })
	h.gather(reported)
	h.stop()
	h.gather(done)
	h.wantEnd("")
	for _, of := range []string{"cpu", "heap", "goroutine"} {
		if f, err := os.Stat(filepath.Join(dir, "a-1."+of+".pb.gz")); err != nil || f.Size() == 0 {
			t.Errorf("%s: %v", of, err)
		}
	}
	file := filepath.Join(dir, "a-1.cpu.pb.gz")
	h = begin(t, func(c *Config) { c.Profiles = file })
	if m := h.prepare(prepare(serve(t), 1), 1); !strings.Contains(m.GetFailed(), "profiles: ") {
		t.Errorf("hello %v", m)
	}
	h.wantEnd("profiles")
}

// TestTapsOfAnAgent: a file for each loop, called after both, with the requests between
// them; a directory that cannot be written is said before the load begins.
func TestTapsOfAnAgent(t *testing.T) {
	dir := t.TempDir()
	h := begin(t, func(c *Config) { c.Taps = dir })
	h.prepare(prepare(serve(t), 2), 2)
	h.start(0)
	h.gather(reported)
	h.stop()
	h.gather(done)
	h.wantEnd("")
	rows := 0
	for _, name := range []string{"a-1-1.csv", "a-1-2.csv"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !strings.HasPrefix(string(b), "# Every request") {
			t.Errorf("%s: %v, %.40q", name, err, b)
		}
		rows += strings.Count(string(b), ",ok,200,")
	}
	if rows == 0 {
		t.Error("no request has a row")
	}
	h = begin(t, func(c *Config) { c.Taps = filepath.Join(dir, "nowhere") })
	if m := h.prepare(prepare(serve(t), 1), 1); !strings.Contains(m.GetFailed(), "tap: ") {
		t.Errorf("hello %v", m)
	}
	h.wantEnd("tap")
}
