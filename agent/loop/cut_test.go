package loop

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// TestCheckOfALongBodyNamesTheCut: checks judged the first 1 MiB as if it were the
// whole body.
func TestCheckOfALongBodyNamesTheCut(t *testing.T) {
	s := parse(t, `
version: 1
name: long
target: {base_url: "http://127.0.0.1:1"}
users:
  u:
    tasks:
      both: {steps: [{get: /early, check: [{body: {contains: begin}}]}, {get: /late, check: [{body: {contains: end}}]}, {get: /unread}]}
phases:
  - {name: load, executor: constant-arrival-rate, user: u, rate: 10/s, duration: 1s, arrivals: uniform}
`)
	body := "begin" + strings.Repeat("x", 1<<20) + "end"
	long := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	w := newWorld(target{answer: func(request) reply { return reply{after: time.Millisecond, bytes: long} }})
	p := stage(t, s, w, nil).run(t, Begin{}, Drain{At: 2 * time.Second, Deadline: 3 * time.Second})
	p.checkIdentity(t, s)
	for name, class := range map[string]stats.Class{"/early": stats.OK, "/late": stats.CheckFailed, "/unread": stats.OK} {
		if c := p.cell(t, s, "load", name); c.Intended != 10 || c.Classes[class] != 10 {
			t.Errorf("%s: intended %d, classes %v; want 10 %v", name, c.Intended, c.Classes, class)
		}
	}
	want := fmt.Sprintf("the check saw the first 1 MiB of a body of %d bytes", len(body))
	if e := p.total.Errors; len(e) != 1 || e[0].Samples[0].Detail != want {
		t.Errorf("errors %+v, want %q", e, want)
	}
	wantNotices(t, p.notices,
		"phase load, /early: bodies longer than 1 MiB are checked on their first 1 MiB only",
		"phase load, /late: bodies longer than 1 MiB are checked on their first 1 MiB only")
}

func wantNotices(t *testing.T, got []Notice, want ...string) {
	t.Helper()
	var texts []string
	for _, n := range got {
		if texts = append(texts, n.Text); n.Level != stats.Warning {
			t.Errorf("%+v is no warning", n)
		}
	}
	if strings.Join(texts, "\n") != strings.Join(want, "\n") {
		t.Errorf("notices %q, want %q", texts, want)
	}
}
