//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loadctl/loadctl/target/catalogue"
	"github.com/loadctl/loadctl/target/counts"
	"github.com/loadctl/loadctl/target/documents"
	"github.com/loadctl/loadctl/target/knobs"
)

func documentsIn(t *testing.T, server *daemon, values map[string]string) (*documents.Store, *counts.Pool) {
	t.Helper()
	all := map[string]string{"store": "kv", "kv_url": "redis://" + server.address}
	for name, value := range values {
		all[name] = value
	}
	s, err := knobs.Defaults().With(all)
	if err != nil {
		t.Fatal(err)
	}
	n := &counts.Pool{}
	docs, err := documents.New(documents.Config{Settings: s, Pool: n})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = docs.Close() })
	return docs, n
}

// Four workers that start at once find one catalogue, whole.
func TestDocumentsAreFilledOnce(t *testing.T) {
	server := redisServer(t)
	var asking sync.WaitGroup
	for range 4 {
		docs, _ := documentsIn(t, server, nil)
		asking.Go(func() {
			item, _, err := docs.Item(t.Context(), "10000")
			if err != nil || item != catalogue.Made(10000) {
				t.Errorf("%+v, %v", item, err)
			}
		})
	}
	asking.Wait()
	docs, _ := documentsIn(t, server, nil)
	seen, after := 0, ""
	for {
		items, _, err := docs.List(t.Context(), after, 1000)
		if err != nil {
			t.Fatal(err)
		}
		if len(items) == 0 {
			break
		}
		for _, item := range items {
			if item.ID <= after {
				t.Fatalf("%s after %s", item.ID, after)
			}
			after = item.ID
			seen++
		}
	}
	if seen != 10_000 {
		t.Errorf("%d items", seen)
	}
}

// What was acknowledged is there after a SIGKILL, with an append-only file that is
// written each time; calls in between say that Redis is unavailable.
func TestDocumentsSurviveAKill(t *testing.T) {
	server := redisServer(t, "--appendonly", "yes", "--appendfsync", "always")
	docs, n := documentsIn(t, server, map[string]string{"items": "100"})
	if h := docs.Health(t.Context()); !h[0].OK || h[0].Detail != "" {
		t.Errorf("%+v", h)
	}
	added := make(chan string, 100_000)
	var adding sync.WaitGroup
	for worker := range 4 {
		adding.Go(func() {
			for i := 0; ; i++ {
				item, _, err := docs.Add(t.Context(), catalogue.Item{ID: fmt.Sprintf("%d-%d", worker, i), Name: "added"})
				if err != nil {
					if !errors.Is(err, catalogue.ErrUnavailable) {
						t.Error(err)
					}
					return
				}
				added <- item.ID
			}
		})
	}
	eventually(t, 20*time.Second, "items are added", func() bool { return len(added) > 200 })
	server.kill()
	adding.Wait()
	close(added)
	if _, _, err := docs.Item(t.Context(), "1"); !errors.Is(err, catalogue.ErrUnavailable) {
		t.Error(err)
	}
	server.again(t)
	for id := range added {
		if _, _, err := docs.Item(t.Context(), id); err != nil {
			t.Fatalf("acknowledged and lost: %v", err)
		}
	}
	if n.Failed[counts.Unreachable].Load() < 5 {
		t.Errorf("%d unreachable", n.Failed[counts.Unreachable].Load())
	}
}

func TestDocumentsTellOfTheirDurability(t *testing.T) {
	for option, want := range map[string]string{
		"no": "appendonly no: if Redis dies", "yes": "appendfsync everysec: if its machine dies, up to a second",
	} {
		docs, _ := documentsIn(t, redisServer(t, "--appendonly", option), map[string]string{"items": "0"})
		if h := docs.Health(t.Context()); !h[0].OK || !strings.HasPrefix(h[0].Detail, want) {
			t.Errorf("appendonly %s: %+v", option, h)
		}
	}
}

// A Redis that is full says so, and goes on reading.
func TestDocumentsInAFullRedis(t *testing.T) {
	server := redisServer(t, "--maxmemory", "4mb", "--maxmemory-policy", "noeviction")
	docs, n := documentsIn(t, server, map[string]string{"items": "10"})
	var err error
	for i := 0; err == nil && i < 100_000; i++ {
		_, _, err = docs.Add(t.Context(), catalogue.Item{ID: fmt.Sprint("full-", i), Name: strings.Repeat("x", 1000)})
	}
	if !errors.Is(err, catalogue.ErrFull) || n.Failed[counts.Full].Load() != 1 {
		t.Error(err)
	}
	if _, _, err := docs.Item(t.Context(), "full-0"); err != nil {
		t.Error(err)
	}
}

// The pool's limits are also what Redis sees.
func TestDocumentsPoolAsRedisSeesIt(t *testing.T) {
	server := redisServer(t)
	docs, n := documentsIn(t, server, map[string]string{"items": "10", "pool_size": "2", "max_overflow": "2", "pool_timeout": "10s"})
	if _, _, err := docs.Item(t.Context(), "1"); err != nil {
		t.Fatal(err)
	}
	var asking sync.WaitGroup
	for range 40 {
		asking.Go(func() {
			for range 50 {
				if _, _, err := docs.Item(t.Context(), "1"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	asking.Wait()
	seen := clientsOf(t, server)
	if open := n.Open.Load(); open > 2 || int64(seen) != open || n.InUse.Load() != 0 {
		t.Errorf("%d open, Redis sees %d; %d in use", open, seen, n.InUse.Load())
	}
	if n.Dials.Load() != uint64(n.Open.Load())+n.Overflow.Load() || n.Timeouts.Load() != 0 || n.Waits.Load() == 0 {
		t.Errorf("%d dials, %d overflow, %d waits", n.Dials.Load(), n.Overflow.Load(), n.Waits.Load())
	}
}

// clientsOf are the connections that Redis has, but for the one that asks.
func clientsOf(t *testing.T, server *daemon) (n int) {
	t.Helper()
	c, err := net.Dial("tcp", server.address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprint(c, "CLIENT LIST\r\n")
	text := make([]byte, 1<<16)
	length, err := c.Read(text)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(text[:length]), "id=") - 1
}
