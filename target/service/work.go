package service

import (
	"runtime"
	"time"
)

// burn uses the CPU time that every item is to cost. It is CPU time, not time: on a
// busy machine it takes longer, as any real work would.
func (x *exchange) burn() {
	if x.Work <= 0 {
		return
	}
	began := time.Now()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var sum uint64
	for end := threadTime() + x.Work; threadTime() < end; {
		spin(&sum)
	}
	x.parts[partWork] += time.Since(began)
}

//go:noinline
func spin(sum *uint64) {
	for i := range uint64(2000) {
		*sum = *sum*6364136223846793005 + i
	}
}
