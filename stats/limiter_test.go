package stats

import (
	"testing"
	"time"
)

// A spent is where the time of one request goes.
type spent struct {
	lag, wait, connect, service time.Duration
}

func (p spent) response() time.Duration { return p.lag + p.wait + p.connect + p.service }

// spend records n requests of a row that spent their time so.
func (s *story) spend(n int, class Class, p spent) { s.spendOn(steadyItems, n, class, p) }

func (s *story) spendOn(cell, n int, class Class, p spent) {
	for range n {
		x := &Sample{Cell: cell, Class: class, Status: 200, Reused: p.connect == 0, ConnectTime: p.connect, Intended: Offset(s.next) * time.Second}
		x.Scheduled = x.Intended + p.lag
		x.Connected = x.Scheduled + p.wait + p.connect
		x.Written = x.Connected
		x.FirstByte, x.Done = x.Written+p.service, x.Written+p.service
		if class == NotSent {
			x.Status, x.Connected, x.Written, x.FirstByte = 0, Never, Never, Never
		}
		if p.connect > 0 {
			s.rec.Connect(s.Layout.Cells[cell].Phase, p.connect)
		}
		s.request(x)
	}
}

func verdictOn(expr string, limit float64, held bool) Verdict {
	return Verdict{Threshold: Threshold{Metric: "response_time", Agg: "p", P: 99, Op: "<", Limit: limit, Expr: expr}, Held: held, FirstFail: Never}
}

const ms = time.Millisecond

func limitOf(r *Run) Limit { return JudgeLimit(r, JudgeSteadiness(r)) }

// The three causes have the same symptom: requests slower than 100 ms.
func TestWhoWasTheLimit(t *testing.T) {
	for _, c := range []struct {
		name  string
		spent spent
		want  Limiter
	}{
		{"pacer late", spent{lag: 300 * ms, service: 20 * ms}, LimitGenerator},
		{"waits for connections", spent{lag: ms / 2, wait: 300 * ms, service: 20 * ms}, LimitConcurrency},
		{"slow target", spent{lag: ms / 2, wait: 5 * ms, service: 300 * ms}, LimitTarget},
		{"slow to connect", spent{lag: ms / 2, connect: 300 * ms, service: 20 * ms}, LimitTarget},
	} {
		s := begin(Info{SmallestSLO: 100 * ms})
		s.spend(100, OK, spent{service: 10 * ms})
		s.close()
		s.spend(100, OK, c.spent)
		s.close()
		s.Apply(Update{Verdicts: []Verdict{verdictOn("p(99)<100ms", 0.1, false)}})
		l := limitOf(s.Run)
		if l.By != c.want || l.Seconds != 1 || l.Over != 100*ms || l.Slow != 100 {
			t.Errorf("%s: %+v, want the %s in one second, 100 slow", c.name, l, c.want)
		}
		p := l.Parts
		if p.Mean(p.Response) != c.spent.response() || p.Mean(p.Lag) != c.spent.lag || p.Mean(p.Waiting) != c.spent.wait ||
			p.Mean(p.Connecting) != c.spent.connect || p.Mean(p.Service) != c.spent.service || p.Unanswered != 0 {
			t.Errorf("%s: parts %+v, want %+v each", c.name, p, c.spent)
		}
	}
}

// The parts are exactly the whole, whatever happened to requests.
func TestPartsAddUp(t *testing.T) {
	s := begin(Info{})
	s.spend(50, OK, spent{lag: ms, wait: 2 * ms, connect: 3 * ms, service: 40 * ms})
	s.spend(5, Timeout, spent{lag: ms, wait: ms, service: 5000 * ms})
	s.spend(5, NotSent, spent{lag: ms, wait: 800 * ms})
	s.spend(5, HTTPError, spent{lag: ms, service: 2 * ms})
	s.close()
	p := limitOf(s.Run).Parts
	if sum := p.Lag + p.Waiting + p.Connecting + p.Service + p.Unanswered; sum != p.Response || p.Requests != 65 {
		t.Errorf("%+v: the parts are %s", p, sum)
	}
	if p.Unanswered < 25*time.Second || p.Connecting != 150*ms {
		t.Errorf("%+v", p)
	}
}

func TestNothingWasAtItsLimit(t *testing.T) {
	s := begin(Info{})
	s.spend(1000, OK, spent{lag: ms / 2, wait: ms, service: 20 * ms})
	s.close()
	s.Apply(Update{Verdicts: []Verdict{verdictOn("p(99)<100ms", 0.1, true)}})
	if l := limitOf(s.Run); l.By != LimitNothing || l.Seconds != 0 {
		t.Errorf("%+v", l)
	}
	if l := limitOf(&Run{}); l.By != "" {
		t.Errorf("of no run: %+v", l)
	}
}

// Requests that failed count to the target, those that were never sent to the
// concurrency, without any threshold.
func TestLostRequestsHaveALimitToo(t *testing.T) {
	for want, class := range map[Limiter]Class{LimitTarget: Timeout, LimitConcurrency: NotSent} {
		s := begin(Info{})
		s.spend(1000, OK, spent{service: 20 * ms})
		s.spend(20, class, spent{wait: 100 * ms})
		s.close()
		if l := limitOf(s.Run); l.By != want {
			t.Errorf("20 of 1020 are %s: %+v, want %s", class, l, want)
		}
	}
}

func TestClosedLoadIsLimitedByItsUsers(t *testing.T) {
	s := begin(Info{})
	for i := range s.Layout.Phases {
		s.Layout.Phases[i].Closed = s.Layout.Phases[i].Holds == 0
	}
	s.spend(1000, OK, spent{service: 20 * ms})
	s.close()
	if l := limitOf(s.Run); l.By != LimitUsers {
		t.Errorf("%+v", l)
	}
}

// An invalid measurement blames nobody, but a generator that was late or out of files.
func TestInvalidRunsBlameNobody(t *testing.T) {
	s := begin(Info{})
	s.spend(100, OK, spent{service: 300 * ms})
	s.close()
	s.Apply(Update{Lost: &AgentLoss{Agent: "local-2", Why: "killed"}})
	if l := limitOf(s.Run); l.By != LimitUnknown {
		t.Errorf("%+v", l)
	}
	s.Apply(Update{Event: &Event{Level: Severe, Kind: "generator", Text: "local-1: out of files"}})
	if l := limitOf(s.Run); l.By != LimitGenerator {
		t.Errorf("%+v", l)
	}
}

// limitOn is a limit on the response time of one row that broke.
func limitOn(tags Tags) Verdict {
	v := verdictOn("p(99)<100ms", 0.1, false)
	v.Threshold.Tags = tags
	return v
}

// TestLimitIsOfTheRowsThatBroke: what happens to others, failures above all, is not why a
// row was slow, and its mean is not theirs.
func TestLimitIsOfTheRowsThatBroke(t *testing.T) {
	s := begin(Info{SmallestSLO: 100 * ms})
	for range 10 {
		s.spend(150, OK, spent{wait: 300 * ms, service: 20 * ms})
		s.spendOn(steadyHealth, 200, HTTPError, spent{service: ms})
		s.close()
	}
	s.Apply(Update{Verdicts: []Verdict{limitOn(Tags{Name: "/items/{id}"})}})
	l := limitOf(s.Run)
	if l.By != LimitConcurrency || l.Of.Name != "/items/{id}" || l.Slow != 1500 || l.Failed != 0 || l.Seconds != 10 {
		t.Errorf("%+v, want the concurrency by 1500 slow requests of /items/{id}", l)
	}
	p := &l.Parts
	if p.Requests != 1500 || p.Mean(p.Response) != 320*ms || p.Mean(p.Service) != 20*ms || p.Mean(p.Waiting) != 300*ms {
		t.Errorf("%+v, want 320 ms each", p)
	}
	if !l.Shared {
		t.Error("others wait in the same phase, which knows no rows")
	}
}

// TestASecondThatKeepsALimitIsNoneInWhichItBroke: one slow request of ten is what p(90) allows,
// and one of a thousand what p(99.9) does, whatever floating point makes of that.
func TestASecondThatKeepsALimitIsNoneInWhichItBroke(t *testing.T) {
	for p, n := range map[float64]int{50: 2, 90: 10, 95: 20, 99: 100, 99.9: 1000} {
		s := begin(Info{SmallestSLO: 100 * ms})
		s.spend(n-1, OK, spent{service: 20 * ms})
		s.spend(1, OK, spent{service: 300 * ms})
		s.close()
		s.spend(n, OK, spent{service: 300 * ms})
		s.close()
		v := verdictOn("", 0.1, false)
		v.Threshold.P = p
		s.Apply(Update{Verdicts: []Verdict{v}})
		if l := limitOf(s.Run); l.Seconds != 1 {
			t.Errorf("p(%v): it broke in %d seconds", p, l.Seconds)
		}
	}
}

// TestSharedPhasesAreSplit: the parts of some rows of a phase add up to what these took,
// and have nothing of another row's time-outs.
func TestSharedPhasesAreSplit(t *testing.T) {
	s := begin(Info{SmallestSLO: 100 * ms})
	s.spend(100, OK, spent{lag: ms, wait: 199 * ms, connect: 50 * ms, service: 20 * ms})
	s.spendOn(steadyHealth, 100, OK, spent{lag: ms, wait: 199 * ms, service: 70 * ms})
	s.spendOn(steadyHealth, 20, Timeout, spent{service: 5000 * ms})
	s.close()
	s.Apply(Update{Verdicts: []Verdict{limitOn(Tags{Name: "/items/{id}"})}})
	p := limitOf(s.Run).Parts
	if sum := p.Lag + p.Waiting + p.Connecting + p.Service + p.Unanswered; sum != p.Response || p.Response != 27*time.Second || p.Service != 2*time.Second {
		t.Errorf("%+v: the parts are %s", p, sum)
	}
	if p.Unanswered != 0 || p.Waiting <= p.Connecting || p.Connecting <= p.Lag {
		t.Errorf("%+v: every request of the row was answered, and they waited most", p)
	}
}

// TestPhaseOfItsOwnIsExact: where the rows are all that a phase has, nothing is shared.
func TestPhaseOfItsOwnIsExact(t *testing.T) {
	s := begin(Info{SmallestSLO: 100 * ms})
	s.Layout.Cells[steadyHealth].Phase, s.Layout.Phases[2].Holds = 2, 0
	s.spend(100, OK, spent{lag: ms, wait: 5 * ms, service: 200 * ms})
	s.spendOn(steadyHealth, 50, NotSent, spent{wait: 800 * ms})
	s.close()
	s.Apply(Update{Verdicts: []Verdict{limitOn(Tags{Phase: "steady"})}})
	l := limitOf(s.Run)
	if p := l.Parts; l.By != LimitTarget || l.Shared || l.NotSent != 0 || p.Mean(p.Waiting) != 5*ms || p.Mean(p.Lag) != ms || p.Mean(p.Service) != 200*ms {
		t.Errorf("%+v", l)
	}
}

// TestLimitOfAnAgentPicksItsSeconds: rows are not counted by agent, so that what was slow
// and why is of all of them, in the seconds in which its limit broke.
func TestLimitOfAnAgentPicksItsSeconds(t *testing.T) {
	s := begin(Info{SmallestSLO: 100 * ms})
	s.spend(100, OK, spent{service: 300 * ms})
	quick := answeredIn(10*ms, 100)
	s.closeBy(quick)
	s.spend(100, OK, spent{wait: 300 * ms, service: 20 * ms})
	s.closeBy(answeredIn(320*ms, 50))
	s.Apply(Update{Verdicts: []Verdict{limitOn(Tags{Agent: "local-2"})}})
	if l := limitOf(s.Run); l.By != LimitConcurrency || l.Seconds != 1 || l.Slow != 100 || l.Of.Agent != "local-2" {
		t.Errorf("%+v, want the second second alone", l)
	}
}

func answeredIn(took time.Duration, n int) *Histogram {
	h := new(Histogram)
	for range n {
		h.Record(took)
	}
	return h
}

// closeBy closes the window with what another agent saw in it.
func (s *story) closeBy(second *Histogram) {
	w := s.close()
	w.Agents = append(w.Agents, AgentWindow{Name: "local-2", Response: second})
	s.Windows[len(s.Windows)-1].Agents = w.Agents
}

// TestLimitsOnFailuresPickRowsToo, by status as by class.
func TestLimitsOnFailuresPickRowsToo(t *testing.T) {
	for _, limit := range []Threshold{
		{Metric: "failed", Agg: "rate", Op: "<", Limit: 0.0001, Tags: Tags{Name: "/items/{id}"}},
		{Metric: "requests", Agg: "count", Op: "<", Limit: 1, Tags: Tags{Name: "/items/{id}", Status: "5xx"}},
	} {
		s := begin(Info{})
		s.spend(9999, OK, spent{service: 20 * ms})
		s.spend(1, HTTPError, spent{service: 20 * ms})
		s.spendOn(steadyHealth, 9, NotSent, spent{wait: 800 * ms})
		s.close()
		s.Apply(Update{Verdicts: []Verdict{{Threshold: limit, FirstFail: 0}}})
		if l := limitOf(s.Run); l.By != LimitTarget || l.Failed != 1 || l.NotSent != 0 || l.Parts.Requests != 10_000 {
			t.Errorf("%s: %+v", limit, l)
		}
	}
}
