package tune

import (
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/stats"
	"github.com/loadctl/loadctl/target/queue"
)

// A world is a service whose throughput by setting is known, with noise that is not the setting's.
type world struct {
	surface func(Setting) float64
	noise   float64 // standard deviation of the logarithm, by trial
	drift   float64 // of the logarithm, from trial to trial
	spikes  float64 // probability of a trial that is a fifth slower
	seed    uint64
}

func (w world) try(a trial.Ask) trial.Told {
	random := rand.New(rand.NewPCG(w.seed, uint64(a.Number)))
	y := math.Log(w.surface(a.Setting)) + w.noise*random.NormFloat64() + w.drift*float64(a.Number)
	if random.Float64() < w.spikes {
		y += math.Log(0.8)
	}
	return trial.Told{Validity: stats.Valid, Throughput: math.Exp(y), Measured: a.Length, Took: a.Settle + a.Length + time.Second}
}

// flat is a service that does the same in any setting.
func flat(Setting) float64 { return 500 }

// run makes a tuning to its end.
func run(t testing.TB, c Config, try func(trial.Ask) trial.Told) Result {
	t.Helper()
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; ; n++ {
		a, ok := s.Next()
		if !ok {
			return s.Result()
		}
		if n > 2000 {
			t.Fatal("it does not end")
		}
		s.Tell(try(a))
	}
}

func of(s Setting, name string) int {
	n, _ := strconv.Atoi(s[name])
	return n
}

func truth(s Setting) float64 {
	return queue.Pools{Pool: of(s, "pool"), Workers: of(s, "workers")}.Throughput()
}

// optimum is the most that any setting of the truth serves, at 33 and 57.
const optimum = 665.2

// The grids, and what their best setting is of the optimum.
const (
	doubling = "4 8 16 32 64 128"  // 99.9 %, at 32 and 64
	narrow   = "8 13 20 32 51 80"  // 99.9 %
	broad    = "8 13 22 36 60 100" // 99.8 %
	beside   = "8 14 24 42 73 128" // 98.0 %, and the next within 3 % of the optimum by a hair: the peak is between its values
)

// gridded is a tuning of two parameters that have these values each.
func gridded(grid string, seed uint64) Config {
	values := strings.Fields(grid)
	return Config{Params: []Param{{Name: "pool", Values: values, CostEach: 1}, {Name: "workers", Values: values, CostEach: 1}},
		Incumbent: Setting{"pool": values[1], "workers": values[1]}, Load: trial.Load{Users: 256}, Seed: seed}
}

// bestOf is the most that a setting of the grid serves.
func bestOf(c Config) (most float64) {
	for n := range c.combinations() {
		most = max(most, truth(c.combination(n)))
	}
	return most
}

// many is how many tunings a figure is from.
func many() int {
	switch {
	case os.Getenv("LOADCTL_LONG") != "":
		return 1000
	case testing.Short():
		return 40
	}
	return 100
}
