package loop

import (
	"crypto/tls"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/loadctl/loadctl/scenarios/arrival"
	"github.com/loadctl/loadctl/stats"
)

// A thrifty server answers every read with the same bytes and allocates nothing, so that
// what a request on real sockets allocates is the loop's doing, or TLS's.
type thrifty struct {
	addr   netip.AddrPort
	served atomic.Int64
}

func newThrifty(t *testing.T, config *tls.Config) *thrifty {
	t.Helper()
	s, answer := &thrifty{}, hotIn(&echo{}).world.answer
	s.addr = rawServer(t, func(c *peer) {
		if config != nil {
			c.Conn = tls.Server(c.Conn, config)
		}
		s.serve(c.Conn, make([]byte, 4<<10), answer)
	})
	return s
}

// serve takes what it reads for a request: each is short, and nobody sends the next
// before the answer.
func (s *thrifty) serve(c net.Conn, b, answer []byte) {
	for {
		if _, err := c.Read(b); err != nil {
			return
		}
		if _, err := c.Write(answer); err != nil {
			return
		}
		s.served.Add(1)
	}
}

// A driven is a loop whose turns the test takes itself.
type driven struct {
	told
	loop   *Loop
	out    chan Output
	events []event
	server *thrifty
}

func drive(t *testing.T, text, poller string, server *thrifty) *driven {
	t.Helper()
	runtime.LockOSThread() // as a loop does
	d := &driven{out: make(chan Output, 1000), events: make([]event, eventBatch), server: server}
	c := Config{Scenario: parse(t, text), Poller: poller, Share: arrival.Whole(), Seed: 7, Out: d.out, Addrs: []netip.AddrPort{server.addr}}
	if c.Scenario.Target.TLS != nil {
		overTLS(t, c.Scenario)(&c)
	}
	var err error
	if d.loop, err = New(c); err != nil {
		t.Fatal(err)
	}
	epoch, err := Monotonic()
	if err != nil {
		t.Fatal(err)
	}
	d.loop.Do(Start{Epoch: epoch})
	d.loop.Do(Begin{})
	return d
}

func (d *driven) requests(n int64) {
	for until := d.server.served.Load() + n; d.server.served.Load() < until; {
		d.loop.turn(d.events)
		for len(d.out) > 0 {
			d.take(<-d.out)
		}
	}
}

// end ends the load, of which some is under way, and fails unless the rest was answered.
func (d *driven) end(t *testing.T) {
	t.Helper()
	d.loop.end()
	d.loop.poller.shut()
	runtime.UnlockOSThread()
	for len(d.out) > 0 {
		d.take(<-d.out)
	}
	var ok, censored, all uint64
	for _, c := range d.total.Cells {
		ok, censored, all = ok+c.Classes[stats.OK], censored+c.Classes[stats.Censored], all+c.Intended
	}
	if ok == 0 || ok+censored != all {
		t.Errorf("%d of %d requests ok, %d censored: %+v", ok, all, censored, d.total.Errors)
	}
}

// leastOf gives what a request allocates in the best of several parts of a load: others
// have a second's snapshot in them, or what the runtime does meanwhile. What each
// request allocates, or each hundredth, is in all.
func (d *driven) leastOf(parts int, n int64) (mallocs, size float64) {
	mallocs, size = 1e9, 1e9
	for range parts {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		d.requests(n)
		runtime.ReadMemStats(&after)
		mallocs = min(mallocs, float64(after.Mallocs-before.Mallocs)/float64(n))
		size = min(size, float64(after.TotalAlloc-before.TotalAlloc)/float64(n))
	}
	return mallocs, size
}

const (
	liveOpen   = "{name: load, executor: constant-arrival-rate, user: u, rate: 2000/s, duration: 10h}]\n"
	liveClosed = "{name: load, executor: constant-vus, user: u, vus: 16, duration: 10h}]\n"
)

// TestNoAllocationPerRequestLive: what TestNoAllocationPerRequest says of the loop holds
// with each poller of this machine, and so for its system calls.
func TestNoAllocationPerRequestLive(t *testing.T) {
	for _, poller := range machinePollers(t) {
		for name, phase := range map[string]string{"open": liveOpen, "closed": liveClosed} {
			d := drive(t, hotScenario+phase, poller, newThrifty(t, nil))
			d.requests(3000) // until everything has grown to its size
			each, size := d.leastOf(12, 500)
			d.end(t)
			t.Logf("%s, %s: %.4f allocations and %.2f bytes a request", poller, name, each, size)
			if each >= 0.02 {
				t.Errorf("%s, %s: %.4f allocations a request, want none", poller, name, each)
			}
		}
	}
}

// TestAllocationPerRequestTLSLive: as TestAllocationPerRequestTLS, of real sockets: one
// reader of 24 bytes a record at both ends.
func TestAllocationPerRequestTLSLive(t *testing.T) {
	if testing.Short() {
		t.Skip("under the race detector pools lose things on purpose")
	}
	for _, poller := range machinePollers(t) {
		text := strings.Replace(hotScenario+liveClosed, `"http://127.0.0.1:1"}`, `"https://127.0.0.1:1", tls: {ca_file: ca.pem}}`, 1)
		d := drive(t, text, poller, newThrifty(t, worldTLS()))
		d.requests(3000)
		each, size := d.leastOf(12, 2000)
		d.end(t)
		t.Logf("%s: %.4f allocations and %.1f bytes a request, both ends", poller, each, size)
		if each > 2.05 || size > 60 {
			t.Errorf("%s: %.4f allocations of %.1f bytes a request, want one a record", poller, each, size)
		}
	}
}
