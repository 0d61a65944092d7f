//go:build e2e

package e2e

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loadctl/loadctl/target/catalogue"
)

// calls is how often a replica, or the primary (0), was asked since the last time.
type calls [3]uint64

func (k *shelf) calls() (c calls) {
	for i := range c {
		c[i] = k.pools[i].Calls.Load()
	}
	return c
}

func (c calls) since(before calls) calls {
	for i := range c {
		c[i] -= before[i]
	}
	return c
}

// reads says where twenty reads go.
func (k *shelf) reads() calls {
	k.t.Helper()
	before := k.calls()
	k.read(20)
	return k.calls().since(before)
}

func (k *shelf) lags() (first, second time.Duration) {
	h := k.Health(context.Background())
	return h[1].Lag, h[2].Lag
}

func (k *shelf) add() (catalogue.Item, error) {
	item, _, err := k.Add(context.Background(), catalogue.Item{Name: "new"})
	secretless(k.t, err)
	return item, err
}

func TestReplicas(t *testing.T) {
	primary := postgres(t)
	url := primary.database("items")
	keep(t, map[string]string{"database_url": url, "items": "100"}).awaitReady()
	one, two := primary.replica(), primary.replica()
	k := keep(t, map[string]string{"database_url": url, "items": "100", "replicas": one.url("items") + " " + two.url("items")})
	k.awaitReady()

	if got := k.reads(); got != (calls{0, 10, 10}) {
		t.Errorf("in turn: %v", got)
	}
	k.apply("replica_policy", "primary")
	if got := k.reads(); got != (calls{20, 0, 0}) {
		t.Errorf("of the primary: %v", got)
	}
	lagging(t, k, one, two)
	killedReplica(t, k, one)
	killedPrimary(t, k, primary)
}

// lagging: a replica that does not replay is not read by who minds, and what it lacks is
// told. One that has all is not behind, however long nothing was written.
func lagging(t *testing.T, k *shelf, one, two *cluster) {
	t.Helper()
	k.apply("replica_policy", "least_lag")
	behind(t, k, one, func(a, b time.Duration) bool { return a > 1500*time.Millisecond && b < time.Second })
	if got := k.reads(); got != (calls{0, 0, 20}) {
		t.Errorf("the least behind: %v", got)
	}
	k.apply("replica_policy", "round_robin")
	if got := k.reads(); got != (calls{0, 10, 10}) {
		t.Errorf("any lag is fine: %v", got)
	}
	k.apply("replica_max_lag", "1s")
	if got := k.reads(); got != (calls{0, 0, 20}) {
		t.Errorf("the first is too far behind: %v", got)
	}
	if h := k.Health(context.Background()); !h[1].OK || !strings.Contains(h[1].Detail, "replica_max_lag is 1s") {
		t.Errorf("%+v", h[1])
	}
	behind(t, k, two, func(a, b time.Duration) bool { return a > 1500*time.Millisecond && b > 1500*time.Millisecond })
	if got := k.reads(); got != (calls{20, 0, 0}) {
		t.Errorf("both are too far behind: %v", got)
	}
	one.do("SELECT pg_wal_replay_resume()")
	two.do("SELECT pg_wal_replay_resume()")
	eventually(t, 20*time.Second, "both have all, which is old", func() bool {
		a, b := k.lags()
		return a == 0 && b == 0 && one.ask("SELECT now() - pg_last_xact_replay_timestamp() > interval '1.5 s'") == "true"
	})
	if got := k.reads(); got != (calls{0, 10, 10}) {
		t.Errorf("both again: %v", got)
	}
}

// behind keeps a replica from replaying, writes, and waits until that is seen.
func behind(t *testing.T, k *shelf, replica *cluster, seen func(a, b time.Duration) bool) {
	t.Helper()
	replica.do("SELECT pg_wal_replay_pause()")
	eventually(t, 10*time.Second, "it stands still", func() bool { return replica.ask("SELECT pg_get_wal_replay_pause_state()") == "paused" })
	if _, err := k.add(); err != nil {
		t.Fatal(err)
	}
	eventually(t, 20*time.Second, "it is seen to be behind", func() bool { return seen(k.lags()) })
	if replica.ask("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'loadctl monitor'") != "1" {
		t.Error("who asks for the lag is not told apart")
	}
}

// reading reads until stop is called, which says how often; no read may fail.
func (k *shelf) reading() (stop func() int64) {
	ctx, cancel := context.WithCancel(context.Background())
	var readers sync.WaitGroup
	var done atomic.Int64
	for range 4 {
		readers.Go(func() {
			for ctx.Err() == nil {
				if _, _, err := k.Item(context.Background(), "7"); err != nil {
					k.t.Errorf("a read failed: %v", err)
					return
				}
				done.Add(1)
			}
		})
	}
	return func() int64 { cancel(); readers.Wait(); return done.Load() }
}

func killedReplica(t *testing.T, k *shelf, one *cluster) {
	t.Helper()
	stop := k.reading()
	eventually(t, 10*time.Second, "it is read", func() bool { return k.pools[1].InUse.Load() > 0 })
	one.stop()
	eventually(t, 10*time.Second, "it is seen to be gone", func() bool { return !k.Health(context.Background())[1].OK })
	if stop() == 0 {
		t.Error("nothing was read")
	}
	if got := k.reads(); got != (calls{0, 0, 20}) {
		t.Errorf("without the first: %v", got)
	}
	one.start()
	eventually(t, 20*time.Second, "it is read again", func() bool { return k.reads()[1] == 10 })
}

func killedPrimary(t *testing.T, k *shelf, primary *cluster) {
	t.Helper()
	stop := k.reading()
	primary.stop()
	if _, err := k.add(); !errors.Is(err, catalogue.ErrUnavailable) {
		t.Errorf("a write: %v", err)
	}
	eventually(t, 10*time.Second, "it is seen to be gone", func() bool { return !k.Health(context.Background())[0].OK })
	for _, h := range k.Health(context.Background()) {
		if strings.Contains(h.Detail, password) {
			t.Errorf("%+v", h)
		}
	}
	if stop() == 0 {
		t.Error("nothing was read")
	}
	if got := k.reads(); got != (calls{0, 10, 10}) {
		t.Errorf("without the primary: %v", got)
	}
	primary.start()
	eventually(t, 20*time.Second, "it is written again", func() bool { _, err := k.add(); return err == nil })
}
