package trial

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/loadctl/loadctl/reports/sample"
	"github.com/loadctl/loadctl/stats"
)

func limits(t *testing.T, texts ...string) (all []stats.Threshold) {
	t.Helper()
	for i := 0; i < len(texts); i += 2 {
		l, err := stats.ParseThreshold(texts[i], texts[i+1])
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, l)
	}
	return all
}

func TestClausesAreClaimsAboutShares(t *testing.T) {
	got := ClausesOf(limits(t, "response_time", "p(99)<200ms", "failed", "rate<0.1%", "checks", "rate>99%", "connections_dropped", "count==0", "response_time", "avg<1s"))
	want := map[string]float64{"response_time: p(99)<200ms": 0.01, "failed: rate<0.1%": 0.001, "checks: rate>99%": 0.01}
	for _, c := range got {
		if math.Abs(want[c.Expr]-c.Allowed) > 1e-12 {
			t.Errorf("%+v", c)
		}
		delete(want, c.Expr)
	}
	if len(want) > 0 || len(got) != 3 {
		t.Errorf("%+v, without %v", got, want)
	}
}

// TestAHealthyRunIsTold in figures that agree with the run's own.
func TestAHealthyRunIsTold(t *testing.T) {
	r := sample.Run(sample.Healthy())
	got := Of(r, limits(t, "response_time", "p(99)<500ms", "failed", "rate<1%"))
	if got.Broken != "" || got.Validity != stats.Valid || len(got.Broke) > 0 || got.GaveUp {
		t.Errorf("%+v", got)
	}
	a := r.Accounting(true)
	for i, c := range got.Counts {
		if c.N != a.Ended() || c.Clump < 1 {
			t.Errorf("clause %d: %+v of %d requests", i, c, a.Ended())
		}
	}
	if got.Measured != r.LoadTime() || got.Requests != a.Intended || math.Abs(got.Throughput-r.Throughput()) > 1 || got.P50 <= 0 || got.P99 <= got.P50 || got.Mean <= 0 {
		t.Errorf("%+v", got)
	}
	if _, err := json.Marshal(got); err != nil {
		t.Error(err)
	}
}

// TestATroubledRunIsTold: the lost agent spoils the trial, whatever on_loss says.
func TestATroubledRunIsTold(t *testing.T) {
	got := Of(sample.Run(sample.Troubled()), limits(t, "response_time", "p(99)<100ms"))
	if got.Validity != stats.Invalid || got.Counts[0].Bad == 0 || got.Failed == 0 {
		t.Errorf("%+v", got)
	}
}

func TestNoRunIsBroken(t *testing.T) {
	if got := Of(&stats.Run{}, nil); got.Broken == "" {
		t.Errorf("%+v", got)
	}
}

func TestATrialGivesUpWhenItHasSaidEnough(t *testing.T) {
	r := sample.Run(sample.Story{Seconds: 40})
	slow := limits(t, "response_time", "p(99)<1ms")
	for _, c := range []struct {
		share float64
		want  bool
	}{{0, false}, {0.2, true}, {1, false}} {
		a := Ask{GiveUp: c.share, Length: time.Minute}
		if got := a.Enough(r, slow); got != c.want {
			t.Errorf("from a share of %v: %v", c.share, got)
		}
	}
}

// TestHeldConnectionsAreALoad where there is no other, whether or not any heartbeat was due.
func TestHeldConnectionsAreALoad(t *testing.T) {
	r := &stats.Run{Layout: &stats.Layout{Phases: []stats.PhaseKey{{Name: "hold", Recorded: true, Holds: 10}}}}
	r.Spans = []stats.Span{{Begin: 0, Connected: 0, End: 5 * time.Second, Finish: stats.Never}}
	if got := Of(r, nil); got.Broken == "" {
		t.Errorf("nothing was held: %+v", got)
	}
	for i := range int64(4) {
		r.Windows = append(r.Windows, stats.Window{Index: i, Merged: &stats.Snapshot{Phases: []stats.PhaseStats{{ConnHeld: 10}}}})
	}
	if got := Of(r, nil); got.Broken != "" || len(got.Broke) > 0 {
		t.Errorf("%+v", got)
	}
	r.Layout.Phases = append(r.Layout.Phases, stats.PhaseKey{Name: "load", Recorded: true})
	if got := Of(r, nil); got.Broken == "" {
		t.Errorf("no request was made: %+v", got)
	}
}
