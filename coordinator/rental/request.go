package rental

import (
	"fmt"
	"slices"
	"time"
)

// An asked is what a request asks for.
type asked uint8

const (
	askCreate asked = iota
	askList
	askLook
	askDelete
)

// A request is under way until it is answered. One that was given up is kept, as a late answer may still tell that
// something exists.
type request struct {
	n     int
	what  asked
	kind  Kind
	thing *thing // nil of a list
	at    time.Time
	over  bool // given up
}

func (r *Rental) request(what asked, k Kind, t *thing, now time.Time) int {
	r.last++
	r.requests = append(r.requests, &request{n: r.last, what: what, kind: k, thing: t, at: now})
	if t != nil {
		t.ticket = r.last
	}
	return r.last
}

func (r *Rental) underWay(what ...asked) (n int) {
	for _, q := range r.requests {
		if !q.over && slices.Contains(what, q.what) {
			n++
		}
	}
	return n
}

// answered takes a request off the books; nil when it is none of this kind.
func (r *Rental) answered(n int, what ...asked) *request {
	i := slices.IndexFunc(r.requests, func(q *request) bool { return q.n == n && slices.Contains(what, q.what) })
	if i < 0 {
		return nil
	}
	q := r.requests[i]
	r.requests = slices.Delete(r.requests, i, i+1)
	r.release(q)
	return q
}

func (r *Rental) release(q *request) {
	if q.thing != nil && q.thing.ticket == q.n {
		q.thing.ticket = 0
	}
	if l := r.lists[q.kind]; q.what == askList && l.n == q.n {
		l.n = 0
	}
}

// expire gives up what was not answered in time: nobody knows then whether it was done.
func (r *Rental) expire(now time.Time) {
	for _, q := range slices.Clone(r.requests) {
		if !q.over && now.Sub(q.at) > r.cfg.Limits.AskWithin {
			q.over = true
			r.release(q)
			r.failed(q, Failure{Class: Unknown, Text: fmt.Sprintf("no answer within %s", r.cfg.Limits.AskWithin)}, now)
		}
	}
}

func (e Failed) apply(r *Rental, now time.Time) {
	if q := r.answered(e.N, askCreate, askList, askLook, askDelete); q != nil && !q.over {
		r.failed(q, e.Failure, now)
	}
}

func (r *Rental) failed(q *request, f Failure, now time.Time) {
	switch q.what {
	case askCreate:
		r.notCreated(q.thing, f, now)
	case askList:
		r.notListed(q.kind, f, now)
	case askLook, askDelete:
		r.notRemoved(q, f, now)
	}
}

// wait is how long the cloud wants to be left alone, which is never no time at all.
func (f Failure) wait() time.Duration { return max(f.After, time.Second) }

// hopeless: asking again will not help.
func (f Failure) hopeless() bool { return f.Class == Refused || f.Class == Wrong }
