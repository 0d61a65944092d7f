//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"sync"
	"sync/atomic"
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
	hangs   atomic.Bool  // it takes requests and answers none, checks neither
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
	if b.hangs.Load() {
		<-r.Context().Done()
		return
	}
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
	method  string                  // "" = GET

	mu    sync.Mutex
	got   map[string]int           // by answer
	spent map[string]time.Duration // by answer, summed over requests
	bad   []lost
	by    map[int]map[string]int // by client, then answer
}

// A lost is a request without the answer it should have.
type lost struct {
	begun time.Time
	why   string
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
	answer, err := c.request(client)
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
		c.bad = append(c.bad, lost{began, err.Error()})
	}
}

func (c *crowd) request(client *http.Client) (*http.Response, error) {
	r, err := http.NewRequest(c.method, c.url, nil)
	if err != nil {
		return nil, err
	}
	return client.Do(r)
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
