package workers

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// A story is a roster under virtual time. Its processes do what they are told by the
// test alone.
type story struct {
	t       *testing.T
	now     time.Duration
	waiting map[int]int // connections in the queue of a place
	*roster
}

func tell(t *testing.T, want, slots int) *story {
	s := &story{t: t, waiting: map[int]int{}, roster: newRoster(want, slots)}
	s.limits, s.linger = Limits{Grace: 10 * time.Second, Timeout: 30 * time.Second}, time.Second
	return s
}

// after lets time pass, and expects that so much is done then and nothing else.
func (s *story) after(d time.Duration, want ...string) {
	s.t.Helper()
	s.now += d
	var got []string
	for _, deed := range s.settle(s.now, func(i int) int { return s.waiting[i] }) {
		got = append(got, deed.text())
	}
	if !slices.Equal(got, want) {
		s.t.Fatalf("at %s: %s; want %s", s.now, strings.Join(got, ", "), strings.Join(want, ", "))
	}
}

func (d deed) text() string {
	verbs := [...]string{"start", "leave", "abort", "kill", "choose", "vacate"}
	if d.m != nil {
		return fmt.Sprintf("%s %d in %d", verbs[d.do], d.m.slot, d.m.place)
	}
	return fmt.Sprintf("%s %d", verbs[d.do], d.place)
}

// slot is the process of a slot.
func (s *story) slot(n int) *member {
	s.t.Helper()
	for _, m := range s.members {
		if m.slot == n {
			return m
		}
	}
	s.t.Fatalf("slot %d is free", n)
	return nil
}

func (s *story) serves(slots ...int) {
	s.t.Helper()
	for _, n := range slots {
		s.ready(s.slot(n), s.now)
	}
}

func (s *story) ends(slots ...int) {
	s.t.Helper()
	for _, n := range slots {
		s.ended(s.slot(n), s.now)
	}
}

func TestAReloadReplacesOneAfterTheOther(t *testing.T) {
	s := tell(t, 2, 4)
	s.after(0, "start 0 in 0", "start 1 in 1")
	if s.begun() {
		t.Error("begun before any was ready")
	}
	s.serves(0, 1)
	s.after(0)
	if !s.begun() || !s.still() {
		t.Error("both are ready")
	}
	s.current++
	s.after(0, "start 2 in 0")
	s.after(time.Second) // the old one serves until then
	s.serves(2)
	s.after(0, "start 3 in 1", "leave 0 in 0")
	s.serves(3)
	s.after(0, "leave 1 in 1") // though 0 has not left yet
	s.ends(0, 1)
	s.after(0)
	if !s.still() {
		t.Error("all is done")
	}
}

func TestAReloadWaitsForAFreeSlot(t *testing.T) {
	s := tell(t, 1, 2)
	s.after(0, "start 0 in 0")
	s.serves(0)
	s.current++
	s.after(0, "start 1 in 0")
	s.serves(1)
	s.after(0, "leave 0 in 0")
	s.current++
	s.after(time.Second)
	s.ends(0)
	s.after(0, "start 0 in 0")
}

func TestACrashIsReplacedAtOnceAndThenLater(t *testing.T) {
	s := tell(t, 1, 2)
	s.after(0, "start 0 in 0")
	s.serves(0)
	s.ends(0)
	s.after(0, "start 0 in 0")
	s.ends(0)
	s.after(firstPause - 1)
	s.after(1, "start 0 in 0")
	s.serves(0)
	s.after(settled)
	s.ends(0)
	s.after(0, "start 0 in 0")
}

func TestWhoTakesTooLongIsKilled(t *testing.T) {
	s := tell(t, 1, 3)
	s.after(0, "start 0 in 0")
	s.serves(0)
	s.slot(0).wish = true
	s.after(0, "start 1 in 0")
	s.serves(1)
	s.after(0, "leave 0 in 0")
	s.after(s.limits.Grace)
	s.after(1, "kill 0 in 0")
	s.after(1)
	if why := s.slot(0).why(); why != Overdue {
		t.Errorf("it %s", why)
	}
	s.ends(0)
	hung := s.slot(1)
	for range 200 { // looks, half a second apart at most
		hung.heard(7, 250*time.Millisecond)
	}
	s.after(0, "abort 1 in 0", "start 0 in 0")
	s.after(abortLimit+1, "kill 1 in 0")
	if why := hung.why(); why != Silent || !hung.killed {
		t.Errorf("it %s, killed %v", why, hung.killed)
	}
}

func TestAMasterThatSleptBlamesNobody(t *testing.T) {
	m := &member{state: Serving}
	m.heard(1, 0)
	m.heard(1, time.Hour)
	if m.silent > time.Second {
		t.Errorf("silent for %s", m.silent)
	}
	m.heard(2, time.Hour)
	if m.silent != 0 {
		t.Errorf("silent for %s after a beat", m.silent)
	}
}

func TestAStartThatHangsIsGivenUp(t *testing.T) {
	s := tell(t, 1, 3)
	s.after(0, "start 0 in 0")
	s.after(startLimit)
	s.after(1, "abort 0 in 0", "start 1 in 0")
}

func TestWhoGoesByItselfIsReplacedWhileItDoes(t *testing.T) {
	s := tell(t, 1, 2)
	s.after(0, "start 0 in 0")
	s.serves(0)
	s.leaving(s.slot(0), s.now)
	s.after(0, "start 1 in 0")
	s.serves(1)
	s.after(0)
	s.ends(0)
	s.after(0)
	if !s.still() {
		t.Error("all is done")
	}
}

func TestANewPlaceIsChosenOnceItIsServed(t *testing.T) {
	s := tell(t, 1, 6)
	s.after(0, "start 0 in 0")
	s.serves(0)
	s.want = 3
	s.after(0, "start 1 in 1", "start 2 in 2")
	s.serves(2)
	s.after(0) // the kernel chooses the first of them only
	s.serves(1)
	s.after(0, "choose 3")
}

// A place that is wanted no more goes last: it is chosen no more, then handshakes have
// their time, then what waits is served, then its worker finishes, then its socket closes.
func TestALeavingPlaceLosesNothing(t *testing.T) {
	s := tell(t, 3, 6)
	s.after(0, "start 0 in 0", "start 1 in 1", "start 2 in 2")
	s.serves(0, 1, 2)
	s.want = 1
	s.waiting[1] = 5
	s.after(0, "choose 1")
	s.after(s.linger - 1)
	s.after(1, "leave 2 in 2")
	s.after(time.Second) // 1 has a queue, and 2 is not gone
	s.ends(2)
	s.after(0, "vacate 2")
	s.ends(1) // killed, with a queue
	s.after(0, "start 1 in 1")
	s.serves(1)
	s.after(time.Second)
	s.waiting[1] = 0
	s.after(0, "leave 1 in 1")
	s.ends(1)
	s.after(0, "vacate 1")
	if !s.still() || len(s.places) != 1 {
		t.Errorf("%d places", len(s.places))
	}
}

func TestAQueueThatNeverEmptiesIsLeftInTheEnd(t *testing.T) {
	s := tell(t, 2, 4)
	s.after(0, "start 0 in 0", "start 1 in 1")
	s.serves(0, 1)
	s.want, s.waiting[1] = 1, 9
	s.after(0, "choose 1")
	s.after(s.linger + s.limits.Grace)
	s.after(1, "leave 1 in 1")
}

func TestAPlaceThatIsWantedAgainIsNotClosed(t *testing.T) {
	s := tell(t, 2, 6)
	s.after(0, "start 0 in 0", "start 1 in 1")
	s.serves(0, 1)
	s.want = 1
	s.after(0, "choose 1")
	s.want = 2
	s.after(0, "choose 2")
	s.want = 1
	s.after(0, "choose 1")
	s.after(s.linger, "leave 1 in 1")
	s.want = 2
	s.after(0, "start 2 in 1")
	s.serves(2)
	s.ends(1)
	s.after(0, "choose 2")
}

func TestTheEnd(t *testing.T) {
	s := tell(t, 2, 4)
	s.after(0, "start 0 in 0", "start 1 in 1")
	s.serves(0)
	s.ending = true
	s.after(0, "leave 0 in 0", "leave 1 in 1")
	s.ends(1)
	s.after(time.Second)
	s.quick = true
	s.after(0, "kill 0 in 0")
	s.ends(0)
	s.after(time.Hour)
}
