package plan

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/coordinator/capacity"
	"github.com/loadctl/loadctl/scenarios"
)

const searchedFile = `version: 1
target: {base_url: "http://127.0.0.1:1"}
users: {u: {tasks: {a: {steps: [{get: /a}, {get: /b}]}}}}
phases:
  - {name: low, executor: constant-arrival-rate, user: u, rate: 100/s, duration: 10s}
  - {name: high, executor: constant-arrival-rate, user: u, rate: 900/s, duration: 10s}
  - {name: hold, executor: held-connections, connections: 79, hold: 10s, start: {with: high}}
slo: {response_time: [p(99)<700ms, avg<100ms]}
`

const heldFile = `version: 1
target: {base_url: "http://127.0.0.1:1"}
users: {u: {tasks: {beat: {steps: [{get: /beat}]}}}}
phases:
  - {name: a, executor: held-connections, connections: 9, hold: 10s, heartbeat: {task: beat, every: 25s}}
  - {name: b, executor: held-connections, connections: 9, hold: 10s, start: {with: a}}
`

func searchOf(t *testing.T, text string, w SearchWish, c *Ceiling, slo ...string) (*Search, error) {
	t.Helper()
	file, err := scenarios.Parse("x.yaml", []byte(text), scenarios.Options{})
	if err != nil {
		t.Fatal(err)
	}
	l := w.LevelOf(file)
	level, err := scenarios.Parse("x.yaml", []byte(text), scenarios.Options{Level: &scenarios.Level{Rate: l.Rate, Connections: l.Connections, Settle: time.Second, Length: time.Second, SLO: slo}})
	if err != nil {
		t.Fatal(err)
	}
	return SearchOf(file, level, w, c)
}

// TestASearchBeginsBelowTheFile and settles by its limits; what no search counts is told.
func TestASearchBeginsBelowTheFile(t *testing.T) {
	s, err := searchOf(t, searchedFile, SearchWish{Axis: capacity.Rate}, nil)
	if err != nil || s.Config.Start != 50 || s.Config.Settle != 7*time.Second || s.Config.Budget != usualBudget || len(s.Config.Clauses) != 1 {
		t.Fatalf("%v, %+v", err, s)
	}
	if s.Arrivals != "poisson" || len(s.Flags) != 1 || !strings.Contains(s.Flags[0], "avg<100ms is no share of requests") {
		t.Errorf("%s, %q", s.Arrivals, s.Flags)
	}
	s, err = searchOf(t, searchedFile, SearchWish{Axis: capacity.Connections}, nil)
	if err != nil || s.Config.Start != 10 || s.Config.Rate != 100 {
		t.Errorf("%v, %+v", err, s.Config)
	}
	two := strings.Replace(searchedFile, "slo:", "  - {name: other, executor: constant-arrival-rate, user: v, rate: 30/s, duration: 5s}\nslo:", 1)
	two = strings.Replace(two, "users: {", "users: {v: {tasks: {b: {steps: [{get: /b}]}}}, ", 1)
	if s, err := searchOf(t, two, SearchWish{Axis: capacity.Connections}, nil); err != nil || s.Config.Rate != 130 {
		t.Errorf("two kinds of users: %v, %+v", err, s)
	}
	s, err = searchOf(t, searchedFile, SearchWish{Axis: capacity.Rate, Held: []int{30, 20, 30}}, nil)
	if err != nil || !slices.Equal(s.Levels, []int{20, 30}) || s.Config.Budget != 2*usualEach {
		t.Errorf("%v, %+v", err, s)
	}
}

// TestHeldConnectionsAloneHaveNoRateBeside, and each is asked once in a trial.
func TestHeldConnectionsAloneHaveNoRateBeside(t *testing.T) {
	s, err := searchOf(t, heldFile, SearchWish{Axis: capacity.Connections, Budget: time.Minute}, nil)
	if err != nil || s.Config.Rate != 0 || s.Config.Start != 3 || s.Config.Least != 2 || s.Config.Ramp != 25*time.Second || s.Arrivals != "" {
		t.Errorf("%v, %+v", err, s)
	}
	if len(s.Flags) != 1 || !strings.Contains(s.Flags[0], "no limit counts heartbeats") {
		t.Errorf("%q", s.Flags)
	}
	closed := strings.NewReplacer("constant-arrival-rate", "constant-vus", "rate: 100/s", "vus: 1", "rate: 900/s", "vus: 1").Replace(searchedFile)
	if _, err := searchOf(t, closed, SearchWish{Axis: capacity.Connections}, nil); !errors.Is(err, ErrNoRate) {
		t.Errorf("closed users have a rate: %v", err)
	}
}

// TestASearchAsksForNoMoreThanTheMachineMade.
func TestASearchAsksForNoMoreThanTheMachineMade(t *testing.T) {
	c := &Ceiling{Rate: 2200}
	s, err := searchOf(t, searchedFile, SearchWish{Axis: capacity.Rate}, c)
	if err != nil || s.Config.Most < 999 || s.Config.Most > 1001 || !strings.Contains(s.Flags[len(s.Flags)-1], "no more than 1000/s") {
		t.Errorf("%v, %+v", err, s)
	}
	if s, err = searchOf(t, searchedFile, SearchWish{Axis: capacity.Rate, Most: 300}, c); err != nil || s.Config.Most != 300 {
		t.Errorf("%v, %+v", err, s)
	}
}

// TestSettlingGoesByTheLongestLimit, within bounds.
func TestSettlingGoesByTheLongestLimit(t *testing.T) {
	for limit, want := range map[time.Duration]time.Duration{20 * time.Millisecond: 3 * time.Second, 700 * time.Millisecond: 7 * time.Second, time.Minute: 15 * time.Second} {
		if got := SettleFor([]time.Duration{time.Millisecond, limit}); got != want {
			t.Errorf("%s: %s, want %s", limit, got, want)
		}
	}
}

// TestUniformArrivalsAreSaidToBeOptimistic.
func TestUniformArrivalsAreSaidToBeOptimistic(t *testing.T) {
	text := strings.ReplaceAll(searchedFile, "duration: 10s", "duration: 10s, arrivals: uniform")
	s, err := searchOf(t, text, SearchWish{Axis: capacity.Rate}, nil, "failed: rate<1%")
	if err != nil || s.Arrivals != "uniform" || len(s.Flags) != 1 || !strings.Contains(s.Flags[0], "optimistic") {
		t.Errorf("%v, %+v", err, s)
	}
}
