package balancer

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"time"
)

// Files of a running nginx, in its directory.
const (
	pidFile      = "nginx.pid"
	statusSocket = "status.sock"
	countsFile   = "counts.log"
)

// nginx writes what 1.22 reads: `http2 on` and `resolve` came later.
func (c Config) nginx(l Limits, m Machine, at Place) string {
	t := &text{}
	header(t, "nginx 1.22 or later", l)
	t.line("daemon off;")
	t.when(m.User != "", "user %s %s;", m.User, m.Group)
	t.line("pid %s;", filepath.Join(at.Dir, pidFile))
	t.line("error_log stderr warn;")
	t.line("worker_processes %d;", l.Workers)
	t.line("worker_rlimit_nofile %d;", l.Files)
	t.line("# After a reload old workers finish what they have, WebSockets too, and then end.")
	t.line("worker_shutdown_timeout %s;", millis(c.Timeouts.Drain))
	t.block("events", func() {
		t.line("# Of one worker, connections to backends included.")
		t.line("worker_connections %d;", l.Connections)
	})
	t.block("http", func() { c.nginxHTTP(t, l, at) })
	return t.String()
}

func header(t *text, reader string, l Limits) {
	t.line("# For %s, written by `loadctl target balancer`.", reader)
	t.line("# Limits of the machine it was written on:")
	for _, why := range l.Why {
		t.line("# - %s", why)
	}
}

func (c Config) nginxHTTP(t *text, l Limits, at Place) {
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		t.line("%s_temp_path %s;", kind, filepath.Join(at.Dir, kind+".tmp"))
	}
	t.line("server_tokens off;")
	t.line("# nginx counts no requests by backend: these lines are counted instead.")
	t.line("log_format counts '$status|$upstream_addr|$upstream_status';")
	t.line("access_log %s counts buffer=64k flush=1s;", filepath.Join(at.Dir, countsFile))
	t.line("keepalive_timeout %s;", millis(c.Timeouts.Idle))
	t.line("client_header_timeout %s;", millis(c.Timeouts.Idle))
	t.line("keepalive_requests 1000000000;")
	t.line("client_max_body_size 0;")
	c.nginxRates(t)
	t.when(on(c.Forwarded), `map $http_x_request_id $asked_id { "" $request_id; default $http_x_request_id; }`)
	t.when(on(c.WebSocket), `map $http_upgrade $asks_websocket { default 0; "~*^websocket$" 1; }`)
	t.block("upstream backends", func() { c.nginxBackends(t, at) })
	t.block("server", func() { c.nginxServer(t, l) })
	t.block("server", func() {
		t.line("listen unix:%s;", filepath.Join(at.Dir, statusSocket))
		t.line("access_log off;")
		t.line("location = /status { stub_status; }")
		t.line("location = /generation { return 200 \"%d\"; }", at.Generation)
	})
}

// nginxRates declares the zones that the location uses: a leaky bucket that counts
// what it lets pass.
func (c Config) nginxRates(t *text) {
	r := c.RateLimit
	if r.Requests > 0 {
		rate := fmt.Sprintf("%.0fr/s", r.Requests)
		if r.Requests != math.Trunc(r.Requests) {
			rate = fmt.Sprintf("%.0fr/m", r.Requests*60) // whole numbers only
		}
		t.line("limit_req_zone $binary_remote_addr zone=requests:16m rate=%s;", rate)
		t.line("limit_req_status %d;", r.Status)
	}
	if r.Connections > 0 {
		t.line("limit_conn_zone $binary_remote_addr zone=connections:16m;")
		t.line("limit_conn_status %d;", r.Status)
	}
}

func (c Config) nginxBackends(t *text, at Place) {
	t.line("# What workers know of backends, they know together.")
	t.line("zone backends %dk;", 128+4*len(c.Backends))
	switch c.Algorithm {
	case LeastConns:
		t.line("least_conn;")
	case Source:
		t.line("# Not ip_hash, which looks at three of the four bytes of an address.")
		t.line("hash $remote_addr consistent;")
	case RandomTwo:
		t.line("random two least_conn;")
	}
	t.when(!c.Check.Off, "# Open-source nginx checks nothing by itself: loadctl does, and marks what is `down` at a reload.")
	for _, b := range c.Backends {
		t.line("server %s;%s", strings.Join(c.nginxBackend(b, at), " "), " # "+b.Name)
	}
	if !c.KeepAlive.Off {
		t.line("# Idle ones of one worker, to all backends together.")
		t.line("keepalive %d;", c.KeepAlive.Connections)
		t.line("keepalive_requests 1000000000;")
	}
}

func (c Config) nginxBackend(b Backend, at Place) []string {
	words := []string{b.Address, fmt.Sprintf("weight=%d", b.Weight)}
	if c.Passive.Off {
		words = append(words, "max_fails=0")
	} else {
		whole := (c.Passive.FailTimeout + time.Second - 1).Truncate(time.Second) // nginx takes no fractions here
		words = append(words, fmt.Sprintf("max_fails=%d fail_timeout=%s", c.Passive.MaxFails, millis(whole)))
	}
	if b.MaxConnections > 0 {
		words = append(words, fmt.Sprintf("max_conns=%d", b.MaxConnections))
	}
	if b.Backup {
		words = append(words, "backup")
	}
	if at.Out[b.Name] {
		words = append(words, "down")
	}
	return words
}

func (c Config) nginxServer(t *text, l Limits) {
	secure := ""
	if c.TLS.Certificate != "" {
		secure = " ssl" + either(on(c.TLS.HTTP2), " http2", "")
	}
	t.line("listen %s%s backlog=%d;", nginxListen(c.Listen), secure, l.Backlog)
	if c.TLS.Certificate != "" {
		t.line("ssl_certificate %s;", c.TLS.Certificate)
		t.line("ssl_certificate_key %s;", c.TLS.Key)
		t.line("ssl_protocols %sTLSv1.3;", either(c.TLS.MinVersion == "1.3", "", "TLSv1.2 "))
		t.line("ssl_session_cache shared:tls:16m;")
	}
	t.block("location /", func() {
		t.when(on(c.WebSocket), "error_page 418 = @websocket;")
		t.when(on(c.WebSocket), "if ($asks_websocket) { return 418; }")
		c.nginxProxy(t, millis(c.Timeouts.Read), either(c.KeepAlive.Off, "close", `""`))
	})
	if on(c.WebSocket) {
		t.block("location @websocket", func() {
			t.line("proxy_set_header Upgrade $http_upgrade;")
			c.nginxProxy(t, millis(c.Timeouts.Tunnel), "upgrade")
		})
	}
}

func nginxListen(at string) string {
	if strings.HasPrefix(at, ":") {
		return "*" + at
	}
	return at
}

// nginxProxy is what both locations have: read bounds the silence of a backend, and
// connection is the header of that name which it gets.
func (c Config) nginxProxy(t *text, read, connection string) {
	t.when(c.RateLimit.Requests > 0, "limit_req zone=requests burst=%d nodelay;", c.RateLimit.Burst)
	t.when(c.RateLimit.Connections > 0, "limit_conn connections %d;", c.RateLimit.Connections)
	t.line("proxy_pass http://backends;")
	t.line("proxy_http_version 1.1;")
	t.line("proxy_set_header Host $http_host;")
	t.line("proxy_set_header Connection %s;", connection)
	if on(c.Forwarded) {
		t.line("proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;")
		t.line("proxy_set_header X-Forwarded-Proto $scheme;")
		t.line("proxy_set_header X-Forwarded-Host $http_host;")
		t.line("proxy_set_header X-Request-Id $asked_id;")
	}
	t.line("proxy_connect_timeout %s;", millis(c.Timeouts.Connect))
	t.line("proxy_read_timeout %s;", read)
	t.line("proxy_send_timeout %s;", millis(c.Timeouts.Send))
	t.line("# Another backend is asked only for what may be asked twice, and three of them at most.")
	t.line("proxy_next_upstream error timeout;")
	t.line("proxy_next_upstream_tries 3;")
	t.line("# Bytes go on as they come, and never by way of a disk.")
	t.line("proxy_buffering off;")
	t.line("proxy_buffers 4 16k;")
	t.line("proxy_buffer_size 16k;")
}
