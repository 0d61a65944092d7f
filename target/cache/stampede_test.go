package cache

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loadctl/loadctl/target/counts"
)

// A gate is a load that goes on until it is opened.
type gate struct {
	begun, open chan struct{}
	loads       atomic.Int64
	err         error
}

func newGate() *gate { return &gate{begun: make(chan struct{}, 100), open: make(chan struct{})} }

func (g *gate) load(ctx context.Context) ([]byte, error) {
	n := g.loads.Add(1)
	g.begun <- struct{}{}
	select {
	case <-g.open:
		return fmt.Appendf(nil, "load %d", n), g.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func within(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !cond(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not yet: %s", what)
		}
	}
}

// crowd asks for one key from so many callers of every worker, opens the gate when all
// have asked, and returns what they got.
func crowd(t *testing.T, g *gate, callers int, workers ...*Cache) (answers []string) {
	t.Helper()
	var mu sync.Mutex
	var out sync.WaitGroup
	for _, c := range workers {
		for range callers {
			out.Go(func() {
				a, err := c.Get(t.Context(), "key", g.load)
				mu.Lock()
				defer mu.Unlock()
				answers = append(answers, fmt.Sprintf("%s, %v", a.Value, err))
			})
		}
	}
	<-g.begun
	for _, c := range workers {
		within(t, "all have begun to ask", func() bool { return users(c) > callers })
	}
	close(g.open) // those who have not looked yet will be hits
	out.Wait()
	return answers
}

func TestOneLoadForAll(t *testing.T) {
	ofEach(t, func(t *testing.T, k kind) {
		c, n := worker(t, k, nil)
		g := newGate()
		for _, a := range crowd(t, g, 50, c) {
			if a != "load 1, <nil>" {
				t.Error(a)
			}
		}
		h := tally(n)
		if g.loads.Load() != 1 || h[1] != 1 || h[0]+h[2] != 49 || h[3] != 0 {
			t.Errorf("%d loads, %v", g.loads.Load(), h)
		}
	})
}

func TestFourWorkersLoadOnce(t *testing.T) {
	ofShared(t, func(t *testing.T, k kind) {
		var workers []*Cache
		var asked []*counts.Cache
		for range 4 {
			c, n := worker(t, k, nil)
			workers, asked = append(workers, c), append(asked, n)
		}
		g := newGate()
		for _, a := range crowd(t, g, 25, workers...) {
			if a != "load 1, <nil>" {
				t.Error(a)
			}
		}
		var sum [4]uint64
		for _, n := range asked {
			for i, one := range tally(n) {
				sum[i] += one
			}
		}
		if sum[1] != 1 || sum[0]+sum[2] != 99 || sum[3] != 0 {
			t.Errorf("%v", sum)
		}
	})
}

func TestAFailureIsToldToAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, n := worker(t, memoryKind(t), nil)
		g := newGate()
		g.err = errors.New("broken")
		var out sync.WaitGroup
		for range 5 {
			out.Go(func() {
				if _, err := c.Get(t.Context(), "key", g.load); !errors.Is(err, g.err) {
					t.Error(err)
				}
			})
		}
		synctest.Wait() // until all five wait
		close(g.open)
		out.Wait()
		if tally(n) != [4]uint64{0, 1, 4, 0} {
			t.Error(tally(n))
		}
	})
}

// users are the calls that hold what is in force.
func users(c *Cache) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.place.users - 1
}

func TestWhoLeavesDoesNotEndTheLoad(t *testing.T) {
	ofEach(t, func(t *testing.T, k kind) {
		c, n := worker(t, k, nil)
		g := newGate()
		ctx, leave := context.WithCancel(t.Context())
		left := make(chan error)
		go func() {
			_, err := c.Get(ctx, "key", g.load)
			left <- err
		}()
		<-g.begun
		leave()
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		close(g.open)
		within(t, "the load is kept", func() bool { return n.Misses.Load() == 1 })
		got(t, c, "key", nil, "load 1", Hit)
	})
}

func TestAPanicIsAnError(t *testing.T) {
	c, _ := worker(t, memoryKind(t), nil)
	_, err := c.Get(t.Context(), "key", func(context.Context) ([]byte, error) { panic("oh") })
	if err == nil || err.Error() != "loading key: panic: oh" {
		t.Error(err)
	}
}

func TestADeadOwnersLeaseEnds(t *testing.T) {
	ofShared(t, func(t *testing.T, k kind) {
		c, n := worker(t, k, nil)
		k.spoil("key", func(string) string { return string(newLease(time.Now().Add(100 * time.Millisecond))) })
		begun := time.Now()
		got(t, c, "key", (&loads{value: "v"}).load, "v", Miss)
		if time.Since(begun) < 90*time.Millisecond {
			t.Error("the lease was not waited for")
		}
		got(t, c, "key", nil, "v", Hit)
		if tally(n) != [4]uint64{1, 1, 0, 0} {
			t.Error(tally(n))
		}
	})
}

func TestTheWaitIsBounded(t *testing.T) {
	ofShared(t, func(t *testing.T, k kind) {
		t.Parallel()
		c, _ := worker(t, k, nil)
		// By a clock far ahead, or of a machine that renews for ever.
		k.spoil("key", func(string) string { return string(newLease(time.Now().Add(time.Hour))) })
		got(t, c, "key", (&loads{value: "v"}).load, "v", Miss)
	})
}

func TestWhatWasLoadedBeforeAChangeIsNotKept(t *testing.T) {
	drop := func(t *testing.T, c, changed *Cache) {
		g := newGate()
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, _ = c.Get(t.Context(), "key", g.load)
		}()
		<-g.begun
		if err := changed.Drop(t.Context(), "key"); err != nil {
			t.Error(err)
		}
		// Who asks now must not wait for what began before the change.
		got(t, changed, "key", (&loads{value: "new"}).load, "new", Miss)
		close(g.open)
		<-done
		got(t, c, "key", nil, "new", Hit)
	}
	ofEach(t, func(t *testing.T, k kind) {
		c, _ := worker(t, k, nil)
		drop(t, c, c)
	})
	ofShared(t, func(t *testing.T, k kind) {
		c, _ := worker(t, k, nil)
		other, _ := worker(t, k, nil)
		drop(t, c, other)
	})
}

func TestSwapNeedsWhatWasSeen(t *testing.T) {
	ofShared(t, func(t *testing.T, k kind) {
		c, _ := worker(t, k, nil)
		s := c.place.keeper.(*shared).servers[0]
		for i, step := range []struct {
			old, raw string
			want     bool
		}{{"", "a", true}, {"", "b", false}, {"b", "c", false}, {"a", "d", true}, {"a", "e", false}} {
			var old []byte
			if step.old != "" {
				old = []byte(step.old)
			}
			if done, err := s.swap(t.Context(), "key", old, []byte(step.raw), time.Minute); err != nil || done != step.want {
				t.Errorf("step %d: %t, %v", i, done, err)
			}
		}
		if raw, err := s.get(t.Context(), "key"); err != nil || string(raw) != "d" {
			t.Errorf("%q, %v", raw, err)
		}
		if err := s.drop(t.Context(), "key"); err != nil {
			t.Error(err)
		}
		if done, err := s.swap(t.Context(), "key", []byte("d"), []byte("f"), time.Minute); err != nil || done {
			t.Errorf("what was dropped came back: %t, %v", done, err)
		}
	})
}

// Nobody waits for what the server does not take.
func TestWhatIsTooLargeLeavesNoLease(t *testing.T) {
	k := memcachedKind(t)
	c, n := worker(t, k, nil)
	large := loads{value: string(make([]byte, 2<<20))}
	for range 3 {
		got(t, c, "key", large.load, large.value, Miss)
		k.spoil("key", func(raw string) string {
			if r, ok := parse([]byte(raw)); !ok || r.kind != leaseKind || time.Now().Before(r.at) {
				t.Errorf("%+v, %t is left", r, ok)
			}
			return raw
		})
	}
	if n.Errors.Load() != 3 {
		t.Errorf("%d errors", n.Errors.Load())
	}
}
