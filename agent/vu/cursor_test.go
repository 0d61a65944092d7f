package vu

import (
	"testing"
	"time"

	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/scenarios/arrival"
)

const shop = `
version: 1
name: shop
target: {base_url: "http://127.0.0.1:1"}
users:
  u:
    wait_time: {constant: 2s}
    tasks:
      browse: {steps: [{get: /a}, {think: 500ms}, {get: /b}, {get: /c}]}
  paced:
    wait_time: {pacing: 1s}
    tasks: {t: {steps: [{get: /a}]}}
  weighted:
    tasks:
      often: {weight: 3, steps: [{get: /often}]}
      seldom: {weight: 1, steps: [{get: /seldom}]}
phases: [{name: p, executor: constant-vus, user: u, vus: 1, duration: 1s}]
`

func users(t *testing.T) map[string]*scenarios.User {
	t.Helper()
	s, err := scenarios.Parse("shop.yaml", []byte(shop), scenarios.Options{})
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]*scenarios.User{}
	for i := range s.Users {
		byName[s.Users[i].Name] = &s.Users[i]
	}
	return byName
}

func TestIteration(t *testing.T) {
	u := users(t)["u"]
	c := New(1, 0, 0)
	expect := func(what string, got Action, kind Kind, at time.Duration, path string) {
		t.Helper()
		name := ""
		if got.Step != nil {
			name = got.Step.Name
		}
		if got.Kind != kind || got.At != at || name != path {
			t.Errorf("%s: got %v at %v %q, want %v at %v %q", what, got.Kind, got.At, name, kind, at, path)
		}
	}
	expect("begin", c.Begin(u, 10*time.Second), Send, 10*time.Second, "/a")
	if !c.First() || c.Last(u) {
		t.Error("not at the first of several steps")
	}
	expect("think", c.Next(u, Answered, 11*time.Second), Wait, 11500*time.Millisecond, "/b")
	expect("no think", c.Next(u, Answered, 12*time.Second), Send, 12*time.Second, "/c")
	if !c.Last(u) {
		t.Error("not at the last step")
	}
	expect("done", c.Next(u, Answered, 13*time.Second), Complete, 15*time.Second, "")
	expect("again", c.Begin(u, 15*time.Second), Send, 15*time.Second, "/a")
	expect("no answer", c.Next(u, Unanswered, 16*time.Second), Abort, 18*time.Second, "")
}

func TestPacing(t *testing.T) {
	u := users(t)["paced"]
	c := New(1, 0, 0)
	c.Begin(u, 0)
	if a := c.Next(u, Answered, 300*time.Millisecond); a.At != time.Second {
		t.Errorf("a quick iteration is followed at %v, want 1s", a.At)
	}
	c.Begin(u, time.Second)
	if a := c.Next(u, Answered, 5*time.Second); a.At != 5*time.Second {
		t.Errorf("a slow iteration is followed at %v, want 5s", a.At)
	}
}

// TestReproducible: what a user does follows from its number, not from who runs it.
func TestReproducible(t *testing.T) {
	u := users(t)["weighted"]
	often := 0
	for id := range uint64(4000) {
		a, b := New(9, 2, id), New(9, 2, id)
		x, y := a.Begin(u, 0), b.Begin(u, 0)
		if x.Step != y.Step {
			t.Fatalf("user %d picks two tasks", id)
		}
		if x.Step.Name == "/often" {
			often++
		}
	}
	if often < 2850 || often > 3150 {
		t.Errorf("%d of 4000 picked the task of weight 3 of 4", often)
	}
}

func changes(p arrival.Profile) (list []Change) {
	r := NewRamp(p)
	for c, ok := r.Next(); ok; c, ok = r.Next() {
		list = append(list, c)
	}
	return list
}

func TestRamp(t *testing.T) {
	s := time.Second
	tests := []struct {
		name    string
		profile arrival.Profile
		want    []Change
	}{
		{"level", arrival.Profile{{From: 2, To: 2, Duration: s}}, []Change{{0, 0, true}, {0, 1, true}}},
		{"up and down", arrival.Profile{{From: 0, To: 2, Duration: 2 * s}, {From: 2, To: 0, Duration: 4 * s}},
			[]Change{{0, 0, true}, {s, 1, true}, {4 * s, 1, false}, {6 * s, 0, false}}},
		{"jump down and up", arrival.Profile{{From: 2, To: 2, Duration: s}, {From: 1, To: 1, Duration: s}, {From: 2, To: 2, Duration: s}},
			[]Change{{0, 0, true}, {0, 1, true}, {s, 1, false}, {2 * s, 1, true}}},
		{"nothing", arrival.Profile{{Duration: s}}, nil},
	}
	for _, test := range tests {
		got := changes(test.profile)
		if len(got) != len(test.want) {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
			continue
		}
		for i := range got {
			if got[i] != test.want[i] {
				t.Errorf("%s: change %d is %v, want %v", test.name, i, got[i], test.want[i])
			}
		}
	}
}

// TestRampFollowsProfile: at any moment as many users are active as the profile says.
func TestRampFollowsProfile(t *testing.T) {
	p := arrival.Profile{{From: 3, To: 40, Duration: 7 * time.Second}, {From: 25, To: 0.5, Duration: 3 * time.Second}, {From: 0.5, To: 12, Duration: time.Second}}
	active, list := 0, changes(p)
	for at := time.Duration(0); at < p.Duration(); at += 13 * time.Millisecond {
		for len(list) > 0 && list[0].At <= at {
			if list[0].Active {
				active++
			} else {
				active--
			}
			list = list[1:]
		}
		rate := p.RateAt(at)
		if d := float64(active) - rate; d < -0.2 || d > 1.2 {
			t.Fatalf("%d users active at %v, the profile says %.2f", active, at, rate)
		}
	}
}

func BenchmarkIteration(b *testing.B) {
	s, err := scenarios.Parse("shop.yaml", []byte(shop), scenarios.Options{})
	if err != nil {
		b.Fatal(err)
	}
	c := New(1, 0, 0)
	b.ReportAllocs()
	for b.Loop() {
		c.Begin(&s.Users[2], 0)
		c.Next(&s.Users[2], Answered, 0)
	}
}
