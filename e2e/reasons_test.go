//go:build e2e

package e2e

import (
	"fmt"
	"testing"
)

// TestADisturbanceIsNoFault: what a machine shared with others makes a run say has it made
// again; everything else is held against loadctl at once.
func TestADisturbanceIsNoFault(t *testing.T) {
	for _, c := range []struct{ verdict, reason, want string }{
		{"invalid", "the generator was late: 1 in 100 requests started more than 9ms after its time (limit 1.5ms)", "late"},
		{"degraded", "the generator was a little late in 2 of 9 seconds: the 99th percentile of its lag was over 1.5ms, at worst 3ms at 2s", "little"},
		{"degraded", "4s of seconds that the generator's lateness has spoilt are left out of times, rates and shares", "late"},
		{"degraded", "agent local-1: 1 in 100 requests started more than 3ms after its time (in 3 of 9 seconds, worst at 2s)", "little"},
		{"invalid", "agent local-1: the machine gave it no core for 80ms (in 3 of 9 seconds, worst at 2s)", "late"},
		{"degraded", "agent local-1: the machine gave it no core for 8ms (in 3 of 9 seconds, worst at 2s)", "little"},
		{"invalid", "agent local-1: 9 of the 500 arrivals due in a second had waited for the generator longer than 7.5ms at its end (in 2 of 9 seconds, worst at 2s)", "late"},
		{"degraded", "agent local-1: 0.2s without an arrival, where the schedule leaves 20ms at most (in 2 of 9 seconds, worst at 2s); meanwhile programs other than agents kept 1.9 of 2 cores busy", "little"},
		{"degraded", "agent local-1: 0.2s without an arrival, where the schedule leaves 20ms at most (in 2 of 9 seconds, worst at 2s)", "other"},
		{"degraded", "agent local-1: the hypervisor gave 4 % of the machine's cores to others (in 2 of 9 seconds, worst at 2s)", "little"},
		{"degraded", "agent local-1: Go's garbage collection took 12 % of its CPU time (in 2 of 9 seconds, worst at 2s)", "little"},
		{"degraded", "agent local-1: its control group had used up its CPU quota and was throttled, for 1s over all cores (in 2 of 9 seconds, worst at 2s)", "little"},
		{"degraded", "agent local-1: network interfaces of the machine dropped 1 % of their packets (in 2 of 9 seconds, worst at 2s)", "little"},
		{"invalid", "agent local-1: 0.3 % of the machine's TCP segments had to be sent again, which the network or the target lost (in 2 of 9 seconds, worst at 2s)", "little"},
		{"degraded", "agent local-1: one of its loops was busy for 99 % of a second: service times of closed users include waiting for the generator, and the target may be faster than it; use more agents, loops or machines (in 4 of 9 seconds, worst at 2s)", "other"},
		{"degraded", "agent local-1 was lost at 2s: killed by signal 9", "other"},
		{"invalid", "the wall clock of agent local-1 stepped by +500ms at 2s", "other"},
		{"invalid", "the accounting does not add up, which is a mistake in loadctl: 1", "other"},
	} {
		var s summary
		s.Validity.Verdict, s.Validity.Reasons = c.verdict, []string{c.reason}
		late, little, other := s.reasons()
		want := map[string][3]int{"late": {1, 0, 0}, "little": {0, 1, 0}, "other": {0, 0, 1}}[c.want]
		if got := [3]int{len(late), len(little), len(other)}; got != want {
			t.Errorf("%s run: %q is %s, want %s", c.verdict, c.reason, fmt.Sprint(got), c.want)
		}
	}
}
