package proc

import (
	"runtime"
	"time"
)

// A Moment is what the machine had done until then.
type Moment struct {
	at     time.Time
	clock  Clock
	others Times
}

// Now is this one.
func Now() Moment { return Moment{time.Now(), Read(), Others()} }

// Taken is what others took of the machine since, as shares of it: neighbours by its
// hypervisor, and processes on it that are neither this one nor descend from it.
func (m Moment) Taken() (steal, others float64) {
	spent := Others().Since(m.others).Seconds()
	return Read().Steal(m.clock), spent / time.Since(m.at).Seconds() / float64(runtime.NumCPU())
}
