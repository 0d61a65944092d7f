package loop

import (
	"cmp"

	"github.com/loadctl/loadctl/stats"
)

// A queue is tasks in order of their becoming due. Nobody overtakes, but who has waited
// too long leaves from wherever it stands.
type queue struct {
	head, tail int32 // seats
	length     int
	latest     stats.Offset // nobody in it waits longer
}

// A seat is a task's place in a queue: few tasks are in one at a time.
type seat struct{ task, prev, next int32 }

var emptyQueue = queue{head: none, tail: none}

// enqueue lets a task wait behind the others. The head is looked at in each turn, so
// that a timer is needed only by those who cannot wait as long as somebody before them.
func (l *Loop) enqueue(q *queue, i int32) {
	t := l.tasks.at(i)
	until := l.patience(l.phases[t.phase], t)
	if q.head == none || until >= q.latest {
		q.latest = until
	} else {
		l.armAt(i, t, until)
	}
	l.sit(q, i, q.tail, none)
}

// putBack returns a task to the head of its queue.
func (l *Loop) putBack(q *queue, i int32) {
	t := l.tasks.at(i)
	q.latest = max(q.latest, l.patience(l.phases[t.phase], t))
	l.sit(q, i, none, q.head)
}

// sit gives a task a seat between two.
func (l *Loop) sit(q *queue, i, prev, next int32) {
	s, k := l.seats.take()
	k.task = i
	l.tasks.at(i).seat = s
	q.join(l, prev, s)
	q.join(l, s, next)
	q.length++
}

// join makes two seats neighbours; none stands for the ends.
func (q *queue) join(l *Loop, a, b int32) {
	if a == none {
		q.head = b
	} else {
		l.seats.at(a).next = b
	}
	if b == none {
		q.tail = a
	} else {
		l.seats.at(b).prev = a
	}
}

// first is the task at the head of a queue that is not empty.
func (l *Loop) first(q *queue) int32 { return l.seats.at(q.head).task }

// unqueue takes a task out of its queue.
func (l *Loop) unqueue(q *queue, i int32) {
	t := l.tasks.at(i)
	k := l.seats.at(t.seat)
	q.join(l, k.prev, k.next)
	l.seats.give(t.seat)
	t.seat = none
	q.length--
}

// expire ends waits that have become too long, of the heads of queues.
func (l *Loop) expire() {
	for _, p := range l.phases {
		for _, q := range [...]*queue{&p.fresh, &p.going} {
			for q.head != none && l.patience(p, l.tasks.at(l.first(q))) <= l.now {
				i := l.first(q)
				l.giveUp(p, q, i, l.tasks.at(i))
			}
		}
	}
}

// giveUp ends the wait of a queued task.
func (l *Loop) giveUp(p *phase, q *queue, i int32, t *task) {
	l.unqueue(q, i)
	l.neverSent(i, t, cmp.Or(p.pool.starved, p.pool.shortage()))
}

// pastPatience is where the timer of a task in a queue fires.
func (l *Loop) pastPatience(i int32, t *task) {
	p := l.phases[t.phase]
	if until := l.patience(p, t); until > l.now {
		l.armAt(i, t, until)
		return
	}
	l.giveUp(p, p.queueOf(t), i, t)
}

// patience is when a queued request becomes not_sent.
func (l *Loop) patience(p *phase, t *task) stats.Offset {
	if t.hops > 0 {
		return t.deadline // it was sent: only its answer can be late
	}
	return min(t.intended+p.maxLag, t.deadline)
}
