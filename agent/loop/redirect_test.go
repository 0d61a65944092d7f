package loop

import (
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// moved is an answer that leads elsewhere.
func moved(status int, to, more string) string {
	return fmt.Sprintf("HTTP/1.1 %d Moved\r\nLocation: %s\r\n%sContent-Length: 3\r\n\r\n...", status, to, more)
}

// played runs ten arrivals of a user's steps in a world that answers by text of request.
func played(t *testing.T, http, steps string, w *world) (*play, string) {
	t.Helper()
	s := parse(t, fmt.Sprintf(`
version: 1
name: extras
target: {base_url: "http://127.0.0.1:1/base"}
http: {timeout: 500ms, %s}
users:
  u: {tasks: {t: {steps: [%s]}}}
phases:
  - {name: load, executor: constant-arrival-rate, user: u, rate: 10/s, duration: 1s, arrivals: uniform}
`, http, steps))
	var asked []string
	answer := w.target.answer
	w.target.answer = func(r request) reply {
		asked = append(asked, string(r.text))
		return answer(r)
	}
	p := stage(t, s, w, nil).run(t, Begin{}, Drain{At: time.Second, Deadline: 3 * time.Second})
	p.checkIdentity(t, s)
	return p, strings.Join(asked, "\n")
}

// byPath answers by the path asked for; hello to all others.
func byPath(answers map[string]string) target {
	return target{answer: func(r request) reply {
		path := strings.Fields(string(r.text))[1]
		text, ok := answers[path]
		if !ok {
			text = helloReply
		}
		return reply{after: 10 * time.Millisecond, bytes: text, close: strings.Contains(text, "Connection: close")}
	}}
}

// TestRedirectsBelongToTheirRequest: one sample from the start to the last answer,
// whatever became of the connection.
func TestRedirectsBelongToTheirRequest(t *testing.T) {
	for name, more := range map[string]string{"kept alive": "", "closed": "Connection: close\r\n"} {
		w := newWorld(byPath(map[string]string{
			"/base/a": moved(302, "b?c=d", more), "/base/b?c=d": moved(301, "http://127.0.0.1:1/e", more), "/e": moved(308, "/f", more),
		}))
		p, asked := played(t, "follow_redirects: 3", "{get: /a, check: [{body: {contains: hello}}]}", w)
		c := &p.total.Cells[0]
		if c.Intended != 10 || c.Classes[stats.OK] != 10 || c.Redirects != 30 || w.requests != 40 {
			t.Errorf("%s: intended %d, classes %v, %d redirects, %d requests, errors %+v", name, c.Intended, c.Classes, c.Redirects, w.requests, p.total.Errors)
		}
		near(t, name+": response time", c.Response.Percentile(50), 40*time.Millisecond, 0.1)
		near(t, name+": service time", c.Service.Percentile(50), 40*time.Millisecond, 0.1)
		near(t, name+": first byte", c.FirstByte.Percentile(50), 10*time.Millisecond, 0.1)
		if want := uint64(10 * (3*len(moved(301, "/x", more)) - 10)); c.BytesIn < want || c.BytesOut < uint64(10*len("GET /base/a HTTP/1.1\r\n")*4) {
			t.Errorf("%s: %d bytes in, %d out; all of them count", name, c.BytesIn, c.BytesOut)
		}
		if conns := p.total.Phases[0].ConnOpened; name == "closed" && conns < 31 {
			t.Errorf("%d connections opened, want one for each redirect", conns)
		}
		for _, line := range []string{"GET /base/a ", "GET /base/b?c=d ", "GET /e ", "GET /f "} {
			if n := strings.Count(asked, line); n != 10 {
				t.Errorf("%s: %q asked %d times", name, line, n)
			}
		}
	}
}

// TestRedirectMethods: what is asked next, by status and method.
func TestRedirectMethods(t *testing.T) {
	for _, c := range []struct {
		status     int
		step, want string
	}{
		{301, `{post: /a, json: {n: 1}}`, "GET /b HTTP/1.1⏎Host: 127.0.0.1:1⏎User-Agent: loadctl⏎X-Y: z⏎⏎"},
		{302, `{put: /a, body: "text ${vu.id}"}`, "GET /b HTTP/1.1⏎Host: 127.0.0.1:1⏎User-Agent: loadctl⏎X-Y: z⏎⏎"},
		{303, `{delete: /a}`, "GET /b HTTP/1.1⏎Host: 127.0.0.1:1⏎User-Agent: loadctl⏎X-Y: z⏎⏎"},
		{303, `{head: /a}`, "HEAD /b HTTP/1.1⏎Host: 127.0.0.1:1⏎User-Agent: loadctl⏎X-Y: z⏎⏎"},
		{307, `{post: /a, json: {n: 1}}`, "POST /b HTTP/1.1⏎Host: 127.0.0.1:1⏎User-Agent: loadctl⏎Content-Type: application/json⏎X-Y: z⏎Content-Length: 7⏎⏎{\"n\":1}"},
		{308, `{delete: /a}`, "DELETE /b HTTP/1.1⏎Host: 127.0.0.1:1⏎User-Agent: loadctl⏎X-Y: z⏎⏎"},
	} {
		answer := moved(c.status, "/b", "")
		if strings.Contains(c.step, "head") {
			answer = strings.TrimSuffix(answer, "...")
		}
		w := newWorld(target{answer: func(r request) reply {
			if strings.Contains(string(r.text), " /base/a ") {
				return reply{bytes: answer}
			}
			return reply{bytes: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}
		}})
		p, asked := played(t, "follow_redirects: 1, headers: {X-Y: z}", c.step, w)
		if ok := p.total.Cells[0].Classes[stats.OK]; ok != 10 {
			t.Errorf("%d %s: %d ok, errors %+v", c.status, c.step, ok, p.total.Errors)
		}
		if n := strings.Count(strings.ReplaceAll(asked, "\r\n", "⏎"), c.want); n != 10 {
			t.Errorf("%d %s: asked %d times for %q:\n%s", c.status, c.step, n, c.want, asked)
		}
	}
}

// TestRedirectRepeatsWhatWasDrawn: the same body after 307 as before, and the next
// step draws what it would have drawn without a redirect.
func TestRedirectRepeatsWhatWasDrawn(t *testing.T) {
	steps := `{post: "/a?${rand.int(1,99)}", name: a, headers: {X-Id: "${rand.uuid}"}, body: "n=${rand.int(100000,999999)}"}, {get: "/next/${rand.uuid}", name: n}`
	asked := map[bool]string{}
	again := 0
	for _, redirected := range []bool{true, false} {
		last := ""
		w := newWorld(target{answer: func(r request) reply {
			line, rest, _ := strings.Cut(string(r.text), "\r\n")
			if strings.HasPrefix(line, "POST /other ") {
				if again++; rest != last {
					t.Errorf("first %q, then %q", last, rest)
				}
			}
			last = rest
			if redirected && strings.HasPrefix(line, "POST /base/a") {
				return reply{bytes: moved(307, "/other", "")}
			}
			return reply{}
		}})
		_, asked[redirected] = played(t, "follow_redirects: 1", steps, w)
	}
	if again != 10 {
		t.Errorf("%d of 10 asked once more", again)
	}
	for _, text := range strings.Split(asked[false], "\n") {
		if strings.HasPrefix(text, "GET ") && !strings.Contains(asked[true], text) {
			t.Errorf("%q is not asked for after a redirect", text)
		}
	}
}

// TestRedirectsNotFollowed: each reason has its class and kind.
func TestRedirectsNotFollowed(t *testing.T) {
	for _, c := range []struct {
		name, http, answer string
		class              stats.Class
		kind               string
		requests           int
	}{
		{"off", "keep_bodies: needed", moved(302, "/b", ""), stats.OK, "", 10},
		{"no location", "follow_redirects: 5", "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", stats.OK, "", 10},
		{"not modified", "follow_redirects: 5", "HTTP/1.1 304 Not Modified\r\nLocation: /b\r\n\r\n", stats.OK, "", 10},
		{"loop", "follow_redirects: 5", moved(302, "a", ""), stats.HTTPError, "too many redirects", 60},
		{"another host", "follow_redirects: 5", moved(302, "http://example.com/x?code=hunter2", ""), stats.HTTPError, "redirect to another host", 10},
		{"another port", "follow_redirects: 5", moved(302, "//127.0.0.1:2/x", ""), stats.HTTPError, "redirect to another host", 10},
		{"another scheme", "follow_redirects: 5", moved(302, "https://127.0.0.1:1/x", ""), stats.HTTPError, "redirect to another host", 10},
		{"malformed", "follow_redirects: 5", moved(302, "http://[/", ""), stats.HTTPError, "redirect: malformed location", 10},
	} {
		w := newWorld(target{answer: func(request) reply { return reply{bytes: c.answer} }})
		p, _ := played(t, c.http, "{get: /a}", w)
		if n := p.total.Cells[0].Classes[c.class]; n != 10 || w.requests != c.requests {
			t.Errorf("%s: classes %v, %d requests", c.name, p.total.Cells[0].Classes, w.requests)
		}
		if c.kind != "" && (len(p.total.Errors) != 1 || p.total.Errors[0].Kind != c.kind || p.total.Errors[0].Status != 302) {
			t.Errorf("%s: errors %+v, want %q", c.name, p.total.Errors, c.kind)
		}
		if strings.Contains(fmt.Sprintf("%+v", p.total.Errors), "hunter2") {
			t.Errorf("%s: the example has the query: %+v", c.name, p.total.Errors)
		}
	}
}

// TestRedirectTimesOut: the time-out is the request's, not each answer's, whether an
// answer is late or no connection can be had.
func TestRedirectTimesOut(t *testing.T) {
	slow := newWorld(target{answer: func(r request) reply { return reply{after: 200 * time.Millisecond, bytes: moved(302, "/b", "")} }})
	p, _ := played(t, "follow_redirects: 9", "{get: /a}", slow)
	if c := &p.total.Cells[0]; c.Classes[stats.Timeout] != 10 || c.Redirects != 20 {
		t.Errorf("classes %v, %d redirects", c.Classes, c.Redirects)
	}
	refusing := newWorld(target{
		dial: func(n int) (time.Duration, syscall.Errno) {
			if n%2 == 1 {
				return -1, 0
			}
			return time.Millisecond, 0
		},
		answer: func(request) reply { return reply{bytes: moved(302, "/b", "Connection: close\r\n"), close: true} },
	})
	p, _ = played(t, "follow_redirects: 9, connect_timeout: 5s", "{get: /a}", refusing)
	if c := &p.total.Cells[0]; c.Classes[stats.Timeout] != 10 {
		t.Errorf("classes %v, errors %+v", c.Classes, p.total.Errors)
	}
}

// TestRedirectWithoutAConnection: a hop for which this machine has no file or port was
// recorded not_sent, which says that the target did not count the request, though it had
// answered the first hop. Nobody knows what it would have said to the next.
func TestRedirectWithoutAConnection(t *testing.T) {
	for _, executor := range []string{"constant-arrival-rate, rate: 1/s, arrivals: uniform", "constant-vus, vus: 1"} {
		for errno, kind := range map[syscall.Errno]string{syscall.EMFILE: kindFiles, syscall.EADDRNOTAVAIL: kindPorts} {
			for _, closes := range []bool{true, false} { // or leaves it to loadctl, which has a connection until then
				s := parse(t, fmt.Sprintf(`
version: 1
name: hops
target: {base_url: "http://127.0.0.1:1"}
http: {timeout: 500ms, follow_redirects: 5}
users: {u: {wait_time: 1s, tasks: {t: {steps: [{get: /a}]}}}}
phases: [{name: load, executor: %s, user: u, duration: 5s}]
`, executor))
				gone := false
				w := newWorld(target{})
				w.target.dial = func(int) (time.Duration, syscall.Errno) {
					if gone {
						return 0, errno
					}
					return time.Millisecond, 0
				}
				w.target.answer = func(request) reply {
					gone = true
					w.at(w.clock+int64(700*time.Millisecond), func() { gone = false })
					return reply{after: time.Millisecond, bytes: moved(302, "/b", "Connection: close\r\n"), close: closes}
				}
				p := stage(t, s, w, nil).run(t, Begin{}, Drain{At: 6 * time.Second, Deadline: 9 * time.Second})
				p.checkIdentity(t, s)
				c := p.cell(t, s, "load", "/a")
				if n := c.Classes[stats.Censored]; n != uint64(w.requests) || n != c.Intended || n < 3 {
					t.Errorf("%s, %v, closes %t: classes %v, and the target counted %d", executor, errno, closes, c.Classes, w.requests)
				}
				for _, e := range p.total.Errors {
					if e.Class != stats.Censored || e.Kind != kind {
						t.Errorf("%s, %v: %+v, want %q", executor, errno, e, kind)
					}
				}
			}
		}
	}
}

// TestLiveRedirects, with the standard library's server, on connections kept alive.
func TestLiveRedirects(t *testing.T) {
	addr := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/start":
			http.Redirect(w, r, "sub/next?x=1", http.StatusSeeOther)
		case "/sub/next":
			http.Redirect(w, r, "http://"+r.Host+"/end", http.StatusTemporaryRedirect)
		default:
			hello(w, r)
		}
	})
	text := strings.Replace(inTime(steps("{post: /start, json: {a: 1}, check: [{body: {contains: hello}}]}"), stats.OK), "{timeout:", "{follow_redirects: 2, timeout:", 1)
	s := parse(t, strings.Replace(text, "127.0.0.1:1", addr.String(), 1))
	got := run(t, s, addr)
	expect(t, got, stats.OK, "")
	if n := got.total.Cells[0].Redirects; n != 40 {
		t.Errorf("%d redirects", n)
	}
}
