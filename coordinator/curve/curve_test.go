package curve

import (
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/target/queue"
)

func TestPointsAreOfTrialsThatMeasured(t *testing.T) {
	got := Points([]trial.Told{
		{Iterations: 200, Good: 90, Requests: 5, GaveUp: true},
		{Broken: "no", Requests: 1},
		{Validity: "invalid", Iterations: 5, Requests: 1},
		{Iterations: 100, Good: 99, Requests: 5},
		{Iterations: 50},
	})
	if len(got) != 2 || got[0].Load != 100 || got[1].Load != 200 || !got[1].Growing {
		t.Errorf("%+v", got)
	}
}

// Of M/M/1 the power λ/R = λ(μ−λ) is largest at half the load that saturates it.
func TestTheKneeOfOneServerIsAtHalf(t *testing.T) {
	var points []Point
	for load := 10.0; load < 100; load += 10 {
		m := queue.MMc{Servers: 1, Rate: 100, Arrivals: load}
		points = append(points, Point{Load: load, Throughput: load, Mean: time.Duration(m.Mean() * 1e9)})
	}
	points = append(points, Point{Load: 120, Throughput: 100, Mean: time.Millisecond, Growing: true})
	if k := KneeOf(points); k.Load != 50 || k.Why != "" || k.Power < 2499 || k.Power > 2501 {
		t.Errorf("%+v", k)
	}
	for what, some := range map[string][]Point{"above 30/s": points[:3], "below 60/s": points[5:], "fewer than 3": points[:2]} {
		if k := KneeOf(some); k.Load != 0 || !strings.Contains(k.Why, what) {
			t.Errorf("%s: %+v", what, k)
		}
	}
}

func TestHeadroom(t *testing.T) {
	for _, c := range []struct {
		peak, low, high float64
		want            string
	}{
		{300, 720, 780, "2.40 to 2.60 times the peak of 300/s: 42 % of the lower end of its 95 % interval is used"},
		{750, 720, 780, "whether the peak holds is not known"},
		{800, 720, 780, "the peak does not hold"},
		{300, 720, 0, "at least 2.40 times"},
		{800, 720, 0, "whether the peak holds is not known"},
	} {
		h, ok := At(c.peak, 750, c.low, c.high)
		h.Confidence = 0.95
		if !ok || !strings.Contains(h.String(), c.want) {
			t.Errorf("%v: %q", c, h)
		}
	}
	if _, ok := At(0, 1, 1, 1); ok {
		t.Error("no peak, and a headroom")
	}
}
