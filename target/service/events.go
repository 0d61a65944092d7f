package service

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Bounds of a stream of events.
const (
	fastestEvents = time.Millisecond
	slowestEvents = time.Minute
)

// events answers server-sent events, `?every=1s&count=0`: one at once, one every so
// often, until there were count of them (0 = for ever), the client goes or the service
// leaves. It is counted when it ends.
func (s *Service) events(x *exchange) {
	every, count, faults := eventsAsked(x.r)
	if len(faults) > 0 {
		s.fail(x, http.StatusUnprocessableEntity, faults)
		return
	}
	h := x.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx would keep them back
	defer s.count(x, http.StatusOK)
	next := time.NewTicker(every)
	defer next.Stop()
	out := http.NewResponseController(x.w)
	for n := 1; ; n++ {
		_, err := fmt.Fprintf(x.w, "id: %d\nevent: tick\ndata: {\"n\":%d,\"at\":%q}\n\n", n, n, time.Now().UTC().Format(time.RFC3339Nano))
		if err != nil || out.Flush() != nil || n == count {
			return
		}
		select {
		case <-next.C:
		case <-x.r.Context().Done():
			return
		case <-s.leaving:
			return
		}
	}
}

func eventsAsked(r *http.Request) (every time.Duration, count int, faults []fault) {
	q := r.URL.Query()
	every, err := time.ParseDuration(orElse(q.Get("every"), "1s"))
	if err != nil || every < fastestEvents || every > slowestEvents {
		faults = append(faults, fault{[]string{"query", "every"}, fmt.Sprintf("must be between %s and %s", fastestEvents, slowestEvents), "range"})
	}
	count, err = strconv.Atoi(orElse(q.Get("count"), "0"))
	if err != nil || count < 0 {
		faults = append(faults, fault{[]string{"query", "count"}, "must be 0 or more", "range"})
	}
	return every, count, faults
}
