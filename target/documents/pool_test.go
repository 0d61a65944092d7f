package documents

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/loadctl/loadctl/target/catalogue"
	"github.com/loadctl/loadctl/target/counts"
)

// A heldRedis answers GET only when it is told to, and everything else at once: it has
// been filled.
type heldRedis struct {
	address  string
	release  chan struct{}
	mu       sync.Mutex
	held     int
	accepted int
}

func newHeldRedis(t *testing.T) *heldRedis {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &heldRedis{address: l.Addr().String(), release: make(chan struct{})}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			h.mu.Lock()
			h.accepted++
			h.mu.Unlock()
			serving.Go(func() { h.serve(c) })
		}
	})
	t.Cleanup(func() { l.Close(); serving.Wait() })
	return h
}

func (h *heldRedis) serve(c net.Conn) {
	defer c.Close()
	in := bufio.NewReader(c)
	for {
		var words []string
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		var n int
		fmt.Sscanf(line, "*%d", &n)
		for range n {
			if _, err := in.ReadString('\n'); err != nil { // its length
				return
			}
			word, _ := in.ReadString('\n')
			words = append(words, strings.ToLower(strings.TrimSpace(word)))
		}
		switch words[0] {
		case "exists":
			fmt.Fprint(c, ":1\r\n")
		case "get":
			h.count(1)
			<-h.release
			h.count(-1)
			fmt.Fprint(c, "$2\r\n{}\r\n")
		default:
			fmt.Fprint(c, "-ERR unknown command\r\n")
		}
	}
}

func (h *heldRedis) count(n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.held += n
}

func (h *heldRedis) holds() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.held
}

func within(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !cond(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not yet: %s", what)
		}
	}
}

// As bar 2 of the target has it for SQL: pool_size 5, max_overflow 3, pool_timeout 200 ms.
func TestTheNinthCallWaitsInVain(t *testing.T) {
	redis := newHeldRedis(t)
	docs, n := open(t, settings(t, "redis://"+redis.address, map[string]string{"pool_size": "5", "max_overflow": "3", "pool_timeout": "200ms"}))
	var asking sync.WaitGroup
	for range 8 {
		asking.Go(func() {
			if _, took, err := docs.Item(t.Context(), "1"); err != nil || took.Wait != 0 {
				t.Error(took, err)
			}
		})
	}
	within(t, "eight calls are under way", func() bool { return redis.holds() == 8 && n.InUse.Load() == 8 && n.Open.Load() == 8 })
	_, took, err := docs.Item(t.Context(), "1")
	if !errors.Is(err, catalogue.ErrPoolTimeout) || took.Wait < 200*time.Millisecond || took.Took != 0 {
		t.Errorf("%+v, %v", took, err)
	}
	if !strings.Contains(err.Error(), "all 8 places were in use for 200ms") {
		t.Error(err)
	}
	if n.Waits.Load() != 1 || n.Timeouts.Load() != 1 || n.Failed[counts.TimedOut].Load() != 1 || n.Wait.Read().Sum != took.Wait {
		t.Errorf("%d waits, %d in vain", n.Waits.Load(), n.Timeouts.Load())
	}
	close(redis.release)
	asking.Wait()
	within(t, "the overflow closes", func() bool { return n.Open.Load() == 5 })
	if n.Overflow.Load() != 3 || n.Dials.Load() != 8 || n.InUse.Load() != 0 {
		t.Errorf("%d overflow, %d dials", n.Overflow.Load(), n.Dials.Load())
	}
}

func TestAWaitEndsWithAPlace(t *testing.T) {
	redis := newHeldRedis(t)
	docs, n := open(t, settings(t, "redis://"+redis.address, map[string]string{"pool_size": "1", "max_overflow": "0"}))
	var asking sync.WaitGroup
	asking.Go(func() { _, _, _ = docs.Item(t.Context(), "1") })
	within(t, "a call is under way", func() bool { return redis.holds() == 1 })
	asking.Go(func() {
		if _, took, err := docs.Item(t.Context(), "1"); err != nil || took.Wait <= 0 {
			t.Errorf("%+v, %v", took, err)
		}
	})
	within(t, "another waits", func() bool { return n.Waiting.Load() == 1 })
	gone, leave := context.WithCancel(t.Context())
	asking.Go(func() {
		if _, _, err := docs.Item(gone, "1"); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	within(t, "a third waits", func() bool { return n.Waiting.Load() == 2 })
	leave()
	within(t, "it leaves", func() bool { return n.Waiting.Load() == 1 })
	close(redis.release)
	asking.Wait()
	if n.Waits.Load() != 2 || n.Timeouts.Load() != 0 || n.Failed[counts.ClientGone].Load() != 1 || n.Dials.Load() != 1 {
		t.Errorf("%d waits, %d in vain, %d dials", n.Waits.Load(), n.Timeouts.Load(), n.Dials.Load())
	}
}

func TestOldConnectionsAreReplaced(t *testing.T) {
	redis := newHeldRedis(t)
	close(redis.release)
	docs, n := open(t, settings(t, "redis://"+redis.address, map[string]string{"pool_recycle": "30ms"}))
	within(t, "a connection is recycled", func() bool {
		if _, _, err := docs.Item(t.Context(), "1"); err != nil {
			t.Fatal(err)
		}
		return n.Recycled.Load() > 0 && n.Dials.Load() > 1
	})
}

func TestASilentRedisIsUnavailable(t *testing.T) {
	docs, n := open(t, settings(t, "redis://"+silent(t), nil))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, _, err := docs.Item(ctx, "1"); !errors.Is(err, catalogue.ErrUnavailable) {
		t.Error(err)
	}
	if n.Failed[counts.TimedOut].Load() != 1 {
		t.Error("not counted")
	}
	if h := docs.Health(t.Context()); h[0].OK {
		t.Errorf("%+v", h)
	}
}

// The time of a call is the setting, also while it runs; closing waits less for what goes
// on beside calls.
func TestACallEndsAfterItsTime(t *testing.T) {
	url := "redis://" + silent(t)
	docs, n := open(t, settings(t, url, map[string]string{"query_timeout": "20ms"}))
	if _, _, err := docs.Item(t.Context(), "1"); !errors.Is(err, catalogue.ErrUnavailable) || n.Failed[counts.TimedOut].Load() != 1 {
		t.Errorf("%v, %d counted", err, n.Failed[counts.TimedOut].Load())
	}
	if err := docs.Apply(settings(t, url, map[string]string{"query_timeout": "1h"})); err != nil {
		t.Fatal(err)
	}
	if got := docs.current().client.Options().ReadTimeout; got != time.Hour {
		t.Errorf("a call may take %s", got)
	}
	if got := docs.current().beside.Options().ReadTimeout; got != talkTimeout {
		t.Errorf("filling may take %s", got)
	}
}

func TestSettingsChangeUnderLoad(t *testing.T) {
	m := miniredis.RunT(t)
	docs, n := open(t, settings(t, "redis://"+m.Addr(), nil))
	ctx, stop := context.WithCancel(t.Context())
	var asking sync.WaitGroup
	for range 8 {
		asking.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				if _, _, err := docs.Item(t.Context(), fmt.Sprint(1+i%25)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range 20 {
		before := n.Calls.Load()
		set := settings(t, "redis://"+m.Addr(), map[string]string{"pool_size": fmt.Sprint(1 + i%3), "max_overflow": fmt.Sprint(i%4 - 1)})
		if err := docs.Apply(set); err != nil {
			t.Error(err)
		}
		for n.Calls.Load() < before+20 && !t.Failed() {
			time.Sleep(time.Millisecond)
		}
	}
	stop()
	asking.Wait()
	docs.Close()
	if _, _, err := docs.Item(t.Context(), "1"); !errors.Is(err, catalogue.ErrUnavailable) {
		t.Error(err)
	}
	if docs.Apply(settings(t, "redis://"+m.Addr(), nil)) == nil || docs.Health(t.Context())[0].OK {
		t.Error("a closed store works")
	}
}

// silent is a Redis that takes connections and says nothing.
func silent(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.Addr().String()
}
