package loop

import (
	"testing"
	"time"

	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/stats"
)

// TestALevelOpensNoConnectionsAnew: what is recorded goes over the connections on which the load
// settled, also where it needs more of them later, and all of them end with it.
func TestALevelOpensNoConnectionsAnew(t *testing.T) {
	s, err := scenarios.Parse("test.yaml", []byte(pooling(openArrival, "{reuse: shared}")+"slo: {failed: [rate<1%]}\n"), scenarios.Options{
		Level: &scenarios.Level{Rate: 200, Settle: 3 * time.Second, Length: 10 * time.Second}})
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(target{answer: func(r request) reply {
		if r.at > 10*time.Second && r.at < 11*time.Second {
			return reply{after: 500 * time.Millisecond}
		}
		return reply{after: 20 * time.Millisecond}
	}})
	p := stage(t, s, w, nil).run(t, Begin{0, 0}, Begin{1, 3 * time.Second}, End{0, 13 * time.Second}, End{1, 13 * time.Second},
		Drain{At: 13 * time.Second, Deadline: 20 * time.Second})
	p.checkIdentity(t, s)
	settle, level := &p.total.Phases[0], &p.total.Phases[1]
	before := uint64(0)
	for _, snap := range p.snapshots {
		if snap.Window < 3 {
			before += snap.Phases[0].ConnOpened
		} else if snap.Window < 10 && snap.Phases[0].ConnOpened > before/2 {
			t.Errorf("%d connections opened in second %d, %d while it settled", snap.Phases[0].ConnOpened, snap.Window, before)
		}
	}
	if level.ConnOpened != 0 || before == 0 || settle.ConnOpened < before+50 || settle.ConnOpen != 0 {
		t.Errorf("settled on %d connections, %d in all, %d left; the level opened %d of its own", before, settle.ConnOpened, settle.ConnOpen, level.ConnOpened)
	}
	if got := p.cell(t, s, "level", "/a"); got.Classes[stats.OK] != got.Intended || got.Intended < 1800 {
		t.Errorf("%v of %d", got.Classes, got.Intended)
	}
}
