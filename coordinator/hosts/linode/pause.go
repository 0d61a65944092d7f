package linode

import (
	"net/http"
	"strconv"
	"time"
)

// Bounds of what Linode may ask one to wait, and what is waited when it does not say: the window in which it counts
// requests that make instances. No limit of Linode's has a window of more than a minute: a later reset is a clock that
// is wrong.
const (
	mostPause  = time.Hour
	mostReset  = 2 * time.Minute
	leastPause = time.Second
	somePause  = 15 * time.Second
)

// pause is how long an answer 429 asks one to wait: Retry-After, else until X-RateLimit-Reset. Both may be negative
// where the API means nothing by them.
func pause(h http.Header, now time.Time) time.Duration {
	for _, d := range []time.Duration{retryAfter(h, now), untilReset(h, now)} {
		if d > 0 {
			return min(max(d, leastPause), mostPause)
		}
	}
	return somePause
}

func retryAfter(h http.Header, now time.Time) time.Duration {
	text := h.Get("Retry-After")
	if s, err := strconv.Atoi(text); err == nil {
		return seconds(s)
	}
	if at, err := http.ParseTime(text); err == nil {
		return at.Sub(sent(h, now))
	}
	return 0
}

// untilReset is how long it is until a used-up limit is whole again; <= 0 where that is not told.
func untilReset(h http.Header, now time.Time) time.Duration {
	s, err := strconv.ParseInt(h.Get("X-RateLimit-Reset"), 10, 64)
	if err != nil || s <= 0 {
		return 0
	}
	return min(time.Unix(s, 0).Sub(sent(h, now)), mostReset)
}

// sent is when an answer was sent, by the clock of who has sent it: ours may differ.
func sent(h http.Header, now time.Time) time.Time {
	if at, err := http.ParseTime(h.Get("Date")); err == nil {
		return at
	}
	return now
}

func seconds(s int) time.Duration {
	return time.Duration(min(max(s, 0), int(mostPause/time.Second))) * time.Second
}

// usedUp says whether the next request of the same kind would be refused.
func usedUp(h http.Header) bool {
	left, err := strconv.Atoi(h.Get("X-RateLimit-Remaining"))
	return err == nil && left <= 0
}
