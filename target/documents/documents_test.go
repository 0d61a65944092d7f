package documents

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/loadctl/loadctl/target/catalogue"
	"github.com/loadctl/loadctl/target/counts"
	"github.com/loadctl/loadctl/target/knobs"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func settings(t *testing.T, url string, values map[string]string) knobs.Settings {
	t.Helper()
	all := map[string]string{"store": "kv", "kv_url": url, "items": "25"}
	for name, value := range values {
		all[name] = value
	}
	s, err := knobs.Defaults().With(all)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func open(t *testing.T, s knobs.Settings) (*Store, *counts.Pool) {
	t.Helper()
	n := &counts.Pool{}
	docs, err := New(Config{Settings: s, Pool: n, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		docs.Close()
		if n.Open.Load() != 0 || n.InUse.Load() != 0 || n.Waiting.Load() != 0 {
			t.Errorf("open %d, in use %d, waiting %d after the end", n.Open.Load(), n.InUse.Load(), n.Waiting.Load())
		}
	})
	return docs, n
}

func TestANewCatalogueIsThere(t *testing.T) {
	m := miniredis.RunT(t)
	docs, n := open(t, settings(t, "redis://"+m.Addr(), nil))
	item, took, err := docs.Item(t.Context(), "7")
	if err != nil || cmp.Diff(item, catalogue.Made(7)) != "" || took.Took <= 0 || took.Wait != 0 {
		t.Errorf("%+v, %+v, %v", item, took, err)
	}
	for _, id := range []string{"0", "26", "", "a\x00b", "\xff"} {
		if _, _, err := docs.Item(t.Context(), id); !errors.Is(err, catalogue.ErrNotFound) {
			t.Errorf("%q: %v", id, err)
		}
	}
	if n.Calls.Load() != 4 || n.Failed[counts.Useless].Load() != 0 {
		t.Errorf("%d calls", n.Calls.Load())
	}
}

func TestAGarbledDocumentIsNoItem(t *testing.T) {
	m := miniredis.RunT(t)
	docs, n := open(t, settings(t, "redis://"+m.Addr(), nil))
	m.Set(itemPrefix+"1", "{")
	_, _, err := docs.Item(t.Context(), "1")
	if err == nil || errors.Is(err, catalogue.ErrUnavailable) || errors.Is(err, catalogue.ErrNotFound) || n.Failed[counts.Useless].Load() != 1 {
		t.Error(err)
	}
}

func TestListsAreInTheOrderOfBytes(t *testing.T) {
	m := miniredis.RunT(t)
	docs, _ := open(t, settings(t, "redis://"+m.Addr(), nil))
	var want []string
	for i := 1; i <= 25; i++ {
		want = append(want, fmt.Sprint(i))
	}
	for _, id := range []string{"é", "Z", "a b", "["} {
		want = append(want, id)
		if _, _, err := docs.Add(t.Context(), catalogue.Item{ID: id, Name: id}); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(want)
	var got []string
	for after := ""; ; {
		items, _, err := docs.List(t.Context(), after, 4)
		if err != nil {
			t.Fatal(err)
		}
		if len(items) == 0 {
			break
		}
		for _, item := range items {
			got = append(got, item.ID)
		}
		after = got[len(got)-1]
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAddsAreAtomicAndMayBeRepeated(t *testing.T) {
	m := miniredis.RunT(t)
	docs, _ := open(t, settings(t, "redis://"+m.Addr(), nil))
	first, _, err := docs.Add(t.Context(), catalogue.Item{ID: "new", Name: "one", Price: 5})
	if err != nil || first.Version != 1 || first.Updated.IsZero() {
		t.Fatalf("%+v, %v", first, err)
	}
	again, _, err := docs.Add(t.Context(), catalogue.Item{ID: "new", Name: "one", Price: 5})
	if err != nil || cmp.Diff(first, again) != "" {
		t.Errorf("%+v, %v", again, err)
	}
	if _, _, err := docs.Add(t.Context(), catalogue.Item{ID: "new", Name: "two"}); !errors.Is(err, catalogue.ErrConflict) {
		t.Error(err)
	}
	if read, _, err := docs.Item(t.Context(), "new"); err != nil || cmp.Diff(first, read) != "" {
		t.Errorf("%+v, %v", read, err)
	}
	if named, _, err := docs.Add(t.Context(), catalogue.Item{Name: "x"}); err != nil || named.ID == "" {
		t.Errorf("%+v, %v", named, err)
	}
	if _, _, err := docs.Add(t.Context(), catalogue.Item{ID: strings.Repeat("x", 1001)}); !errors.Is(err, catalogue.ErrInvalid) {
		t.Error(err)
	}
	won := make(chan string, 8) // of eight different items with one id
	var adding sync.WaitGroup
	for i := range 8 {
		adding.Go(func() {
			if item, _, err := docs.Add(t.Context(), catalogue.Item{ID: "race", Name: fmt.Sprint(i)}); err == nil {
				won <- item.Name
			} else if !errors.Is(err, catalogue.ErrConflict) {
				t.Error(err)
			}
		})
	}
	adding.Wait()
	if item, _, err := docs.Item(t.Context(), "race"); len(won) != 1 || err != nil || item.Name != <-won {
		t.Errorf("%d won, %+v, %v", len(won), item, err)
	}
}

func TestFourWorkersFillOnce(t *testing.T) {
	m := miniredis.RunT(t)
	set := settings(t, "redis://"+m.Addr(), map[string]string{"items": "3500"})
	var asking sync.WaitGroup
	for range 4 {
		docs, _ := open(t, set)
		for range 5 {
			asking.Go(func() {
				if _, _, err := docs.Item(t.Context(), "3500"); err != nil {
					t.Error(err)
				}
			})
		}
	}
	asking.Wait()
	if ids, err := m.ZMembers(idsKey); err != nil || len(ids) != 3500 {
		t.Errorf("%d ids, %v", len(ids), err)
	}
	if mark, _ := m.Get(markKey); mark != "3500" || m.Exists(lockKey) {
		t.Errorf("mark %q", mark)
	}
}

// One who died on the way leaves a lock that ends, and items that stay as they are.
func TestFillingGoesOnAfterADeath(t *testing.T) {
	m := miniredis.RunT(t)
	m.Set(lockKey, "of the dead")
	m.SetTTL(lockKey, lockFor)
	m.Set(itemPrefix+"1", `{"id":"1","name":"changed"}`)
	docs, _ := open(t, settings(t, "redis://"+m.Addr(), nil))
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, _, err := docs.Item(short, "1"); !errors.Is(err, catalogue.ErrUnavailable) || !strings.Contains(err.Error(), "being filled, 0 of 25") {
		t.Error(err)
	}
	if h := docs.Health(t.Context()); !h[0].OK || h[0].Detail != "the catalogue is being filled, 0 of 25 items" {
		t.Errorf("%+v", h)
	}
	m.FastForward(lockFor)
	item, _, err := docs.Item(t.Context(), "1")
	if err != nil || item.Name != "changed" {
		t.Errorf("%+v, %v", item, err)
	}
	if items, _, err := docs.List(t.Context(), "", 100); err != nil || len(items) != 25 {
		t.Errorf("%d items, %v", len(items), err)
	}
}

// A Redis that is started again without what it had gets a new catalogue.
func TestAnEmptiedRedisIsFilledAgain(t *testing.T) {
	m := miniredis.RunT(t)
	docs, n := open(t, settings(t, "redis://"+m.Addr(), nil))
	if _, _, err := docs.Item(t.Context(), "1"); err != nil {
		t.Fatal(err)
	}
	m.FlushAll()
	if _, _, err := docs.Item(t.Context(), "1"); err != nil {
		t.Error(err)
	}
	m.FlushAll()
	if items, _, err := docs.List(t.Context(), "", 1000); err != nil || len(items) != 25 {
		t.Errorf("%d items, %v", len(items), err)
	}
	if n.Calls.Load() != 3 {
		t.Errorf("%d calls", n.Calls.Load())
	}
	empty, _ := open(t, settings(t, "redis://"+miniredis.RunT(t).Addr(), map[string]string{"items": "0"}))
	if items, _, err := empty.List(t.Context(), "", 10); err != nil || len(items) != 0 {
		t.Errorf("%v, %v", items, err)
	}
}

func TestRedisDown(t *testing.T) {
	m := miniredis.RunT(t)
	docs, n := open(t, settings(t, "redis://:secret@"+m.Addr(), nil))
	m.Close()
	if _, _, err := docs.Item(t.Context(), "1"); !errors.Is(err, catalogue.ErrUnavailable) {
		t.Error(err)
	}
	if h := docs.Health(t.Context()); h[0].OK || !strings.Contains(h[0].Detail, "refused") || strings.Contains(h[0].Detail, "secret") {
		t.Errorf("%+v", h)
	}
	if n.Failed[counts.Unreachable].Load() != 1 {
		t.Error("not counted")
	}
	if err := m.Restart(); err != nil {
		t.Fatal(err)
	}
	m.RequireAuth("secret")
	if _, _, err := docs.Item(t.Context(), "1"); err != nil {
		t.Error(err)
	}
	m.Close() // under connections that are open
	if _, _, err := docs.Item(t.Context(), "1"); !errors.Is(err, catalogue.ErrUnavailable) {
		t.Error(err)
	}
	if err := m.Restart(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := docs.Item(t.Context(), "1"); err != nil {
		t.Error(err)
	}
	m.SetError("OOM command not allowed when used memory > 'maxmemory'.")
	if _, _, err := docs.Add(t.Context(), catalogue.Item{ID: "x"}); !errors.Is(err, catalogue.ErrFull) {
		t.Error(err)
	}
}

func TestMistakesAreToldWithoutPasswords(t *testing.T) {
	s := knobs.Defaults()
	s.KVURL = "redis://:secret@h/notanumber"
	if _, err := New(Config{Settings: s}); err == nil || strings.Contains(err.Error(), "secret") {
		t.Error(err)
	}
}
