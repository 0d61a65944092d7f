package agent

import (
	"math"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// watchEvery is how often an agent looks at its wall clock: so well it knows when that
// was set.
const watchEvery = 100 * time.Millisecond

// A clockWatch sees when the wall clock is set. Nothing is measured by that clock, but
// a machine whose clock is set in the middle of a run is not left alone, and what
// others wrote down at the same time cannot be laid beside its figures.
type clockWatch struct {
	read  func() (ahead, at int64) // of the monotonic clock, and when on that
	shift func(stats.Offset) time.Duration

	began     bool
	ahead     int64 // by the last look
	moved     time.Duration
	largest   time.Duration
	largestAt stats.Offset
}

// look compares the clocks. epoch is on the monotonic clock, 0 = not known yet.
func (w *clockWatch) look(epoch int64) {
	ahead, at := w.read()
	offset := stats.Offset(math.MinInt64)
	if epoch != 0 {
		offset = stats.Offset(at - epoch)
	}
	if w.shift != nil {
		ahead += int64(w.shift(offset))
	}
	if by := time.Duration(ahead - w.ahead); w.began {
		w.moved += by
		if by.Abs() > w.largest.Abs() {
			w.largest, w.largestAt = by, offset
		}
	}
	w.ahead, w.began = ahead, true
}

// begin forgets what was before the run.
func (w *clockWatch) begin(epoch int64) {
	w.look(epoch)
	w.moved, w.largest, w.largestAt = 0, 0, 0
}

// worthTelling is more than is told of a clock that nobody set. On macOS the monotonic clock
// that Go reads is not slewed with the wall clock, which then moves by up to half of it.
const worthTelling = time.Millisecond

// window gives what became of the clock since the last window: the largest step, or all
// it moved if that is more, as of one that is slewed fast.
func (w *clockWatch) window(to *stats.AgentWindow) {
	by := w.largest
	if w.moved.Abs() > by.Abs() {
		by = w.moved
	}
	if by.Abs() > worthTelling {
		to.ClockStep, to.ClockStepAt = by, max(w.largestAt, 0)
	}
	w.moved, w.largest, w.largestAt = 0, 0, 0
}
