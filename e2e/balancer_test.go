//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestBalancerRoundRobin: requests go around by weight, exactly.
func TestBalancerRoundRobin(t *testing.T) {
	bothBalancers(t, func(t *testing.T, kind string) {
		backends := newBackends(t, 0, 0, 0)
		b := balanceWith(t, kind, "--no-check", "--backend", backends[0].address+",name=a,weight=3", "--backend", backends[1].address+",name=b,weight=2",
			"--backend", backends[2].address+",name=c")
		c := crowd{url: b.url + "/x", clients: 8}
		const n = 6000
		c.ask(n, nil)
		c.lostNothing(t)
		for i, weight := range []float64{3, 2, 1} {
			byTheLaw(t, backends[i].name, float64(backends[i].asked.Load()), n*weight/6)
		}
		eventually(t, 10*time.Second, "the status has counted all", func() bool {
			s := b.stats()
			return s.Requests == n && s.Backends[0].Requests == backends[0].asked.Load() && s.Backends[2].Requests == backends[2].asked.Load()
		})
	})
}

// TestBalancerLeastConnections: every backend has as many requests in flight as the
// others, so by Little's law requests × mean time is the same for each: the share of a
// backend is as its speed.
func TestBalancerLeastConnections(t *testing.T) {
	bothBalancers(t, func(t *testing.T, kind string) {
		backends := newBackends(t, 10*time.Millisecond, 30*time.Millisecond)
		b := balance(t, kind, backends, "--algorithm", "least_connections", "--no-check")
		c := crowd{url: b.url + "/x", clients: 20}
		c.ask(3000, nil)
		c.lostNothing(t)
		all := c.spent["a"] + c.spent["b"]
		byTheLaw(t, "ms in flight at the fast one", ms(c.spent["a"]), ms(all)/2)
		byTheLaw(t, "ms in flight at the slow one", ms(c.spent["b"]), ms(all)/2)
		t.Logf("requests: fast %d, slow %d", c.got["a"], c.got["b"])
		if c.got["b"]*2 > c.got["a"] {
			t.Errorf("the slow one had %d requests, the fast one %d", c.got["b"], c.got["a"])
		}
	})
}

// TestBalancerSource: a client address has one backend, and addresses are spread.
func TestBalancerSource(t *testing.T) {
	bothBalancers(t, func(t *testing.T, kind string) {
		backends := newBackends(t, 0, 0, 0)
		b := balance(t, kind, backends, "--algorithm", "source", "--no-check")
		const addresses = 60
		c := crowd{url: b.url + "/x", clients: addresses, from: func(i int) string { return fmt.Sprintf("127.0.0.%d", i+2) }}
		c.ask(30*addresses, nil)
		c.lostNothing(t)
		of := map[string]int{}
		for i, by := range c.by {
			if len(by) != 1 {
				t.Errorf("the client of %s was answered by %v", c.from(i), by)
			}
			for name := range by {
				of[name]++
			}
		}
		t.Logf("addresses by backend: %v", of)
		for _, backend := range backends {
			if of[backend.name] < addresses/10 {
				t.Errorf("backend %s has %d of %d addresses", backend.name, of[backend.name], addresses)
			}
		}
	})
}

// TestBalancerRandomTwo: backends of one speed get the same. Of n requests drawn
// without regard to load a third is right within 2 %, four standard deviations, for n = 80,000;
// choosing the less busy of two narrows that much further.
func TestBalancerRandomTwo(t *testing.T) {
	bothBalancers(t, func(t *testing.T, kind string) {
		backends := newBackends(t, 0, 0, 0)
		b := balance(t, kind, backends, "--algorithm", "random_two", "--no-check")
		c := crowd{url: b.url + "/x", clients: 32}
		const n = 80_000
		c.ask(n, nil)
		c.lostNothing(t)
		for _, backend := range backends {
			byTheLaw(t, backend.name, float64(backend.asked.Load()), n/3.)
		}
	})
}

// TestBalancerKilledBackend: it is out within fall × interval + time-out, nothing is
// lost, and it comes back.
func TestBalancerKilledBackend(t *testing.T) {
	bothBalancers(t, func(t *testing.T, kind string) {
		const interval, timeout = 500 * time.Millisecond, 250 * time.Millisecond
		backends := newBackends(t, time.Millisecond, time.Millisecond, time.Millisecond)
		b := balance(t, kind, backends, "--check-interval", interval.String(), "--check-timeout", timeout.String(), "--check-fall", "1", "--check-rise", "2")
		gets := crowd{url: b.url + "/x", clients: 4}
		posts := crowd{url: b.url + "/x", clients: 2, method: http.MethodPost, close: true}
		done := make(chan struct{})
		var asking sync.WaitGroup
		asking.Go(func() { gets.ask(200_000, done) })
		asking.Go(func() { posts.ask(20_000, done) })
		eventually(t, 10*time.Second, "all are asked", func() bool { return backends[0].asked.Load() > 50 })
		backends[0].kill()
		dead := time.Now()
		eventually(t, 20*time.Second, "the dead one is out", func() bool { return b.stats().state("a") == "down" })
		out := time.Now()
		t.Logf("out after %s, allowed %s", out.Sub(dead).Round(time.Millisecond), interval+timeout)
		if out.Sub(dead) > interval+timeout+5*time.Second { // a busy machine may be late, not stuck
			t.Error("it was out too late")
		}
		before := backends[1].asked.Load()
		eventually(t, 10*time.Second, "the others are asked", func() bool { return backends[1].asked.Load() > before+50 })
		back := backends[0].asked.Load()
		backends[0].up(backends[0].address)
		eventually(t, 20*time.Second, "it is back", func() bool { return backends[0].asked.Load() > back+50 })
		close(done)
		asking.Wait()
		gets.lostNothing(t) // not even before it was out
		for _, l := range posts.bad {
			if l.begun.After(out) {
				t.Errorf("a POST was lost %s after the dead one was out: %s", l.begun.Sub(out), l.why)
			}
		}
		t.Logf("%d reloads; %d GETs; %d POSTs, of which %d lost before it was out", b.stats().Reloads, gets.got["a"]+gets.got["b"]+gets.got["c"], posts.got["a"]+posts.got["b"]+posts.got["c"], len(posts.bad))
		eventually(t, 10*time.Second, "it is said to be up", func() bool { return b.stats().state("a") == "up" })
	})
}

// TestBalancerHungBackend: one that accepts and never answers is out as well, what it was
// sent is answered by another, and it comes back.
func TestBalancerHungBackend(t *testing.T) {
	bothBalancers(t, func(t *testing.T, kind string) {
		backends := newBackends(t, time.Millisecond, time.Millisecond)
		file := filepath.Join(t.TempDir(), "balancer.yaml")
		text := fmt.Sprintf("balancer:\n  backends: [{name: a, address: %s}, {name: b, address: %s}]\n"+
			"  check: {interval: 500ms, timeout: 250ms, fall: 1, rise: 1}\n  timeouts: {read: 1s}\n", backends[0].address, backends[1].address)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		b := balanceWith(t, kind, "-f", file)
		gets := crowd{url: b.url + "/x", clients: 4}
		done := make(chan struct{})
		var asking sync.WaitGroup
		asking.Go(func() { gets.ask(200_000, done) })
		eventually(t, 10*time.Second, "both are asked", func() bool { return backends[0].asked.Load() > 50 })
		backends[0].hangs.Store(true)
		eventually(t, 20*time.Second, "the hung one is out", func() bool { return b.stats().state("a") == "down" })
		before := backends[1].asked.Load()
		eventually(t, 10*time.Second, "the other is asked", func() bool { return backends[1].asked.Load() > before+50 })
		backends[0].hangs.Store(false)
		back := backends[0].asked.Load()
		eventually(t, 20*time.Second, "it is back", func() bool { return backends[0].asked.Load() > back+50 })
		close(done)
		asking.Wait()
		gets.lostNothing(t)
	})
}

// TestBalancerReload: a reload in the middle of new and of kept connections loses nothing.
func TestBalancerReload(t *testing.T) {
	bothBalancers(t, func(t *testing.T, kind string) {
		backends := newBackends(t, 0, time.Millisecond)
		file := filepath.Join(t.TempDir(), "balancer.yaml")
		write := func(algorithm string) {
			text := fmt.Sprintf("balancer:\n  algorithm: %s\n  backends:\n    - {name: a, address: %s}\n    - {name: b, address: %s}\n", algorithm, backends[0].address, backends[1].address)
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		write("round_robin")
		b := balanceWith(t, kind, "-f", file)
		fresh, kept := crowd{url: b.url + "/x", clients: 4, close: true}, crowd{url: b.url + "/x", clients: 4}
		done := make(chan struct{})
		var asked sync.WaitGroup
		asked.Go(func() { fresh.ask(20_000, done) })
		asked.Go(func() { kept.ask(200_000, done) })
		for i := range 4 {
			write([]string{"least_connections", "round_robin"}[i%2])
			b.signal(syscall.SIGHUP)
			eventually(t, 20*time.Second, "a reload", func() bool { return b.stats().Reloads == i+1 })
		}
		write("rond_robin")
		b.signal(syscall.SIGHUP)
		eventually(t, 20*time.Second, "a bad file is refused", func() bool { return b.stats().Last.Error != "" })
		close(done)
		asked.Wait()
		fresh.lostNothing(t)
		kept.lostNothing(t)
		if e := b.stats().Last.Error; !strings.Contains(e, `balancer.yaml:2:14: algorithm: must be`) || !strings.Contains(e, `did you mean "round_robin"?`) {
			t.Errorf("the error does not say what and where: %s", e)
		}
		t.Logf("%d requests on new connections, %d on kept ones", fresh.got["a"]+fresh.got["b"], kept.got["a"]+kept.got["b"])
	})
}

// TestBalancerRateLimit: what is too much is answered as configured, the rest goes on.
func TestBalancerRateLimit(t *testing.T) {
	bothBalancers(t, func(t *testing.T, kind string) {
		for _, status := range []int{429, 503} {
			backends := newBackends(t, 0)
			b := balance(t, kind, backends, "--rate", "1", "--burst", "4", "--rate-status", fmt.Sprint(status), "--no-check")
			got, began := map[int]int{}, time.Now()
			for range 10 {
				answer, err := http.Get(b.url + "/x")
				if err != nil {
					t.Fatal(err)
				}
				answer.Body.Close()
				got[answer.StatusCode]++
			}
			// One, four more at once, and one for each second that it took.
			most := 6 + int(time.Since(began).Seconds())
			if got[200] < 5 || got[200] > most || got[200]+got[status] != 10 {
				t.Errorf("rate-status %d: answers %v, want 5 to %d of 200", status, got, most)
			}
		}
	})
}

// TestBalancerForwards: a backend sees who asked, how and for what.
func TestBalancerForwards(t *testing.T) {
	bothBalancers(t, func(t *testing.T, kind string) {
		b := balance(t, kind, newBackends(t, 0))
		answer, err := http.Get(b.url + "/headers")
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		var h http.Header
		if err := json.NewDecoder(answer.Body).Decode(&h); err != nil {
			t.Fatal(err)
		}
		host := strings.TrimPrefix(b.url, "http://")
		for name, want := range map[string]string{"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "http", "X-Forwarded-Host": host} {
			if h.Get(name) != want {
				t.Errorf("%s is %q, want %q", name, h.Get(name), want)
			}
		}
		if len(h.Get("X-Request-Id")) < 32 {
			t.Errorf("X-Request-Id is %q", h.Get("X-Request-Id"))
		}
	})
}

// TestBalancerEndsWithItsParent: killed in the cruellest way, it leaves no process and
// no file.
func TestBalancerEndsWithItsParent(t *testing.T) {
	bothBalancers(t, func(t *testing.T, kind string) {
		t.Setenv("TMPDIR", shortDir(t))
		b := balance(t, kind, newBackends(t, 0))
		pids := descendants(b.cmd.Process.Pid)
		if len(pids) < 3 {
			t.Fatalf("only %v run", pids)
		}
		if err := b.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		eventually(t, 20*time.Second, "nothing is left", func() bool {
			left, _ := filepath.Glob(filepath.Join(os.Getenv("TMPDIR"), "loadctl-*"))
			for _, pid := range pids {
				if alive(pid) {
					return false
				}
			}
			return len(left) == 0
		})
	})
}

// shortDir is a directory whose path leaves room for a Unix socket's.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "lb")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil { // workers that root starts are not root
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// TestBalancerPlainUser: it needs no rights of root.
func TestBalancerPlainUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Log("all other tests run as a plain user too")
		return
	}
	bothBalancers(t, func(t *testing.T, kind string) {
		backends := newBackends(t, 0)
		dir := shortDir(t)
		if err := os.Chmod(dir, 0o777); err != nil {
			t.Fatal(err)
		}
		exe := filepath.Join(dir, "loadctl")
		copyFile(t, binary(t), exe)
		p := startAsNobody(t, dir, exe, "target", "balancer", kind, "--backend", backends[0].address)
		eventually(t, 20*time.Second, "the balancer is ready", func() bool { p.goesOn(); return strings.Contains(p.stdout.String(), "READY ") })
		var url string
		if _, err := fmt.Sscanf(p.stdout.String(), "READY %s", &url); err != nil {
			t.Fatal(err)
		}
		answer, err := http.Get(url + "/x")
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Fatal(answer, err)
		}
		answer.Body.Close()
	})
}
