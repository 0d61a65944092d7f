package store

import (
	"context"
	"testing"
)

// A database must never see more connections than the settings in force allow, once calls
// that began under others have ended.
func TestASmallerPoolKeepsNoMoreBecauseSomebodyWaits(t *testing.T) {
	set := settings(t, "pool_size", "4", "max_overflow", "0", "pool_timeout", "20s")
	s, pools := opened(t, set)
	d := s.now.primary
	release := occupy(t, d, 4)
	served := make(chan *conn)
	go func() {
		c, err := d.take(context.Background())
		if err != nil {
			t.Error(err)
		}
		served <- c
	}()
	eventually(t, "one waits", func() bool { return pools[0].Waiting.Load() == 1 })
	if err := s.Apply(with(t, set, "pool_size", "1")); err != nil {
		t.Fatal(err)
	}
	release()
	c := <-served
	want(t, "once the last has its turn", pools[0], "open=1 used=1 waiting=0 calls=0 waits=1 timeouts=0 dials=4 overflow=3 recycled=0 stale=0")
	d.pool.give(c)
}
