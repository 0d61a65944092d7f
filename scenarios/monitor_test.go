package scenarios

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// toldMonitors is what a scenario samples, without what may be secret.
func toldMonitors(s *Scenario) string {
	var b strings.Builder
	for i := range s.Target.Monitors {
		m := &s.Target.Monitors[i]
		fmt.Fprintf(&b, "%s: %s", m.Name, m.Type)
		if asks := m.Asks(s.Target.BaseURL); asks != "" {
			if u, err := url.Parse(asks); err == nil && u.User != nil {
				asks = "a URL of scheme " + u.Scheme
			}
			fmt.Fprintf(&b, " asks %s", asks)
		}
		switch m.Type {
		case MonitorMachine:
			fmt.Fprintf(&b, " every %v, processes %v", m.Every, m.Processes)
		case MonitorPprof:
			fmt.Fprintf(&b, " at phases %v for %v: %v", m.Phases, m.Length, m.Profiles)
		case MonitorCommand:
			fmt.Fprintf(&b, " at phases %v for %v: %v of %s into %s", m.Phases, m.Length, m.Command, m.Process, m.Ending)
		default:
			fmt.Fprintf(&b, " every %v, up to %d series", m.Every, m.MaxSeries)
		}
		if m.Type == MonitorPrometheus {
			fmt.Fprintf(&b, ", %v", m.Metrics)
		}
		if n := len(m.Headers); n > 0 {
			fmt.Fprintf(&b, ", %d headers", n)
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "secrets: %v\n", s.Secrets)
	return b.String()
}

// TestSecretsOfMonitorsAreNotQuoted: no message has what a monitor asks with.
func TestSecretsOfMonitorsAreNotQuoted(t *testing.T) {
	const text = `{version: 1, vars: {p: "hunter2 x"}, target: {base_url: "http://h", monitor: [
  {type: postgresql, url: "mysql://u:${vars.p}@h/d"},
  {type: prometheus, url: "/m", bearer: "${vars.p}"},
  {type: redis, url: "redis://u:${vars.p}@h h/"},
]}, users: {u: {tasks: {t: {steps: [{get: /}]}}}}, phases: [{name: p, executor: constant-vus, user: u, vus: 1, duration: 1s}]}`
	_, err := Parse("x.yaml", []byte(text), Options{})
	if err == nil || strings.Contains(err.Error(), "hunter2") || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("%v", err)
	}
}

// TestATargetIsNamedByItsHost: READY and `target ls` print addresses, and one of a target
// of ours was asked at /, which is not found.
func TestATargetIsNamedByItsHost(t *testing.T) {
	for url, want := range map[string]string{
		"":                              "http://127.0.0.1:8080/-/stats",
		"http://127.0.0.1:8001":         "http://127.0.0.1:8001/-/stats",
		"http://127.0.0.1:8001/":        "http://127.0.0.1:8001/-/stats",
		"http://127.0.0.1:8001/-/stats": "http://127.0.0.1:8001/-/stats",
		"http://127.0.0.1:8001/-/queue": "http://127.0.0.1:8001/-/queue",
		"/-/null":                       "http://127.0.0.1:8080/-/null",
	} {
		m := Monitor{Type: MonitorTarget, URL: url}
		if got := m.Asks("http://127.0.0.1:8080/api"); got != want {
			t.Errorf("%q: %s, want %s", url, got, want)
		}
	}
	if m := (Monitor{Type: MonitorNginx, URL: "http://127.0.0.1:8001"}); m.Asks("") != m.URL {
		t.Errorf("nginx is asked %s", m.Asks(""))
	}
}
