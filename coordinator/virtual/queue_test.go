package virtual

import (
	"math"
	"testing"
	"time"

	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/stats"
	"github.com/loadctl/loadctl/target/queue"
)

func mm8() *Queue {
	return &Queue{Settings: queue.Settings{Law: queue.Law{Kind: queue.Exp, Mean: 10 * time.Millisecond}, Servers: 8},
		Limits: []Limit{{100 * time.Millisecond, 0.01}}, Seed: 1}
}

func ask(rate float64, length time.Duration) trial.Ask {
	return trial.Ask{Number: 1, Load: trial.Load{Rate: rate}, Settle: 3 * time.Second, Length: length, GiveUp: 0.2}
}

// The share of bad requests at the capacity is what is allowed.
func TestAtTheCapacityTheShareIsTheAllowedOne(t *testing.T) {
	c, _ := queue.Capacity(8, 100, 0.99, 0.1)
	told := mm8().Try(ask(c, 2000*time.Second))
	got := told.Counts[0]
	if math.Abs(got.Share()-0.01) > 0.003 || got.Clump < 5 || told.Growing {
		t.Errorf("at %.2f/s: %.4f bad in clumps of %.0f, growing %v", c, got.Share(), got.Clump, told.Growing)
	}
	if math.Abs(told.Offered-c) > 0.01*c || math.Abs(told.Throughput-c) > 0.01*c {
		t.Errorf("offered %.1f, throughput %.1f of %.1f", told.Offered, told.Throughput, c)
	}
}

func TestOverloadGivesUpAndGrows(t *testing.T) {
	told := mm8().Try(ask(1600, 30*time.Second))
	if !told.GaveUp || told.Measured > 5*time.Second {
		t.Errorf("gave up %v after %v", told.GaveUp, told.Measured)
	}
	a := ask(900, 30*time.Second)
	a.GiveUp = 0
	if told = mm8().Try(a); !told.Growing || told.Slope < 50 {
		t.Errorf("growing %v by %.1f/s", told.Growing, told.Slope)
	}
}

func TestBeyondTheGeneratorTrialsAreInvalid(t *testing.T) {
	q := mm8()
	q.Most = 500
	if told := q.Try(ask(501, time.Second)); told.Validity != stats.Invalid || !told.Generator {
		t.Errorf("%+v", told)
	}
}

func TestNoLoadEnds(t *testing.T) {
	if told := mm8().Try(ask(0, time.Second)); told.Requests != 0 || told.Measured != time.Second {
		t.Errorf("%+v", told)
	}
}
