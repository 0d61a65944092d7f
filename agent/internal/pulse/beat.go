package pulse

import (
	"time"

	"github.com/loadctl/loadctl/agent/machine"
)

// beat waits for one beat after the other on a goroutine that sleeps: a thread of its own that
// waits in the kernel would give its processor back a hundred times a second, each time
// waking the runtime's watchman for many looks, which doubled what an agent cost.
func (p *Pulse) beat() {
	clock := machine.NewClock()
	went, cpu := clock.Now(), machine.CPU()
	due, usual := went, time.Duration(0)
	for !p.ended.Load() {
		due = nextBeat(due, went)
		p.lateness.await(due, cpu+usual)
		time.Sleep(time.Duration(due - clock.Now()))
		before := went
		went = clock.Now()
		used := machine.CPU()
		p.lateness.note(beat{due: due, went: went, cpu: max(used-cpu-usual, 0)})
		usual = time.Duration(float64(used-cpu) * float64(period) / float64(max(went-before, int64(period))))
		cpu = used
	}
}

// nextBeat is the first of the grid after the last beat came. It may be overdue by now, if
// the process lost its core in between.
func nextBeat(due, went int64) int64 {
	return due + (max(went-due, 0)/int64(period)+1)*int64(period)
}
