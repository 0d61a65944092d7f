package wire

import (
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/proto/loadctlpb"
	"github.com/loadctl/loadctl/scenarios/arrival"
	"github.com/loadctl/loadctl/stats"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"
)

func testLayout() *stats.Layout {
	return &stats.Layout{
		Phases: []stats.PhaseKey{{Name: "steady", Recorded: true}, {Name: "hold", Holds: 5}},
		Cells:  []stats.CellKey{{Name: "/a", Recorded: true, Timed: true}, {Name: "/b", Recorded: true}, {Phase: 1, Name: "/ping", Heartbeat: true}},
	}
}

// aSnapshot is one window of a busy recorder.
func aSnapshot(seed uint64, requests int) *stats.Snapshot {
	r := rand.New(rand.NewPCG(seed, 1))
	rec := stats.NewRecorder(testLayout(), nil)
	rec.Agent = "local-1"
	for range requests {
		rec.Intend(0)
		at, took := time.Duration(r.Int64N(1e9)), time.Duration((0.5+r.ExpFloat64())*1e7)
		s := &stats.Sample{
			Cell: r.IntN(3), Class: stats.OK, Status: 200,
			Intended: at, Scheduled: at, Connected: at, Written: at, FirstByte: at + took, Done: at + took,
			BytesIn: 99, BytesOut: 33, ChecksPassed: 2,
		}
		if r.IntN(10) == 0 {
			s.Class, s.Status, s.Detail = stats.HTTPError, 500+r.IntN(4), []byte("/a/7\xfe")
		}
		for i := range r.IntN(20) {
			s.Told = append(s.Told, stats.Told{Name: []byte{'a' + byte(i)}, Took: time.Duration(r.Int64N(2e6))})
		}
		rec.Record(s)
	}
	rec.Connect(0, time.Millisecond)
	rec.Secured(0, 2*time.Millisecond, true)
	rec.Iteration(0, stats.IterAborted)
	rec.HeartbeatSent(1)
	rec.ConnDropped(1)
	rec.SetGauges(1, 1, 2, 3, 4, 5)
	return rec.Cut(42)
}

// carried sends a message through its bytes.
func carried[M proto.Message](t testing.TB, m, empty M) M {
	t.Helper()
	b, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	if err := proto.Unmarshal(b, empty); err != nil {
		t.Fatal(err)
	}
	return empty
}

func TestSnapshotRoundTrip(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		want := aSnapshot(rapid.Uint64().Draw(rt, "seed"), rapid.IntRange(0, 300).Draw(rt, "requests"))
		got, err := DecodeSnapshot(carried(t, EncodeSnapshot(want), &loadctlpb.Snapshot{}), testLayout())
		if err != nil {
			rt.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			rt.Fatalf("came back as\n%+v, sent\n%+v", got, want)
		}
	})
}

// TestMergeOverTheWire: merging what was carried gives bit for bit what merging at
// home gives.
func TestMergeOverTheWire(t *testing.T) {
	var home, away stats.Snapshot
	for seed := range uint64(8) {
		s := aSnapshot(seed, 200)
		home.Merge(s)
		got, err := DecodeSnapshot(carried(t, EncodeSnapshot(s), &loadctlpb.Snapshot{}), testLayout())
		if err != nil {
			t.Fatal(err)
		}
		away.Merge(got)
	}
	home.Pack()
	away.Pack()
	if !reflect.DeepEqual(&home, &away) {
		t.Error("merging over the wire differs from merging at home")
	}
}

// TestEveryFieldIsCarried sets every number of the domain types, so that a field
// added to them and forgotten here is found.
func TestEveryFieldIsCarried(t *testing.T) {
	var s stats.Snapshot
	s.Cells, s.Phases = make([]stats.CellStats, 3), make([]stats.PhaseStats, 2)
	for i := range s.Cells {
		setNumbers(reflect.ValueOf(&s.Cells[i]).Elem(), i)
	}
	for i := range s.Phases {
		setNumbers(reflect.ValueOf(&s.Phases[i]).Elem(), i)
	}
	got, err := DecodeSnapshot(carried(t, EncodeSnapshot(&s), &loadctlpb.Snapshot{}), testLayout())
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(*got, s) {
		t.Errorf("snapshot came back as\n%+v, sent\n%+v", *got, s)
	}
	w := stats.AgentWindow{Name: "a", Host: "h", State: "late", Arrivals: make([]stats.ArrivalTest, 2)}
	setNumbers(reflect.ValueOf(&w).Elem(), 0)
	for i := range w.Arrivals {
		setNumbers(reflect.ValueOf(&w.Arrivals[i]).Elem(), i)
		w.Arrivals[i].Due, w.Arrivals[i].D = 1000, 0.5
	}
	back, err := DecodeAgentWindow(carried(t, EncodeAgentWindow(&w), &loadctlpb.AgentWindow{}), "h")
	if err != nil || !reflect.DeepEqual(back, w) {
		t.Errorf("window came back as\n%+v, sent\n%+v (%v)", back, w, err)
	}
}

// setNumbers gives each number field a different value, and each histogram one value.
func setNumbers(v reflect.Value, salt int) {
	for i := range v.NumField() {
		f := v.Field(i)
		n := uint64(100*salt + i + 1)
		switch {
		case f.Type() == reflect.TypeFor[*stats.Histogram]():
			h := new(stats.Histogram)
			h.Record(time.Duration(n) * time.Millisecond)
			f.Set(reflect.ValueOf(h.Pack()))
		case f.Kind() == reflect.Uint64:
			f.SetUint(n)
		case f.Kind() == reflect.Bool:
			f.SetBool(true)
		case f.Kind() == reflect.Struct:
			setNumbers(f, salt+i+1)
		case f.Kind() == reflect.Int64, f.Kind() == reflect.Int:
			f.SetInt(int64(n))
		case f.Kind() == reflect.Float64:
			f.SetFloat(float64(n))
		case f.Kind() == reflect.Array:
			for k := range f.Len() {
				f.Index(k).SetUint(n + uint64(k))
			}
		}
	}
}

func TestBadSnapshotsAreRefused(t *testing.T) {
	for want, spoil := range map[string]func(m *loadctlpb.Snapshot){
		"2 rows where":          func(m *loadctlpb.Snapshot) { m.Cells = m.Cells[:2] },
		"3 phases where":        func(m *loadctlpb.Snapshot) { m.Phases = append(m.Phases, nil) },
		"6 classes":             func(m *loadctlpb.Snapshot) { m.Cells[0].Classes = make([]uint64, 6) },
		"row 1: response: hist": func(m *loadctlpb.Snapshot) { m.Cells[1].Response = []byte{1, 2, 3} },
		"phase 0: pacer lag":    func(m *loadctlpb.Snapshot) { m.Phases[0].PacerLag = []byte{0xff} },
		"no row 3":              func(m *loadctlpb.Snapshot) { m.Errors[0].Cell = 3 },
		"no class 7":            func(m *loadctlpb.Snapshot) { m.Errors[0].Class = 7 },
		"no status -1":          func(m *loadctlpb.Snapshot) { m.Errors[0].Status = -1 },
		"out of order":          func(m *loadctlpb.Snapshot) { m.Errors = append(m.Errors, m.Errors[0]) },
		"error groups, more":    func(m *loadctlpb.Snapshot) { m.Errors = make([]*loadctlpb.ErrorGroup, 5000) },
		"row 0: split":          func(m *loadctlpb.Snapshot) { m.Cells[0].Split = []byte{1} },
		"an example of":         func(m *loadctlpb.Snapshot) { m.Errors[0].Samples[0].Detail = strings.Repeat("x", 201) },
		"4 examples":            func(m *loadctlpb.Snapshot) { m.Errors[0].Samples = make([]*loadctlpb.ErrorSample, 4) },
		"status 200 after 500": func(m *loadctlpb.Snapshot) {
			m.Cells[0].Statuses = []*loadctlpb.StatusCount{{Status: 500}, {Status: 200}}
		},
		"status 1000": func(m *loadctlpb.Snapshot) { m.Cells[0].Statuses = []*loadctlpb.StatusCount{{Status: 1000}} },
	} {
		m := EncodeSnapshot(aSnapshot(1, 300))
		spoil(m)
		if _, err := DecodeSnapshot(m, testLayout()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want …%s…", err, want)
		}
	}
	if _, err := DecodeSnapshot(nil, testLayout()); err == nil {
		t.Error("no message is a snapshot")
	}
}

func TestBadArrivalsAreRefused(t *testing.T) {
	for want, m := range map[string]*loadctlpb.ArrivalTest{
		"7 of 6 arrivals":     {Due: 6, Overdue: 7},
		"distance":            {Distance: math.NaN()},
		"dispersion +Inf":     {Dispersion: math.Inf(1)},
		"steepness -1":        {Steepest: -1},
		"in 2000 stretches":   {Bins: 2000},
		"gaps of 0s and -1ns": {GapNs: -1},
	} {
		w := &loadctlpb.AgentWindow{Name: "a", Arrivals: []*loadctlpb.ArrivalTest{m}}
		if _, err := DecodeAgentWindow(w, "h"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want …%s…", err, want)
		}
	}
	if _, err := DecodeAgentWindow(&loadctlpb.AgentWindow{Arrivals: make([]*loadctlpb.ArrivalTest, 5000)}, "h"); err == nil {
		t.Error("5000 tests are accepted")
	}
}

// TestVitals: what is not known stays so, a known 0 is not lost, and figures that no
// machine has are refused: they could not be kept in a run's files.
func TestVitals(t *testing.T) {
	for name, want := range map[string]stats.Vitals{
		"nothing known":  {},
		"known zeros":    {GoJitter: stats.Read(time.Duration(0)), Throttled: stats.Read(uint64(0)), GCShare: stats.Read(0.0)},
		"of a loop":      {LoopBusy: stats.Read(0.97)},
		"of the machine": {Machine: stats.MachineVitals{Steal: stats.Read(0.0), Busy: stats.Read(1.7)}},
	} {
		w, err := DecodeAgentWindow(carried(t, EncodeAgentWindow(&stats.AgentWindow{Vitals: want}), &loadctlpb.AgentWindow{}), "h")
		if err != nil || w.Vitals != want {
			t.Errorf("%s: came back as %+v, %v", name, w.Vitals, err)
		}
	}
	nan, below, early := math.NaN(), -0.1, int64(-1)
	for name, m := range map[string]*loadctlpb.Vitals{
		"share that is none": {GcShare: &nan},
		"share that is":      {Machine: &loadctlpb.MachineVitals{Steal: &below}},
		"a time below 0":     {StallCpuNs: &early},
	} {
		if _, err := DecodeAgentWindow(&loadctlpb.AgentWindow{Name: "a", Vitals: m}, "h"); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, want …%s…", err, name)
		}
	}
}

func TestReportRoundTrip(t *testing.T) {
	s := aSnapshot(3, 100)
	health := s.Health(testLayout())
	health.Name, health.Host, health.State, health.CPU = "local-1", "here", "ok", time.Second
	m := carried(t, EncodeReport(9, s, []stats.AgentWindow{health}), &loadctlpb.Report{})
	got, agents, err := DecodeReport(m, "here", testLayout())
	if err != nil || m.GetSeq() != 9 || !reflect.DeepEqual(got, s) {
		t.Fatalf("report came back different: %v", err)
	}
	if a := agents[0]; a.Response.Count() != health.Response.Count() || a.Name != "local-1" || a.RecordedEnded != health.RecordedEnded {
		t.Errorf("agent came back as %+v", a)
	}
}

func TestLossRoundTrip(t *testing.T) {
	s := aSnapshot(3, 100)
	want := &stats.AgentLoss{Agent: "local-2", At: 5 * time.Second, Why: "killed", Missing: s.Cells, Phases: s.Phases}
	got, err := DecodeAgentLost(carried(t, EncodeAgentLost(1, want), &loadctlpb.AgentLost{}), testLayout())
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("came back as %+v, %v", got, err)
	}
	early := &stats.AgentLoss{Agent: "local-2", Why: "never started"}
	got, err = DecodeAgentLost(carried(t, EncodeAgentLost(1, early), &loadctlpb.AgentLost{}), testLayout())
	if err != nil || !reflect.DeepEqual(got, early) {
		t.Errorf("came back as %+v, %v", got, err)
	}
}

func TestFinishedAndNoticeRoundTrip(t *testing.T) {
	agents := []stats.AgentTotal{{
		Name: "local-1", Host: "here", PID: 77, CPU: time.Second, MaxRSS: 5, Requests: 6, PeakConnections: 7, LostAt: stats.Never, Due: 9, ByTicks: 8,
	}}
	usage := stats.Usage{Name: "here", CPU: time.Minute, MaxRSS: 8}
	gotAgents, gotUsage := DecodeFinished(carried(t, EncodeFinished(1, agents, usage), &loadctlpb.Finished{}), "here")
	if !reflect.DeepEqual(gotAgents, agents) || gotUsage != usage {
		t.Errorf("came back as %+v, %+v", gotAgents, gotUsage)
	}
	event := stats.Event{At: time.Second, Level: stats.Severe, Kind: "generator", Text: "out of files"}
	if got := DecodeNotice(carried(t, EncodeNotice(1, &event), &loadctlpb.Notice{})); got != event {
		t.Errorf("came back as %+v", got)
	}
	if got := DecodeNotice(&loadctlpb.Notice{Level: 99}); got.Level != stats.Severe {
		t.Errorf("level %d", got.Level)
	}
}

func TestShareRoundTrip(t *testing.T) {
	want := arrival.Share{{Index: 1, Of: 4}, {Index: 2, Of: 4}, {Index: 7, Of: 8}}
	got, err := DecodeShare(EncodeShare(want))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("came back as %v, %v", got, err)
	}
	for _, bad := range []arrival.Share{{{Index: 0, Of: 0}}, {{Index: 4, Of: 4}}, {{Index: 1, Of: 2}, {Index: 3, Of: 8}}, {{Index: 0, Of: 6}, {Index: 4, Of: 10}}} {
		if _, err := DecodeShare(EncodeShare(bad)); err == nil {
			t.Errorf("%v is accepted", bad)
		}
	}
	if _, err := DecodeShare(make([]*loadctlpb.Slot, 5000)); err == nil {
		t.Error("5000 slots are accepted")
	}
}

// FuzzDecodeReport: whatever bytes come, decoding does not panic, and what it
// accepts can be merged and sent on unchanged.
func FuzzDecodeReport(f *testing.F) {
	for seed := range uint64(3) {
		s := aSnapshot(seed, int(20*seed))
		health := s.Health(testLayout())
		health.Arrivals = []stats.ArrivalTest{{Due: 9, Overdue: 4}, {Phase: 1, Due: 900, N: 900, D: 0.1, Steepest: 1, Dispersion: 40, Bins: 100}}
		health.Vitals = stats.Vitals{KernelJitter: stats.Read(time.Second), Machine: stats.MachineVitals{Steal: stats.Read(0.1)}}
		b, err := proto.Marshal(EncodeReport(1, s, []stats.AgentWindow{health}))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var m loadctlpb.Report
		if proto.Unmarshal(b, &m) != nil {
			return
		}
		s, agents, err := DecodeReport(&m, "here", testLayout())
		if err != nil {
			return
		}
		again, back, err := DecodeReport(carried(t, EncodeReport(1, s, agents), &loadctlpb.Report{}), "here", testLayout())
		for i := range back {
			if !reflect.DeepEqual(agents[i].Arrivals, back[i].Arrivals) {
				t.Fatalf("arrivals came back as %+v, sent %+v", back[i].Arrivals, agents[i].Arrivals)
			}
		}
		if err != nil || !reflect.DeepEqual(s, again) {
			t.Fatalf("came back as\n%+v (%v), sent\n%+v", again, err, s)
		}
		for i := range agents {
			if agents[i].Vitals != back[i].Vitals {
				t.Fatalf("vitals came back as\n%+v, sent\n%+v", back[i].Vitals, agents[i].Vitals)
			}
		}
		run := &stats.Run{}
		run.Apply(stats.Update{Started: &stats.Started{Layout: testLayout()}})
		for w := range int64(2) {
			run.Apply(stats.Update{Window: &stats.Window{Index: w, Merged: s, Agents: agents}})
		}
	})
}

func BenchmarkEncode500(b *testing.B) {
	s := aSnapshot(1, 500)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := proto.Marshal(EncodeSnapshot(s)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeAndMerge500(b *testing.B) {
	bytes, err := proto.Marshal(EncodeSnapshot(aSnapshot(1, 500)))
	if err != nil {
		b.Fatal(err)
	}
	total := stats.Snapshot{}
	total.Merge(aSnapshot(2, 5000))
	b.SetBytes(int64(len(bytes)))
	b.ReportAllocs()
	for b.Loop() {
		var m loadctlpb.Snapshot
		if err := proto.Unmarshal(bytes, &m); err != nil {
			b.Fatal(err)
		}
		s, err := DecodeSnapshot(&m, testLayout())
		if err != nil {
			b.Fatal(err)
		}
		total.Merge(s)
	}
}
