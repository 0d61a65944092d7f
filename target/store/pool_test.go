package store

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/loadctl/loadctl/target/catalogue"
	"github.com/loadctl/loadctl/target/counts"
)

// wait is how long a test lets a call wait that is to wait in vain.
const wait = "60ms"

func TestTheNinthWaitsInVain(t *testing.T) {
	s, pools := opened(t, settings(t, "pool_size", "5", "max_overflow", "3", "pool_timeout", wait))
	if _, _, err := s.Item(t.Context(), "1"); err != nil {
		t.Fatal(err)
	}
	want(t, "after one call", pools[0], "open=1 used=0 waiting=0 calls=1 waits=0 timeouts=0 dials=1 overflow=0 recycled=0 stale=0")
	release := occupy(t, s.now.primary, 8)
	_, took, err := s.Item(t.Context(), "1")
	if !errors.Is(err, catalogue.ErrPoolTimeout) || took.Wait < 60*time.Millisecond || took.Took != 0 {
		t.Errorf("%v, %+v", err, took)
	}
	want(t, "after the ninth", pools[0], "open=8 used=8 waiting=0 calls=2 waits=1 timeouts=1 dials=8 overflow=0 recycled=0 stale=0")
	if w := pools[0].Wait.Read(); w.Count != 1 || w.Sum < 60*time.Millisecond {
		t.Errorf("%+v", w)
	}
	if pools[0].Failed[counts.TimedOut].Load() != 1 {
		t.Error("it is no time-out")
	}
	release()
	want(t, "once all are back", pools[0], "open=5 used=0 waiting=0 calls=2 waits=1 timeouts=1 dials=8 overflow=3 recycled=0 stale=0")
}

func TestAnyNumberOfConnections(t *testing.T) {
	s, pools := opened(t, settings(t, "pool_size", "1", "max_overflow", "-1", "pool_timeout", wait))
	occupy(t, s.now.primary, 20)()
	want(t, "in the end", pools[0], "open=1 used=0 waiting=0 calls=0 waits=0 timeouts=0 dials=20 overflow=19 recycled=0 stale=0")
}

// database/sql would let in any one of those that wait.
func TestWhoWaitsLongestIsNext(t *testing.T) {
	s, pools := opened(t, settings(t, "pool_size", "1", "max_overflow", "0"))
	d := s.now.primary
	first, err := d.take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var order []int
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			c, err := d.take(context.Background())
			if err != nil {
				t.Error(err)
				return
			}
			order = append(order, i) // there is but one connection
			d.pool.give(c)
		})
		eventually(t, "it waits", func() bool { return pools[0].Waiting.Load() == int64(i+1) })
	}
	d.pool.give(first)
	all.Wait()
	for i, n := range order {
		if i != n {
			t.Fatalf("they came in the order %v", order)
		}
	}
	want(t, "in the end", pools[0], "open=1 used=0 waiting=0 calls=0 waits=20 timeouts=0 dials=1 overflow=0 recycled=0 stale=0")
}

func TestTheConnectionIdleLongestIsTaken(t *testing.T) {
	s, _ := opened(t, settings(t))
	d := s.now.primary
	a, _ := d.take(t.Context())
	b, _ := d.take(t.Context())
	d.pool.give(a)
	d.pool.give(b)
	if c, _ := d.take(t.Context()); c != a {
		t.Error("it was the other one")
	} else {
		d.pool.give(c)
	}
}

func TestOldConnectionsAreReplacedWhenTheyAreTaken(t *testing.T) {
	s, pools := opened(t, settings(t, "pool_recycle", "1h"))
	d := s.now.primary
	c, err := d.take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c.born = c.born.Add(-2 * time.Hour)
	d.pool.give(c)
	want(t, "while it is idle", pools[0], "open=1 used=0 waiting=0 calls=0 waits=0 timeouts=0 dials=1 overflow=0 recycled=0 stale=0")
	if _, _, err := s.Item(t.Context(), "1"); err != nil {
		t.Error(err)
	}
	want(t, "in the end", pools[0], "open=1 used=0 waiting=0 calls=1 waits=0 timeouts=0 dials=2 overflow=0 recycled=1 stale=0")
}

// sever ends a connection behind the pool's back.
func sever(t *testing.T, d *database, n int) {
	t.Helper()
	held := make([]*conn, n)
	for i := range held {
		held[i], _ = d.take(t.Context())
	}
	for i, c := range held {
		if i == 0 {
			_ = c.sql.Close()
		}
		d.pool.give(c)
	}
}

// One that broke makes all suspect that were opened before it broke.
func TestABrokenConnectionTakesTheOthersAlong(t *testing.T) {
	s, pools := opened(t, settings(t))
	d := s.now.primary
	sever(t, d, 3)
	if _, _, err := s.Item(t.Context(), "1"); !errors.Is(err, catalogue.ErrUnavailable) {
		t.Errorf("a severed connection: %v", err)
	}
	want(t, "once it broke", pools[0], "open=2 used=0 waiting=0 calls=1 waits=0 timeouts=0 dials=3 overflow=0 recycled=0 stale=0")
	for range 3 {
		if _, _, err := s.Item(t.Context(), "1"); err != nil {
			t.Error(err)
		}
	}
	want(t, "in the end", pools[0], "open=2 used=0 waiting=0 calls=4 waits=0 timeouts=0 dials=5 overflow=0 recycled=0 stale=2")
	if n := pools[0].Failed[counts.Unreachable].Load(); n != 1 {
		t.Errorf("%d failed", n)
	}
}

func TestPrePingLosesNoCall(t *testing.T) {
	s, pools := opened(t, settings(t, "pool_pre_ping", "true"))
	sever(t, s.now.primary, 3)
	for range 4 {
		if _, _, err := s.Item(t.Context(), "1"); err != nil {
			t.Error(err)
		}
	}
	want(t, "in the end", pools[0], "open=3 used=0 waiting=0 calls=4 waits=0 timeouts=0 dials=6 overflow=0 recycled=0 stale=3")
}

func TestPoolsChangeWhileCallsWait(t *testing.T) {
	set := settings(t, "pool_size", "1", "max_overflow", "0")
	s, pools := opened(t, set)
	release := occupy(t, s.now.primary, 1)
	ended := make(chan error, 2)
	for range 2 {
		go func() {
			_, _, err := s.Item(context.Background(), "1")
			ended <- err
		}()
	}
	eventually(t, "both wait", func() bool { return pools[0].Waiting.Load() == 2 })
	if err := s.Apply(with(t, set, "pool_size", "3")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	release()
	eventually(t, "all are back", func() bool { return pools[0].InUse.Load() == 0 })
	if open := pools[0].Open.Load(); open > 3 || open < 2 {
		t.Errorf("%d open", open)
	}
	if err := s.Apply(set); err != nil {
		t.Fatal(err)
	}
	if pools[0].Open.Load() != 1 || pools[0].Dials.Load()-pools[0].Overflow.Load() != 1 {
		t.Errorf("smaller again: %s", state(pools[0]))
	}
}
