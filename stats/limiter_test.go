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
func (s *story) spend(n int, class Class, p spent) {
	for range n {
		x := &Sample{Cell: steadyItems, Class: class, Status: 200, Reused: p.connect == 0, ConnectTime: p.connect, Intended: Offset(s.next) * time.Second}
		x.Scheduled = x.Intended + p.lag
		x.Connected = x.Scheduled + p.wait + p.connect
		x.Written = x.Connected
		x.FirstByte, x.Done = x.Written+p.service, x.Written+p.service
		if class == NotSent {
			x.Status, x.Connected, x.Written, x.FirstByte = 0, Never, Never, Never
		}
		if p.connect > 0 {
			s.rec.Connect(s.Layout.Cells[steadyItems].Phase, p.connect)
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
