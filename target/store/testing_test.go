package store

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/loadctl/loadctl/target/counts"
	"github.com/loadctl/loadctl/target/knobs"
)

// settings are the defaults but for what is named.
func settings(t *testing.T, values ...string) knobs.Settings {
	t.Helper()
	named := map[string]string{"items": "200"}
	for i := 0; i < len(values); i += 2 {
		named[values[i]] = values[i+1]
	}
	s, err := knobs.Defaults().With(named)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func with(t *testing.T, s knobs.Settings, values ...string) knobs.Settings {
	t.Helper()
	named := map[string]string{}
	for i := 0; i < len(values); i += 2 {
		named[values[i]] = values[i+1]
	}
	s, err := s.With(named)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func slot() (pools []*counts.Pool) {
	s := &counts.Slot{}
	for i := range s.Databases {
		pools = append(pools, &s.Databases[i])
	}
	return pools
}

// opened is a store that is closed with the test, and what it counts.
func opened(t *testing.T, s knobs.Settings) (*Store, []*counts.Pool) {
	t.Helper()
	pools := slot()
	store, err := New(Config{Settings: s, Pools: pools, Own: filepath.Join(t.TempDir(), "own.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = store.Close()
		for i, p := range pools {
			if p.Open.Load() != 0 || p.InUse.Load() != 0 || p.Waiting.Load() != 0 {
				t.Errorf("pool %d after the end: %d open, %d in use, %d waiting", i, p.Open.Load(), p.InUse.Load(), p.Waiting.Load())
			}
		}
	})
	return store, pools
}

func sqliteURL(t *testing.T, name string) string {
	t.Helper()
	return "sqlite:" + filepath.Join(t.TempDir(), name)
}

func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for range 2000 {
		if cond() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("not within 10s: %s", what)
}

// occupy holds n places of a pool until release is called.
func occupy(t *testing.T, d *database, n int) (release func()) {
	t.Helper()
	held := make([]*conn, n)
	for i := range held {
		c, err := d.take(context.Background())
		if err != nil {
			t.Fatalf("number %d: %v", i+1, err)
		}
		held[i] = c
	}
	return func() {
		for _, c := range held {
			d.pool.give(c)
		}
		held = nil
	}
}

func state(p *counts.Pool) string {
	return fmt.Sprintf("open=%d used=%d waiting=%d calls=%d waits=%d timeouts=%d dials=%d overflow=%d recycled=%d stale=%d",
		p.Open.Load(), p.InUse.Load(), p.Waiting.Load(), p.Calls.Load(), p.Waits.Load(), p.Timeouts.Load(), p.Dials.Load(),
		p.Overflow.Load(), p.Recycled.Load(), p.Stale.Load())
}

func want(t *testing.T, when string, p *counts.Pool, wanted string) {
	t.Helper()
	if got := state(p); got != wanted {
		t.Errorf("%s:\n got %s\nwant %s", when, got, wanted)
	}
}
