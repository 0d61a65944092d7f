package coordinator

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// cutOff is a run of two hosts, of which b is heard of no more from the eleventh second on.
func cutOff(t *testing.T, policy string, b *fakeHost) (w *world, did stats.Snapshot) {
	a := &fakeHost{name: "a"}
	b.name, b.cutAt, b.open = "b", 10500*time.Millisecond, 4
	w = newWorld(t, strings.Replace(withPolicy(policy), "duration: 5s", "duration: 300s", 1), a, b).go_(t.Context())
	did.Merge(&a.did)
	did.Merge(&b.did)
	return w, did
}

// TestWhatACutOffHostKeptIsMergedOnce, whatever of it had come before, and however it was written: then the run has
// every request that its hosts made, and knows how each ended.
func TestWhatACutOffHostKeptIsMergedOnce(t *testing.T) {
	for policy, exit := range map[string]int{"redistribute": 0, "degrade": 0, "fail": 97} {
		t.Run(policy, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				b := &fakeHost{breaks: []time.Duration{2030 * time.Millisecond}}
				w, did := cutOff(t, policy, b)
				if w.result.ExitCode != exit || w.err != nil {
					t.Errorf("%+v, %v", w.result, w.err)
				}
				got, want := w.run.Total().Cells[0], did.Cells[0]
				if got.Intended != want.Intended || got.Classes != want.Classes || got.Classes[stats.Censored] != 1 {
					t.Errorf("%d intended, %v; the hosts made %d, %v", got.Intended, got.Classes, want.Intended, want.Classes)
				}
				if !bytes.Equal(got.Response.Sparse(), want.Response.Sparse()) {
					t.Errorf("%d times, want %d", got.Response.Count(), want.Response.Count())
				}
				if len(w.run.Late) != 1 || !w.run.Late[0].Whole || w.run.Late[0].From != 10*time.Second || w.run.Late[0].Until != 23*time.Second || w.run.Late[0].Settled != 4 {
					t.Errorf("late: %+v", w.run.Late)
				}
				if agent := w.run.Agents[1]; agent.Lost == "" || !agent.Whole || agent.Requests != 23*10 || agent.CPU != time.Second {
					t.Errorf("agent %+v", agent)
				}
				if !strings.Contains(w.events(), "13 windows from 10 s on with") || strings.Contains(w.events(), "kept apart") || !b.collected {
					t.Errorf("events:\n%s", w.events())
				}
			})
		})
	}
}

// TestWhatIsLeftUnknownIsSaid: of a spool that breaks off what there is counts, and one that cannot be had is
// left where it lies. The accounts add up either way.
func TestWhatIsLeftUnknownIsSaid(t *testing.T) {
	for name, c := range map[string]struct {
		keeps   func([]byte) ([]byte, error)
		say     []string
		windows int
	}{
		"broken off":     {func(b []byte) ([]byte, error) { return b[:len(b)-3], nil }, []string{"not all of what it did is known: unexpected EOF"}, 13},
		"of another run": {func(b []byte) ([]byte, error) { return bytes.Replace(b, []byte("r1"), []byte("r2"), 1), nil }, []string{"could not be had", "of host b in run r2"}, 0},
		"not a spool":    {func([]byte) ([]byte, error) { return []byte("nothing of the kind"), nil }, []string{"could not be had"}, 0},
		"out of reach":   {func([]byte) ([]byte, error) { return nil, errors.New("it lies at /x") }, []string{"could not be had, and is in no figure: it lies at /x"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				b := &fakeHost{keeps: c.keeps}
				w, _ := cutOff(t, "degrade", b)
				for _, part := range c.say {
					if !strings.Contains(w.events(), part) {
						t.Errorf("nobody says %q:\n%s", part, w.events())
					}
				}
				if windows := 0; len(w.run.Late) > 0 {
					windows = w.run.Late[0].Windows
					if windows != c.windows && windows != c.windows-1 || w.run.Late[0].Whole {
						t.Errorf("late %+v", w.run.Late)
					}
				} else if c.windows > 0 {
					t.Error("nothing came late")
				}
				if b.collected != (c.windows > 0) {
					t.Errorf("taken: %v", b.collected)
				}
			})
		})
	}
}
