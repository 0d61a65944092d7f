package rental

import "time"

// A Bucket lets one through every so often, and at most Burst at once after a rest. It is a value: Take gives the next.
type Bucket struct {
	Every time.Duration
	Burst int
	full  time.Time // when nothing of what was taken is owed any more
}

// Take gives the bucket after one more was let through now; ok is false, and the bucket as it was, when it may not be.
func (b Bucket) Take(now time.Time) (next Bucket, ok bool) {
	if b.full.Sub(now) > time.Duration(b.Burst-1)*b.Every {
		return b, false
	}
	if b.full.Before(now) {
		b.full = now
	}
	b.full = b.full.Add(b.Every)
	return b, true
}

// pause is how long to rest after so many failures in a row: 2 s, doubled each time, at most a minute.
func pause(failures int) time.Duration {
	return min(time.Second<<min(max(failures, 1), 6), time.Minute)
}
