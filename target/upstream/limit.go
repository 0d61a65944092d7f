package upstream

import "time"

// A limit is a rate limit by the generic cell rate algorithm (ITU-T I.371), a token
// bucket without the tokens: burst requests at once, then one every 1/rate. The zero
// value lets everything through.
type limit struct {
	every float64 // ns between requests; 0 = no limit
	burst int
	next  float64 // ns; when the next request would come, did all keep to the rate
}

// newLimit has its whole burst to give.
func newLimit(rate float64, burst int) limit {
	if rate == 0 {
		return limit{}
	}
	return limit{every: float64(time.Second) / rate, burst: burst}
}

// take says whether a request at offset at may pass, and else after how long one will.
// Offsets must not go back.
func (l *limit) take(at time.Duration) (retry time.Duration, ok bool) {
	if l.every == 0 {
		return 0, true
	}
	earliest := l.next - float64(l.burst-1)*l.every
	// The clock knows whole nanoseconds: who comes every third of a second comes early by a part of one.
	if early := earliest - float64(at); early >= 1 {
		return time.Duration(early), false
	}
	l.next = max(l.next, float64(at)) + l.every
	return 0, true
}
