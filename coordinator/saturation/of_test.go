package saturation

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/stats"
)

// A lane is what a series tells at each second since the run began; NaN = nothing.
type lane struct {
	stats.MonitorSeries
	at func(second int) float64
}

func named(name string, at func(int) float64) lane {
	return lane{stats.MonitorSeries{Name: name, Label: name}, at}
}

func always(v float64) func(int) float64 { return func(int) float64 { return v } }

// from is one value, and another from a second on.
func from(second int, before, then float64) func(int) float64 {
	return func(s int) float64 {
		if s < second {
			return before
		}
		return then
	}
}

// The load begins at 5 s, settles until 8 s and ends at 38 s; the run ends at 45 s.
const begun, ended, length = 5, 38, 45

// trialRun is a run with monitors, all of it grown by updates; edit changes its windows.
func trialRun(edit func(second int, w *stats.Window), monitors map[string][]lane) *stats.Run {
	r := &stats.Run{}
	layout := &stats.Layout{
		Phases: []stats.PhaseKey{{Name: "hold", Holds: 10}, {Name: "settle"}, {Name: "level", Recorded: true, Level: true}},
		Cells:  []stats.CellKey{{Phase: 1, Name: "/"}, {Phase: 2, Name: "/", Recorded: true}},
	}
	r.Apply(stats.Update{Started: &stats.Started{Info: stats.Info{Tick: time.Millisecond}, Layout: layout}})
	for i, s := range [][2]int{{0, 45}, {begun, 8}, {8, ended}} {
		span := stats.Span{Phase: i, Begin: at(s[0]), Connected: at(s[0]), End: at(s[1]), Finish: at(s[1])}
		r.Apply(stats.Update{Span: &span})
	}
	for s := range length {
		w := &stats.Window{Index: int64(s), Merged: &stats.Snapshot{Cells: make([]stats.CellStats, 2), Phases: make([]stats.PhaseStats, 3)}, Agents: []stats.AgentWindow{{Name: "a"}}}
		if s >= begun && s < ended {
			w.Merged.Cells[1].Intended, w.Merged.Cells[1].Classes[stats.OK] = 100, 100
			var took stats.Histogram
			for range 100 {
				took.Record(10 * time.Millisecond)
			}
			w.Merged.Cells[1].Response, w.Merged.Cells[1].Service = &took, &took
		}
		if edit != nil {
			edit(s, w)
		}
		r.Apply(stats.Update{Window: w})
	}
	for _, name := range slices.Sorted(maps.Keys(monitors)) {
		tell(r, name, monitors[name])
	}
	return r
}

func at(second int) stats.Offset { return stats.Offset(second) * time.Second }

func tell(r *stats.Run, name string, lanes []lane) {
	kind, _, _ := strings.Cut(name, "-")
	r.Apply(stats.Update{Monitor: &stats.MonitorNews{Monitor: name, Begun: &stats.MonitorBegun{Kind: kind, Every: time.Second}}})
	for s := range length {
		sample := &stats.MonitorSample{At: at(s), Values: map[string]float64{}}
		for _, l := range lanes {
			sample.Series = append(sample.Series, l.MonitorSeries)
			if v := l.at(s); !math.IsNaN(v) {
				sample.Values[l.Name] = v
			}
		}
		r.Apply(stats.Update{Monitor: &stats.MonitorNews{Monitor: name, Sample: sample}})
	}
}

func worker(n string, at func(int) float64) []lane {
	held := stats.MonitorSeries{Name: "workers." + n + ".connections", Chart: "connections by worker", Label: "worker " + n, Cap: "workers." + n + ".connections_cap",
		AtCap: "connections: those beyond wait in its queue. Its worker_connections allows no more"}
	return []lane{{held, at}, named("workers."+n+".connections_cap", always(105))}
}

func pool(waiting func(int) float64) []lane {
	return []lane{named("upstream.in_use", always(80)), named("upstream.waiting", waiting)}
}

func TestThePoolIsFirstThenTheWorkers(t *testing.T) {
	lanes := slices.Concat(pool(from(17, 0, 35)), worker("0", from(19, 90, 105)), worker("1", from(22, 90, 105)), worker("2", always(90)))
	all := Of(trialRun(nil, map[string][]lane{"target": lanes}))
	if len(all) != 2 {
		t.Fatalf("%+v", all)
	}
	if all[0] != (trial.Saturated{Part: Pool, What: "upstream pool: all 80 in use, up to 35 calls wait for a place", From: 12 * time.Second, Share: 1}) {
		t.Errorf("%+v", all[0])
	}
	if got := all[1]; got.Part != Workers || got.From != 14*time.Second || got.What != "worker 0: 105 of 105 connections: those beyond wait in its queue. Its worker_connections allows no more; and 1 more like it" {
		t.Errorf("%+v", got)
	}
	if got := First(all); got != "first upstream pool (all 80 in use, up to 35 calls wait for a place, from 12 s on), then worker 0 (14 s)" {
		t.Error(got)
	}
	if First(nil) != "" {
		t.Error("nothing is first")
	}
}

// Each law that there is, and its part.
func TestWhatIsAtItsBound(t *testing.T) {
	label := func(name string) string { return name + "{proxy=web}" }
	full := func(s int) float64 { return float64(10 * s) } // of a total
	for name, c := range map[string]struct {
		lanes      []lane
		part, what string
	}{
		"database pool":    {[]lane{named("databases.primary.in_use", always(15)), named("databases.primary.waiting", always(3))}, Database, "database pool of primary: all 15 in use, up to 3 calls wait for a place"},
		"all workers full": {[]lane{named("workers.alive", always(24)), named("workers.full", always(24))}, Workers, "workers: 24 of 24 hold as many connections as they may"},
		"workers busy":     {[]lane{named("workers.alive", always(4)), named("process.cpu_s", always(3.9))}, Workers, "workers: 3.9 of 4 cores busy, one for each worker"},
		"not accepted":     {[]lane{named("connections_queued", always(7))}, Workers, "workers: up to 7 connections wait to be accepted"},
		"queue":            {[]lane{named("inside", always(11)), named("settings.servers", always(8))}, Workers, "servers of the queue: 11 of 8 busy"},
		"upstream refuses": {[]lane{named("refused", full)}, Upstream, "upstream: up to 10 refused between two samples"},
		"cores":            {[]lane{named("cpu.busy", always(1.93)), named("cpu.cores", always(2))}, CPU, "cores: 1.93 of 2 busy"},
		"memory":           {[]lane{named("memory.used", always(98e9)), named("memory.total", always(100e9))}, Memory, "memory: 9.8e+10 of 1e+11 bytes in use"},
		"disk":             {[]lane{named("disk.busy", always(99))}, Disk, "busiest disk: 99 of 100 % of the time busy"},
		"nginx":            {[]lane{named("dropped", always(4))}, Balancer, "nginx: up to 4 connections/s accepted and dropped"},
		"haproxy":          {[]lane{named(label("haproxy_frontend_current_sessions"), always(1000)), named(label("haproxy_frontend_limit_sessions"), always(1000))}, Balancer, "HAProxy proxy=web: 1000 of 1000 sessions"},
		"haproxy queue":    {[]lane{named(label("haproxy_backend_current_queue"), always(3))}, Balancer, "queue of HAProxy proxy=web: up to 3 requests wait"},
		"postgresql":       {[]lane{named("sessions.active", always(90)), named("sessions.idle", always(6)), named("sessions.limit", always(100))}, Database, "PostgreSQL: 96 of 100 sessions"},
		"redis":            {[]lane{named("used_cpu_user", always(0.6)), named("used_cpu_sys", always(0.38))}, Database, "Redis: 0.98 of 1 core busy"},
		"tomcat":           {[]lane{named("tomcat_threads_busy_threads", always(200)), named("tomcat_threads_config_max_threads", always(200))}, Workers, "Tomcat: 200 of 200 threads busy"},
	} {
		all := Of(trialRun(nil, map[string][]lane{"m": c.lanes}))
		if len(all) != 1 || all[0].Part != c.part || !strings.HasPrefix(all[0].What, c.what) || all[0].From > time.Second {
			t.Errorf("%s: %+v", name, all)
		}
	}
}

func TestWhatIsNot(t *testing.T) {
	nan := math.NaN()
	now := func(seconds ...int) func(int) float64 {
		return func(s int) float64 {
			if slices.Contains(seconds, s) {
				return 5
			}
			return 0
		}
	}
	for name, lanes := range map[string][]lane{
		"nothing told":             pool(always(nan)),
		"nobody waits":             pool(always(0)),
		"a blip":                   pool(now(20)),
		"a blip at the end":        pool(now(37, 38)),
		"half of the time":         pool(func(s int) float64 { return float64(s % 2) }),
		"before the load":          pool(now(0, 1, 2, 3, 4)),
		"after the load":           pool(from(39, 0, 9)),
		"at first only":            pool(func(s int) float64 { return 9 - from(15, 0, 9)(s) }),
		"more cores than workers":  {named("workers.alive", always(2)), named("process.cpu_s", always(3))},
		"no limit":                 {named("haproxy_server_current_sessions{a=b}", always(9)), named("haproxy_server_limit_sessions{a=b}", always(0))},
		"another's limit":          {named("haproxy_server_current_sessions{a=b}", always(9)), named("haproxy_server_limit_sessions{a=c}", always(9))},
		"busy for nine tenths":     {named("cpu.busy", always(1.8)), named("cpu.cores", always(2))},
		"a total that stands":      {named("refused", always(1000))},
		"its bound is not told":    {named("inside", always(99))},
		"infinity":                 {named("inside", always(math.Inf(1))), named("settings.servers", always(8))},
		"another series of a name": {named("dropped_by_somebody", always(9))},
	} {
		if all := Of(trialRun(nil, map[string][]lane{"m": lanes})); len(all) != 0 {
			t.Errorf("%s: %+v", name, all)
		}
	}
}

// A blip long before is not the beginning, and a gap is no end.
func TestTheBeginningIsWhereItStaysSo(t *testing.T) {
	waits := func(s int) float64 {
		switch {
		case s == 6, s > 12 && s != 20:
			return 3
		case s == 25 || s == 26:
			return math.NaN()
		}
		return 0
	}
	all := Of(trialRun(nil, map[string][]lane{"m": pool(waits)}))
	if len(all) != 1 || all[0].From != 8*time.Second || all[0].Share < 0.9 || all[0].Share > 0.99 {
		t.Errorf("%+v", all)
	}
}

// Of two that reach their bounds at once the deeper one comes first, and of several nodes it is
// told which.
func TestAtOnceTheDeeperOneIsFirst(t *testing.T) {
	all := Of(trialRun(nil, map[string][]lane{
		"node-1": worker("0", from(10, 0, 105)), "node-2": pool(from(12, 0, 9)),
		"machine": {named("cpu.busy", from(10, 0, 2)), named("cpu.cores", always(2))},
	}))
	var got []string
	for _, s := range all {
		got = append(got, s.Part)
	}
	if !slices.Equal(got, []string{CPU, Workers, Pool}) || !strings.HasPrefix(all[1].What, "node-1 worker 0: ") || !strings.HasPrefix(all[0].What, "cores: ") {
		t.Errorf("%+v", all)
	}
}

func TestTheGeneratorToo(t *testing.T) {
	lag := func(d time.Duration, from int) func(int, *stats.Window) {
		return func(s int, w *stats.Window) {
			h := &stats.Histogram{}
			for range 100 {
				h.Record(10 * time.Microsecond)
				if s >= from {
					h.Record(d)
				}
			}
			w.Agents[0].PacerLag = h
			if s >= begun && s < ended {
				w.Merged.Phases[2].PacerLag = h
			}
		}
	}
	all := Of(trialRun(lag(50*time.Millisecond, 15), nil))
	if len(all) != 1 || all[0].Part != Generator || all[0].From != 10*time.Second || !strings.Contains(all[0].What, "late") {
		t.Errorf("late for good: %+v", all)
	}
	now := func(s int, w *stats.Window) {
		lag(50*time.Millisecond, map[bool]int{true: 0, false: length}[s%3 == 0])(s, w)
	}
	if all = Of(trialRun(now, nil)); len(all) != 1 || all[0].Part != Generator || all[0].Share > 0.5 || all[0].From > 2*time.Second || !strings.HasPrefix(all[0].What, "generator: was late: 1 in 100") || strings.Contains(all[0].What, "meanwhile") {
		t.Errorf("late at times: %+v", all)
	}
	if all = Of(trialRun(lag(500*time.Microsecond, 0), nil)); len(all) != 0 {
		t.Errorf("in time: %+v", all)
	}
	unsent := func(s int, w *stats.Window) {
		if s > 20 && s < ended {
			c := &w.Merged.Cells[1]
			c.Intended, c.Classes[stats.NotSent] = 200, 100
			w.Merged.Phases[2].Queued = 40
		}
	}
	if all = Of(trialRun(unsent, nil)); len(all) != 1 || all[0].Part != Generator || all[0].From != 16*time.Second || !strings.HasPrefix(all[0].What, "connections of the generator") {
		t.Errorf("max_vus: %+v", all)
	}
}

func TestARunOfNothingSaysNothing(t *testing.T) {
	r := &stats.Run{}
	if all := Of(r); all != nil {
		t.Errorf("%+v", all)
	}
	r.Apply(stats.Update{Started: &stats.Started{Layout: &stats.Layout{Phases: []stats.PhaseKey{{Name: "p"}}}}})
	if all := Of(r); all != nil {
		t.Errorf("%+v", all)
	}
}

// Whatever monitors tell, what is found is of the load, in order, and can be written.
func TestWhateverMonitorsTell(t *testing.T) {
	names := []string{"upstream.in_use", "upstream.waiting", "cpu.busy", "cpu.cores", "inside", "settings.servers", "refused", "sessions.active", "sessions.limit", "dropped", "disk.busy"}
	value := rapid.OneOf(rapid.Float64Range(0, 10), rapid.SampledFrom([]float64{0, 1, math.NaN(), math.Inf(1), math.Inf(-1), -1, 1e300}))
	rapid.Check(t, func(t *rapid.T) {
		var lanes []lane
		for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom(names), 0, 6, rapid.ID).Draw(t, "names") {
			values := rapid.SliceOfN(value, length, length).Draw(t, name)
			lanes = append(lanes, named(name, func(s int) float64 { return values[s] }))
		}
		all := Of(trialRun(nil, map[string][]lane{"m": lanes}))
		if _, err := json.Marshal(all); err != nil {
			t.Fatal(err)
		}
		for i, s := range all {
			if s.From < 0 || s.From > at(ended-begun) || !(s.Share >= mostly && s.Share <= 1) || depth(s.Part) < 0 || i > 0 && s.From.Truncate(time.Second) < all[i-1].From.Truncate(time.Second) {
				t.Fatalf("%+v", all)
			}
		}
	})
}
