package gate

import (
	"encoding/json"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/stats"
)

// A gate that was interrupted at any trial, and told what the old one was told, ends as it would have.
func TestInterruptedGateEndsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		like := noisy{random: rand.New(rand.NewPCG(seed, 1)), sigma: 0.03, change: rapid.Float64Range(0, 0.15).Draw(t, "change")}
		misfortune := rapid.Float64Range(0, 0.3).Draw(t, "misfortune")
		try := func(a trial.Ask) trial.Told {
			told := like.Try(a)
			switch u := like.random.Float64(); {
			case u < misfortune/2:
				told.Validity, told.Reasons = stats.Invalid, []string{"bad luck"}
			case u < misfortune*3/4:
				told = trial.Told{Broken: "no route to it", Took: time.Second}
			case u < misfortune:
				told.Growing = true
			}
			return told
		}
		want := play(New(whole(seed)), try)
		at := rapid.IntRange(0, len(want.Trials)).Draw(t, "at")
		g := New(whole(seed))
		for i, tried := range want.Trials {
			if i == at {
				_ = g.Result() // looking changes nothing
			}
			a, ok := g.Next()
			if again, _ := g.Next(); !ok || again.Number != tried.Number || a.Side != tried.Side || a.Kind != tried.Kind || a.Rate != tried.Rate {
				t.Fatalf("trial %d: asked %+v, then %+v; it was %+v", i+1, a, again, tried.Ask)
			}
			g.Tell(tried.Told)
		}
		got := g.Result()
		if _, more := g.Next(); more || text(t, got) != text(t, want) {
			t.Fatalf("%s\nis not\n%s", text(t, got), text(t, want))
		}
	})
}

func text(t interface{ Fatal(...any) }, r Result) string {
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err) // a NaN, an infinity
	}
	return string(b)
}

// Whatever a trial tells, a result can be written, and the gate ends.
func TestAnyTrialIsSurvived(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set := whole(1)
		set.Hold = rapid.Bool().Draw(t, "hold")
		g := New(set)
		for range 200 {
			if _, ok := g.Next(); !ok {
				break
			}
			g.Tell(trial.Told{Validity: stats.Valid, Requests: rapid.Uint64Range(0, 3).Draw(t, "n"), Took: rapid.SampledFrom([]time.Duration{0, 20 * time.Second}).Draw(t, "took"),
				P50: rapid.SampledFrom([]time.Duration{0, 1, time.Hour}).Draw(t, "p50"), P99: rapid.SampledFrom([]time.Duration{0, 1, time.Hour}).Draw(t, "p99"),
				Failed: rapid.Float64Range(0, 1).Draw(t, "failed"), TargetCPU: rapid.Float64Range(0, 2).Draw(t, "cpu"),
				Counts: []trial.Count{{N: rapid.Uint64Range(0, 10).Draw(t, "of"), Bad: rapid.Uint64Range(0, 10).Draw(t, "bad")}}})
		}
		text(t, g.Result())
		if _, ok := g.Next(); ok {
			t.Fatal("it does not end")
		}
	})
}
