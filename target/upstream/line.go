package upstream

import (
	"context"
	"sync"
	"time"

	"github.com/loadctl/loadctl/target/queue"
)

// A line is where requests stand until their answers may leave: the queue, and the clock
// that it has not of its own. Offsets count from when the line was made.
type line struct {
	born time.Time

	mu    sync.Mutex
	queue *queue.Queue
	gate  chan struct{} // closed at the end of the freeze; nil unless something came to one
	last  chan struct{} // closed when the last request that came to the freeze has left it
}

// A place is that of one request.
type place struct {
	line *line
	job  queue.Job
	turn <-chan struct{} // closed when those before it have left the freeze that it came to; nil when it came to none
	next chan struct{}   // that of the one behind it
}

func newLine(d Delay) *line {
	return &line{born: time.Now(), queue: queue.New(d.staff())}
}

// staff is what the queue must know of a delay.
func (d Delay) staff() queue.Settings {
	return queue.Settings{Servers: d.servers, Capacity: d.capacity}
}

func (l *line) now() time.Duration { return time.Since(l.born) }

// freeze stops the line in so long a time, for so long.
func (l *line) freeze(f Freeze) {
	if f.For <= 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	l.queue.Freeze(now+f.At, f.For)
	time.AfterFunc(f.At+f.For, l.thaw)
}

// thaw opens the gate, unless another freeze goes on; its end will.
func (l *line) thaw() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gate != nil && !l.queue.Frozen(l.now()) {
		close(l.gate)
		l.gate, l.last = nil, nil
	}
}

func (l *line) frozen() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.queue.Frozen(l.now())
}

// staff gives what arrives from now on other servers.
func (l *line) staff(d Delay) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.queue.Change(l.now(), d.staff())
}

// inside is how many are served or wait for it.
func (l *line) inside() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.queue.Inside(l.now())
}

// admit gives a request that comes now its place in the queue.
func (l *line) admit(service time.Duration) place {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.place(l.queue.Admit(l.now(), service))
}

// pass is for a request that is answered at once, or when the freeze is over.
func (l *line) pass() place {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.place(l.queue.Pass(l.now()))
}

// seen is the offset at which a process that was paused sees what comes now.
func (l *line) seen() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.queue.Leaves(l.queue.Pass(l.now()))
}

// place is called with the mutex held.
func (l *line) place(j queue.Job) place {
	p := place{line: l, job: j}
	if !l.queue.Frozen(j.Arrived) {
		return p
	}
	if l.gate == nil {
		l.gate = make(chan struct{})
		l.last = l.gate
	}
	p.turn, p.next = l.last, make(chan struct{})
	l.last = p.next
	return p
}

// wait returns when the answer may leave, or the client has gone.
func (p place) wait(ctx context.Context) {
	if p.turn != nil {
		p.stand(ctx)
		sleep(ctx, p.afterFreeze())
	}
	p.until(ctx, 0)
}

// stand returns when the freeze is over and all that came to it before have been let go.
// Each lets go of the next: woken all at once, thousands would leave in an order of
// the scheduler's making, and the longest wait would grow by the time all of them take.
func (p place) stand(ctx context.Context) {
	select {
	case <-p.turn:
		close(p.next)
	case <-ctx.Done(): // its place stays, or those behind it would wait for ever
		go func() {
			<-p.turn
			close(p.next)
		}()
	}
}

// afterFreeze is how long it takes from the end of the freeze that it came to.
func (p place) afterFreeze() time.Duration {
	p.line.mu.Lock()
	defer p.line.mu.Unlock()
	q := p.line.queue
	return q.Leaves(p.job) - q.Leaves(q.Pass(p.job.Arrived))
}

// until returns true when the line has worked for so long after the answer was due, and
// false when the client has gone. A freeze may have come meanwhile, and another.
func (p place) until(ctx context.Context, after time.Duration) bool {
	j := p.job
	j.Done += after
	for {
		left := p.line.left(j)
		if left <= 0 {
			return ctx.Err() == nil
		}
		if !sleep(ctx, left) {
			return false
		}
	}
}

// left is how long a job has to wait yet. One whose moment was missed by a hair waits for
// the end of the freeze that began meanwhile: nothing leaves in one.
func (l *line) left(j queue.Job) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	return max(l.queue.Leaves(j), l.queue.Leaves(l.queue.Pass(now))) - now
}

func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
