package tune

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/loadctl/loadctl/target/queue"
)

func TestWhatLawsSay(t *testing.T) {
	f := Facts{Cores: 4, Spindles: 1, Rate: 400, Hold: 25 * time.Millisecond, Wait: 30 * time.Millisecond, Compute: 10 * time.Millisecond,
		Takers: 8, Each: 2, Alpha: 0.03, Beta: 0.0009, KeyRate: 3, Stale: 10 * time.Second}
	for k, want := range map[Kind][]float64{
		Workers:      {9, 12.8, math.Sqrt(0.97 / 0.0009)},
		Threads:      {12.8, math.Sqrt(0.97 / 0.0009)},
		Pool:         {10, 17, 9, 9, math.Sqrt(0.97 / 0.0009)},
		UpstreamPool: {10, 17, math.Sqrt(0.97 / 0.0009)},
		CacheTTL:     {3, 10},
	} {
		var got []float64
		for _, s := range Starts(k, f) {
			got = append(got, s.Value)
			t.Logf("%s: %s", k, s.Why)
		}
		if !slices.EqualFunc(got, want, func(a, b float64) bool { return math.Abs(a-b) < 1e-9 }) {
			t.Errorf("%s: %v, want %v", k, got, want)
		}
	}
}

// TestThePoolIsTheSmallestThatFewWaitFor, by the formula itself.
func TestThePoolIsTheSmallestThatFewWaitFor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.Float64Range(0.01, 2000).Draw(t, "offered")
		wait := rapid.Float64Range(0.0001, 0.5).Draw(t, "may wait")
		c := fewest(a, wait)
		if queue.ErlangC(c, a) > wait || c > int(a)+1 && queue.ErlangC(c-1, a) <= wait {
			t.Fatalf("%d: %v wait, of one fewer %v", c, queue.ErlangC(c, a), queue.ErlangC(c-1, a))
		}
	})
}

func TestEveryGridIsShortAndInOrder(t *testing.T) {
	kinds := []Kind{Workers, Threads, Pool, Overflow, UpstreamPool, CacheTTL}
	rapid.Check(t, func(t *rapid.T) {
		f := Facts{Cores: rapid.IntRange(0, 128).Draw(t, "cores"), Rate: rapid.Float64Range(0, 1e5).Draw(t, "rate"),
			Hold: time.Duration(rapid.Int64Range(0, 1e9).Draw(t, "hold")), Processes: rapid.IntRange(0, 64).Draw(t, "processes"),
			Most: rapid.IntRange(0, 500).Draw(t, "most"), KeyRate: rapid.Float64Range(0, 100).Draw(t, "key rate"),
			Stale: time.Duration(rapid.Int64Range(0, 1e11).Draw(t, "stale")), Current: rapid.SampledFrom([]string{"", "1", "7", "40", "3s"}).Draw(t, "current")}
		p, err := Grid("x", rapid.SampledFrom(kinds).Draw(t, "kind"), f)
		if err != nil {
			t.Fatal(err)
		}
		last := -1.0
		for _, v := range p.Values {
			n, ok := read(v)
			if !ok || n <= last {
				t.Fatalf("%v", p.Values)
			}
			last = n
		}
		if len(p.Values) == 0 || len(p.Values) > mostValues || len(p.Why) == 0 {
			t.Fatalf("%v because %v", p.Values, p.Why)
		}
		if f.Current != "" && !slices.Contains(p.Values, f.Current) {
			t.Fatalf("%v has no %s", p.Values, f.Current)
		}
	})
}

func TestGridsHaveTheirValues(t *testing.T) {
	f := Facts{Cores: 4, Rate: 400, Hold: 25 * time.Millisecond, Current: "5", Choices: []string{"roundrobin", "leastconn"}, KeyRate: 3, Stale: 10 * time.Second, Most: 100}
	for k, want := range map[Kind]string{
		Pool:     "5 8 10 17 22 34", // 8 by cores, ten busy, 17 by Erlang
		Workers:  "2 4 5 9 12 18",   // half the cores, the cores, what is in force, gunicorn's rule
		Overflow: "0 3 4 5 7 10",
		CacheTTL: "0s 1.5s 3s 3.9s 5 10s",
		Choice:   "roundrobin leastconn 5",
	} {
		p, err := Grid("x", k, f)
		if got := strings.Join(p.Values, " "); err != nil || got != want {
			t.Errorf("%s: %s (%v), want %s", k, got, err, want)
		}
	}
}

// TestWhatALawSaysIsTried: a grid around nine workers had none of nine, and none at or below the cores, where workers
// that only compute are best.
func TestWhatALawSaysIsTried(t *testing.T) {
	for cores, want := range map[int]string{1: "1 2 3 4 6", 2: "1 2 3 4 5 10", 4: "2 3 4 9 12 18", 64: "32 49 64 129 170 258"} {
		p, err := Grid("workers", Workers, Facts{Cores: cores})
		if got := strings.Join(p.Values, " "); err != nil || got != want {
			t.Errorf("%d cores: %s (%v), want %s", cores, got, err, want)
		}
		if !strings.Contains(strings.Join(p.Why, "\n"), "one for each core") {
			t.Errorf("%d cores: why it goes so low is not said: %v", cores, p.Why)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		f := Facts{Cores: rapid.IntRange(0, 128).Draw(t, "cores"), Rate: rapid.Float64Range(0, 1e4).Draw(t, "rate"), Hold: time.Duration(rapid.Int64Range(0, 1e9).Draw(t, "hold")),
			Takers: rapid.IntRange(0, 20).Draw(t, "takers"), Each: rapid.IntRange(0, 3).Draw(t, "each"), Compute: time.Duration(rapid.Int64Range(0, 1e9).Draw(t, "compute")),
			Beta: rapid.Float64Range(0, 0.01).Draw(t, "beta"), KeyRate: rapid.Float64Range(0.01, 100).Draw(t, "key rate"), Current: rapid.SampledFrom([]string{"", "7", "3s"}).Draw(t, "current")}
		k := rapid.SampledFrom([]Kind{Workers, Threads, Pool, Overflow, UpstreamPool, CacheTTL}).Draw(t, "kind")
		p, err := Grid("x", k, f)
		if err != nil {
			t.Fatal(err)
		}
		floor, least := byDeadlock(f)
		for _, s := range Starts(k, f) {
			near := slices.ContainsFunc(p.Values, func(text string) bool { v, _ := read(text); return math.Abs(v-s.Value) <= 0.5 })
			if !near && s.Value >= 1 && s.Value < 1e5 && !(k == Pool && least && s.Value < floor.Value) {
				t.Fatalf("%v has no %v", p.Values, s.Value)
			}
		}
	})
}

// TestNoPoolIsTriedThatMayStandStill: eight threads of two connections each are stuck with eight.
func TestNoPoolIsTriedThatMayStandStill(t *testing.T) {
	p, err := Grid("pool", Pool, Facts{Rate: 100, Hold: 10 * time.Millisecond, Takers: 8, Each: 2})
	if err != nil || p.Values[0] != "9" {
		t.Errorf("%v, %v", p.Values, err)
	}
}

func TestBadFactsAreToldAtOnce(t *testing.T) {
	_, err := Grid("x", "wrokers", Facts{Cores: -1, Rate: math.NaN(), Hold: -time.Second})
	for _, want := range []string{`"wrokers"`, "cores: must not be negative", "rate: must not", "hold: must not"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: without %q", err, want)
		}
	}
	if _, err := Grid("x", Choice, Facts{}); err == nil {
		t.Error("no choices: nothing to say")
	}
	if _, err := Grid("x", Pool, Facts{Rate: 1e12, Hold: time.Hour}); err == nil {
		t.Error("a billion connections: nothing to say")
	}
}
