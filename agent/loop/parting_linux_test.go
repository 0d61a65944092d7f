package loop

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// timeWaits counts connections to an address that were closed here first: those in
// TIME_WAIT, or on the way to it while the other side has not yet closed.
func timeWaits(t *testing.T, to netip.AddrPort) (n int) {
	t.Helper()
	table, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		t.Skip("no table of connections here:", err)
	}
	ip := to.Addr().As4()
	remote := fmt.Sprintf("%08X:%04X", binary.NativeEndian.Uint32(ip[:]), to.Port())
	for _, line := range strings.Split(string(table), "\n") {
		if f := strings.Fields(line); len(f) > 3 && f[2] == remote && strings.Contains("04 05 06", f[3]) {
			n++
		}
	}
	return n
}

// TestWhoseTimeWait: a port waits here only where loadctl closed first and did not
// reset; the kernel's own table agrees with the gauge.
func TestWhoseTimeWait(t *testing.T) {
	for _, test := range []struct {
		name, pool, answer string
		waits              bool
	}{
		{"the target closes as it said", "{reuse: none}", sayClose, false},
		{"loadctl closes", "{reuse: none}", helloReply, true},
		{"loadctl resets", "{reuse: none, close: reset}", helloReply, false},
		{"the end of an iteration", "{reuse: user}", helloReply, true},
	} {
		for _, kind := range machinePollers(t) {
			t.Run(kind+": "+test.name, func(t *testing.T) {
				t.Parallel()
				addr := rawServerOn(t, ownAddress(), func(c *peer) {
					for c.request() {
						c.write(test.answer)
						if test.answer == sayClose {
							return
						}
					}
				})
				s := parse(t, pooling("constant-arrival-rate, rate: 100/s, duration: 200ms, arrivals: uniform", test.pool))
				got := live(t, s, addr, func(c *Config) { c.Poller = kind }, Begin{}, Drain{At: 300 * time.Millisecond, Deadline: late})
				got.checkIdentity(t, s)
				expect(t, got, stats.OK, "")
				ph := &got.total.Phases[0]
				kernel := timeWaits(t, addr)
				stillOpen := int(ph.ConnOpen) // at the last count, and closed after it
				if (ph.TimeWait > 0) != test.waits || (kernel > stillOpen) != test.waits || kernel > int(ph.TimeWait)+stillOpen {
					t.Errorf("%d ports in TIME_WAIT, %d by the gauge; %d connections ended %v", kernel, ph.TimeWait, ph.ConnOpened, ph.Ended)
				}
			})
		}
	}
}
