package target

import (
	"net/http"
	"time"
)

// Times of a drain.
const (
	linger     = 500 * time.Millisecond // kept connections may still ask once, and are told to go
	freshGrace = time.Second            // a connection that asked nothing by then has nothing to lose
	drainTick  = 5 * time.Millisecond
)

// drain ends the server without losing a request. http.Server.Shutdown alone reads
// requests it then does not answer (golang/go#75591), and closes idle connections to
// which a request has just come. So: take what waits in the queue, and no more; tell
// whoever asks to go; close a connection when nothing of a request has come on it.
func (s *server) drain(limit time.Duration) {
	began := time.Now()
	s.draining.Store(true)
	if s.leave != nil {
		s.leave()
	}
	s.listener.places.open() // what waits is not to wait for those that stay
	s.listener.finish(min(linger, limit))
	for s.listener.held() > 0 && time.Since(began) <= limit {
		if since := time.Since(began); since > min(linger, limit) {
			s.listener.sweep(func(c *conn) bool { return c.asking() || c.young() && since < freshGrace })
		}
		time.Sleep(drainTick)
	}
	_ = s.Close() // what is left has had its time
}

// young says whether a connection was accepted just now and has not asked anything yet.
func (c *conn) young() bool {
	return http.ConnState(c.state.Load()) == http.StateNew && time.Since(c.born) < freshGrace
}
