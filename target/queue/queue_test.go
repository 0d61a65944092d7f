package queue

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const ms = time.Millisecond

// exponential are arrivals of a Poisson process, a second, in their own stream.
func exponential(rate float64) func(seed, n uint64) time.Duration {
	return func(seed, n uint64) time.Duration {
		return time.Duration(-math.Log1p(-Uniform(seed, 99, n)) / rate * float64(time.Second))
	}
}

// paced are arrivals at constant distances.
func paced(rate float64) func(seed, n uint64) time.Duration {
	return func(uint64, uint64) time.Duration { return time.Duration(math.Round(float64(time.Second) / rate)) }
}

// A trial is many short runs of one queue in virtual time.
type trial struct {
	set       Settings
	distance  func(seed, n uint64) time.Duration
	inside    []float64 // probabilities of 0, 1, … requests that the first one finds; nil: none
	runs      int
	warm, len int // requests of a run: forgotten, and looked at
}

// each runs the runs and hands over the responses of each, in seconds; refused ones
// as NaN.
func (c trial) each(look func(responses []float64)) {
	for run := range c.runs {
		set := c.set
		set.Seed = uint64(run)
		q, at := New(set), time.Duration(0)
		for range drawn(c.inside, Uniform(set.Seed, 98, 0)) {
			q.Arrive(0)
		}
		out := make([]float64, 0, c.len)
		for n := range c.warm + c.len {
			if j := q.Arrive(at); j.Fate == Refused {
				out = append(out, math.NaN())
			} else {
				out = append(out, (q.Leaves(j) - at).Seconds())
			}
			at += c.distance(set.Seed, uint64(n))
		}
		look(out[c.warm:])
	}
}

// drawn is the state at quantile u.
func drawn(p []float64, u float64) (n int) {
	for n < len(p) && u >= p[n] {
		u -= p[n]
		n++
	}
	return n
}

// found is what a request of M/M/c finds. A queue that starts so needs no time to
// become what the formulas speak of, and many short runs, which know nothing of each
// other, tell more than a few long ones, in which slow requests come in clusters.
func found(m MMc) []float64 { return MMcK{m, 2000}.states() }

// A share is a mean over runs with its standard error: requests of one run hang
// together, runs do not.
type share struct{ n, sum, squares float64 }

func (s *share) add(x float64) { s.n++; s.sum += x; s.squares += x * x }

func (s *share) mean() float64 { return s.sum / s.n }

func (s *share) error() float64 {
	return math.Sqrt(max(0, s.squares/s.n-s.mean()*s.mean()) / (s.n - 1))
}

// is fails unless the mean is want within four standard errors, and unless those are
// small enough to see what is wrong.
func (s *share) is(t *testing.T, what string, want, relative float64) {
	t.Helper()
	if s.error() > relative*want {
		t.Errorf("%s: known to ±%.2g of %.4g only", what, s.error(), want)
	}
	if math.Abs(s.mean()-want) > 4*s.error()+1e-9 {
		t.Errorf("%s: %.5g ± %.2g, want %.5g", what, s.mean(), s.error(), want)
	}
}

var percentiles = []float64{.5, .99, .999}

// precision is the largest standard error of the share above each percentile, over
// that share.
var precision = []float64{.01, .06, .2}

// follows holds the share of responses above the true percentiles against what it is
// to be, and the percentiles of all runs together against the true ones.
func follows(t *testing.T, name string, c trial, quantile func(p float64) float64) {
	t.Helper()
	above := make([]share, len(percentiles))
	var limits []float64
	for _, p := range percentiles {
		limits = append(limits, quantile(p))
	}
	var all []float64
	c.each(func(responses []float64) {
		for i, limit := range limits {
			n, over := 0.0, 0.0
			for _, r := range responses {
				if !math.IsNaN(r) {
					n++
				}
				if r > limit {
					over++
				}
			}
			// Their ratio would favour runs in which few are admitted.
			above[i].add(1 - percentiles[i] + (over-(1-percentiles[i])*n)/float64(len(responses)))
		}
		all = append(all, responses...)
	})
	slices.Sort(all)
	all = slices.DeleteFunc(all, math.IsNaN)
	for i, p := range percentiles {
		what := fmt.Sprintf("%s p%g", name, 100*p)
		above[i].is(t, what, 1-p, precision[i])
		near(t, what, all[int(math.Ceil(p*float64(len(all))))-1], limits[i], []float64{.03, .03, .06}[i])
	}
}

// TestVirtualQueuesFollowTheFormulas, in half a million runs.
func TestVirtualQueuesFollowTheFormulas(t *testing.T) {
	for _, r := range responses {
		m := MMc{r.servers, r.load * float64(r.servers) * 100, 100}
		follows(t, fmt.Sprintf("M/M/%d ρ=%g", r.servers, r.load), trial{
			set: Settings{Law: laws["exp"], Servers: m.Servers}, distance: exponential(m.Arrivals),
			inside: found(m), runs: 30_000, len: 10,
		}, m.Quantile)
	}
	pacedAt80, room := NewDM1(80, 100), MMcK{MMc{4, 480, 100}, 12}
	var geometric []float64
	for n := range 200 {
		geometric = append(geometric, (1-pacedAt80.Waiting())*math.Pow(pacedAt80.Waiting(), float64(n)))
	}
	follows(t, "D/M/1 ρ=.8", trial{set: Settings{Law: laws["exp"], Servers: 1}, distance: paced(80),
		inside: geometric, runs: 30_000, len: 10}, pacedAt80.Quantile)
	follows(t, "M/M/4/12 ρ=1.2", trial{set: Settings{Law: laws["exp"], Servers: 4, Capacity: 12}, distance: exponential(480),
		inside: room.states(), runs: 30_000, len: 10}, room.Quantile)
	// What constant service leaves of the one being served has no simple law: start empty.
	md1 := MD1{Arrivals: 70, D: .01}
	follows(t, "M/D/1 ρ=.7", trial{set: Settings{Law: laws["const"], Servers: 1}, distance: exponential(70),
		runs: 12_000, warm: 150, len: 40}, func(p float64) float64 { return md1.WaitQuantile(p) + md1.D })
	for _, name := range []string{"exp", "h2", "lognormal wide"} {
		follows(t, "·/G/∞ "+name, trial{set: Settings{Law: laws[name]}, distance: paced(5000),
			runs: 4000, len: 50}, laws[name].Quantile)
	}
}

// TestBlockingFollowsTheFormula, below capacity and above, without a queue too.
func TestBlockingFollowsTheFormula(t *testing.T) {
	for _, m := range []MMcK{{MMc{1, 80, 100}, 5}, {MMc{4, 360, 100}, 4}, {MMc{8, 1200, 100}, 20}} {
		var blocked share
		trial{set: Settings{Law: laws["exp"], Servers: m.Servers, Capacity: m.Room}, distance: exponential(m.Arrivals),
			inside: m.states(), runs: 5000, len: 50}.each(func(responses []float64) {
			n := 0.0
			for _, r := range responses {
				if math.IsNaN(r) {
					n++
				}
			}
			blocked.add(n / float64(len(responses)))
		})
		blocked.is(t, fmt.Sprintf("M/M/%d/%d", m.Servers, m.Room), m.Blocked(), .02)
	}
}

// TestMeanWaitsFollowTheFormula, whatever the law of the service.
func TestMeanWaitsFollowTheFormula(t *testing.T) {
	for name, law := range laws {
		if name == "h2 wide" { // its mean is known too badly in so few runs
			continue
		}
		var wait share
		trial{set: Settings{Law: law, Servers: 1}, distance: exponential(60),
			runs: 1500, warm: 300, len: 200}.each(func(responses []float64) {
			sum := 0.0
			for _, r := range responses {
				sum += r
			}
			wait.add(sum/float64(len(responses)) - law.Mean.Seconds())
		})
		wait.is(t, name, MeanWaitMG1(60, law), .06)
	}
}

// TestAFrozenMinuteHasAKnownTail: 60,000 requests in a minute, two seconds of it
// frozen. A share S/T of them waits, evenly from nothing to S.
func TestAFrozenMinuteHasAKnownTail(t *testing.T) {
	q := New(Settings{Law: Law{Kind: Const, Mean: ms}})
	q.Freeze(30*time.Second, 2*time.Second)
	var responses []time.Duration
	for n := range time.Duration(60_000) {
		responses = append(responses, q.Leaves(q.Arrive(n*ms))-n*ms)
	}
	slices.Sort(responses)
	for p, want := range map[int]time.Duration{990: 1401 * ms, 999: 1941 * ms, 900: ms} {
		if got := responses[60*p-1]; got < want-ms || got > want+ms {
			t.Errorf("p%g: %s, want %s", float64(p)/10, got, want)
		}
	}
}

// story hands requests of 10 ms to a queue and returns when their answers leave.
func story(q *Queue, at ...time.Duration) (out []time.Duration) {
	for _, a := range at {
		out = append(out, q.Leaves(q.Arrive(a)))
	}
	return out
}

func expect(t *testing.T, got []time.Duration, want ...time.Duration) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("leave at %v, want %v", got, want)
	}
}

var tens = Law{Kind: Const, Mean: 10 * ms}

func TestFirstComeFirstServed(t *testing.T) {
	expect(t, story(New(Settings{Law: tens, Servers: 1}), 0, ms, 2*ms, 50*ms), 10*ms, 20*ms, 30*ms, 60*ms)
	expect(t, story(New(Settings{Law: tens, Servers: 2}), 0, ms, 2*ms, 50*ms), 10*ms, 11*ms, 20*ms, 60*ms)
	expect(t, story(New(Settings{Law: tens}), 0, ms, 2*ms), 10*ms, 11*ms, 12*ms)
}

// TestAFreezeMovesWhatIsInside: what was promised leaves later by what is left of it.
func TestAFreezeMovesWhatIsInside(t *testing.T) {
	q := New(Settings{Law: tens, Servers: 1})
	a, b := q.Arrive(0), q.Arrive(ms)
	q.Freeze(15*ms, 100*ms)
	c := q.Arrive(60 * ms)
	expect(t, []time.Duration{q.Leaves(a), q.Leaves(b), q.Leaves(c)}, 10*ms, 120*ms, 130*ms)
	if q.Frozen(14*ms) || !q.Frozen(15*ms) || q.Frozen(115*ms) {
		t.Error("frozen at the wrong time")
	}
	if n := q.Inside(116 * ms); n != 2 {
		t.Errorf("%d inside, want 2", n)
	}
}

// TestFreezesThatTouchAreOne, in whatever order they are told.
func TestFreezesThatTouchAreOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		stood := make([]bool, 200)
		var c clock
		for range rapid.IntRange(0, 5).Draw(t, "freezes") {
			at, lasts := rapid.IntRange(0, 99).Draw(t, "at"), rapid.IntRange(0, 40).Draw(t, "for")
			c.freeze(freeze{time.Duration(at), time.Duration(lasts)})
			for i := at; i < at+lasts; i++ {
				stood[i] = true
			}
		}
		w := time.Duration(0)
		for i, stands := range stood {
			at := time.Duration(i)
			if c.worked(at) != w || c.holds(at) != stands {
				t.Fatalf("at %d: worked %d, holds %v; want %d, %v", i, c.worked(at), c.holds(at), w, stands)
			}
			if !stands {
				if c.leaves(w) != at {
					t.Fatalf("after work of %d one leaves at %d, want %d", w, c.leaves(w), at)
				}
				w++
			}
		}
	})
}

// TestTheFullRefuse: of three at once, with room for two, the last is refused; it
// takes nobody's place.
func TestTheFullRefuse(t *testing.T) {
	q := New(Settings{Law: tens, Servers: 1, Capacity: 2})
	var fates []Fate
	for _, at := range []time.Duration{0, 0, 0, 9 * ms, 10 * ms, 11 * ms} {
		fates = append(fates, q.Arrive(at).Fate)
	}
	if want := []Fate{Served, Served, Refused, Refused, Served, Refused}; !slices.Equal(fates, want) {
		t.Errorf("%v, want %v", fates, want)
	}
}

// TestChangesHoldFromNowOn: the promised stays; who comes later finds the new queue.
func TestChangesHoldFromNowOn(t *testing.T) {
	set := Settings{Law: tens, Servers: 2}
	q := New(set)
	expect(t, story(q, 0, 5*ms), 10*ms, 15*ms)
	set.Servers = 1 // the one that is free at 10 goes
	q.Change(6*ms, set)
	expect(t, story(q, 7*ms), 25*ms)
	set.Servers, set.Law.Mean = 3, 20*ms
	q.Change(8*ms, set)
	expect(t, story(q, 8*ms, 9*ms, 9*ms), 28*ms, 29*ms, 45*ms)
	set.Slow = 1.5
	q.Change(100*ms, set)
	expect(t, story(q, 100*ms), 130*ms)
	set.BlackHole = true
	q.Change(101*ms, set)
	if j := q.Arrive(101 * ms); j.Fate != Swallowed || q.Inside(101*ms) != 1 {
		t.Errorf("%+v, %d inside", j, q.Inside(101*ms))
	}
}

// TestErrorsAreAShareAndTakeTheirTime: an error is served like any other.
func TestErrorsAreAShareAndTakeTheirTime(t *testing.T) {
	const n = 100_000
	q := New(Settings{Law: tens, ErrorRate: .2, Seed: 3})
	failed := 0.0
	for i := range time.Duration(n) {
		if j := q.Arrive(i); j.Fate == Failed {
			failed++
			if j.Service != 10*ms {
				t.Fatalf("%+v", j)
			}
		}
	}
	if se := math.Sqrt(.2 * .8 / n); math.Abs(failed/n-.2) > 4*se {
		t.Errorf("%g failed, want .2 ± %g", failed/n, 4*se)
	}
}

// TestASeedIsASequence: the same again, from the change to it on; another is another.
func TestASeedIsASequence(t *testing.T) {
	draw := func(q *Queue) (out []time.Duration) {
		for range 5 {
			out = append(out, q.Arrive(0).Service)
		}
		return out
	}
	set := Settings{Law: laws["exp"], Servers: 1, Seed: 1}
	one := draw(New(set))
	set.Seed = 2
	q := New(set)
	if two := draw(q); slices.Equal(one, two) {
		t.Error("two seeds, one sequence")
	}
	set.Seed = 1
	q.Change(0, set)
	if again := draw(q); !slices.Equal(one, again) {
		t.Errorf("%v, want %v", again, one)
	}
}

// TestWorkIsConserved: whatever comes, no answer leaves before its service could have
// been done, and never are more served at once than there are servers.
func TestWorkIsConserved(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.IntRange(1, 4).Draw(t, "servers")
		q := New(Settings{Law: laws["h2"], Servers: c, Seed: rapid.Uint64().Draw(t, "seed")})
		at := time.Duration(0)
		var jobs []Job
		for _, gap := range rapid.SliceOfN(rapid.IntRange(0, 20), 1, 60).Draw(t, "gaps") {
			at += time.Duration(gap) * ms
			jobs = append(jobs, q.Arrive(at))
		}
		for _, j := range jobs {
			if j.Done-j.Service < j.Arrived {
				t.Fatalf("%+v was served before it came", j)
			}
			if n := served(jobs, j.Done-j.Service); n > c {
				t.Fatalf("%d served at once by %d", n, c)
			}
		}
	})
}

func served(jobs []Job, at time.Duration) (n int) {
	for _, j := range jobs {
		if j.Done-j.Service <= at && at < j.Done {
			n++
		}
	}
	return n
}

func TestSettingsThatCannotBe(t *testing.T) {
	good := Settings{Law: tens, Servers: 2, Capacity: 2, Slow: 2, ErrorRate: 1}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*Settings){
		"law":      func(s *Settings) { s.Law.Mean = 0 },
		"servers":  func(s *Settings) { s.Servers = -1 },
		"many":     func(s *Settings) { s.Servers = mostServers + 1 },
		"room":     func(s *Settings) { s.Capacity = 1 },
		"slow":     func(s *Settings) { s.Slow = -1 },
		"NaN":      func(s *Settings) { s.Slow = math.NaN() },
		"errors":   func(s *Settings) { s.ErrorRate = 1.1 },
		"no share": func(s *Settings) { s.ErrorRate = math.NaN() },
	} {
		s := good
		change(&s)
		if s.Validate() == nil {
			t.Errorf("%s: nothing to say", name)
		}
	}
}

func BenchmarkArrive(b *testing.B) {
	q, at, distance := New(Settings{Law: laws["exp"], Servers: 8}), time.Duration(0), exponential(720)
	for n := uint64(0); b.Loop(); n++ {
		at += distance(1, n)
		q.Arrive(at)
	}
}
