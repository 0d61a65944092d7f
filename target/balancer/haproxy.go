package balancer

import (
	"fmt"
	"net"
	"path/filepath"
	"strings"
)

// Files of a running HAProxy, in its directory.
const (
	statsSocket = "stats.sock"
	pemFile     = "server.pem" // certificate and key, one after the other
)

// haproxy writes what 2.6 reads.
func (c Config) haproxy(l Limits, m Machine, at Place) string {
	t := &text{}
	header(t, "HAProxy 2.6 or later, to be started with -W", l)
	t.section("global", func() {
		t.line("maxconn %d", l.Connections)
		t.line("nbthread %d", l.Workers)
		t.when(m.User != "", "user %s", m.User)
		t.when(m.User != "", "group %s", m.Group)
		t.line("# After a reload the old process finishes what it has, WebSockets too, and then ends.")
		t.line("hard-stop-after %s", millis(c.Timeouts.Drain))
		t.line("# A new process takes the listening sockets over from here, so that a reload refuses nobody.")
		t.line("stats socket %s mode 600 level admin expose-fd listeners", filepath.Join(at.Dir, statsSocket))
		t.line("log stderr format raw daemon notice")
	})
	t.section("defaults", func() { c.haproxyDefaults(t) })
	c.haproxyTable(t)
	t.section("frontend clients", func() { c.haproxyFrontend(t, l, at) })
	t.section("backend backends", func() { c.haproxyBackend(t) })
	return t.String()
}

func (c Config) haproxyDefaults(t *text) {
	t.line("mode http")
	t.line("timeout connect %s", millis(c.Timeouts.Connect))
	t.line("timeout server %s", millis(c.Timeouts.Read))
	t.line("timeout client %s", millis(max(c.Timeouts.Idle, c.Timeouts.Send)))
	t.line("timeout http-request %s", millis(c.Timeouts.Idle))
	t.line("timeout http-keep-alive %s", millis(c.Timeouts.Idle))
	t.line("timeout tunnel %s", millis(c.Timeouts.Tunnel))
	t.line("# How long a request may wait for a backend that has all the connections it may have.")
	t.line("timeout queue %s", millis(c.Timeouts.Read))
}

// haproxyTable keeps what the rate limit counts: a window so long that its limit is
// the rate's, and so that a burst fits into it.
func (c Config) haproxyTable(t *text) {
	r := c.RateLimit
	if r.Requests == 0 && r.Connections == 0 {
		return
	}
	var kept []string
	if r.Requests > 0 {
		kept = append(kept, fmt.Sprintf("gpc0,gpc0_rate(%s)", millis(r.window())))
	}
	if r.Connections > 0 {
		kept = append(kept, "conn_cur")
	}
	t.section("backend clients_of_late", func() {
		t.line("stick-table type ipv6 size 200k expire %s store %s", millis(10*r.window()), strings.Join(kept, ","))
	})
}

func (c Config) haproxyFrontend(t *text, l Limits, at Place) {
	secure := ""
	if c.TLS.Certificate != "" {
		secure = fmt.Sprintf(" ssl crt %s ssl-min-ver TLSv%s alpn %shttp/1.1", filepath.Join(at.Dir, pemFile), c.TLS.MinVersion, either(on(c.TLS.HTTP2), "h2,", ""))
		t.line("# %s is %s and %s, one after the other.", pemFile, c.TLS.Certificate, c.TLS.Key)
	}
	t.line("bind %s%s", haproxyListen(c.Listen), secure)
	t.line("maxconn %d", l.Connections)
	t.line("backlog %d", l.Backlog)
	t.line("# At a reload an idle connection is told to go with its next answer, instead of being cut.")
	t.line("option idle-close-on-response")
	c.haproxyRates(t)
	if on(c.Forwarded) {
		t.line("option forwardfor")
		t.line("http-request set-header X-Forwarded-Proto %%[ssl_fc,iif(https,http)]")
		t.line("http-request set-header X-Forwarded-Host %%[req.hdr(Host)]")
		t.line("http-request set-header X-Request-Id %%[uuid()] unless { req.hdr(X-Request-Id) -m found }")
	}
	t.when(!on(c.WebSocket), "http-request del-header Upgrade")
	t.line("default_backend backends")
}

func (c Config) haproxyRates(t *text) {
	r := c.RateLimit
	if r.Requests == 0 && r.Connections == 0 {
		return
	}
	t.line("tcp-request connection track-sc0 src table clients_of_late")
	t.when(r.Connections > 0, "http-request deny deny_status %d if { sc0_conn_cur gt %d }", r.Status, r.Connections)
	if r.Requests > 0 {
		t.line("# Only what passes is counted: whoever asks too often still gets the rate.")
		t.line("http-request deny deny_status %d if { sc0_gpc0_rate ge %d }", r.Status, r.most())
		t.line("http-request sc-inc-gpc0(0)")
	}
}

func haproxyListen(at string) string {
	host, port, _ := net.SplitHostPort(at)
	switch {
	case host == "":
		return "*:" + port
	case strings.Contains(host, ":"):
		return "ipv6@" + host + ":" + port
	}
	return at
}

func (c Config) haproxyBackend(t *text) {
	t.line("log global")
	t.line("balance %s", map[Algorithm]string{RoundRobin: "roundrobin", LeastConns: "leastconn", Source: "source", RandomTwo: "random(2)"}[c.Algorithm])
	t.when(c.Algorithm == Source, "hash-type consistent djb2 avalanche")
	t.line("# Another backend is asked only for what may be asked twice, and three of them at most.")
	t.line("retries 2")
	t.line("option redispatch 1")
	t.line("retry-on conn-failure empty-response response-timeout")
	t.line("http-request disable-l7-retry if { method POST PATCH LOCK }")
	t.line("http-reuse %s", either(c.KeepAlive.Off, "never", "safe"))
	t.when(c.KeepAlive.Off, "option http-server-close")
	if k := c.Check; !k.Off {
		t.line("option httpchk")
		t.line("http-check send meth %s uri %s ver HTTP/1.1 hdr Host loadctl", k.Method, k.Path)
		t.line("http-check expect status 200-399")
		t.line("timeout check %s", millis(k.Timeout))
		t.line("default-server check inter %s fall %d rise %d", millis(k.Interval), k.Fall, k.Rise)
		t.when(!c.Passive.Off, "default-server observe layer4 error-limit %d on-error mark-down", c.Passive.MaxFails)
	}
	t.when(!c.KeepAlive.Off, "default-server pool-max-conn %d", c.KeepAlive.Connections)
	by := c.finer()
	t.when(by > 1, "# Weights times %d: HAProxy gives a backend points on a ring by its weight, and few make uneven arcs.", by)
	for _, b := range c.Backends {
		t.line("server %s", strings.Join(haproxyServer(b, by), " "))
	}
}

// finer is what weights are multiplied by where they decide how even the ring is: with
// three backends of weight 1 one of them got 4.5 % less than its third by random(2).
func (c Config) finer() int {
	if c.Algorithm != Source && c.Algorithm != RandomTwo {
		return 1
	}
	heaviest := 1
	for _, b := range c.Backends {
		heaviest = max(heaviest, b.Weight)
	}
	return 256 / heaviest
}

func haproxyServer(b Backend, by int) []string {
	words := []string{b.Name, haproxyListen(b.Address), fmt.Sprintf("weight %d", b.Weight*by)}
	if b.MaxConnections > 0 {
		words = append(words, fmt.Sprintf("maxconn %d", b.MaxConnections))
	}
	if b.Backup {
		words = append(words, "backup")
	}
	return words
}
