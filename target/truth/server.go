package truth

import (
	"container/heap"
	"errors"
	"math/rand/v2"
	"net"
	"runtime"
	"sync"
	"time"

	"github.com/loadctl/loadctl/target/queue"
)

// Config says what a server serves.
type Config struct {
	Queue queue.Settings // valid ones
	// FreezeAt, from the first request, is when the queue freezes for FreezeFor; 0 never.
	FreezeAt, FreezeFor time.Duration
	AuthToken           string // answer of /.well-known/loadctl; "" = 404
}

// A Server answers every request when the queue says, probes and /-/queue apart.
// Answers carry, in whole microseconds:
//
//	Loadctl-Arrived-Us   when the request arrived, since 1970, by a clock that is not set after the start
//	Loadctl-True-Us      how long its answer took by the queue: the true response time
//	Loadctl-Late-Us      how much later than that it was written
type Server struct {
	cfg      Config
	instance uint64
	born     time.Time // offsets count from here
	bell     *bell     // wakes the sender before its time
	done     sync.WaitGroup

	mu      sync.Mutex
	queue   *queue.Queue
	waiting answers
	sending bool          // one was taken from waiting
	due     time.Duration // when the sender means to wake; 0: now
	counts  counts
	conns   map[*conn]bool
	state   state
}

type state int

const (
	serving  state = iota
	draining       // answers are the last of their connection
	stopped        // nothing is sent any more
)

// An answer waits for its moment.
type answer struct {
	job   queue.Job
	took  time.Duration // the true response time, when its moment has come
	to    *conn
	last  bool // of its connection
	plain bool // without a body: to HEAD
}

// New makes a server that nobody has come to.
func New(cfg Config) (*Server, error) {
	b, err := newBell()
	if err != nil {
		return nil, err
	}
	return &Server{cfg: cfg, instance: rand.Uint64(), born: time.Now(), bell: b, queue: queue.New(cfg.Queue), conns: map[*conn]bool{}}, nil
}

// Serve accepts connections until Close, or Drain, closes the listener.
func (s *Server) Serve(ln *net.TCPListener) error {
	stampArrivals(ln)
	s.done.Go(s.send)
	for {
		c, err := ln.AcceptTCP()
		switch {
		case errors.Is(err, net.ErrClosed):
			return nil
		case err != nil: // such as no file left: who comes next waits in the socket's queue
			time.Sleep(10 * time.Millisecond)
		default:
			s.welcome(c)
		}
	}
}

func (s *Server) welcome(tcp *net.TCPConn) {
	c, err := newConn(s, tcp)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil || s.state != serving {
		_ = tcp.Close()
		return
	}
	s.counts.accepted++
	s.conns[c] = true
	s.done.Go(c.serve)
}

// Drain waits until every request that has arrived is answered, but no longer than
// the limit. The listener must be closed.
func (s *Server) Drain(limit time.Duration) {
	s.set(draining)
	for end := time.Now().Add(limit); s.pending() && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
}

func (s *Server) pending() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.waiting) > 0 || s.sending
}

// Close ends all connections and waits for what served them.
func (s *Server) Close() {
	s.set(stopped)
	s.mu.Lock()
	for c := range s.conns {
		_ = c.tcp.Close()
		c.release()
	}
	s.mu.Unlock()
	s.bell.ring()
	s.done.Wait()
	s.bell.close()
}

func (s *Server) set(to state) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state = to
}

// now is the offset of this moment.
func (s *Server) now() time.Duration { return time.Since(s.born) }

// offset is that of a moment by the wall clock, which is near: further away than a
// minute, the wall clock was set meanwhile.
func (s *Server) offset(wall time.Time) time.Duration {
	now := time.Now()
	age := time.Duration(now.UnixNano() - wall.UnixNano())
	if age < 0 || age > time.Minute {
		age = 0
	}
	return max(0, now.Sub(s.born)-age)
}

// arrive puts a request into the queue, and says whether it will be answered.
func (s *Server) arrive(a answer, at time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state == stopped {
		return false
	}
	if s.counts.arrived == 0 && s.cfg.FreezeFor > 0 {
		s.queue.Freeze(at+s.cfg.FreezeAt, s.cfg.FreezeFor)
	}
	s.counts.arrived++
	a.job = s.queue.Arrive(at)
	if a.job.Fate == queue.Swallowed {
		s.counts.fates[queue.Swallowed]++
		return false
	}
	a.last = a.last || s.state == draining
	heap.Push(&s.waiting, a)
	if s.queue.Leaves(a.job) < s.due {
		s.wake()
	}
	return true
}

// wake has the sender look again.
func (s *Server) wake() {
	s.due = 0
	s.bell.ring()
}

// send sends every answer at its moment, until the end.
func (s *Server) send() {
	runtime.LockOSThread()
	punctual()
	var text []byte
	for {
		a, late, wait := s.next()
		switch {
		case wait < 0:
			return
		case wait > 0:
			s.bell.wait(wait)
		default:
			text = s.write(text[:0], a, late)
		}
	}
}

// forever is the wait for an answer while there is none.
const forever = time.Hour

// next is an answer whose moment has come, and how long ago; or else how long to
// wait, and below 0 at the end.
func (s *Server) next() (a answer, late, wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sending = false
	if s.state == stopped {
		return a, 0, -1
	}
	now := s.now()
	if len(s.waiting) == 0 {
		s.due = now + forever
		return a, 0, forever
	}
	if s.due = s.queue.Leaves(s.waiting[0].job); s.due > now {
		return a, 0, s.due - now
	}
	a, late = heap.Pop(&s.waiting).(answer), now-s.due
	s.sending = true
	a.took = s.due - a.job.Arrived
	s.counts.answered(a.job.Fate, late)
	return a, late, 0
}

// write sends one answer. The time it took to get here is a part of its lateness
// that nobody is told; it is some microseconds.
func (s *Server) write(text []byte, a answer, late time.Duration) []byte {
	text = appendAnswer(text, a, s.born.UnixMicro()+micros(a.job.Arrived), micros(late))
	if !a.to.write(text) {
		s.lose(a.to)
	}
	if a.last {
		_ = a.to.tcp.CloseWrite()
	}
	a.to.release()
	return text
}

// lose counts an answer that its client did not take.
func (s *Server) lose(c *conn) {
	s.mu.Lock()
	s.counts.unsent++
	s.mu.Unlock()
	_ = c.tcp.Close()
}

func micros(d time.Duration) int64 { return d.Round(time.Microsecond).Microseconds() }

// answers is a heap by the order in which they leave. All that arrived in a freeze is done at
// one moment, and leaves as it came.
type answers []answer

func (h answers) Len() int { return len(h) }
func (h answers) Less(i, j int) bool {
	a, b := h[i].job, h[j].job
	return a.Done < b.Done || a.Done == b.Done && a.Arrived < b.Arrived
}
func (h answers) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

// Push is heap.Interface's.
func (h *answers) Push(x any) { *h = append(*h, x.(answer)) }

// Pop is heap.Interface's.
func (h *answers) Pop() any {
	last := len(*h) - 1
	a := (*h)[last]
	(*h)[last] = answer{}
	*h = (*h)[:last]
	return a
}
