package store

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loadctl/loadctl/target/catalogue"
	"github.com/loadctl/loadctl/target/counts"
)

func TestItemsAreReadListedAndAdded(t *testing.T) {
	ctx := t.Context()
	s, _ := opened(t, settings(t))
	got, took, err := s.Item(ctx, "7")
	if err != nil || !cmp.Equal(got, catalogue.Made(7)) || took.Took <= 0 || took.Wait <= 0 {
		t.Fatalf("%+v, %+v, %v", got, took, err)
	}
	for _, id := range []string{"201", "", "nobody", "\x00", "\xff", strings.Repeat("x", 2000)} {
		if _, _, err := s.Item(ctx, id); !errors.Is(err, catalogue.ErrNotFound) {
			t.Errorf("%q: %v", id, err)
		}
	}
	first, _, err := s.List(ctx, "", 3)
	if err != nil || len(first) != 3 || first[0].ID != "1" || first[1].ID != "10" || first[2].ID != "100" {
		t.Fatalf("%+v, %v", first, err)
	}
	if next, _, err := s.List(ctx, "100", 1); err != nil || len(next) != 1 || next[0].ID != "101" {
		t.Errorf("%+v, %v", next, err)
	}
	added, _, err := s.Add(ctx, catalogue.Item{Name: "new", Price: 5, Stock: 6})
	if err != nil || added.ID == "" || added.Version != 1 || time.Since(added.Updated) > time.Minute {
		t.Fatalf("%+v, %v", added, err)
	}
	if there, _, err := s.Item(ctx, added.ID); err != nil || !cmp.Equal(there, added) {
		t.Errorf("%+v, %v, and it was added as %+v", there, err, added)
	}
}

func TestAddingTwiceIsAddingOnce(t *testing.T) {
	ctx := t.Context()
	s, pools := opened(t, settings(t))
	item := catalogue.Item{ID: "mine", Name: "new", Price: 5, Stock: 6}
	first, _, err := s.Add(ctx, item)
	if err != nil {
		t.Fatal(err)
	}
	if again, _, err := s.Add(ctx, item); err != nil || !cmp.Equal(again, first) {
		t.Errorf("%+v, %v, after %+v", again, err, first)
	}
	item.Price = 7
	if _, _, err := s.Add(ctx, item); !errors.Is(err, catalogue.ErrConflict) {
		t.Errorf("another one with its id: %v", err)
	}
	for _, bad := range []catalogue.Item{{ID: "a\x00"}, {ID: "b", Name: "\xff"}} {
		if _, _, err := s.Add(ctx, bad); !errors.Is(err, catalogue.ErrInvalid) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	for kind := range pools[0].Failed {
		if n := pools[0].Failed[kind].Load(); n > 0 {
			t.Errorf("%d failures of kind %d were counted", n, kind)
		}
	}
}

// Four workers open one file that is not there, all at once.
func TestWhoeverComesFirstMakesTheTables(t *testing.T) {
	set := settings(t, "database_url", sqliteURL(t, "shared.db"), "items", "3000")
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			s, err := New(Config{Settings: set, Pools: slot()})
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			if got, _, err := s.Item(t.Context(), "3000"); err != nil || !cmp.Equal(got, catalogue.Made(3000)) {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
	all.Wait()
	s, _ := opened(t, set)
	items, _, err := s.List(t.Context(), "", 1000)
	for err == nil && len(items) < 3000 {
		var more []catalogue.Item
		if more, _, err = s.List(t.Context(), items[len(items)-1].ID, 1000); len(more) == 0 {
			break
		}
		items = append(items, more...)
	}
	if err != nil || len(items) != 3000 || !slices.IsSortedFunc(items, func(a, b catalogue.Item) int { return strings.Compare(a.ID, b.ID) }) {
		t.Errorf("%d items, %v", len(items), err)
	}
}

func TestWhatWasAddedIsThereAfterARestart(t *testing.T) {
	set := settings(t, "database_url", sqliteURL(t, "kept.db"))
	s, _ := opened(t, set)
	if _, _, err := s.Add(t.Context(), catalogue.Item{ID: "kept"}); err != nil {
		t.Fatal(err)
	}
	_ = s.Close()
	if _, _, err := s.Item(t.Context(), "kept"); !errors.Is(err, catalogue.ErrUnavailable) {
		t.Errorf("a closed store says %v", err)
	}
	if h := s.Health(t.Context()); len(h) != 1 || h[0].OK {
		t.Errorf("a closed store is well: %+v", h)
	}
	if err := s.Apply(set); !errors.Is(err, catalogue.ErrUnavailable) {
		t.Errorf("a closed store changes: %v", err)
	}
	again, _ := opened(t, set)
	if _, _, err := again.Item(t.Context(), "kept"); err != nil {
		t.Error(err)
	}
}

func TestDurability(t *testing.T) {
	s, _ := opened(t, settings(t))
	c, err := s.now.primary.take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.now.primary.pool.give(c)
	for pragma, wanted := range map[string]string{"journal_mode": "wal", "synchronous": "2", "busy_timeout": "5000"} {
		var got string
		if err := c.sql.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != wanted {
			t.Errorf("%s is %s, not %s (%v)", pragma, got, wanted, err)
		}
	}
}

func TestClientsThatGoAwayAreCountedApart(t *testing.T) {
	s, pools := opened(t, settings(t, "pool_size", "1", "max_overflow", "0"))
	if _, _, err := s.Item(t.Context(), "1"); err != nil {
		t.Fatal(err)
	}
	release := occupy(t, s.now.primary, 1)
	defer release()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, _, err := s.Item(ctx, "1")
		ended <- err
	}()
	eventually(t, "it waits", func() bool { return pools[0].Waiting.Load() == 1 })
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	st := pools[0]
	if st.Failed[counts.ClientGone].Load() != 1 || st.Waits.Load() != 1 || st.Timeouts.Load() != 0 || st.Waiting.Load() != 0 {
		t.Errorf("%s, client gone %d", state(st), st.Failed[counts.ClientGone].Load())
	}
}

func TestSettingsThatCannotBe(t *testing.T) {
	set := settings(t, "shards", "sqlite:a sqlite:b")
	if _, err := New(Config{Settings: set, Pools: slot()[:2]}); err == nil || !strings.Contains(err.Error(), "shard2") {
		t.Errorf("counts were missing: %v", err)
	}
	set = settings(t)
	set.Shards = []string{"sqlite:a"}
	if _, err := New(Config{Settings: set, Pools: slot()}); err == nil {
		t.Error("one shard was taken")
	}
	set = settings(t, "database_url", "postgres://u:hid%20den@h/x?sslmode=nonsense&password=hidtoo")
	if _, err := New(Config{Settings: set, Pools: slot()}); err == nil || strings.Contains(err.Error(), "hid") {
		t.Errorf("an URL that cannot be read: %v", err)
	}
}
