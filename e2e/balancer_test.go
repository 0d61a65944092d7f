//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// bothBalancers runs a test with each program.
func bothBalancers(t *testing.T, test func(t *testing.T, kind string)) {
	for _, kind := range []string{"nginx", "haproxy"} {
		t.Run(kind, func(t *testing.T) {
			need(t, kind)
			test(t, kind)
		})
	}
}

// A backend answers every request with its name, at once or after a delay, and counts
// what it was asked.
type backend struct {
	t       *testing.T
	name    string
	address string
	delay   time.Duration
	server  *httptest.Server
	asked   atomic.Int64 // checks are not counted
}

func newBackends(t *testing.T, delays ...time.Duration) (all []*backend) {
	t.Helper()
	for i, d := range delays {
		b := &backend{t: t, name: string(rune('a' + i)), delay: d}
		b.up("127.0.0.1:0")
		all = append(all, b)
		t.Cleanup(b.kill)
	}
	return all
}

// up has it listen, again where it listened before.
func (b *backend) up(at string) {
	b.t.Helper()
	ln, err := net.Listen("tcp", at)
	if err != nil {
		b.t.Fatal(err)
	}
	b.address = ln.Addr().String()
	b.server = httptest.NewUnstartedServer(b)
	b.server.Listener.Close()
	b.server.Listener = ln
	b.server.Start()
}

// kill cuts everything, as the death of the process does.
func (b *backend) kill() {
	b.server.CloseClientConnections()
	b.server.Listener.Close()
	b.server.Close()
}

func (b *backend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/health":
	case "/ws":
		echo(w, r)
	case "/headers":
		_ = json.NewEncoder(w).Encode(r.Header)
	default:
		b.asked.Add(1)
		time.Sleep(b.delay)
		_, _ = io.WriteString(w, b.name)
	}
}

// A balanced is a running balancer.
type balanced struct {
	*proc
	url, admin string
}

func balance(t *testing.T, kind string, backends []*backend, args ...string) balanced {
	t.Helper()
	for _, b := range backends {
		args = append(args, "--backend", b.address+",name="+b.name)
	}
	return balanceWith(t, kind, args...)
}

func balanceWith(t *testing.T, kind string, args ...string) balanced {
	t.Helper()
	b := balanced{proc: start(t, t.TempDir(), append([]string{"target", "balancer", kind}, args...)...)}
	ready := regexp.MustCompile(`READY (\S+) pid=\d+ admin=(\S+)\n`)
	eventually(t, 20*time.Second, "the balancer is ready", func() bool {
		b.goesOn()
		m := ready.FindStringSubmatch(b.stdout.String())
		if m != nil {
			b.url, b.admin = m[1], m[2]
		}
		return m != nil
	})
	return b
}

// stats is what the balancer tells of itself.
func (b balanced) stats() (s balancerStats) {
	b.t.Helper()
	answer, err := http.Get(b.admin + "/-/stats")
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(&s); err != nil {
		b.t.Fatal(err)
	}
	return s
}

type balancerStats struct {
	Requests int64
	Reloads  int
	Denied   int64
	Last     struct{ Error string } `json:"last_reload"`
	Backends []struct {
		Name, State string
		Requests    int64
	}
}

func (s balancerStats) state(name string) string {
	for _, b := range s.Backends {
		if b.Name == name {
			return b.State
		}
	}
	return "unknown"
}

// A crowd is clients that ask one after the other, each on a connection of its own
// that it keeps, and count what they get.
type crowd struct {
	url     string
	clients int
	from    func(client int) string // its address; nil = any
	close   bool                    // a new connection for each request

	mu    sync.Mutex
	got   map[string]int           // by answer
	spent map[string]time.Duration // by answer, summed over requests
	bad   []string
	by    map[int]map[string]int // by client, then answer
}

// ask makes so many requests, or as many as fit until done is closed.
func (c *crowd) ask(requests int, done <-chan struct{}) {
	c.got, c.spent, c.by = map[string]int{}, map[string]time.Duration{}, map[int]map[string]int{}
	var left atomic.Int64
	left.Store(int64(requests))
	var all sync.WaitGroup
	for i := range c.clients {
		all.Go(func() {
			client := c.client(i)
			defer client.CloseIdleConnections()
			for left.Add(-1) >= 0 {
				select {
				case <-done:
					return
				default:
					c.once(i, client)
				}
			}
		})
	}
	all.Wait()
}

func (c *crowd) client(i int) *http.Client {
	dialer := &net.Dialer{}
	if c.from != nil {
		dialer.LocalAddr = &net.TCPAddr{IP: net.ParseIP(c.from(i))}
	}
	return &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: c.close, MaxIdleConnsPerHost: 1}}
}

func (c *crowd) once(i int, client *http.Client) {
	began := time.Now()
	said := "error"
	answer, err := client.Get(c.url)
	if err == nil {
		body, readErr := io.ReadAll(answer.Body)
		answer.Body.Close()
		said, err = string(body), readErr
		if err == nil && answer.StatusCode != http.StatusOK {
			said, err = "error", fmt.Errorf("%s", answer.Status)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.got[said]++
	c.spent[said] += time.Since(began)
	if c.by[i] == nil {
		c.by[i] = map[string]int{}
	}
	c.by[i][said]++
	if err != nil {
		c.bad = append(c.bad, time.Now().Format("05.000 ")+err.Error())
	}
}

// byTheLaw fails unless got is within 2 % of want.
func byTheLaw(t *testing.T, what string, got, want float64) {
	t.Helper()
	t.Logf("%s: %.0f, by the law %.0f (%+.2f %%)", what, got, want, 100*(got/want-1))
	if got < 0.98*want || got > 1.02*want {
		t.Errorf("%s: %.0f, want %.0f within 2 %%", what, got, want)
	}
}

func (c *crowd) lostNothing(t *testing.T) {
	t.Helper()
	if len(c.bad) > 0 {
		t.Errorf("%d requests lost: %v", len(c.bad), c.bad[:min(len(c.bad), 5)])
	}
}

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

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

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
		c := crowd{url: b.url + "/x", clients: 4}
		done, asked := make(chan struct{}), make(chan struct{})
		go func() { c.ask(200_000, done); close(asked) }()
		eventually(t, 10*time.Second, "all are asked", func() bool { return backends[0].asked.Load() > 50 })
		backends[0].kill()
		dead := time.Now()
		eventually(t, 20*time.Second, "the dead one is out", func() bool { return b.stats().state("a") == "down" })
		t.Logf("out after %s, allowed %s", time.Since(dead).Round(time.Millisecond), interval+timeout)
		before := backends[1].asked.Load()
		eventually(t, 10*time.Second, "the others are asked", func() bool { return backends[1].asked.Load() > before+50 })
		back := backends[0].asked.Load()
		backends[0].up(backends[0].address)
		eventually(t, 20*time.Second, "it is back", func() bool { return backends[0].asked.Load() > back+50 })
		close(done)
		<-asked
		c.lostNothing(t)
		if s := b.stats(); s.state("a") != "up" {
			t.Errorf("it is %s", s.state("a"))
		}
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
			got := map[int]int{}
			for range 10 {
				answer, err := http.Get(b.url + "/x")
				if err != nil {
					t.Fatal(err)
				}
				answer.Body.Close()
				got[answer.StatusCode]++
			}
			// One a second and four more at once; the loop may take a moment.
			if got[200] < 5 || got[200] > 7 || got[200]+got[status] != 10 {
				t.Errorf("rate-status %d: answers %v", status, got)
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
		t.Skip("all other tests are this one: they run as a plain user")
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
