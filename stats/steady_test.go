package stats

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/loadctl/loadctl/target/queue"
)

// A virtual run: Poisson arrivals at a queue whose answers come when the queue says.
type virtual struct {
	servers       int
	load          float64 // of the servers
	warm, seconds int     // before it is looked at, and while it is
	limit         time.Duration
	seed          uint64
	slowFor, slow float64 // the first seconds looked at, in which services take longer
}

const virtualService = 10 * time.Millisecond

func (v virtual) run() *Run {
	r := &Run{}
	r.Apply(Update{Started: &Started{Info: Info{SmallestSLO: v.limit}, Layout: &Layout{
		Phases: []PhaseKey{{Name: "load", Recorded: true, Level: true}}, Cells: []CellKey{{Name: "/", Recorded: true}},
	}}})
	r.Apply(Update{Span: &Span{Phase: 0, Begin: 0, Connected: Never, End: Offset(v.seconds) * time.Second, Finish: Never}})
	for i, s := range v.windows()[v.warm:] {
		s.Window = int64(i)
		r.Apply(Update{Window: &Window{Index: int64(i), Merged: s}})
	}
	return r
}

func (v virtual) windows() []*Snapshot {
	all := v.warm + v.seconds
	windows := make([]*Snapshot, all)
	for i := range windows {
		windows[i] = &Snapshot{Cells: []CellStats{{Response: &Histogram{}}}, Phases: make([]PhaseStats, 1)}
	}
	settings := queue.Settings{Law: queue.Law{Kind: queue.Exp, Mean: virtualService}, Servers: v.servers, Seed: v.seed}
	q, random := queue.New(settings), rand.New(rand.NewPCG(v.seed, 1))
	rate := v.load * float64(v.servers) / virtualService.Seconds()
	for at := random.ExpFloat64() / rate; at < float64(all); at += random.ExpFloat64() / rate {
		changed := settings
		if at < float64(v.warm)+v.slowFor {
			changed.Slow = v.slow
		}
		q.Change(Offset(at*1e9), changed)
		v.count(windows, q.Arrive(Offset(at*1e9)))
	}
	return windows
}

func (v virtual) count(windows []*Snapshot, j queue.Job) {
	end := int(j.Done / time.Second)
	for w := int(j.Arrived / time.Second); w < min(end, len(windows)); w++ {
		windows[w].Phases[0].InFlight++
	}
	if end < len(windows) {
		c := &windows[end].Cells[0]
		c.Response.Record(j.Done - j.Arrived)
		c.Classes[OK]++
	}
}

// alarms counts what is found in many runs that differ by seed alone.
func alarms(t *testing.T, v virtual, runs int) (warming, growing, changed int) {
	t.Helper()
	for v.seed = range uint64(runs) {
		levels := JudgeSteadiness(v.run()).Levels
		if len(levels) != 1 {
			t.Fatalf("%+v: %d level phases", v, len(levels))
		}
		warming, growing, changed = warming+one(levels[0].Warming > 0), growing+one(levels[0].Growing), changed+one(levels[0].Changed)
	}
	return warming, growing, changed
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// A queue that holds its load is called steady in 95 of 100 runs, also near its knee,
// where it wanders for seconds.
func TestStableQueuesAreSteady(t *testing.T) {
	const runs = 40
	for _, v := range []virtual{
		{servers: 1, load: .5, seconds: 40},
		{servers: 1, load: .8, seconds: 60, limit: 60 * time.Millisecond},
		{servers: 1, load: .9, seconds: 60},
		{servers: 4, load: .9, seconds: 30, limit: 100 * time.Millisecond},
		{servers: 4, load: .95, seconds: 60, limit: 100 * time.Millisecond},
	} {
		v.warm = 30
		warming, growing, changed := alarms(t, v, runs)
		for what, n := range map[string]int{"warming up": warming, "growing": growing, "changed": changed} {
			if n > runs*5/100 {
				t.Errorf("%+v: %d of %d runs are called %s", v, n, runs, what)
			}
		}
	}
}

func TestOverloadedQueuesGrow(t *testing.T) {
	const runs = 20
	for _, v := range []virtual{
		{servers: 4, load: 1.05, seconds: 60},
		{servers: 4, load: 1.05, seconds: 60, limit: 100 * time.Millisecond},
		{servers: 1, load: 1.3, seconds: 25},
		{servers: 4, load: 1.2, seconds: 40, limit: 300 * time.Millisecond},
	} {
		if _, growing, _ := alarms(t, v, runs); growing < runs*9/10 {
			t.Errorf("%+v: only %d of %d runs are called growing", v, growing, runs)
		}
	}
}

// The slope is in requests a second: what comes beyond what the servers can do.
func TestSlopeOfAnOverload(t *testing.T) {
	l := JudgeSteadiness(virtual{servers: 4, load: 1.5, seconds: 60}.run()).Levels[0]
	if !l.Growing || l.Slope < 190 || l.Slope > 210 {
		t.Errorf("growing %v by %.1f/s, want true by 200/s", l.Growing, l.Slope)
	}
}

func TestWarmUpThatWasRecordedIsSeen(t *testing.T) {
	const runs = 20
	v := virtual{servers: 4, load: .5, warm: 10, seconds: 60, slowFor: 5, slow: 1.6}
	found := 0
	for v.seed = range uint64(runs) {
		if n := JudgeSteadiness(v.run()).Levels[0].Warming; n >= 4 && n <= 7 {
			found++
		}
	}
	if found < runs*7/10 {
		t.Errorf("the five slow seconds were found in %d of %d runs", found, runs)
	}
}

func TestSecondHalfThatIsSlower(t *testing.T) {
	v := virtual{servers: 4, load: .5, warm: 10, seconds: 120, slowFor: 60, slow: 1.7, limit: 60 * time.Millisecond}
	l := JudgeSteadiness(v.run()).Levels[0]
	if !l.Changed || l.First.Value < 2*l.Second.Value {
		t.Errorf("changed %v: %+v, then %+v", l.Changed, l.First, l.Second)
	}
}

// Only phases at one rate can be steady, and only whole, sound seconds say so.
func TestSteadinessLooksAtLevelPhasesAlone(t *testing.T) {
	r := virtual{servers: 4, load: 1.3, seconds: 60}.run()
	r.Layout.Phases[0].Level = false
	if s := JudgeSteadiness(r); len(s.Levels) != 0 {
		t.Errorf("a ramp was judged: %+v", s)
	}
	r.Layout.Phases[0].Level = true
	for i := range r.Windows {
		r.Windows[i].Partial = i%2 == 0
	}
	if s := JudgeSteadiness(r); len(s.Levels) != 1 || s.Levels[0].Seconds > 30 {
		t.Errorf("partial seconds were looked at: %+v", s)
	}
	if s := JudgeSteadiness(virtual{servers: 4, load: .5, seconds: 10}.run()); len(s.Levels) != 0 {
		t.Errorf("ten seconds were judged: %+v", s)
	}
}
