//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loadctl/loadctl/target/catalogue"
	"github.com/loadctl/loadctl/target/counts"
	"github.com/loadctl/loadctl/target/knobs"
	"github.com/loadctl/loadctl/target/store"
)

// A shelf is a store of the service and what it counts, without the service.
type shelf struct {
	*store.Store
	t     *testing.T
	set   knobs.Settings
	pools []*counts.Pool
}

func keep(t *testing.T, values map[string]string) *shelf {
	t.Helper()
	set, err := knobs.Defaults().With(values)
	if err != nil {
		t.Fatal(err)
	}
	k := &shelf{t: t, set: set}
	slot := &counts.Slot{}
	for i := range slot.Databases {
		k.pools = append(k.pools, &slot.Databases[i])
	}
	if k.Store, err = store.New(store.Config{Settings: set, Pools: k.pools}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = k.Close() })
	return k
}

// apply changes settings that are named by turns with their values.
func (k *shelf) apply(values ...string) {
	k.t.Helper()
	named := map[string]string{}
	for i := 0; i < len(values); i += 2 {
		named[values[i]] = values[i+1]
	}
	set, err := k.set.With(named)
	if err == nil {
		err = k.Apply(set)
	}
	if err != nil {
		k.t.Fatal(err)
	}
	k.set = set
}

// read reads items 1 to n; all must be there.
func (k *shelf) read(n int) {
	k.t.Helper()
	for i := range n {
		if _, _, err := k.Item(context.Background(), fmt.Sprint(i+1)); err != nil {
			k.t.Fatalf("item %d: %v", i+1, err)
		}
	}
}

// awaitReady waits until the database has its tables.
func (k *shelf) awaitReady() {
	k.t.Helper()
	eventually(k.t, 20*time.Second, "the database is ready", func() bool {
		_, _, err := k.Item(context.Background(), "1")
		return err == nil
	})
}

// secretless fails for an error that tells the password.
func secretless(t *testing.T, err error) {
	t.Helper()
	if err != nil && strings.Contains(err.Error(), password) {
		t.Errorf("the password is told: %v", err)
	}
}

func TestDatabaseDownAtTheStartAndDuringTheRun(t *testing.T) {
	pg := postgres(t, "fsync=on")
	url := pg.database("items")
	pg.stop()
	k := keep(t, map[string]string{"database_url": url, "items": "100", "pool_size": "3"})
	_, _, err := k.Item(context.Background(), "1")
	if secretless(t, err); !errors.Is(err, catalogue.ErrUnavailable) {
		t.Fatal(err)
	}
	if h := k.Health(context.Background()); h[0].OK || h[0].Detail == "" || strings.Contains(h[0].Detail, password) {
		t.Errorf("%+v", h)
	}
	var others []*shelf
	for range 3 {
		others = append(others, keep(t, map[string]string{"database_url": url, "items": "100"}))
	}
	pg.start("fsync=on")
	for _, one := range append(others, k) {
		one.awaitReady()
	}
	var made int
	if err := open(t, url).QueryRow("SELECT count(*) FROM items").Scan(&made); err != nil || made != 100 {
		t.Errorf("four workers made %d items, %v", made, err)
	}
	stop := k.adding()
	eventually(t, 20*time.Second, "calls go on", func() bool { return k.pools[0].Took.Read().Count > 50 })
	pg.stop()
	eventually(t, 20*time.Second, "calls fail", func() bool { return k.pools[0].Failed[counts.Unreachable].Load() > 20 })
	pg.start("fsync=on")
	before := k.pools[0].Took.Read().Count
	eventually(t, 20*time.Second, "calls go on again", func() bool { return k.pools[0].Took.Read().Count > before+50 })
	for _, id := range stop() {
		if _, _, err := k.Item(context.Background(), id); err != nil {
			t.Errorf("%s was acknowledged: %v", id, err)
		}
	}
}

// adding adds items until stop is called, which says which were acknowledged.
func (k *shelf) adding() (stop func() []string) {
	ctx, cancel := context.WithCancel(context.Background())
	var writers sync.WaitGroup
	var mu sync.Mutex
	var ids []string
	for range 4 {
		writers.Go(func() {
			for ctx.Err() == nil {
				item, _, err := k.Add(context.Background(), catalogue.Item{Name: "new"})
				secretless(k.t, err)
				switch {
				case err == nil:
					mu.Lock()
					ids = append(ids, item.ID)
					mu.Unlock()
				case !errors.Is(err, catalogue.ErrUnavailable):
					k.t.Error(err)
				default:
					time.Sleep(time.Millisecond)
				}
			}
		})
	}
	return func() []string { cancel(); writers.Wait(); return ids }
}

func TestShardsOfPostgreSQL(t *testing.T) {
	pg := postgres(t)
	urls := []string{pg.database("a"), pg.database("b"), pg.database("c")}
	const items = 20000
	k := keep(t, map[string]string{"shards": strings.Join(urls, " "), "items": fmt.Sprint(items)})
	eventually(t, 20*time.Second, "all shards are ready", func() bool {
		_, _, err := k.List(context.Background(), "", 1)
		return err == nil
	})
	sum := 0
	for i, url := range urls {
		var n int
		if err := open(t, url).QueryRow("SELECT count(*) FROM items").Scan(&n); err != nil {
			t.Fatal(err)
		}
		t.Logf("shard %d: %d items, %+.1f %% of a fair share", i+1, n, 100*(float64(n)/(items/3.0)-1))
		if fair := items / 3.0; float64(n) < fair*0.95 || float64(n) > fair*1.05 {
			t.Errorf("shard %d has %d of %d items", i+1, n, items)
		}
		sum += n
	}
	if sum != items {
		t.Errorf("%d items in all", sum)
	}
	k.read(300)
	if got, _, err := k.List(context.Background(), "", 3); err != nil || got[0].ID != "1" || got[1].ID != "10" || got[2].ID != "100" {
		t.Errorf("%+v, %v", got, err)
	}
}

// What was acknowledged before a disk was full is there, and there is room again once the
// disk has some.
func TestSQLiteOnAFullDisk(t *testing.T) {
	disk := smallDisk(t, "size=2m")
	k := keep(t, map[string]string{"database_url": "sqlite:" + disk + "/items.db", "items": "100"})
	k.awaitReady()
	var ids []string
	for range 50 {
		item, err := k.add()
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, item.ID)
	}
	free := fill(t, disk)
	var err error
	for err == nil && len(ids) < 100_000 {
		var item catalogue.Item
		if item, err = k.add(); err == nil {
			ids = append(ids, item.ID)
		}
	}
	if !errors.Is(err, catalogue.ErrFull) {
		t.Fatalf("after %d: %v", len(ids), err)
	}
	k.read(100)
	free()
	for range 50 {
		item, err := k.add()
		if err != nil {
			t.Fatalf("with room again: %v", err)
		}
		ids = append(ids, item.ID)
	}
	other := keep(t, map[string]string{"database_url": "sqlite:" + disk + "/items.db"})
	for _, id := range ids {
		if _, _, err := other.Item(context.Background(), id); err != nil {
			t.Errorf("%s was acknowledged: %v", id, err)
		}
	}
}

// Whoever waits for another's tables must find them: a session that had looked for them in
// vain went on to make them again, failed, and answered 503 until it tried the next time.
func TestWorkersMakeTheTablesOfPostgreSQLOnce(t *testing.T) {
	c := postgres(t)
	for round := range 6 {
		db := c.database(fmt.Sprintf("round%d", round))
		var workers sync.WaitGroup
		for range 4 {
			k := keep(t, map[string]string{"database_url": db, "items": "2000"})
			workers.Go(func() {
				for id := range 5 {
					if _, _, err := k.Item(t.Context(), fmt.Sprint(id+1)); err != nil {
						t.Errorf("round %d: %v", round, err)
					}
				}
			})
		}
		workers.Wait()
	}
}
