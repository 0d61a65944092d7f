package host

import (
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/loadctl/loadctl/agent/machine"
	"github.com/loadctl/loadctl/proto/loadctlpb"
	"github.com/loadctl/loadctl/stats"
)

func TestARefusedHostEndsAndSaysWhy(t *testing.T) {
	t.Parallel()
	w := begin(t, plain)
	w.session().send(&loadctlpb.SessionResponse{Message: &loadctlpb.SessionResponse_Welcome{Welcome: &loadctlpb.Welcome{
		Refused: "mixed versions: host a runs v-test, the coordinator v-other",
	}}})
	w.wantEnd("refuses this host: mixed versions: host a runs v-test, the coordinator v-other")
}

// A host that was given up while it was away ends its load, and itself.
func TestAHostThatIsNotLetInAgainEndsItsAgents(t *testing.T) {
	t.Parallel()
	w, s := started(t, plain, 2, 0)
	s.measure(0)
	s.window()
	s.hangUp()
	w.session().send(&loadctlpb.SessionResponse{Message: &loadctlpb.SessionResponse_Welcome{Welcome: &loadctlpb.Welcome{
		Refused: "host a was given up (nothing was heard of it for 8s); its share was dealt with",
	}}})
	w.wantEnd("refuses this host: host a was given up")
	for _, a := range w.agents {
		if err := syscall.Kill(int(a.GetPid()), 0); err == nil {
			t.Errorf("agent %s is still there", a.GetName())
		}
	}
}

func TestACoordinatorThatDoesNotWelcomeIsNone(t *testing.T) {
	t.Parallel()
	w := begin(t, plain)
	w.session().ack(1)
	w.wantEnd("it answers hello with")
}

func TestOnlyAFinalAnswerIsARefusal(t *testing.T) {
	for code, final := range map[codes.Code]bool{
		codes.PermissionDenied: true, codes.Unauthenticated: true, codes.Unimplemented: true,
		codes.Unavailable: false, codes.DeadlineExceeded: false, codes.Canceled: false, codes.Internal: false,
	} {
		err := refusal(status.Error(code, "x"))
		if got := err.Error() == "the coordinator refuses this host: x"; got != final {
			t.Errorf("%s: %v", code, err)
		}
	}
}

func TestReportsOfABrokenStreamComeAgain(t *testing.T) {
	t.Parallel()
	w, s := started(t, plain, 1, 0)
	seen := map[uint64]*stats.Snapshot{}
	take := func(want uint64) {
		t.Helper()
		seq, merged, _ := s.window()
		if seq != want {
			t.Errorf("report %d, want %d", seq, want)
		}
		seen[seq] = merged
	}
	s.measure(0)
	take(1)
	s.hangUp()

	s = w.welcome(0) // it was not heard
	if s.hello.GetLastOrder() != w.seq || s.hello.GetLastSeq() != 1 {
		t.Errorf("hello %v, order %d", s.hello, w.seq)
	}
	take(1)
	s.measure(1)
	take(2)
	s.hangUp()

	s = w.welcome(2) // both were
	s.measure(2)
	take(3)
	s.measure(3)
	s.hangUp() // measured while no stream is open

	s = w.welcome(3)
	take(4)
	var total stats.Snapshot
	for _, m := range seen {
		total.Merge(m)
	}
	if total.Cells[0].Intended != 4*perWindow {
		t.Errorf("intended %d", total.Cells[0].Intended)
	}
	s.stop()
	s.finished()
	w.wantEnd("")
}

func TestReadyIsSaidOnEveryStreamUntilTheStart(t *testing.T) {
	t.Parallel()
	w := begin(t, plain)
	s := w.welcome(0)
	s.prepare(prepare(1))
	for range 3 {
		if r := s.ready(); len(r.GetAgents()) != 1 || r.GetFailed() != "" {
			t.Errorf("ready %v", r)
		}
		s.hangUp()
		s = w.welcome(0)
	}
	s.ready()
	s.measure(0)
	s.window()
	s.stop()
	s.finished()
	w.wantEnd("")
}

func TestReadyIsNotSaidAfterTheStart(t *testing.T) {
	t.Parallel()
	w, s := started(t, plain, 1, 0)
	s.measure(0)
	s.window()
	s.hangUp()
	s = w.welcome(1)
	s.measure(1)
	if m := s.next(); m.GetReport() == nil {
		t.Errorf("got %v, want the report alone", m)
	}
}

func TestAnOrderThatComesTwiceIsObeyedOnce(t *testing.T) {
	t.Parallel()
	w, s := started(t, plain, 1, 0)
	s.measure(0)
	again := beginOrder(0)
	again.Seq = w.seq
	s.send(again)
	s.measure(1)
	for i := range int64(2) {
		if _, merged, _ := s.window(); merged.Window != i || merged.Cells[0].Intended != perWindow {
			t.Errorf("window %d: %+v", merged.Window, merged.Cells[0])
		}
	}
}

func TestAStreamOnWhichNothingComesIsOpenedAnew(t *testing.T) {
	t.Parallel()
	w := begin(t, plain, func(c *Config) { c.Silence = 4 * time.Second })
	first := w.welcome(0)
	for range first.heard { // until it is given up
		continue
	}
	w.welcome(0)
}

func TestPingsAreAnswered(t *testing.T) {
	t.Parallel()
	s := begin(t, plain).welcome(0)
	before := machine.Monotonic()
	s.send(&loadctlpb.SessionResponse{Message: &loadctlpb.SessionResponse_Ping{Ping: &loadctlpb.Ping{Id: 7, Sent: 11}}})
	if p := (<-s.heard).GetPong(); p.GetId() != 7 || p.GetSent() != 11 {
		t.Errorf("pong %v", p)
	} else if now := machine.Monotonic(); p.GetReceived() < before || p.GetReceived() > now {
		t.Errorf("received at %d, between %d and %d", p.GetReceived(), before, now)
	} else if wall := time.Unix(0, p.GetWall()); time.Since(wall).Abs() > within {
		t.Errorf("the time of day was %s", wall)
	}
}
