package plan

import (
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/loadctl/loadctl/scenarios"
)

// needOf is what users with these tasks ask for in a closed phase.
func needOf(t *testing.T, users, phase string) Need {
	t.Helper()
	text := "version: 1\nname: t\ntarget: {base_url: \"http://127.0.0.1:8080\"}\nusers: {" + users + "}\nphases: [" + phase + "]\n"
	s, err := scenarios.Parse("t.yaml", []byte(text), scenarios.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return NeedOf(s)
}

// TestUsersWithoutPausesAreEager: a wait of 0s was taken for a pause, and a task
// that nobody runs for one without.
func TestUsersWithoutPausesAreEager(t *testing.T) {
	for tasks, want := range map[string]bool{
		"tasks: {a: {steps: [{get: /a}]}}":                                                        true,
		"wait_time: 1s, tasks: {a: {steps: [{get: /a}]}}":                                         false,
		"wait_time: 0s, tasks: {a: {steps: [{get: /a}]}}":                                         true,
		"wait_time: {between: [0s, 0s]}, tasks: {a: {steps: [{get: /a}]}}":                        true,
		"wait_time: {between: [0s, 2s]}, tasks: {a: {steps: [{get: /a}]}}":                        false,
		"wait_time: {pacing: 2s}, tasks: {a: {steps: [{get: /a}]}}":                               false,
		"tasks: {a: {steps: [{think: 1s}, {get: /a}]}}":                                           false,
		"tasks: {a: {steps: [{think: 0s}, {get: /a}]}}":                                           true,
		"tasks: {a: {steps: [{get: /a}, {think: 1s}, {get: /b}]}}":                                true,
		"tasks: {a: {steps: [{think: 1s}, {get: /a}]}, b: {steps: [{get: /b}]}}":                  true,
		"tasks: {a: {steps: [{think: 1s}, {get: /a}]}, b: {weight: 0, steps: [{get: /b}]}}":       false,
		"wait_time: {exponential: 1s}, tasks: {a: {steps: [{get: /a}]}, b: {steps: [{get: /b}]}}": false,
	} {
		n := needOf(t, "u: {"+tasks+"}", "{name: p, executor: constant-vus, user: u, vus: 7, duration: 5s}")
		if n.Eager != want || n.Connections != 7 || n.Rate != 0 {
			t.Errorf("%s: %+v, want eager %t", tasks, n, want)
		}
	}
}

func TestOpenLoadIsNeverEager(t *testing.T) {
	n := needOf(t, "u: {tasks: {a: {steps: [{get: /a}]}}}",
		"{name: p, executor: constant-arrival-rate, user: u, rate: 300/s, max_vus: 40, duration: 5s}")
	if want := (Need{Connections: 40, Busy: 40, Rate: 300, Work: requests(300), MaxVUs: 40, Capped: "p"}); n != want {
		t.Errorf("%+v, want %+v", n, want)
	}
}

func TestPhaseOfNobodyPauses(t *testing.T) {
	s := &scenarios.Scenario{}
	if !pauses(s, -1) || !pauses(s, 0) {
		t.Error("a user that is not there is eager")
	}
}

// TestMachinesThatHoldDifferentlyAreFilledEvenly: every agent gets an equal share, but
// the large machine had too few of them, and the small one was then over its limit.
func TestMachinesThatHoldDifferentlyAreFilledEvenly(t *testing.T) {
	small, large := laptop, laptop
	small.Name, small.MaxFiles, large.MaxFiles = "small", 1_200, 100_200
	places, err := Fit(Need{Connections: 20_000}, Wish{}, []Machine{small, large})
	if err != nil || places[0].Agents != 10 || places[1].Agents != 10 || places[0].Connections != 1_000 {
		t.Errorf("%+v, %v", places, err)
	}
}

// TestUnknownCoresLimitNothing: they made one loop of whatever was asked.
func TestUnknownCoresLimitNothing(t *testing.T) {
	places, err := Fit(Need{Work: requests(160_000)}, Wish{}, []Machine{{Name: "x"}})
	if err != nil || places[0].Agents != 2 || places[0].Loops != 4 {
		t.Errorf("%+v, %v", places, err)
	}
}

// TestAgentsAreDealtOutEvenly: as many as were wished for, at least one a machine,
// no machine with two more than another.
func TestAgentsAreDealtOutEvenly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		machines := make([]Machine, rapid.IntRange(1, 9).Draw(t, "machines"))
		wish := rapid.IntRange(1, 60).Draw(t, "wish")
		places, err := Fit(Need{}, Wish{Agents: wish}, machines)
		if err != nil {
			t.Fatal(err)
		}
		sum, least, most := 0, places[0].Agents, 0
		for _, p := range places {
			sum, least, most = sum+p.Agents, min(least, p.Agents), max(most, p.Agents)
		}
		if sum != max(wish, len(machines)) || most-least > 1 || least < 1 {
			t.Fatalf("%d agents wished for, placed %+v", wish, places)
		}
	})
}

// TestLoadThatAgentsAloneDecideAlwaysFits: where neither memory nor processes are
// short, as many agents are placed as it takes, whatever files machines allow.
func TestLoadThatAgentsAloneDecideAlwaysFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		machines := make([]Machine, rapid.IntRange(1, 5).Draw(t, "machines"))
		for i := range machines {
			machines[i].MaxFiles = rapid.Uint64Range(1_024, 100_000).Draw(t, "files")
		}
		n := Need{Connections: rapid.IntRange(0, 100_000).Draw(t, "connections")}
		places, err := Fit(n, Wish{}, machines)
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range places {
			if p.Connections > perAgent(machines[i]) {
				t.Fatalf("%+v on %+v", p, machines[i])
			}
		}
	})
}

// TestAdviceOfARefusalIsGoodAdvice: with as many agents, or files, as it says, the
// load fits.
func TestAdviceOfARefusalIsGoodAdvice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := Machine{Name: "m", MaxFiles: rapid.Uint64Range(1_024, 30_000).Draw(t, "files")}
		machines := slicesOf(m, rapid.IntRange(1, 4).Draw(t, "machines"))
		n := Need{Connections: rapid.IntRange(0, 100_000).Draw(t, "connections")}
		wish := Wish{Agents: rapid.IntRange(1, 20).Draw(t, "agents")}
		_, err := Fit(n, wish, machines)
		if err == nil {
			t.Skip("fits")
		}
		if _, err := Fit(n, Wish{Agents: numberAfter(t, err, "--agents ")}, machines); err != nil {
			t.Fatalf("with more agents: %v", err)
		}
		m.MaxFiles = uint64(numberAfter(t, err, "(ulimit -n) to "))
		if _, err := Fit(n, wish, slicesOf(m, len(machines))); err != nil {
			t.Fatalf("with more files: %v", err)
		}
	})
}

func slicesOf(m Machine, n int) []Machine {
	machines := make([]Machine, n)
	for i := range machines {
		machines[i] = m
	}
	return machines
}

// numberAfter reads what an error says after some words, such as 25,200.
func numberAfter(t *rapid.T, err error, words string) int {
	t.Helper()
	_, rest, ok := strings.Cut(err.Error(), words)
	end := strings.IndexFunc(rest+" ", func(r rune) bool { return r != ',' && (r < '0' || r > '9') })
	n, bad := strconv.Atoi(strings.ReplaceAll(strings.TrimRight(rest[:end], ","), ",", ""))
	if !ok || bad != nil {
		t.Fatalf("no number after %q in: %v", words, err)
	}
	return n
}

func TestThousandsAreSeparated(t *testing.T) {
	for n, want := range map[int]string{
		0: "0", 7: "7", 999: "999", 1000: "1,000", 50_000: "50,000", 1_234_567: "1,234,567", -1: "-1", -999: "-999", -1000: "-1,000", -123_456: "-123,456",
	} {
		if got := Thousands(n); got != want {
			t.Errorf("%d is written %s", n, got)
		}
	}
}

func TestDivisionRoundsUp(t *testing.T) {
	for _, c := range [][3]int{{0, 3, 0}, {1, 3, 1}, {3, 3, 1}, {4, 3, 2}, {5, 0, 5}, {5, -1, 5}} {
		if got := ceilDiv(c[0], c[1]); got != c[2] {
			t.Errorf("%d/%d is %d, want %d", c[0], c[1], got, c[2])
		}
	}
}
