package loop

import (
	"fmt"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestNoConnectionGoesElsewhere: whatever a target answers, and however its connections end, every one of them goes to an
// address that the loop was told, and new ones to those that it was told last.
func TestNoConnectionGoesElsewhere(t *testing.T) {
	const elsewhere = "10.9.9.9:80"
	for name, answer := range map[string]string{
		"redirect":          moved(302, "http://"+elsewhere+"/x", ""),
		"without a scheme":  moved(307, "//"+elsewhere+"/x", ""),
		"with TLS":          moved(308, "https://"+elsewhere+"/x", ""),
		"to itself":         moved(302, "/c", "Connection: close\r\n"),
		"another service":   "HTTP/1.1 200 OK\r\nAlt-Svc: h2=\"" + elsewhere + "\"\r\nContent-Length: 0\r\n\r\n",
		"another location":  "HTTP/1.1 200 OK\r\nContent-Location: http://" + elsewhere + "/\r\nRefresh: 0; url=http://" + elsewhere + "/\r\nContent-Length: 0\r\n\r\n",
		"misdirected":       "HTTP/1.1 421 Misdirected Request\r\nContent-Length: 0\r\n\r\n",
		"no answer at all":  "",
		"cookie of another": "HTTP/1.1 200 OK\r\nSet-Cookie: a=b; Domain=" + elsewhere + "\r\nContent-Length: 0\r\n\r\n",
	} {
		w := newWorld(target{
			answer: func(request) reply { return reply{after: time.Millisecond, bytes: answer, close: true} },
			dial: func(n int) (time.Duration, syscall.Errno) {
				if n%5 == 4 {
					return time.Millisecond, syscall.ECONNREFUSED
				}
				return time.Millisecond, 0
			},
		})
		told, last := map[string]bool{"127.0.0.1:80": true}, false
		w.watch = func(_ netip.Addr, to netip.AddrPort) {
			if !told[to.String()] || last && to.Addr().IsLoopback() {
				t.Errorf("%s: a connection went to %s", name, to)
			}
		}
		s := parse(t, strings.Replace(pooling(openArrival, "{reuse: none}"), "{timeout: 2s}", "{timeout: 2s, follow_redirects: 5, cookies: true}", 1))
		p := stage(t, s, w, nil)
		w.at(int64(2*time.Second), func() {
			var next []netip.AddrPort
			for i := range 2 {
				a := netip.MustParseAddrPort(fmt.Sprintf("10.0.0.%d:80", i+1))
				next, told[a.String()] = append(next, a), true
			}
			p.loop.Do(Readdress{Addrs: next})
		})
		w.at(int64(2*time.Second+10*time.Millisecond), func() { last = true })
		p.run(t, Begin{0, 0}, Drain{At: 4 * time.Second, Deadline: 8 * time.Second})
		p.checkIdentity(t, s)
	}
}
