package coordinator

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/stats"
)

func sampled(url string) scenarios.Monitor {
	return scenarios.Monitor{Name: "m", Type: scenarios.MonitorPrometheus, URL: url, Every: time.Second, MaxSeries: 10}
}

// TestAMonitorThatFailsStopsNothing: it is said when it begins, and how often at the end.
func TestAMonitorThatFailsStopsNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, scenarioText, &fakeHost{name: "a"})
		w.cfg.Monitors = []scenarios.Monitor{sampled("http://127.0.0.1:7/metrics")}
		w.go_(t.Context()).want("pass", 0)
		m := w.run.Monitors[0]
		if m.Failures < 3 || len(m.Times) > 0 || m.FirstFail > time.Second || w.run.Validity.Verdict != stats.Valid {
			t.Errorf("%+v, %+v", m, w.run.Validity)
		}
		var said []string
		for _, e := range w.run.Events {
			if e.Kind == "monitor" {
				said = append(said, e.Text)
			}
		}
		if len(said) != 2 || !strings.Contains(said[0], "the run goes on without") || !strings.Contains(said[1], "times between") {
			t.Errorf("said %q", said)
		}
	})
}

// TestMonitorsAreStampedAsWindowsAre: their seconds are those of the run, and end with it.
func TestMonitorsAreStampedAsWindowsAre(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, scenarioText, &fakeHost{name: "a"})
		probe := w.cfg.World.Dial
		w.cfg.World.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			if !strings.HasSuffix(address, ":7") {
				return probe(ctx, network, address)
			}
			ours, theirs := net.Pipe()
			go answer(theirs)
			return ours, nil
		}
		w.cfg.Monitors = []scenarios.Monitor{sampled("http://127.0.0.1:7/metrics")}
		w.go_(t.Context()).want("pass", 0)
		m := w.run.Monitors[0]
		if m.Failures > 0 || len(m.Times) < len(w.run.Windows)-1 {
			t.Fatalf("%d windows, %+v", len(w.run.Windows), m)
		}
		for i, at := range m.Times {
			if at != time.Duration(i)*time.Second {
				t.Errorf("sample %d is at %v", i, at)
			}
		}
	})
}

// answer is an endpoint at the other end of a connection.
func answer(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	for {
		if _, err := http.ReadRequest(in); err != nil {
			return
		}
		if _, err := conn.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ng 1\n")); err != nil {
			return
		}
	}
}

// TestMonitorsOfOthersAreNotAsked: who names one is told before anything is started.
func TestMonitorsOfOthersAreNotAsked(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := &fakeHost{name: "a"}
		w := newWorld(t, scenarioText, h)
		w.cfg.World.Resolve = func(context.Context, string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr("203.0.113.5")}, nil
		}
		w.cfg.Monitors = []scenarios.Monitor{sampled("http://elsewhere.test/metrics")}
		c, err := New(w.cfg)
		if err != nil {
			t.Fatal(err)
		}
		result, err := c.Run(t.Context())
		if _, is := errors.AsType[*UsageError](err); !is || result.ExitCode != 2 || !strings.Contains(err.Error(), "allow_hosts") {
			t.Errorf("%+v, %v", result, err)
		}
	})
}

// TestCountsLeaveMonitorsOut: what the target counts as probes are its monitors' first.
func TestCountsLeaveMonitorsOut(t *testing.T) {
	s := newTallier(t)
	n := s.begin(t)
	s.requests.Add(100)
	s.probes.Add(8)
	if got := n.finish(5); got == nil || *got != (stats.TargetCount{Requests: 100, Probes: 3}) {
		t.Errorf("%+v, want 3 probes beside the five answers to monitors", got)
	}
	if got := n.finish(50); got == nil || got.Probes != 0 {
		t.Errorf("%+v", got)
	}
}
