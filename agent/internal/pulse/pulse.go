// Package pulse watches how this process is served while it runs: how late it gets a core,
// how late Go is, and what Go's collector takes. It judges nothing, and costs a fraction of
// a per cent of a core.
package pulse

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/loadctl/loadctl/agent/machine"
	"github.com/loadctl/loadctl/stats"
)

// A Pulse beats from Start to Stop. Its methods belong to one goroutine.
type Pulse struct {
	lateness lateness
	runtime  runtimeMeter
	throttle throttleMeter
	ended    atomic.Bool
	beating  sync.WaitGroup
}

// Start begins to beat. Nothing counts that was due before a moment on the monotonic
// clock, when the load begins.
func Start(from int64) *Pulse {
	p := &Pulse{lateness: lateness{from: from}}
	p.runtime.take(machine.Monotonic())
	p.throttle.take(machine.Throttled())
	p.beating.Go(p.beat)
	return p
}

// Window gives what happened since the last call, or since the start.
func (p *Pulse) Window() stats.Vitals {
	now := machine.Monotonic()
	v := p.runtime.take(now)
	v.Throttled, v.ThrottledFor = p.throttle.take(machine.Throttled())
	p.lateness.take(&v, now, machine.CPU())
	return v
}

// Stop ends it within a beat. It may be nil.
func (p *Pulse) Stop() {
	if p != nil {
		p.ended.Store(true)
		p.beating.Wait()
	}
}

// A throttleMeter gives what was added to the throttling of the control groups.
type throttleMeter struct {
	times stats.Reading[uint64]
	time  stats.Reading[time.Duration]
}

func (m *throttleMeter) take(times stats.Reading[uint64], waited stats.Reading[time.Duration]) (stats.Reading[uint64], stats.Reading[time.Duration]) {
	n, long := times.Since(m.times), waited.Since(m.time)
	m.times, m.time = times, waited
	return n, long
}
