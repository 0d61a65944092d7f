package scenarios

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func level(t *testing.T, text string, l Level) *Scenario {
	t.Helper()
	s, err := Parse("shop.yaml", []byte(text), Options{Level: &l})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestALevelKeepsTheMixOfTheFile: 500 of reader and 200 of buyer in the file's recorded and
// unrecorded phases; recorded ones count.
func TestALevelKeepsTheMixOfTheFile(t *testing.T) {
	s := level(t, shop, Level{Rate: 1000, Settle: 3 * time.Second, Length: 20 * time.Second})
	if got := s.PlannedDuration(); got != 23*time.Second {
		t.Errorf("lasts %v", got)
	}
	rates := map[string]float64{}
	for _, ph := range s.Phases {
		rates[ph.Name] = ph.Profile[0].From
	}
	if rates["level-reader"] != 600 || rates["level-buyer"] != 400 || rates["settle-buyer"] != 400 || len(s.Phases) != 4 {
		t.Errorf("%v", rates)
	}
	if s.Target.TLS == nil || s.Users[0].Tasks[0].Steps[1].Think.Min != 3*time.Second {
		t.Error("what users do is not the file's")
	}
	if len(s.Thresholds) != 2 || s.Thresholds[0].Tags.Phase != "" || s.Thresholds[0].AbortOnFail {
		t.Errorf("limits %+v", s.Thresholds)
	}
}

// TestALevelUsesTheConnectionsThatSettled: those of a phase that parts with each are its own.
func TestALevelUsesTheConnectionsThatSettled(t *testing.T) {
	s := level(t, shop, Level{Rate: 1000, Settle: 3 * time.Second, Length: 20 * time.Second})
	for i, ph := range s.Phases {
		want := -1
		if ph.Name == "level-buyer" {
			want = i - 1
		}
		if ph.Over != want {
			t.Errorf("%s is over %d", ph.Name, ph.Over)
		}
	}
}

const holding = `
version: 1
target: {base_url: "http://127.0.0.1:1"}
users: {u: {tasks: {a: {steps: [{get: /a}]}}}}
phases:
  - {name: few, executor: held-connections, connections: 100, hold: 10s}
  - {name: many, executor: held-connections, connections: 300, hold: 10s, start: {with: few}}
  - {name: load, executor: constant-arrival-rate, user: u, rate: 10/s, duration: 5s, over: many, start: {with: many, after: connected}}
slo: {failed: [rate<1%], connections_dropped: [count==0]}
`

func TestALevelHoldsConnections(t *testing.T) {
	for asked, want := range map[int][2]int{0: {100, 300}, 1000: {250, 750}, 3: {1, 2}} {
		s := level(t, holding, Level{Rate: 50, Connections: asked, Settle: time.Second, Length: 5 * time.Second})
		if got := [2]int{s.Phases[0].Connections, s.Phases[1].Connections}; got != want {
			t.Errorf("%d asked: %v", asked, got)
		}
		if p := s.Phases[3]; p.Over != 1 || p.Name != "level" {
			t.Errorf("%s is over %d", p.Name, p.Over)
		}
	}
	plain := strings.ReplaceAll(shop, "max: 2, ", "")
	if s := level(t, plain, Level{Rate: 1, Connections: 500, Length: time.Second}); s.Phases[0].Connections != 500 || s.Phases[0].Heartbeat != nil {
		t.Errorf("%+v", s.Phases[0])
	}
}

func TestALevelOfClosedUsers(t *testing.T) {
	s := level(t, shop, Level{Users: 50, Settle: time.Second, Length: 5 * time.Second})
	for _, ph := range s.Phases {
		if ph.Executor != ConstantVUs || ph.Over != -1 {
			t.Errorf("%+v", ph)
		}
	}
	if a, b := s.Phases[1].Profile[0].From, s.Phases[3].Profile[0].From; a != 30 || b != 20 {
		t.Errorf("%v and %v users", a, b)
	}
}

// TestLimitsThatCountNoBadRequestsAreNotDroppedWithoutAWord, whichever limits the level is held to.
func TestLimitsThatCountNoBadRequestsAreNotDroppedWithoutAWord(t *testing.T) {
	plain := strings.Split(shop, "thresholds:")[0]
	for name, c := range map[string]struct {
		limits string
		slo    []string
		want   string
	}{
		"thresholds":            {"thresholds: {response_time: [p(99)<1s, avg<100ms], failed: [rate<1%]}\n", nil, "[response_time: avg<100ms]"},
		"slo beside":            {"thresholds: {response_time: [avg<100ms]}\nslo: {response_time: [p(99)<1s, max<2s]}\n", nil, "[response_time: max<2s]"},
		"all are counted":       {"slo: {response_time: [p(99)<1s]}\n", nil, "[]"},
		"others in their place": {"slo: {response_time: [p(99)<1s, max<2s]}\n", []string{"failed: rate<1%"}, "[]"},
	} {
		s := level(t, plain+c.limits, Level{Rate: 9, Length: time.Second, SLO: c.slo})
		var got []string
		for i := range s.Uncounted {
			got = append(got, s.Uncounted[i].String())
		}
		if fmt.Sprint(got) != c.want || len(s.Thresholds) == 0 {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestALevelTakesAnSLO(t *testing.T) {
	s := level(t, shop, Level{Rate: 9, Length: time.Second, SLO: []string{"response_time{name:/order}: p(99)<200ms", "failed: rate<0.1%"}})
	if len(s.Thresholds) != 2 || s.Thresholds[0].Tags.Name != "/order" {
		t.Errorf("%+v", s.Thresholds)
	}
	_, err := Parse("shop.yaml", []byte(shop), Options{Level: &Level{Rate: 9, Length: time.Second,
		SLO: []string{"response_time: avg<1s", "p(99)<1s", "response_tme: p(9)<1s"}}})
	for _, want := range []string{"a search counts", "want METRIC: LIMIT", "did you mean response_time?"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not told: %v", want, err)
		}
	}
	_, err = Parse("shop.yaml", []byte(strings.Split(shop, "thresholds:")[0]), Options{Level: &Level{Rate: 9, Length: time.Second}})
	if err == nil || !strings.Contains(err.Error(), "needs an SLO") {
		t.Errorf("%v", err)
	}
}

const onlyHolding = `
version: 1
target: {base_url: "http://127.0.0.1:1"}
users: {u: {tasks: {beat: {steps: [{get: /beat}]}}}}
phases:
  - {name: few, executor: held-connections, connections: 1, hold: 10s}
  - {name: many, executor: held-connections, connections: 3, hold: 10s, start: {with: few}, heartbeat: {task: beat, every: 2s}}
slo: {"failed{phase:many,name:/beat}": [rate<1%], "response_time{phase:many,name:/beat}": [p(90)<1s]}
`

// TestALevelOfConnectionsAlone records their heartbeats: nothing else is asked.
func TestALevelOfConnectionsAlone(t *testing.T) {
	s := level(t, onlyHolding, Level{Connections: 400, Settle: time.Second, Length: 5 * time.Second})
	if len(s.Phases) != 2 || s.Phases[0].Connections != 100 || s.Phases[1].Connections != 300 || !s.Phases[1].Record || s.Phases[1].Hold != 6500*time.Millisecond {
		t.Errorf("%+v", s.Phases)
	}
	if len(s.Layout.Cells) != 1 || !s.Layout.Cells[0].Heartbeat || !s.Layout.Cells[0].Recorded {
		t.Errorf("rows %+v", s.Layout.Cells)
	}
	if len(s.Thresholds) != 2 || s.Thresholds[1].Tags.Phase != "" {
		t.Errorf("limits %+v", s.Thresholds)
	}
	bare := strings.Split(onlyHolding, "slo:")[0]
	if s := level(t, bare, Level{Connections: 400, Length: time.Second}); len(s.Thresholds) != 0 {
		t.Errorf("limits %+v", s.Thresholds)
	}
	plain, err := Parse("x.yaml", []byte(onlyHolding), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if plain.Layout.Cells[0].Recorded {
		t.Errorf("heartbeats of a run are recorded: %+v", plain.Layout.Cells)
	}
}

// TestConnectionsAloneHaveNoRate.
func TestConnectionsAloneHaveNoRate(t *testing.T) {
	for _, l := range []Level{{Rate: 9, Length: time.Second}, {Users: 9, Length: time.Second}} {
		_, err := Parse("x.yaml", []byte(onlyHolding), Options{Level: &l})
		if err == nil || !strings.Contains(err.Error(), "--over connections") {
			t.Errorf("%v", err)
		}
	}
}

// TestALevelHoldsAsManyAsAsked and refuses what it cannot: three holds of one were told as a level of one.
func TestALevelHoldsAsManyAsAsked(t *testing.T) {
	text := strings.Replace(onlyHolding, "phases:", "phases:\n  - {name: one, executor: held-connections, connections: 1, hold: 10s}", 1)
	for asked, want := range map[int][3]int{3: {1, 1, 1}, 4: {1, 1, 2}, 5: {1, 1, 3}, 500: {100, 100, 300}} {
		s := level(t, text, Level{Connections: asked, Length: time.Second})
		if got := [3]int{s.Phases[0].Connections, s.Phases[1].Connections, s.Phases[2].Connections}; got != want {
			t.Errorf("%d asked: %v", asked, got)
		}
	}
	_, err := Parse("x.yaml", []byte(text), Options{Level: &Level{Connections: 2, Length: time.Second}})
	if err == nil || !strings.Contains(err.Error(), "3 phases hold connections") {
		t.Errorf("%v", err)
	}
}
