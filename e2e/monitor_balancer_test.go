//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const monitoredNginx = `daemon off; pid %[1]s/nginx.pid; error_log %[1]s/error.log;
events { worker_connections 100; }
http {
  access_log off;
  client_body_temp_path %[1]s/a; proxy_temp_path %[1]s/b; fastcgi_temp_path %[1]s/c; uwsgi_temp_path %[1]s/d; scgi_temp_path %[1]s/e;
  server { listen 127.0.0.1:%[2]d; location /stub { stub_status; } location / { return 200 "ok"; } }
}
`

const monitoredHAProxy = `global
  maxconn 100
defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
frontend front
  bind 127.0.0.1:%d
  http-request use-service prometheus-exporter if { path /metrics }
  default_backend back
backend back
  server one 127.0.0.1:%d
`

const balancedLoad = `
version: 1
name: balanced
target:
  base_url: "http://127.0.0.1:%[1]d"
  monitor:
    - {type: haproxy, url: /metrics, every: 1s}
    - {type: nginx, url: "http://127.0.0.1:%[2]d/stub", every: 1s}
users: {u: {tasks: {t: {steps: [{get: /}]}}}}
phases: [{name: steady, executor: constant-arrival-rate, user: u, rate: 50/s, duration: 4s}]
`

// TestMonitorsOfBalancers: nginx behind HAProxy, as they are installed.
func TestMonitorsOfBalancers(t *testing.T) {
	t.Parallel()
	need(t, "nginx", "haproxy")
	dir, front, back := t.TempDir(), monitoredPort(t), monitoredPort(t)
	for name, text := range map[string]string{"nginx.conf": fmt.Sprintf(monitoredNginx, dir, back), "haproxy.cfg": fmt.Sprintf(monitoredHAProxy, front, back)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	startCommand(t, dir, exec.Command("nginx", "-e", filepath.Join(dir, "error.log"), "-c", filepath.Join(dir, "nginx.conf")))
	awaitPort(t, back)
	startCommand(t, dir, exec.Command("haproxy", "-db", "-f", filepath.Join(dir, "haproxy.cfg")))
	awaitPort(t, front)
	f := start(t, t.TempDir(), "run", "--ui", "none", scenario(t, fmt.Sprintf(balancedLoad, front, back))).finish(time.Minute)
	f.identity(t)
	var s monitorSummary
	readJSON(t, filepath.Join(f.dir, "summary.json"), &s)
	for _, m := range s.Monitors {
		var seen []string
		for _, one := range m.Series {
			seen = append(seen, one.Series)
		}
		want := map[string]string{"haproxy": "haproxy_frontend_http_requests_total", "nginx": "requests"}[m.Name]
		if m.Samples < 3 || m.Failures > 1 || !strings.Contains(strings.Join(seen, "; "), want) {
			t.Errorf("%s tells no %s: %+v", m.Name, want, m)
		}
	}
	if len(s.Monitors) != 2 {
		t.Errorf("%d monitors", len(s.Monitors))
	}
}
