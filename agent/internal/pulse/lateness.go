package pulse

import (
	"sync"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// period is how often the pulse beats. A process that stands still for longer is seen to
// be late by all but a period of it, at least.
const period = 10 * time.Millisecond

// A beat is one that was due, by the monotonic clock and that of the process's CPU time.
type beat struct {
	due  int64
	went int64         // when it came
	cpu  time.Duration // used by the process since the beat before, less what it uses in a period
}

// stood says whether the process did next to nothing in a time: then nothing of it had a
// core, whatever Go would have done.
func stood(cpu time.Duration, in int64) bool { return int64(cpu)*10 < in }

// late says whom a beat's lateness is of: the kernel's where the process hardly ran meanwhile,
// else Go's, which had something else for its processor to do.
func (b *beat) late() (kernel, goes time.Duration) {
	late := time.Duration(max(b.went-b.due, 0))
	if stood(b.cpu, int64(late)) {
		return late, 0
	}
	return 0, late
}

// lateness is the largest of the beats since it was taken.
type lateness struct {
	from int64 // what was due before counts for nothing

	mu       sync.Mutex
	beats    bool
	kernel   time.Duration
	stallCPU time.Duration // used by the process during the largest of kernel
	goes     time.Duration
	next     int64         // due now
	cpu      time.Duration // of the process when it is due, if it goes on as usual
	told     int64         // the beat that was taken before it came
}

// await begins to wait for a beat.
func (l *lateness) await(due int64, cpu time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next, l.cpu = due, cpu
}

// note takes a beat that came, unless it was told of while it was overdue.
func (l *lateness) note(b beat) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next = 0
	if b.due < l.from || b.due == l.told {
		return
	}
	l.beats = true
	l.add(b)
}

func (l *lateness) add(b beat) {
	kernel, goes := b.late()
	if kernel > l.kernel {
		l.kernel, l.stallCPU = kernel, b.cpu
	}
	l.goes = max(l.goes, goes)
}

// take gives the largest lateness and begins anew. After a stop whoever asks may be
// awake before the beat that is overdue. Another beat will say for itself who kept it.
func (l *lateness) take(v *stats.Vitals, now int64, cpu time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if overdue := now - l.next; l.next >= max(l.from, 1) && l.next != l.told && overdue > int64(period) && stood(cpu-l.cpu, overdue) {
		l.told, l.beats = l.next, true
		l.add(beat{due: l.next, went: now, cpu: max(cpu-l.cpu, 0)})
	}
	if l.beats {
		v.KernelJitter, v.StallCPU, v.GoJitter = stats.Read(l.kernel), stats.Read(l.stallCPU), stats.Read(l.goes)
	}
	l.beats, l.kernel, l.stallCPU, l.goes = false, 0, 0, 0
}
