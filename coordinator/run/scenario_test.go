package run

import (
	"testing"
	"time"

	"github.com/loadctl/loadctl/scenarios"
)

// TestConnectingHasTimeForAllTries: a hold whose every attempt fails twice, each at the
// connect rate, was said not to have connected in time.
func TestConnectingHasTimeForAllTries(t *testing.T) {
	for rate, least := range map[float64]time.Duration{500: 6000 * time.Second, 0: 10_000 * time.Second} {
		p := scenarios.Phase{Executor: scenarios.HeldConnections, Connections: 1_000_000, ConnectRate: rate}
		if got := connectWithin(&p, 3*time.Second); got < least || got > least+time.Minute {
			t.Errorf("%v/s: %v, want %v and a little", rate, got, least)
		}
	}
}
