package store

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/loadctl/loadctl/target/catalogue"
)

func TestJumpIsTheOneOfThePaper(t *testing.T) {
	for _, c := range []struct {
		key     uint64
		n, want int
	}{{1, 1, 0}, {42, 57, 43}, {0xDEAD10CC, 1, 0}, {0xDEAD10CC, 666, 361}, {256, 1024, 520}} {
		if got := jump(c.key, c.n); got != c.want {
			t.Errorf("key %d of %d shards is in %d, not %d", c.key, c.n, got, c.want)
		}
	}
	if got := fnv1a("foobar"); got != 0x85944171f73967e8 {
		t.Errorf("FNV-1a of foobar is %x", got)
	}
	if shardOf("anything", 1) != 0 {
		t.Error("there is but one")
	}
}

func TestShardsHoldEquallyMany(t *testing.T) {
	for n := 2; n <= 15; n++ {
		held := make([]int, n)
		for i := range 100_000 {
			held[shardOf(strconv.Itoa(i+1), n)]++
		}
		for i, got := range held {
			if fair := 100_000 / float64(n); float64(got) < fair*0.95 || float64(got) > fair*1.05 {
				t.Errorf("shard %d of %d has %d of 100000", i+1, n, got)
			}
		}
	}
}

func TestAnotherShardTakesOnlyItsShare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 14).Draw(t, "shards")
		prefix := rapid.StringN(0, 12, 40).Draw(t, "prefix")
		moved := 0
		for i := range 20_000 {
			id := fmt.Sprint(prefix, i)
			before, after := shardOf(id, n), shardOf(id, n+1)
			if before != after {
				moved++
				if after != n {
					t.Fatalf("%q went from %d to %d, which is not the new one", id, before, after)
				}
			}
		}
		if fair := 20_000 / float64(n+1); float64(moved) < fair*0.85 || float64(moved) > fair*1.15 {
			t.Fatalf("from %d to %d shards %d of 20000 moved", n, n+1, moved)
		}
	})
}

func shardURLs(t *testing.T, n int) []string {
	t.Helper()
	dir := t.TempDir()
	urls := make([]string, n)
	for i := range urls {
		urls[i] = fmt.Sprintf("sqlite:%s/%d.db", dir, i)
	}
	return urls
}

func TestShardsAreOneCatalogue(t *testing.T) {
	s, pools := opened(t, settings(t, "shards", strings.Join(shardURLs(t, 3), " "), "items", "1000"))
	items, took, err := s.List(t.Context(), "", 1000)
	if err != nil || len(items) != 1000 || took.Took <= 0 {
		t.Fatalf("%d items, %+v, %v", len(items), took, err)
	}
	if !slices.IsSortedFunc(items, func(a, b catalogue.Item) int { return strings.Compare(a.ID, b.ID) }) {
		t.Error("they are in no order")
	}
	added, _, err := s.Add(t.Context(), catalogue.Item{Name: "new"})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"1", "500", "1000", added.ID} {
		if _, _, err := s.Item(t.Context(), id); err != nil {
			t.Errorf("%s: %v", id, err)
		}
		home := s.now.home(id)
		if home.number < 1 || home.number > 3 {
			t.Errorf("%s is in database %d", id, home.number)
		}
	}
	if next, _, err := s.List(t.Context(), items[9].ID, 5); err != nil || len(next) != 5 || next[0].ID != items[10].ID {
		t.Errorf("%+v, %v", next, err)
	}
	if pools[0].Calls.Load() != 0 || pools[1].Calls.Load() == 0 || pools[3].Calls.Load() == 0 {
		t.Error("shards are counted from 1")
	}
	names := []string{}
	for _, h := range s.Health(t.Context()) {
		if !h.OK {
			t.Errorf("%+v", h)
		}
		names = append(names, h.Name)
	}
	if strings.Join(names, " ") != "shard1 shard2 shard3" {
		t.Errorf("%v", names)
	}
}

// Items would not be found in another number of shards, or in another order of them.
func TestFilledShardsKeepTheirPlace(t *testing.T) {
	urls := shardURLs(t, 3)
	set := settings(t, "shards", strings.Join(urls[:2], " "))
	s, _ := opened(t, set)
	if _, _, err := s.List(t.Context(), "", 1); err != nil {
		t.Fatal(err)
	}
	for _, other := range []string{strings.Join(urls, " "), urls[1] + " " + urls[0]} {
		err := s.Apply(with(t, set, "shards", other))
		if err == nil || !strings.Contains(err.Error(), "shard 1 of 2") || !strings.Contains(err.Error(), "docs/databases.md") {
			t.Errorf("%s: %v", other, err)
		}
	}
	if _, _, err := s.List(t.Context(), "", 1); err != nil {
		t.Errorf("after changes that were refused: %v", err)
	}
	more, _ := opened(t, with(t, set, "shards", strings.Join(urls, " ")))
	if _, _, err := more.List(t.Context(), "", 1); !errors.Is(err, catalogue.ErrUnavailable) || !strings.Contains(err.Error(), "resharding") {
		t.Errorf("at the start: %v", err)
	}
	if h := more.Health(t.Context()); h[0].OK || !strings.Contains(h[0].Detail, "shard 1 of 2") || !h[2].OK {
		t.Errorf("%+v", h)
	}
}
