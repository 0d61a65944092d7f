package balancer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// TestHealth: a run of checks, w for well and x for not, and the states they lead to:
// i in, o out.
func TestHealth(t *testing.T) {
	for _, c := range []struct{ checks, states string }{
		{"wwww", "iiii"},
		{"xx", "ii"},
		{"xxx", "iio"},
		{"xxwxxwxxx", "iiiiiiiio"},
		{"xxxwww", "iiooii"},
		{"xxxwxww", "iiooooi"},
		{"xxxwwxxx", "iiooiiio"},
	} {
		var h health
		var got strings.Builder
		for _, check := range c.checks {
			before := h.Out
			turned := h.saw(check == 'w', Check{Fall: 3, Rise: 2})
			if turned != (before != h.Out) {
				t.Errorf("%s: turned is %v", c.checks, turned)
			}
			got.WriteString(either(h.Out, "o", "i"))
		}
		if got.String() != c.states {
			t.Errorf("%s: %s, want %s", c.checks, got.String(), c.states)
		}
	}
}

// TestOutInTime: a backend that dies at any moment is out no later than Check.Out says.
func TestOutInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := Config{Backends: []Backend{{Name: "a", Address: "a:1"}}, Check: Check{Interval: time.Second, Timeout: 400 * time.Millisecond, Fall: 3, Rise: 2}.withDefaults()}
		var dead atomic.Bool
		k := newChecker(slog.New(slog.DiscardHandler))
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		k.client = func(time.Duration) *http.Client {
			return &http.Client{Timeout: c.Check.Timeout, Transport: hangs{&dead}}
		}
		k.watch(ctx, c)
		time.Sleep(10*time.Second + time.Millisecond) // just after a check: the worst moment to die
		dead.Store(true)
		died := time.Now()
		<-k.turned
		if took := time.Since(died); took > c.Check.Out() || !k.out(c)["a"] {
			t.Errorf("out after %s: %v; Out says %s", took, k.out(c), c.Check.Out())
		}
		dead.Store(false)
		<-k.turned
		if k.out(c)["a"] {
			t.Error("it is well and stays out")
		}
		cancel()
		k.end()
	})
}

// hangs answers until it is dead, and then says nothing at all.
type hangs struct{ dead *atomic.Bool }

func (h hangs) RoundTrip(r *http.Request) (*http.Response, error) {
	if h.dead.Load() {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	return &http.Response{StatusCode: http.StatusOK, Status: "200 OK", Body: http.NoBody, Request: r}, nil
}

// TestWatchForgets: what is no longer configured is neither checked nor out.
func TestWatchForgets(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close() // nobody listens
	c := Config{Backends: []Backend{{Name: "a", Address: ln.Addr().String()}}, Check: Check{Interval: 10 * time.Millisecond, Fall: 1}.withDefaults(), Passive: Passive{Off: true}}
	k := newChecker(slog.New(slog.DiscardHandler))
	k.watch(t.Context(), c)
	<-k.turned
	if !k.out(c)["a"] {
		t.Fatal("nobody listens, and it is in")
	}
	c.Check.Off = true
	k.watch(t.Context(), c)
	defer k.end()
	if _, checked := k.of(c.Backends[0]); checked || len(k.out(c)) > 0 {
		t.Error("it is not checked, and out all the same")
	}
}

// TestRefusalsNeedNoReload: passive checks notice a refused connection by themselves, and
// a reload would cut idle clients; whoever is silent, or has none of them, is cut off.
func TestRefusalsNeedNoReload(t *testing.T) {
	refused, hung := fmt.Errorf("dialling: %w", syscall.ECONNREFUSED), errors.New("time-out")
	k := newChecker(slog.New(slog.DiscardHandler))
	c := Config{Backends: []Backend{{Name: "a", Address: "a:1"}}, Check: Check{Fall: 1, Rise: 2}.withDefaults()}
	s := &seen{}
	k.seen["a:1"] = s
	for _, step := range []struct {
		err             error
		down, out, told bool
	}{
		{nil, false, false, false},
		{refused, true, false, false},
		{nil, true, false, false},
		{hung, true, true, true},
		{refused, true, true, false},
		{nil, true, true, false},
		{nil, false, false, true},
		{refused, true, false, false},
		{nil, true, false, false},
		{nil, false, false, false},
	} {
		k.note(c, c.Backends[0], s, "", step.err)
		told := len(k.turned) > 0
		if told {
			<-k.turned
		}
		if k.out(c)["a"] != step.out || told != step.told || s.Out != step.down {
			t.Errorf("after %v: out %v, told %v, down %v", step.err, k.out(c)["a"], told, s.Out)
		}
	}
	c.Passive.Off = true
	if k.note(c, c.Backends[0], s, "", refused); !k.out(c)["a"] {
		t.Error("without passive checks nobody notices, and it is not cut off")
	}
}
