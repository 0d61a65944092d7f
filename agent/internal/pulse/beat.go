package pulse

import (
	"time"

	"github.com/loadctl/loadctl/agent/machine"
)

// beat waits for one beat after the other on a goroutine that sleeps: a thread of its own that
// waits in the kernel would give its processor back a hundred times a second, each time
// waking the runtime's watchman for many looks, which doubled what an agent cost.
func (p *Pulse) beat() {
	now := newClock()
	went, cpu := now.read(), machine.CPU()
	due, usual := went, time.Duration(0)
	for !p.ended.Load() {
		due = nextBeat(due, went)
		p.lateness.await(due, cpu+usual)
		time.Sleep(time.Duration(due - now.read()))
		before := went
		went = now.read()
		used := machine.CPU()
		p.lateness.note(beat{due: due, went: went, cpu: max(used-cpu-usual, 0)})
		usual = time.Duration(float64(used-cpu) * float64(period) / float64(max(went-before, int64(period))))
		cpu = used
	}
}

// A clock is the monotonic one, read without a system call.
type clock struct {
	base int64
	at   time.Time
}

// newClock reads both several times and keeps the closest pair: a thread that loses its core
// in between would be as much behind for good.
func newClock() (closest clock) {
	least := int64(1 << 62)
	for range 9 {
		at := time.Now()
		base := machine.Monotonic()
		if took := int64(time.Since(at)); took < least {
			least, closest = took, clock{base, at}
		}
	}
	return closest
}

func (c clock) read() int64 { return c.base + int64(time.Since(c.at)) }

// nextBeat is the first of the grid after the last beat came. It may be overdue by now, if
// the process lost its core in between.
func nextBeat(due, went int64) int64 {
	return due + (max(went-due, 0)/int64(period)+1)*int64(period)
}
