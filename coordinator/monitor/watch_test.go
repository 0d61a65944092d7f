package monitor

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/coordinator/plan"
	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/stats"
)

// watched runs monitors until a condition of what they told holds, or for a minute.
func watched(t *testing.T, c Config, begin func(*Watch), enough func(*stats.Run) bool) *stats.Run {
	t.Helper()
	if c.Resolve == nil {
		c.Resolve = func(context.Context, string) ([]netip.Addr, error) { return nil, errors.New("no such host") }
	}
	if c.Dial == nil {
		c.Dial = (&net.Dialer{}).DialContext
	}
	for i := range c.Monitors {
		m := &c.Monitors[i]
		if m.Every == 0 {
			m.Every = 200 * time.Millisecond
		}
		if m.MaxSeries == 0 {
			m.MaxSeries = 100
		}
	}
	w, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	go w.Run(ctx, time.Now())
	if begin != nil {
		begin(w)
	}
	var r stats.Run
	for n := range w.News() {
		r.Apply(stats.Update{Monitor: &n})
		if enough(&r) {
			cancel()
		}
	}
	if !enough(&r) {
		t.Fatalf("not within a minute: %+v", r.Monitors)
	}
	return &r
}

func monitorOf(r *stats.Run, name string) stats.Monitor {
	for _, m := range r.Monitors {
		if m.Name == name {
			return m
		}
	}
	return stats.Monitor{}
}

func alone(m scenarios.Monitor) []scenarios.Monitor { return []scenarios.Monitor{m} }

func TestASourceIsAskedAgainAndAgain(t *testing.T) {
	asked := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Loadctl-Probe") != "1" || r.Header.Get("Authorization") != "Bearer t" {
			t.Errorf("asked with %v", r.Header)
		}
		asked++
		if asked == 3 { // a scrape that fails is a gap
			http.Error(w, "busy", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintf(w, "g 1\nc_total %d\n", asked)
	}))
	defer s.Close()
	m := scenarios.Monitor{Name: "m", Type: scenarios.MonitorPrometheus, URL: s.URL, Headers: []scenarios.MonitorHeader{{Name: "Authorization", Value: "Bearer t"}}}
	r := watched(t, Config{Monitors: alone(m), BaseURL: s.URL}, nil, func(r *stats.Run) bool { m := monitorOf(r, "m"); return len(m.Times) >= 3 && m.Failures >= 1 })
	got := monitorOf(r, "m")
	if got.Failures != 1 || got.Why != "status 503: busy" || got.Kind != "prometheus" || got.Every != 200*time.Millisecond {
		t.Errorf("%+v", got)
	}
	for i, at := range got.Times {
		if at < 0 || i > 0 && at-got.Times[i-1] <= 0 {
			t.Errorf("at %v", got.Times)
		}
	}
}

// TestBadSources: each is a failure with its reason, and none holds the others up.
func TestBadSources(t *testing.T) {
	hang := make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("/hang", func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-hang:
		case <-r.Context().Done():
		}
	})
	mux.HandleFunc("/garbage", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("\x00\x01\xff garbage")) })
	mux.HandleFunc("/huge", func(w http.ResponseWriter, _ *http.Request) {
		line := bytes.Repeat([]byte("a 1\n"), 1<<18)
		for range 100 {
			if _, err := w.Write(line); err != nil {
				return
			}
		}
	})
	mux.HandleFunc("/bomb", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		zeros := make([]byte, 1<<20)
		for range 100 {
			if _, err := z.Write(zeros); err != nil {
				return
			}
		}
	})
	mux.HandleFunc("/away", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://169.254.169.254/", http.StatusFound)
	})
	mux.HandleFunc("/locked", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	mux.HandleFunc("/good", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "g 1\n") })
	s := httptest.NewServer(mux)
	defer s.Close()
	defer close(hang)
	shut := httptest.NewServer(nil)
	shut.Close()

	reasons := map[string]string{
		"hang": "no whole answer in time", "garbage": "no Prometheus text", "huge": "more than 8 MiB", "bomb": "more than 8 MiB",
		"away": "redirects are not followed", "locked": "who asks", "shut": "refused", "nowhere": "no such host",
	}
	c := Config{BaseURL: "http://127.0.0.1:1"}
	for name := range reasons {
		url := s.URL + "/" + name
		switch name {
		case "shut":
			url = shut.URL
		case "nowhere":
			url = "http://nowhere.test/metrics?token=secret"
		}
		every := time.Minute // in which to answer: unpacking takes a busy machine a while
		if name == "hang" {
			every = time.Second
		}
		c.Monitors = append(c.Monitors, scenarios.Monitor{Name: name, Type: scenarios.MonitorPrometheus, URL: url, Every: every})
	}
	c.Monitors = append(c.Monitors, scenarios.Monitor{Name: "good", Type: scenarios.MonitorPrometheus, URL: s.URL + "/good", Every: time.Second})
	r := watched(t, c, nil, func(r *stats.Run) bool {
		for name := range reasons {
			if monitorOf(r, name).Failures == 0 {
				return false
			}
		}
		return len(monitorOf(r, "good").Times) >= 2
	})
	for name, want := range reasons {
		m := monitorOf(r, name)
		if !strings.Contains(m.Why, want) || strings.Contains(m.Why, "secret") || len(m.Times) > 0 {
			t.Errorf("%s: %q, want %q; %d samples", name, m.Why, want, len(m.Times))
		}
	}
	if m := monitorOf(r, "good"); m.Failures != 0 {
		t.Errorf("good: %+v", m)
	}
}

// TestOnlyHostsOfTheRunAreAsked: a monitor that must not be is a mistake before anything
// is asked, and a name that moves later is held to the same rules.
func TestOnlyHostsOfTheRunAreAsked(t *testing.T) {
	addresses := map[string]string{"inside.test": "10.1.2.3", "public.test": "203.0.113.7", "allowed.test": "198.51.100.9", "meta.test": "169.254.169.254"}
	dialed := ""
	c := Config{
		BaseURL: "http://127.0.0.1:1", Permission: plan.Permission{AllowHosts: []string{"allowed.test"}},
		Resolve: func(_ context.Context, host string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr(addresses[host])}, nil
		},
		Dial: func(_ context.Context, _, address string) (net.Conn, error) {
			dialed = address
			return nil, errors.New("not dialed in a test")
		},
	}
	for host, refused := range map[string]bool{"inside.test": false, "allowed.test": false, "public.test": true, "meta.test": true} {
		c.Monitors = alone(scenarios.Monitor{Name: "m", Type: scenarios.MonitorPrometheus, URL: "http://" + host + ":9100/metrics"})
		w, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		err = w.Clear(t.Context())
		if (err != nil) != refused || refused && !strings.Contains(err.Error(), "monitor m: a monitor may not ask it") {
			t.Errorf("%s: %v", host, err)
		}
		if dialed != "" {
			t.Errorf("%s: dialed %s to say so", host, dialed)
		}
	}
	g := &guard{c.Permission, c.Resolve, c.Dial}
	if _, err := g.connect(t.Context(), "tcp", "inside.test:80"); err == nil || dialed != "10.1.2.3:80" {
		t.Errorf("dialed %s, %v", dialed, err)
	}
	addresses["inside.test"] = "169.254.169.254"
	dialed = ""
	if _, err := g.connect(t.Context(), "tcp", "inside.test:80"); err == nil || dialed != "" {
		t.Errorf("a name that moved: dialed %s, %v", dialed, err)
	}
}

func TestAnswersOfTheTargetAreCounted(t *testing.T) {
	answer := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "g 1\n") })
	target, other := httptest.NewServer(answer), httptest.NewServer(answer)
	defer target.Close()
	defer other.Close()
	at := netip.MustParseAddrPort(target.Listener.Addr().String())
	var watch *Watch
	c := Config{
		BaseURL: fmt.Sprintf("http://somewhere.test:%d/api", at.Port()), Target: []netip.AddrPort{at},
		Resolve: func(context.Context, string) ([]netip.Addr, error) { return []netip.Addr{at.Addr()}, nil },
		Monitors: []scenarios.Monitor{
			{Name: "m", Type: scenarios.MonitorPrometheus, URL: "/metrics"},
			{Name: "same", Type: scenarios.MonitorPrometheus, URL: target.URL},
			{Name: "other", Type: scenarios.MonitorPrometheus, URL: other.URL},
		},
	}
	r := watched(t, c, func(w *Watch) { watch = w }, func(r *stats.Run) bool {
		return len(monitorOf(r, "m").Times) >= 2 && len(monitorOf(r, "same").Times) >= 2 && len(monitorOf(r, "other").Times) >= 2
	})
	n, want := watch.Asked(), uint64(len(monitorOf(r, "m").Times)+len(monitorOf(r, "same").Times))
	if n < want || n > want+2 { // the last answers may have come when it was over
		t.Errorf("%d answers, %d samples by both names of the target", n, want)
	}
}

// TestPasswordsAreNotTold: where a database cannot be had, or its URL not be read.
func TestPasswordsAreNotTold(t *testing.T) {
	c := Config{BaseURL: "http://127.0.0.1:1", Monitors: []scenarios.Monitor{
		{Name: "db", Type: scenarios.MonitorPostgreSQL, URL: "postgres://app:hunter2@127.0.0.1:1/app?sslmode=disable", Every: time.Second},
		{Name: "kv", Type: scenarios.MonitorRedis, URL: "redis://app:hunter2@127.0.0.1:1/0", Every: time.Second},
	}}
	r := watched(t, c, nil, func(r *stats.Run) bool { return monitorOf(r, "db").Failures > 0 && monitorOf(r, "kv").Failures > 0 })
	for _, m := range r.Monitors {
		if strings.Contains(m.Why, "hunter2") || !strings.Contains(m.Why, "refused") {
			t.Errorf("%s: %s", m.Name, m.Why)
		}
	}
	c.Monitors = []scenarios.Monitor{{Name: "db", Type: scenarios.MonitorPostgreSQL, URL: "postgres://app:hunter2@h:x/"}, {Name: "kv", Type: scenarios.MonitorRedis, URL: "redis://app:hunter2@h/notanumber"}}
	if _, err := New(c); err == nil || strings.Contains(err.Error(), "hunter2") || strings.Count(err.Error(), "not as") != 2 {
		t.Errorf("%v", err)
	}
}

func TestTheMachineTells(t *testing.T) {
	if _, err := os.Stat("/proc/stat"); err != nil {
		t.Skip("no /proc here")
	}
	m := scenarios.Monitor{Name: "m", Type: scenarios.MonitorMachine, Processes: []string{fmt.Sprint(os.Getpid()), "nobody-is-called-so"}}
	r := watched(t, Config{Monitors: alone(m)}, nil, func(r *stats.Run) bool { return len(monitorOf(r, "m").Times) >= 2 })
	got := monitorOf(r, "m")
	seen := map[string]bool{}
	for _, s := range got.Series {
		seen[s.Name] = true
	}
	for _, want := range []string{"cpu.busy", "cpu.steal", "memory.used", "network.loopback", "tcp.listen_overflows", fmt.Sprintf("process.%d.rss", os.Getpid())} {
		if !seen[want] {
			t.Errorf("no %s among %v", want, seen)
		}
	}
	if seen["process.nobody-is-called-so.count"] {
		t.Error("tells of a process that is not there")
	}
}
