package tune

import (
	"encoding/json"
	"math"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/coordinator/virtual"
	"github.com/loadctl/loadctl/stats"
	"github.com/loadctl/loadctl/target/queue"
)

// TestWhateverIsToldItEnds: with a result that can be written down at any time, and within its trials.
func TestWhateverIsToldItEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := gridded(doubling, rapid.Uint64().Draw(t, "seed"))
		c.Goal = rapid.SampledFrom([]Goal{Most, Cheapest}).Draw(t, "goal")
		c.Clauses = []trial.Clause{{Expr: "failed<1%", Allowed: 0.01}}
		trouble := rapid.Float64Range(0, 1).Draw(t, "trouble")
		s, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		for n := 0; ; n++ {
			_, ok := s.Next()
			if n%25 == 0 || !ok {
				if _, err := json.Marshal(s.Result()); err != nil {
					t.Fatal(err)
				}
			}
			if !ok {
				break
			}
			if n > 1500 || c.Goal == Most && n > 150+2*150 {
				t.Fatalf("%d trials", n)
			}
			told := trial.Told{Validity: stats.Valid, Throughput: 100, Took: time.Second, Counts: []trial.Count{{N: 100}}}
			if rapid.Float64Range(0, 1).Draw(t, "luck") < trouble*trouble*trouble {
				told = rapid.SampledFrom([]trial.Told{
					{}, {Broken: "hook"}, {Validity: stats.Invalid}, {Validity: stats.Invalid, Generator: true}, {Validity: stats.Degraded, Throughput: 1e-300},
					{Validity: stats.Valid, Throughput: math.MaxFloat64}, {Validity: stats.Valid, Throughput: -1}, {Validity: stats.Valid, Throughput: 1e300, Took: -time.Hour},
					{Validity: stats.Valid, Throughput: 100, Broke: []string{"connections"}}, {Validity: stats.Valid, Throughput: 100, Failed: 1},
				}).Draw(t, "told")
			}
			s.Tell(told)
		}
		if r := s.Result(); r.Outcome == "" || r.Outcome == Unfinished && r.Why == "" {
			t.Fatalf("%+v", r)
		}
	})
}

// TestTheCheapestThatHoldsIsFound, by a queue in virtual time: 700 requests a second in 10 ms each are more than six
// servers hold at p99 < 100 ms, and eight hold 749.
func TestTheCheapestThatHoldsIsFound(t *testing.T) {
	servers := []string{"4", "6", "8", "10", "12"}
	for _, n := range servers {
		k, _ := strconv.Atoi(n)
		most, _ := queue.Capacity(k, 100, 0.99, 0.1)
		t.Logf("%d servers hold %.0f/s", k, most)
	}
	right, trials := 0, 0
	n := max(many()/8, 10)
	for i := range n {
		try := func(a trial.Ask) trial.Told {
			q := virtual.Queue{Settings: queue.Settings{Law: queue.Law{Kind: queue.Exp, Mean: 10 * time.Millisecond}, Servers: of(a.Setting, "servers")},
				Limits: []virtual.Limit{{Above: 100 * time.Millisecond, Allowed: 0.01}}, Seed: uint64(i)}
			return q.Try(a)
		}
		c := Config{Params: []Param{{Name: "servers", Values: servers, CostEach: 5}}, Incumbent: Setting{"servers": "12"}, Goal: Cheapest,
			Load: trial.Load{Rate: 700}, Clauses: []trial.Clause{{Expr: "response_time: p(99)<100ms", Allowed: 0.01}}, Seed: uint64(i)}
		r := run(t, c, try)
		count(&right, r.Outcome == Better && r.Recommended.Setting["servers"] == "8" && r.Validated)
		trials += len(r.Trials)
	}
	t.Logf("eight servers in %d of %d, %.1f trials", right, n, float64(trials)/float64(n))
	if float64(right) < 0.9*float64(n) {
		t.Errorf("eight servers in %d of %d", right, n)
	}
}
