package fleet

import (
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A far host has a clock that drifts, behind a network whose two ways differ.
type far struct {
	offset      time.Duration // at 0 of our clock
	drift       float64
	there, back time.Duration // the least each way takes
	jitter      time.Duration // mean of what comes on top
	r           *rand.Rand
	now         time.Duration // our clock
}

// ahead is the true offset.
func (f *far) ahead(t time.Duration) time.Duration {
	return f.offset + time.Duration(f.drift*float64(t))
}

func (f *far) way(least time.Duration) time.Duration {
	return least + time.Duration(f.r.ExpFloat64()*float64(f.jitter))
}

func (f *far) ping() Ping {
	p := Ping{Sent: f.now}
	arrives := f.now + f.way(f.there)
	p.Received = arrives + f.ahead(arrives)
	f.now = arrives + f.way(f.back)
	p.Back = f.now
	return p
}

// compare pings as the coordinator does for so long.
func (f *far) compare(c *Clock, until time.Duration, each func()) {
	for f.now < until {
		for c.Wants(f.now) {
			c.Learn(f.ping())
		}
		each()
		f.now += time.Second
	}
}

func someHost(t *rapid.T) *far {
	micro := func(name string, most int64) time.Duration {
		return time.Duration(rapid.Int64Range(0, most).Draw(t, name)) * time.Microsecond
	}
	return &far{
		offset: micro("offset", 1<<40) - 1<<39, drift: float64(rapid.IntRange(-30, 30).Draw(t, "drift")) * 1e-6,
		there: micro("there", 90_000), back: micro("back", 90_000), jitter: micro("jitter", 3_000),
		r: rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1)),
	}
}

// TestTheTruthIsWithinTheStatedError, whichever way is the slower one, while pings
// come and until the next round; and that error is no more than half a round trip and
// what ten seconds may add.
func TestTheTruthIsWithinTheStatedError(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, c := someHost(t), &Clock{}
		f.compare(c, 3*time.Minute, func() {
			for _, at := range []time.Duration{f.now, f.now + RoundEvery} {
				offset, within := c.At(at)
				if off := (offset - f.ahead(at)).Abs(); off > within {
					t.Fatalf("at %s the offset is %s, said to be %s ± %s: off by %s", at, f.ahead(at), offset, within, off)
				}
			}
			newest := c.rounds[len(c.rounds)-1]
			if _, within := c.At(f.now); within > 2*newest.within+3*time.Millisecond {
				t.Fatalf("± %s by a ping that is sure of %s", within, newest.within)
			}
		})
	})
}

// TestSecondsAreApartByNoMoreThanStated: a host begins its seconds by what was agreed,
// and drifts.
func TestSecondsAreApartByNoMoreThanStated(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, c := someHost(t), &Clock{}
		f.compare(c, 5*time.Second, func() {})
		epoch := f.now + time.Second
		host := time.Duration(c.Agree(epoch))
		worst := time.Duration(0)
		f.compare(c, 10*time.Minute, func() {
			apart := (f.now + f.ahead(f.now) - host - (f.now - epoch)).Abs()
			if said := c.Apart(f.now); apart > said {
				t.Fatalf("at %s seconds are %s apart, said to be at most %s", f.now, apart, said)
			}
			worst = max(worst, apart)
		})
		if c.WorstApart()+time.Millisecond < worst {
			t.Fatalf("seconds were %s apart, said to have been at most %s", worst, c.WorstApart())
		}
	})
}

// TestTheLineFollowsADrift: pings whose ways differ at random leave little of a drift
// unknown after some rounds.
func TestTheLineFollowsADrift(t *testing.T) {
	f, c := &far{drift: 30e-6, there: 200 * time.Microsecond, back: 200 * time.Microsecond, jitter: 100 * time.Microsecond, r: rand.New(rand.NewPCG(1, 1))}, &Clock{}
	f.compare(c, 5*time.Minute, func() {})
	if slope := lineThrough(c.rounds).slope; slope < 28e-6 || slope > 32e-6 {
		t.Errorf("drift %.1f µs/s, want 30", slope*1e6)
	}
}

// TestAHostThatStoodStill, as a virtual machine that is moved does, is known by its
// next round; its seconds are late for good.
func TestAHostThatStoodStill(t *testing.T) {
	f, c := &far{there: 50 * time.Microsecond, back: 50 * time.Microsecond, r: rand.New(rand.NewPCG(1, 1))}, &Clock{}
	f.compare(c, 30*time.Second, func() {})
	c.Agree(f.now)
	f.compare(c, time.Minute, func() {})
	if c.WorstApart() > 2*time.Millisecond {
		t.Errorf("%s apart before it stood still", c.WorstApart())
	}
	f.offset -= 2 * time.Second
	f.compare(c, 2*time.Minute, func() {})
	offset, within := c.At(f.now)
	if (offset-f.ahead(f.now)).Abs() > within || within > 2*time.Millisecond {
		t.Errorf("offset %s ± %s, is %s", offset, within, f.ahead(f.now))
	}
	if apart := c.Apart(f.now); apart < 2*time.Second || apart > 2*time.Second+5*time.Millisecond {
		t.Errorf("%s apart", apart)
	}
}

func TestAClockIsKnownByAWholeRound(t *testing.T) {
	f, c := &far{there: time.Millisecond, r: rand.New(rand.NewPCG(1, 1))}, &Clock{}
	if c.Known() || !c.Wants(0) || c.Wall() != 0 || c.Apart(time.Second) != 0 {
		t.Error("something is known of a clock nobody asked")
	}
	for range PingsOfRound {
		if c.Known() || !c.Wants(f.now) {
			t.Errorf("known after %d pings", c.rounds[0].pings)
		}
		c.Learn(f.ping())
	}
	if !c.Known() || c.Wants(f.now) || !c.Wants(RoundEvery) {
		t.Errorf("known %v; %+v", c.Known(), c.rounds)
	}
	c.Learn(Ping{Sent: time.Second, Back: 0, Received: time.Hour})
	if o, _ := c.At(f.now); o.Abs() > 2*time.Millisecond {
		t.Errorf("a ping that came before it was sent counts: %s", o)
	}
	for f.now = RoundEvery; f.now < 1000*RoundEvery; f.now += RoundEvery {
		c.Learn(f.ping())
	}
	if len(c.rounds) != keptRounds {
		t.Errorf("%d rounds are kept", len(c.rounds))
	}
}
