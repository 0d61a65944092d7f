package stack

import "time"

// A part that dies is started again, and later each time it dies soon after. What dies
// so often will not recover by itself, and numbers that are measured on half a stack
// mislead: then the stack ends.
const (
	mostDeaths  = 5           // within deathWindow
	deathWindow = time.Minute // after which a death is forgotten
	firstPause  = 200 * time.Millisecond
	longPause   = 5 * time.Second
)

// deaths are when a part died, as offsets of one clock.
type deaths []time.Duration

// died notes a death and says how long to wait before the next start, or that there
// is to be none.
func (d *deaths) died(now time.Duration) (pause time.Duration, again bool) {
	recent := deaths{}
	for _, at := range *d {
		if now-at < deathWindow {
			recent = append(recent, at)
		}
	}
	*d = append(recent, now)
	n := len(*d)
	if n >= mostDeaths {
		return 0, false
	}
	if n == 1 {
		return 0, true
	}
	return min(longPause, firstPause<<(n-2)), true
}
