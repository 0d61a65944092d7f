package stats

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// testLayout has a warm-up, a steady phase with two rows, and a hold phase with a
// row of heartbeats.
func testLayout() *Layout {
	return &Layout{
		Phases: []PhaseKey{{Name: "warmup"}, {Name: "steady", Recorded: true}, {Name: "hold", Recorded: true, Holds: 100}},
		Cells: []CellKey{
			{Phase: 0, Name: "/items/{id}", Method: "GET"},
			{Phase: 1, Name: "/items/{id}", Method: "GET", Recorded: true},
			{Phase: 1, Name: "/health", Method: "GET", Recorded: true},
			{Phase: 2, Name: "/ping", Method: "GET", Heartbeat: true},
		},
	}
}

const (
	warmupItems = iota
	steadyItems
	steadyHealth
	holdBeats
)

// answered is a request that took its whole response time to be served.
func answered(cell int, at Offset, took time.Duration) *Sample {
	return &Sample{
		Cell: cell, Class: OK, Status: 200,
		Intended: at, Scheduled: at, Connected: at, Written: at, FirstByte: at + took, Done: at + took,
		BytesIn: 100, BytesOut: 50, ChecksPassed: 1,
	}
}

func failed(cell int, class Class, at Offset, took time.Duration, err string) *Sample {
	s := answered(cell, at, took)
	s.Class, s.Err, s.Status, s.ChecksPassed = class, err, 0, 0
	return s
}

// TestFirstOfTheHouse: 100 arrivals a second for 10 s, a target that freezes for
// 1 s once, and one connection that each request must wait for. By service
// time one request is slow; by response time about a hundred are.
func TestFirstOfTheHouse(t *testing.T) {
	const gap, service, freezeAt, freeze = 10 * time.Millisecond, time.Millisecond, 5 * time.Second, time.Second
	r := NewRecorder(testLayout(), nil)
	free := Offset(0)
	for i := range 1000 {
		at := time.Duration(i) * gap
		written := max(at, free)
		done := written + service
		if written <= freezeAt && freezeAt < done {
			done += freeze
		}
		free = done
		r.Intend(steadyItems)
		s := answered(steadyItems, at, done-at)
		s.Connected, s.Written = written, written
		r.Record(s)
	}
	c := r.Cut(0).Cells[steadyItems]
	slow := 100 * time.Millisecond
	if n := c.Service.CountAbove(slow); n != 1 {
		t.Errorf("%d requests are slow by service time, want 1", n)
	}
	if n := c.Response.CountAbove(slow); n < 95 || n > 105 {
		t.Errorf("%d requests are slow by response time, want about 100", n)
	}
	if p := c.Service.Percentile(99); p > 2*time.Millisecond {
		t.Errorf("p99 of service time is %s", p)
	}
	if p := c.Response.Percentile(99); p < 900*time.Millisecond {
		t.Errorf("p99 of response time is %s", p)
	}
}

// samples draws what requests of the test layout may end as.
func samples() *rapid.Generator[*Sample] {
	return rapid.Custom(func(t *rapid.T) *Sample {
		s := answered(rapid.IntRange(0, 3).Draw(t, "cell"), durations().Draw(t, "at"), durations().Draw(t, "took"))
		s.Class = Class(rapid.IntRange(0, Classes-1).Draw(t, "class"))
		s.Status = rapid.SampledFrom([]int{0, 200, 201, 404, 503}).Draw(t, "status")
		s.ConnectTime = rapid.SampledFrom([]time.Duration{0, time.Microsecond}).Draw(t, "connect")
		if s.Class.Failed() {
			s.Err = rapid.SampledFrom([]string{"", "connection reset", "check status"}).Draw(t, "err")
			s.Detail = []byte(rapid.SampledFrom([]string{"", "/items/1", "/items/2"}).Draw(t, "detail"))
		}
		if s.Class == NotSent {
			s.Scheduled, s.Connected, s.Written, s.FirstByte = Never, Never, Never, Never
		}
		return s
	})
}

// TestManyRecordersAreOne: samples spread over recorders, merged in any order and
// grouping, are the same snapshot as one recorder's that saw all of them.
func TestManyRecordersAreOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := testLayout()
		all := rapid.SliceOfN(samples(), 0, 60).Draw(t, "samples")
		one := NewRecorder(l, nil)
		many := []*Recorder{NewRecorder(l, nil), NewRecorder(l, nil), NewRecorder(l, nil)}
		for _, s := range all {
			for _, r := range []*Recorder{one, many[rapid.IntRange(0, 2).Draw(t, "recorder")]} {
				r.Intend(s.Cell)
				r.Record(s)
			}
		}
		want := one.Cut(7)
		a, b, c := many[0].Cut(7), many[1].Cut(7), many[2].Cut(7)
		mustEqual(t, want, merged(a, merged(b, c)))
		mustEqual(t, want, merged(merged(a, b), c))
		mustEqual(t, want, merged(c, merged(b, a)))
		mustEqual(t, want, summed(t, l, want))
		mustEqual(t, want, summed(t, l, a, b, c))
		mustEqual(t, want, summed(t, l, c, a, b))
	})
}

// summed adds parts up in one sum, as they come off the wire: it takes them over.
func summed(t *rapid.T, l *Layout, parts ...*Snapshot) *Snapshot {
	var sum SnapshotSum
	for _, p := range parts {
		own := merged(p)
		own.Cells, own.Phases = grown(own.Cells, len(l.Cells)), grown(own.Phases, len(l.Phases))
		for i := range own.Cells {
			own.Cells[i].Bins = slices.Clone(own.Cells[i].Bins)
		}
		own.Pack()
		sum.Add(own)
	}
	return sum.Snapshot()
}

// merged merges copies, so that the parts can be merged again another way.
func merged(parts ...*Snapshot) *Snapshot {
	s := &Snapshot{Window: parts[0].Window}
	for _, p := range parts {
		s.Merge(p)
	}
	return s
}

func mustEqual(t *rapid.T, want, got *Snapshot) {
	t.Helper()
	got.Pack()
	if !reflect.DeepEqual(want, got) {
		t.Fatalf("merged snapshots differ from one recorder's:\n%+v\n%+v", want, got)
	}
}

func TestIdentityHoldsInEverySnapshot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := NewRecorder(testLayout(), nil)
		var total Snapshot
		for w := range rapid.Int64Range(1, 5).Draw(t, "windows") {
			for _, s := range rapid.SliceOfN(samples(), 0, 20).Draw(t, "samples") {
				r.Intend(s.Cell)
				r.Record(s)
			}
			total.Append(r.Cut(w))
		}
		for i, c := range total.Cells {
			if c.Intended != c.Ended() {
				t.Fatalf("row %d: %d intended, %d ended", i, c.Intended, c.Ended())
			}
			if c.Response.Count() != c.Classes[OK] || c.Failed.Count() != c.Bad() {
				t.Fatalf("row %d: times do not match the classes", i)
			}
		}
	})
}

func TestCutGivesDeltas(t *testing.T) {
	l := testLayout()
	block := make([]uint64, l.CounterWords())
	r := NewRecorder(l, block)
	for w := range int64(3) {
		r.Intend(steadyItems)
		r.Record(answered(steadyItems, 0, time.Millisecond))
		r.Iteration(1, IterIntended)
		r.Iteration(1, IterCompleted)
		r.Connect(1, time.Millisecond)
		r.Secured(1, time.Millisecond, false)
		r.Secured(1, time.Millisecond, true)
		r.Opened(2)
		r.HeartbeatSent(2)
		r.HeartbeatAnswered(2)
		r.SetGauges(2, 10, 9, 8, 7, 6)
		s := r.Cut(w)
		c, p, h := &s.Cells[steadyItems], &s.Phases[1], &s.Phases[2]
		if s.Window != w || c.Intended != 1 || c.Classes[OK] != 1 || c.BytesIn != 100 || c.BytesOut != 50 || c.ChecksPassed != 1 {
			t.Errorf("window %d: %+v", w, c)
		}
		if c.Response.Count() != 1 || c.Service.Count() != 1 || c.FirstByte.Count() != 1 || c.Failed != nil {
			t.Errorf("window %d: times %+v", w, c)
		}
		if !slices.Equal(c.Statuses, []StatusCount{{200, 1}}) {
			t.Errorf("window %d: statuses %v", w, c.Statuses)
		}
		if p.IterIntended != 1 || p.IterCompleted != 1 || p.Connect.Count() != 1 || p.PacerLag.Count() != 1 || p.PoolWait.Count() != 1 {
			t.Errorf("window %d: phase %+v", w, p)
		}
		if p.TLSHandshakes != 2 || p.TLSResumed != 1 || p.TLS.Count() != 2 {
			t.Errorf("window %d: phase %+v", w, p)
		}
		if h.ConnOpened != 1 || h.HeartbeatsSent != 1 || h.HeartbeatsAnswered != 1 || h.ConnOpen != 10 || h.ConnHeld != 9 || h.Queued != 6 {
			t.Errorf("window %d: hold %+v", w, h)
		}
	}
	if total := CountersSnapshot(l, block); total.Cells[steadyItems].Intended != 3 || total.Phases[2].ConnHeld != 9 {
		t.Errorf("the block holds %+v", total.Cells[steadyItems])
	}
}

// TestLostAgentIsCensored: what had been reported, plus what is read from the
// counters after death, adds up.
func TestLostAgentIsCensored(t *testing.T) {
	l := testLayout()
	blocks := [][]uint64{make([]uint64, l.CounterWords()), make([]uint64, l.CounterWords())}
	var reported Snapshot
	for i, b := range blocks {
		r := NewRecorder(l, b)
		for n := range 10 {
			r.Intend(steadyItems)
			r.Iteration(1, IterIntended)
			if n < 4 {
				r.Record(answered(steadyItems, 0, time.Millisecond))
				r.Iteration(1, IterCompleted)
			}
			if n == 2 && i == 0 {
				reported.Append(r.Cut(0))
			}
		}
		r.SetGauges(1, 5, 5, 5, 5, 5)
	}
	lost := LostCounts(l, &reported, blocks...)
	if lost.Phases[1].ConnOpen != 0 {
		t.Error("a dead agent has connections open")
	}
	reported.Merge(lost)
	c, p := reported.Cells[steadyItems], reported.Phases[1]
	if c.Intended != 20 || c.Classes[OK] != 8 || c.Classes[Censored] != 12 || c.Ended() != 20 {
		t.Errorf("%+v", c)
	}
	if p.IterIntended != 20 || p.IterCompleted != 8 || p.IterAborted != 12 {
		t.Errorf("%+v", p)
	}
}

func TestRecordingAllocatesNothing(t *testing.T) {
	r := NewRecorder(testLayout(), nil)
	ok := answered(steadyItems, time.Second, 20*time.Millisecond)
	bad := failed(steadyItems, HTTPError, time.Second, 5*time.Millisecond, "")
	bad.Status, bad.Detail = 503, []byte("/items/7")
	work := func() {
		r.Intend(steadyItems)
		r.Record(ok)
		r.Record(bad)
		r.Connect(1, time.Millisecond)
		r.Secured(1, time.Millisecond, true)
		r.SetGauges(1, 1, 2, 3, 4, 5)
	}
	work()
	if n := testing.AllocsPerRun(1000, work); n != 0 {
		t.Errorf("%v allocations a request", n)
	}
}

func TestErrorsAreGroupedAndBounded(t *testing.T) {
	r := NewRecorder(testLayout(), nil)
	r.Agent = "local-1"
	const kinds = MaxErrorGroups + 30
	for n := range 3 {
		for k := range kinds {
			s := failed(steadyItems, ConnError, Offset(n)*time.Second, time.Duration(n+1)*time.Millisecond, fmt.Sprintf("kind %d", k))
			s.Detail = fmt.Appendf(nil, "/items/%d\xff", n)
			r.Record(s)
		}
	}
	s := r.Cut(0)
	if len(s.Errors) != MaxErrorGroups+1 {
		t.Fatalf("%d groups", len(s.Errors))
	}
	if n := countErrors(s); n != 3*kinds {
		t.Errorf("%d errors, want %d", n, 3*kinds)
	}
	g := s.Errors[len(s.Errors)-1]
	if len(g.Samples) != 2 || g.Samples[0].Agent != "local-1" || g.Samples[1].Detail != "/items/2\uFFFD" {
		t.Errorf("examples %+v", g.Samples)
	}
	if again := r.Cut(1); len(again.Errors) != 0 {
		t.Errorf("the next window still has %d groups", len(again.Errors))
	}
}

// TestMergingManyKindsKeepsTheirCount: with more kinds than are kept, which of
// them keep their name depends on the order of merging, but no error is lost.
func TestMergingManyKindsKeepsTheirCount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var total Snapshot
		want := uint64(0)
		for w := range int64(20) {
			r := NewRecorder(testLayout(), nil)
			for range 100 {
				kind := rapid.IntRange(0, 5000).Draw(t, "kind")
				r.Record(failed(kind%2+1, ConnError, Offset(w), time.Millisecond, fmt.Sprint(kind)))
				want++
			}
			total.Append(r.Cut(w))
		}
		if n := countErrors(&total); n != want {
			t.Fatalf("%d errors, want %d", n, want)
		}
		if n := len(total.Errors); n > MaxRunErrorGroups+2 {
			t.Fatalf("%d groups", n)
		}
		if !slices.IsSortedFunc(total.Errors, func(a, b ErrorGroup) int { return CompareErrors(&a, &b) }) {
			t.Fatal("groups are out of order")
		}
	})
}

func countErrors(s *Snapshot) (n uint64) {
	for _, g := range s.Errors {
		n += g.Count
	}
	return n
}

func TestExamplesAreFirstSlowestAndLast(t *testing.T) {
	r := NewRecorder(testLayout(), nil)
	for i, ms := range []int{5, 1, 90, 3, 2} {
		s := failed(steadyItems, Timeout, Offset(i)*time.Second, time.Duration(ms)*time.Millisecond, "timed out")
		s.Detail = fmt.Appendf(nil, "/%d", i)
		r.Record(s)
	}
	g := r.Cut(0).Errors[0]
	got := []string{}
	for _, e := range g.Samples {
		got = append(got, e.Detail)
	}
	if !slices.Equal(got, []string{"/0", "/2", "/4"}) || g.Count != 5 {
		t.Errorf("examples %v of %d", got, g.Count)
	}
}

func BenchmarkRecorder(b *testing.B) {
	r := NewRecorder(testLayout(), nil)
	rnd := rand.New(rand.NewPCG(1, 2))
	samples := make([]*Sample, 1024)
	for i := range samples {
		samples[i] = answered(steadyItems, 0, time.Duration(rnd.ExpFloat64()*1e7))
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		r.Intend(steadyItems)
		r.Record(samples[i&1023])
	}
}

func BenchmarkCut5000(b *testing.B) {
	r := NewRecorder(testLayout(), nil)
	values := someValues(5000)
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		for _, v := range values {
			r.Record(answered(steadyItems, 0, v))
		}
		b.StartTimer()
		r.Cut(0)
	}
}
