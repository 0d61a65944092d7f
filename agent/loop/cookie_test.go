package loop

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/agent/http1"
	"github.com/loadctl/loadctl/stats"
)

// TestCookiesOfAnIteration: what an answer sets is sent with the steps after it, and
// forgotten by the next arrival; a redirect carries it along.
func TestCookiesOfAnIteration(t *testing.T) {
	w := newWorld(byPath(map[string]string{
		"/base/login": moved(303, "/base/home", "Set-Cookie: id=7; Path=/\r\nSet-Cookie: gone=1; Max-Age=0\r\nset-cookie: far=1; Domain=other.org\r\n"),
	}))
	p, asked := played(t, "cookies: true, follow_redirects: 1", "{post: /login, body: x}, {get: /account}, {post: /buy, body: all}", w)
	if ok := p.total.Cells[0].Classes[stats.OK]; ok != 10 {
		t.Errorf("%d ok, %+v", ok, p.total.Errors)
	}
	for line, cookie := range map[string]string{"POST /base/login": "", "GET /base/home": "Cookie: id=7\r\n", "GET /base/account": "Cookie: id=7\r\n", "POST /base/buy": "Cookie: id=7\r\n"} {
		texts := strings.Split(asked, line+" ")[1:]
		if len(texts) != 10 {
			t.Errorf("%s asked %d times", line, len(texts))
		}
		for _, text := range texts {
			head, _, _ := strings.Cut(text, "\r\n\r\n")
			if got := strings.Contains(head+"\r\n", cookie) && strings.Contains(head, "Cookie") == (cookie != ""); !got {
				t.Errorf("%s: %q, want %q", line, head, cookie)
			}
		}
	}
	if !strings.Contains(asked, "Cookie: id=7\r\nContent-Length: 3\r\n\r\nall") {
		t.Error("the body does not follow the cookies")
	}
}

const closedCookies = `
version: 1
name: cookies
target: {base_url: "http://127.0.0.1:1"}
http: {cookies: true}
users:
  u: {wait_time: {constant: 100ms}, tasks: {t: {steps: [{get: /x}]}}}
phases:
  - {name: load, executor: constant-vus, user: u, vus: 3, duration: 5s}
`

// TestCookiesOfAClosedUser live as long as the user, on whatever connection, and end
// in virtual time.
func TestCookiesOfAClosedUser(t *testing.T) {
	s := parse(t, closedCookies)
	seen := map[string]int{}
	users := 0
	w := newWorld(target{answer: func(r request) reply {
		_, cookie, has := strings.Cut(string(r.text), "Cookie: ")
		cookie, _, _ = strings.Cut(cookie, "\r\n")
		set := ""
		if !has {
			users++
			set = fmt.Sprintf("Set-Cookie: user=%d; path=/\r\nSet-Cookie: short=1; Max-Age=2\r\n", users)
		}
		seen[cookie]++
		return reply{bytes: "HTTP/1.1 200 OK\r\n" + set + "Connection: close\r\nContent-Length: 0\r\n\r\n", close: true}
	}})
	p := stage(t, s, w, func(c *Config) { c.Seed = 3 }).run(t, Begin{}, Drain{At: 6 * time.Second, Deadline: 7 * time.Second})
	p.checkIdentity(t, s)
	if users != 3 || seen[""] != 3 {
		t.Fatalf("%d users came without a cookie: %v", users, seen)
	}
	for i := range 3 {
		short, long := seen[fmt.Sprintf("user=%d; short=1", i+1)], seen[fmt.Sprintf("user=%d", i+1)]
		if short < 8 || short > 21 || short+long < 45 {
			t.Errorf("user %d: %d times both cookies, %d times one: %v", i+1, short, long, seen)
		}
	}
}

// TestCookiesAreBounded: what finds no room is counted, and said once.
func TestCookiesAreBounded(t *testing.T) {
	var many strings.Builder
	for i := range 60 {
		fmt.Fprintf(&many, "Set-Cookie: c%d=x\r\n", i)
	}
	w := newWorld(target{answer: func(request) reply {
		return reply{bytes: "HTTP/1.1 200 OK\r\n" + many.String() + "Content-Length: 0\r\n\r\n"}
	}})
	p, _ := played(t, "cookies: true", "{get: /x}", w)
	wantNotices(t, p.notices, "100 cookies were not kept: a user keeps at most 50, and 16 KiB of them")
}

// TestNoCookiesByDefault.
func TestNoCookiesByDefault(t *testing.T) {
	w := newWorld(target{answer: func(request) reply {
		return reply{bytes: "HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nContent-Length: 0\r\n\r\n"}
	}})
	p, asked := played(t, "keep_bodies: needed", "{get: /x}, {get: /y}", w)
	if strings.Contains(asked, "Cookie") || len(p.loop.aids.of) > 0 {
		t.Errorf("%d aids, asked %q", len(p.loop.aids.of), asked)
	}
}

// TestChecksSeeTheirOwnUser: a check compared with the user whose request was written
// last.
func TestChecksSeeTheirOwnUser(t *testing.T) {
	w := newWorld(target{answer: func(r request) reply {
		id := strings.TrimPrefix(strings.Fields(string(r.text))[1], "/base/")
		return reply{after: 350 * time.Millisecond, bytes: fmt.Sprintf("HTTP/1.1 200 OK\r\nX-User: %s\r\nContent-Length: 0\r\n\r\n", id)}
	}})
	p, _ := played(t, "keep_bodies: needed", `{get: "/${vu.id}", name: x, check: [{header: X-User, equals: "${vu.id}"}]}`, w)
	if ok := p.total.Cells[0].Classes[stats.OK]; ok != 10 {
		t.Errorf("%d ok, errors %+v", ok, p.total.Errors)
	}
}

// TestMemoryOfAUserWithACookie: what docs/http.md says it costs.
func TestMemoryOfAUserWithACookie(t *testing.T) {
	const users = 20_000
	var before, after runtime.MemStats
	l := &Loop{}
	home := http1.Origin{Host: "h"}
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range int32(users) {
		a := l.aids.lend(i, &task{})
		a.target = append(a.target, "/items/100"...)
		a.jar.Set([]byte("session=0123456789abcdef0123456789abcdef; Path=/"), home, a.target, 0)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	each := float64(after.HeapAlloc-before.HeapAlloc) / users
	t.Logf("%.0f bytes a user", each)
	if each > 400 {
		t.Errorf("%.0f bytes a user", each)
	}
	runtime.KeepAlive(l)
}
