package queue

import (
	"container/heap"
	"errors"
	"fmt"
	"math"
	"time"
)

// Settings are what a queue does with requests. All of it can be changed while it
// runs, and holds for what arrives from then on.
type Settings struct {
	Law       Law     // of service times
	Servers   int     // 0 = one for every request (·/G/∞)
	Pools     Pools   // in place of the law's mean
	Capacity  int     // most requests in the system, served and waiting; 0 = any number
	Slow      float64 // factor of every service time; 0 = 1
	ErrorRate float64 // share of requests that fail, after their service, in [0, 1]
	BlackHole bool    // requests are swallowed: they take no server and get no answer
	Seed      uint64  // of service times and failures; to change it begins their sequence anew
}

// mostServers bounds what a slip of the finger asks for: each arrival looks at all.
const mostServers = 10_000

// Validate reports everything that is wrong with settings.
func (s Settings) Validate() error {
	errs := []error{s.Law.Validate(), s.Pools.Validate()}
	if s.Servers < 0 || s.Servers > mostServers {
		errs = append(errs, fmt.Errorf("servers: must be between 0 and %d, got %d", mostServers, s.Servers))
	}
	if s.Pools.Pool > 0 && s.Servers == 0 {
		errs = append(errs, errors.New("pool, workers: need servers, of which there are any number"))
	}
	if s.Capacity < 0 || s.Capacity > 0 && s.Capacity < s.Servers {
		errs = append(errs, fmt.Errorf("capacity: must be 0 for no limit, or at least the %d servers, got %d", s.Servers, s.Capacity))
	}
	if !(s.Slow >= 0 && s.Slow <= 1e6) {
		errs = append(errs, fmt.Errorf("slow: must be between 0 and 1000000, got %g", s.Slow))
	}
	if !(s.ErrorRate >= 0 && s.ErrorRate <= 1) {
		errs = append(errs, fmt.Errorf("error-rate: must be between 0 and 1, got %g", s.ErrorRate))
	}
	return errors.Join(errs...)
}

// A Fate is what becomes of a request.
type Fate int

// The fates.
const (
	Served    Fate = iota
	Failed         // served, and then answered with an error
	Refused        // the system was full
	Swallowed      // by the black hole: no answer ever leaves
)

// A Job is one request in the queue.
type Job struct {
	Number  uint64        // in the seed's sequence; refused and swallowed ones have one too
	Arrived time.Duration // offset, as handed in
	Service time.Duration // what its server took; 0 when it had none
	Fate    Fate
	Done    time.Duration // in the servers' time, see Queue.Leaves; jobs leave in its order
}

// A Queue is first come, first served, in virtual time, by the recursion of Kiefer
// and Wolfowitz: a request that arrives at A and needs S leaves at
// D = max(A, the moment the first server is free) + S. Whoever sends the answers may
// be late with one; that delays this one alone and never the queue.
//
// It is not safe for concurrent use.
type Queue struct {
	set    Settings
	clock  clock
	free   []time.Duration // of each server: when it will have done all that it was given
	inside departures
	next   uint64
}

// New makes an empty queue. Settings must be valid.
func New(s Settings) *Queue {
	q := &Queue{set: s}
	q.staff(0)
	return q
}

// Settings are the present ones.
func (q *Queue) Settings() Settings { return q.set }

// Change gives the queue new, valid settings from offset at on. What has been
// admitted leaves as it would have.
func (q *Queue) Change(at time.Duration, s Settings) {
	if s.Seed != q.set.Seed {
		q.next = 0
	}
	q.set = s
	q.staff(q.clock.worked(at))
}

// staff makes the servers as many as the settings say. Those that are free first are
// the first to go: what the others were given is theirs to finish.
func (q *Queue) staff(now time.Duration) {
	for len(q.free) < q.set.Servers {
		q.free = append(q.free, now)
	}
	for len(q.free) > q.set.Servers {
		i := first(q.free)
		q.free[i] = q.free[len(q.free)-1]
		q.free = q.free[:len(q.free)-1]
	}
}

// Freeze stops the servers' time at offset at, for so long. What is in the system
// waits the longer for it, and what arrives meanwhile is served when it ends. It must
// not begin before a moment that Leaves has been asked about and acted upon.
func (q *Queue) Freeze(at, lasts time.Duration) { q.clock.freeze(freeze{at, lasts}) }

// Frozen says whether the servers stand still at offset at.
func (q *Queue) Frozen(at time.Duration) bool { return q.clock.holds(at) }

// Inside is how many are in the system at offset at, which must not be before the
// last arrival.
func (q *Queue) Inside(at time.Duration) int {
	q.inside.leave(q.clock.worked(at))
	return len(q.inside)
}

// Arrive decides about a request that arrives at offset at. Arrivals come in order; one
// that is handed in after another that came later finds it before itself, no more.
func (q *Queue) Arrive(at time.Duration) Job {
	j := q.Pass(at)
	q.next++
	full := q.full(j.Done)
	switch {
	case q.set.BlackHole:
		j.Fate = Swallowed
		return j
	case full:
		j.Fate = Refused
		return j
	case q.set.ErrorRate > 0 && Uniform(q.set.Seed, luck, j.Number) < q.set.ErrorRate:
		j.Fate = Failed
	}
	return q.take(j, q.service(j.Number))
}

// Admit is Arrive for a request whose service time and luck its caller has drawn: of
// the settings, Servers and Capacity count.
func (q *Queue) Admit(at, service time.Duration) Job {
	j := q.Pass(at)
	q.next++
	if q.full(j.Done) {
		j.Fate = Refused
		return j
	}
	return q.take(j, service)
}

// Pass is a request that needs no server: it leaves as it comes, or when the servers'
// time goes on. It takes no number: its is that of the next who does.
func (q *Queue) Pass(at time.Duration) Job {
	return Job{Number: q.next, Arrived: at, Done: q.clock.worked(at)}
}

// full says whether there is no room for another at the servers' time now.
func (q *Queue) full(now time.Duration) bool {
	q.inside.leave(now)
	return q.set.Capacity > 0 && len(q.inside) >= q.set.Capacity
}

// take gives a job that has come, and is done so far, its service.
func (q *Queue) take(j Job, service time.Duration) Job {
	j.Service = service
	j.Done = q.serve(j.Done, service)
	heap.Push(&q.inside, j.Done)
	return j
}

// service draws the service time of request n.
func (q *Queue) service(n uint64) time.Duration {
	s := q.set.InForce().At(Uniform(q.set.Seed, services, n))
	if q.set.Slow == 0 || q.set.Slow == 1 {
		return s
	}
	return time.Duration(math.Round(min(float64(s)*q.set.Slow, float64(longest))))
}

// serve gives the work to the server that is free first.
func (q *Queue) serve(now, work time.Duration) time.Duration {
	if len(q.free) == 0 {
		return now + work
	}
	i := first(q.free)
	q.free[i] = max(now, q.free[i]) + work
	return q.free[i]
}

func first(free []time.Duration) int {
	least := 0
	for i, t := range free {
		if t < free[least] {
			least = i
		}
	}
	return least
}

// Leaves is the offset at which a job's answer leaves, by the freezes known so far.
// It leaves no sooner than it is told here, and later if another freeze comes first.
func (q *Queue) Leaves(j Job) time.Duration { return q.clock.leaves(j.Done) }

// departures is a heap of the moments at which those in the system leave it.
type departures []time.Duration

// leave takes out those that have left at w.
func (d *departures) leave(w time.Duration) {
	for len(*d) > 0 && (*d)[0] <= w {
		heap.Pop(d)
	}
}

func (d departures) Len() int           { return len(d) }
func (d departures) Less(i, j int) bool { return d[i] < d[j] }
func (d departures) Swap(i, j int)      { d[i], d[j] = d[j], d[i] }

// Push is heap.Interface's.
func (d *departures) Push(x any) { *d = append(*d, x.(time.Duration)) }

// Pop is heap.Interface's.
func (d *departures) Pop() any {
	last := (*d)[len(*d)-1]
	*d = (*d)[:len(*d)-1]
	return last
}
