package loop

import (
	"errors"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestBuffersGrowWithWhatComes: what few buffers hold is received by these few; where
// more comes at once they become more.
func TestBuffersGrowWithWhatComes(t *testing.T) {
	for connections, wanted := range map[int]func(n int) bool{
		fewBuffers / 2: func(n int) bool { return n == fewBuffers },
		3 * fewBuffers: func(n int) bool { return n > fewBuffers && n <= mostBuffers },
	} {
		eachPoller(t, false, func(t *testing.T, p poller) {
			u, ok := p.(*uring)
			if !ok {
				t.Skip("it has no buffers of its own")
			}
			c, answered := newClient(t, p), answerAtOnce(t, p, connections)
			got := map[uint64]bool{}
			c.fds = answered
			c.wait(c.now()+int64(20*time.Millisecond), true, nil) // asleep, so that all is received at once
			c.until(func(e event) bool {
				if b, end := c.read(c.fds[e.ref]); string(b) == helloReply && errors.Is(end, syscall.EAGAIN) {
					got[e.ref] = true
				}
				return len(got) == connections
			})
			for _, fd := range c.fds {
				c.close(fd, true)
			}
			if !wanted(u.buffers.count) {
				t.Errorf("%d connections: %d buffers", connections, u.buffers.count)
			}
		})
	}
}

// answerAtOnce opens connections on which an answer each lies in the kernel. No answer
// is written before all are open: opening the last would take up the news of the others.
func answerAtOnce(t *testing.T, p poller, connections int) map[uint64]int32 {
	allOpen := make(chan struct{})
	answer := sync.OnceFunc(func() { close(allOpen) })
	defer answer()
	var written sync.WaitGroup
	written.Add(connections)
	addr := rawServer(t, func(c *peer) {
		<-allOpen
		c.write(helloReply)
		written.Done()
		c.request()
	})
	c := newClient(t, p)
	for ref := range uint64(connections) {
		c.open(ref, addr)
	}
	answer()
	written.Wait()
	return c.fds
}

// TestBuffersAreBounded however many are asked for.
func TestBuffersAreBounded(t *testing.T) {
	r, err := newRing()
	if err != nil {
		t.Skip("without io_uring:", err)
	}
	defer r.close()
	b, err := newRingBuffers(r)
	if err != nil {
		t.Skip("without its buffers:", err)
	}
	defer b.close()
	for to := fewBuffers; to <= 2*mostBuffers; to *= 2 {
		b.grow(to)
		if b.count != min(to, mostBuffers) || int(b.tail) != b.count {
			t.Errorf("asked for %d there are %d, and %d given", to, b.count, b.tail)
		}
	}
}
