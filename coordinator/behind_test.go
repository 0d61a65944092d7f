package coordinator

import (
	"testing"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// TestHostsWereGivenUpForTheDriversOwnDelay: after a stall of the coordinator all hosts were silent by its clock, though
// what they had said lay there unread.
func TestHostsWereGivenUpForTheDriversOwnDelay(t *testing.T) {
	for range 8 { // which of mail and clock comes first is chance
		bubble(t, func(t *testing.T) {
			w := newWorld(t, scenarioText, &fakeHost{name: "a"}, &fakeHost{name: "b"}, &fakeHost{name: "c"})
			sink := w.cfg.Sink
			w.cfg.Sink = func(u stats.Update) {
				if u.Window != nil && u.Window.Index == 1 {
					time.Sleep(15 * time.Second)
				}
				sink(u)
			}
			w.go_(t.Context()).want("pass", 0)
		})
	}
}
