//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loadctl/loadctl/target/catalogue"
	"github.com/loadctl/loadctl/target/counts"
)

// ours are the connections of a store as PostgreSQL sees them.
const ours = "FROM pg_stat_activity WHERE application_name = 'loadctl'"

// agree waits until the pool says so many connections are open, and PostgreSQL too.
func agree(t *testing.T, when string, k *shelf, pg *cluster, n int) {
	t.Helper()
	eventually(t, 10*time.Second, fmt.Sprintf("%s: %d connections", when, n), func() bool {
		return pg.ask("SELECT count(*) "+ours) == fmt.Sprint(n) && k.pools[0].Open.Load() == int64(n)
	})
}

// backends are the processes that serve the store.
func backends(pg *cluster) []string {
	return strings.Fields(pg.ask("SELECT string_agg(pid::text, ' ' ORDER BY pid) " + ours))
}

// Eight statements that wait for a lock hold eight connections; the ninth call waits for
// its pool_timeout. SQLAlchemy's QueuePool says of itself that it does this.
func TestPoolHoldsWhatItIsToldTo(t *testing.T) {
	pg := postgres(t)
	k := keep(t, map[string]string{"database_url": pg.database("items"), "items": "100", "pool_size": "5", "max_overflow": "3", "pool_timeout": "200ms"})
	k.awaitReady()
	agree(t, "after one call", k, pg, 1)

	release := lockItems(t, pg)
	var long sync.WaitGroup
	for range 8 {
		long.Go(func() { k.read(1) })
	}
	eventually(t, 10*time.Second, "eight statements wait", func() bool {
		return pg.ask("SELECT count(*) "+ours+" AND wait_event_type = 'Lock'") == "8"
	})
	agree(t, "eight statements", k, pg, 8)
	p := k.pools[0]
	if p.InUse.Load() != 8 || p.Waits.Load() != 0 {
		t.Errorf("%d in use, %d waited", p.InUse.Load(), p.Waits.Load())
	}
	_, took, err := k.Item(context.Background(), "1")
	waited := p.Wait.Read()
	t.Logf("eight hold, the ninth waited %s by the pool's count, and failed", waited.Sum)
	if !errors.Is(err, catalogue.ErrPoolTimeout) || took.Wait < 200*time.Millisecond || took.Wait > 2*time.Second {
		t.Errorf("the ninth waited %s: %v", took.Wait, err)
	}
	if waited.Count != 1 || waited.Sum < 200*time.Millisecond || waited.Sum > took.Wait || p.Timeouts.Load() != 1 || p.Waits.Load() != 1 {
		t.Errorf("the pool says it waited %s, %d times, %d in vain", waited.Sum, waited.Count, p.Timeouts.Load())
	}
	agree(t, "after the ninth", k, pg, 8)

	release()
	long.Wait()
	agree(t, "once all are back", k, pg, 5)
	if p.Overflow.Load() != 3 || p.Dials.Load() != 8 || p.InUse.Load() != 0 {
		t.Errorf("%d dials, %d closed as overflow, %d in use", p.Dials.Load(), p.Overflow.Load(), p.InUse.Load())
	}
	recycles(t, k, pg)
	changes(t, k, pg)
}

// recycles: connections are used again until they are too old, and then not once more.
func recycles(t *testing.T, k *shelf, pg *cluster) {
	t.Helper()
	before := backends(pg)
	k.read(20)
	if again := backends(pg); !slices.Equal(before, again) {
		t.Errorf("without an age they were %v and are %v", before, again)
	}
	k.apply("pool_recycle", "1ms")
	k.read(10)
	agree(t, "once all were replaced", k, pg, 5)
	for _, pid := range backends(pg) {
		if slices.Contains(before, pid) {
			t.Errorf("%s is still used", pid)
		}
	}
	if k.pools[0].Recycled.Load() < 5 {
		t.Errorf("%d recycled", k.pools[0].Recycled.Load())
	}
	k.apply("pool_recycle", "0")
}

// changes: the size is another at once, and a larger one is reached by use.
func changes(t *testing.T, k *shelf, pg *cluster) {
	t.Helper()
	k.apply("pool_size", "2")
	agree(t, "made smaller", k, pg, 2)
	k.apply("pool_size", "10", "max_overflow", "0", "pool_timeout", "30s")
	release := lockItems(t, pg)
	var long sync.WaitGroup
	for range 12 {
		long.Go(func() { k.read(1) })
	}
	eventually(t, 10*time.Second, "two wait", func() bool { return k.pools[0].Waiting.Load() == 2 })
	agree(t, "made larger", k, pg, 10)
	release()
	long.Wait()
	agree(t, "after it was used", k, pg, 10)
}

// lockItems makes every statement on items wait until release is called.
func lockItems(t *testing.T, pg *cluster) (release func()) {
	t.Helper()
	db := open(t, pg.url("items")+"?application_name=test")
	tx, err := db.Begin()
	if err == nil {
		_, err = tx.Exec("LOCK TABLE items")
	}
	if err != nil {
		t.Fatal(err)
	}
	return func() { _ = tx.Rollback() }
}

func TestStatementsEndWithTheirCall(t *testing.T) {
	pg := postgres(t)
	k := keep(t, map[string]string{"database_url": pg.database("items"), "items": "100"})
	k.awaitReady()
	release := lockItems(t, pg)
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	if _, _, err := k.Item(ctx, "1"); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	agree(t, "with the statement its connection has gone", k, pg, 0)
	release()
	k.read(1)
	if n := k.pools[0].Failed[counts.TimedOut].Load(); n != 1 {
		t.Errorf("%d time-outs", n)
	}
}

// Connections that the server ended: one call fails and makes the rest suspect. With
// pre-ping none does.
func TestEndedConnectionsAreReplaced(t *testing.T) {
	pg := postgres(t)
	k := keep(t, map[string]string{"database_url": pg.database("items"), "items": "100"})
	k.awaitReady()
	fillPool(t, k, pg)
	end := func() {
		t.Helper()
		if pg.ask("SELECT count(pg_terminate_backend(pid, 5000)) "+ours) != "5" {
			t.Error("there were not five")
		}
	}
	end()
	_, _, err := k.Item(context.Background(), "1")
	if secretless(t, err); !errors.Is(err, catalogue.ErrUnavailable) {
		t.Error(err)
	}
	k.read(10)
	if n := k.pools[0].Stale.Load(); n != 4 {
		t.Errorf("%d were stale", n)
	}
	k.apply("pool_pre_ping", "true")
	fillPool(t, k, pg)
	end()
	k.read(10)
	if n := k.pools[0].Stale.Load(); n != 9 {
		t.Errorf("%d were stale", n)
	}
}

// fillPool opens the five connections of a pool.
func fillPool(t *testing.T, k *shelf, pg *cluster) {
	t.Helper()
	release := lockItems(t, pg)
	var long sync.WaitGroup
	for range 5 {
		long.Go(func() { k.read(1) })
	}
	eventually(t, 10*time.Second, "all are in use", func() bool {
		return pg.ask("SELECT count(*) "+ours+" AND wait_event_type = 'Lock'") == "5"
	})
	release()
	long.Wait()
	agree(t, "idle", k, pg, 5)
}
