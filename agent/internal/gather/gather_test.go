package gather

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"
)

// TestStories runs testdata/*: what members say, and the windows that close.
func TestStories(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		var g Gather[string]
		var b Barrier
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			var out strings.Builder
			var id, phase int
			var window int64
			switch d.Cmd {
			case "join":
				d.ScanArgs(t, "member", &id)
				g.Join(id)
				b.Join(id)
			case "report":
				d.ScanArgs(t, "member", &id)
				d.ScanArgs(t, "window", &window)
				if err := g.Add(id, window, fmt.Sprintf("m%d", id)); err != nil {
					fmt.Fprintf(&out, "refused: %v\n", err)
				}
			case "reach":
				var state string
				d.ScanArgs(t, "member", &id)
				d.ScanArgs(t, "phase", &phase)
				d.ScanArgs(t, "state", &state)
				tell(&out, b.Reach(id, phase, state, 0))
			case "leave":
				d.ScanArgs(t, "member", &id)
				g.Leave(id)
				tell(&out, b.Leave(id))
			}
			for c, ok := g.Next(); ok; c, ok = g.Next() {
				fmt.Fprintf(&out, "closed %d:", c.Window)
				for _, p := range c.Parts {
					fmt.Fprintf(&out, " %s", p.Value)
				}
				fmt.Fprintln(&out)
			}
			if out.Len() == 0 {
				return "-\n"
			}
			return out.String()
		})
	})
}

func tell(out *strings.Builder, all []Reached) {
	for _, r := range all {
		fmt.Fprintf(out, "all: phase %d %s\n", r.Phase, r.State)
	}
}

// TestWindowsCloseOnceInOrder: whatever members say, in any order, every
// accepted value comes out in exactly one window, and windows come in order.
func TestWindowsCloseOnceInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var g Gather[int64]
		n := rapid.IntRange(1, 4).Draw(t, "members")
		for id := range n {
			g.Join(id)
		}
		taken, given, next := 0, 0, int64(0)
		drain := func() {
			for c, ok := g.Next(); ok; c, ok = g.Next() {
				if c.Window != next {
					t.Fatalf("window %d after %d", c.Window, next-1)
				}
				next++
				given += len(c.Parts)
				for _, p := range c.Parts {
					if p.Value != c.Window {
						t.Fatalf("window %d holds a value of %d", c.Window, p.Value)
					}
				}
			}
		}
		for range rapid.IntRange(0, 60).Draw(t, "events") {
			id, w := rapid.IntRange(0, n-1).Draw(t, "id"), rapid.Int64Range(0, 12).Draw(t, "window")
			if rapid.IntRange(0, 19).Draw(t, "leaves") == 0 {
				g.Leave(id)
			} else if g.Add(id, w, w) == nil {
				taken++
			}
			drain()
		}
		for id := range n {
			g.Leave(id)
		}
		drain()
		if given != taken {
			t.Fatalf("%d values taken, %d given out", taken, given)
		}
	})
}
