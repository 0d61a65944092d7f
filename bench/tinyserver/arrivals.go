package main

import (
	"sync/atomic"
	"time"
)

const (
	arrivalBin  = 10 * time.Millisecond
	arrivalMax  = 1 << 14                 // bins
	arrivalLead = int64(100 * arrivalBin) // of them before the request that is read first
)

// arrivals counts requests by when the kernel received them, which no stamp of a client's can
// change. A bin begins with the first, so that the bins of a schedule are the same.
type arrivals struct {
	began  atomic.Int64 // by the wall clock; 0 = none has come
	untold atomic.Uint64
	_      [48]byte // slots that follow lie on lines of their own
	counts [arrivalMax]atomic.Uint64
}

// add counts a request. Loops do not read in the order in which requests came.
func (a *arrivals) add(stamp int64, byKernel bool) {
	a.began.CompareAndSwap(0, stamp-arrivalLead)
	since := stamp - a.began.Load()
	if bin := since / int64(arrivalBin); byKernel && since >= 0 && bin < arrivalMax {
		a.counts[bin].Add(1)
		return
	}
	a.untold.Add(1)
}

// arrived is what is told of them: bins from the first that holds any to the last.
type arrived struct {
	Bin    time.Duration `json:"bin_ns"`
	Counts []uint64      `json:"counts"`
	Untold uint64        `json:"untold"` // without a stamp of the kernel, or outside all bins
}

// told is nil where nothing was counted.
func (a *arrivals) told() *arrived {
	if a.began.Load() == 0 {
		return nil
	}
	t := &arrived{Bin: arrivalBin, Counts: []uint64{}, Untold: a.untold.Load()}
	last := 0
	for i := range a.counts {
		n := a.counts[i].Load()
		if n == 0 && len(t.Counts) == 0 {
			continue
		}
		if t.Counts = append(t.Counts, n); n > 0 {
			last = len(t.Counts)
		}
	}
	t.Counts = t.Counts[:last]
	return t
}
