package store

import (
	"fmt"
	"testing"
	"time"
)

func TestReplicasAreChosenByPolicy(t *testing.T) {
	now := time.Now()
	ok := standing{seen: true}
	behind := func(d time.Duration) standing { return standing{seen: true, lag: d} }
	dead := standing{seen: true, fault: "gone"}
	left := ok.after(false, now.Add(-500*time.Millisecond))
	for _, c := range []struct {
		what, policy, most string
		all                []standing
		turn               uint64
		want               string
	}{
		{"each has its turn", "round_robin", "0", []standing{ok, ok, ok}, 0, "[0 1 2]"},
		{"each has its turn", "round_robin", "0", []standing{ok, ok, ok}, 4, "[1 2 0]"},
		{"any lag is fine", "round_robin", "0", []standing{behind(time.Hour), {}}, 0, "[0 1]"},
		{"too far behind, or nobody knows", "round_robin", "1s", []standing{behind(2 * time.Second), {}, behind(time.Second)}, 0, "[2]"},
		{"dead or left", "round_robin", "0", []standing{dead, ok, left}, 2, "[1]"},
		{"least behind", "least_lag", "0", []standing{behind(3), behind(1), behind(2)}, 0, "[1 2 0]"},
		{"equally far behind", "least_lag", "0", []standing{ok, behind(9), ok}, 2, "[2 0 1]"},
		{"nothing is left", "least_lag", "1s", []standing{behind(time.Minute), dead}, 0, "[]"},
		{"replicas are not read", "primary", "0", []standing{ok}, 0, "[]"},
	} {
		set := settings(t, "replica_policy", c.policy, "replica_max_lag", c.most)
		if got := fmt.Sprint(choose(set, c.all, now, c.turn)); got != c.want {
			t.Errorf("%s: %s, not %s", c.what, got, c.want)
		}
	}
}

func TestAReplicaThatFailsIsLeftForLongerEachTime(t *testing.T) {
	now := time.Now()
	s := standing{}
	for _, want := range []time.Duration{1, 2, 4, 8, 8} {
		s = s.after(false, now)
		if got := s.until.Sub(now); got != want*time.Second {
			t.Errorf("left for %s, not %ds", got, want)
		}
		if s.readable(0, now) || !s.readable(0, s.until) {
			t.Error("it is not left until then")
		}
	}
	if s = s.after(true, now); !s.readable(0, now) {
		t.Error("one that answers is left")
	}
	r := replica{stand: standing{}.after(false, now)}
	r.looked(0, "gone")
	r.looked(time.Second, "")
	if got := r.standing(); !got.readable(0, now) || got.lag != time.Second {
		t.Errorf("the monitor saw it answer: %+v", got)
	}
}

func TestLagIsFoundByPosition(t *testing.T) {
	begin := time.Now()
	at := func(s float64) time.Time { return begin.Add(time.Duration(s * float64(time.Second))) }
	var h history
	h.add(at(0), 100)
	for _, c := range []struct {
		what     string
		now      float64
		position int64
		lag      time.Duration
		first    bool
	}{
		{"it has all", 1, 100, 0, false},
		{"it has more than was seen", 1, 120, 0, false},
		{"an idle primary", 3600, 100, 0, false},
		{"it lacked something from the start", 2, 90, 2 * time.Second, true},
	} {
		if lag, first := h.lag(at(c.now), c.position); lag != c.lag || first != c.first {
			t.Errorf("%s: %s, %v", c.what, lag, first)
		}
	}
	h.add(at(10), 100)
	h.add(at(11), 150)
	h.add(at(12), 180)
	if lag, first := h.lag(at(15), 100); lag != 4*time.Second || first {
		t.Errorf("it stands still since 11 s: %s", lag)
	}
	if lag, _ := h.lag(at(15), 150); lag != 3*time.Second {
		t.Errorf("it lacks what came at 12 s: %s", lag)
	}
	for i := range 10_000 {
		h.add(at(float64(20+i)), int64(200+i))
	}
	if n := len(h.marks); n > 3700 {
		t.Errorf("%d marks are remembered", n)
	}
}

// A primary that was made anew, or restored, at the same address has a shorter log than the
// one that was seen there. Its replicas must be read again.
func TestAShorterLogIsAnotherOne(t *testing.T) {
	begin := time.Now()
	var h history
	h.add(begin, 1000)
	h.add(begin.Add(time.Second), 2000)
	h.add(begin.Add(2*time.Second), 300)
	if lag, _ := h.lag(begin.Add(time.Hour), 300); lag != 0 {
		t.Errorf("a replica that has all is %s behind", lag)
	}
	h.add(begin.Add(3*time.Second), 400)
	if lag, first := h.lag(begin.Add(4*time.Second), 300); lag != time.Second || first {
		t.Errorf("%s, %v", lag, first)
	}
}
