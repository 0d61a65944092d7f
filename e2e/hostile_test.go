//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// hostilities has a row for each way of a target to misbehave.
const hostilities = `
version: 1
name: hostile
target: {base_url: "http://%s"}
http: {timeout: 1s, connect_timeout: 1s}
users:
  u:
    tasks:
      good: {weight: 5, steps: [{get: /good}]}
      reset: {steps: [{get: /reset}]}
      close: {steps: [{get: /close}]}
      stall: {steps: [{get: /stall}]}
      half: {steps: [{get: /half}]}
      garbage: {steps: [{get: /garbage}]}
      tls: {steps: [{get: /tls}]}
      endless: {steps: [{get: /endless}]}
      busy: {steps: [{get: /busy}]}
      wrong: {steps: [{get: /wrong, check: [{body: {contains: right}}]}]}
phases:
  - {name: load, executor: constant-arrival-rate, user: u, rate: 150/s, arrivals: uniform, duration: 10s}
`

// kinds are what the summary must say of each row, beside refused.
var kinds = map[string]string{
	"/reset": "conn_error: connection reset", "/close": "conn_error: closed before answer", "/stall": "timeout: timeout",
	"/half": "conn_error: closed within answer", "/garbage": "conn_error: bad http: not an HTTP/1 answer",
	"/tls": "conn_error: bad http: TLS on a plain port", "/endless": "conn_error: bad http: head above 64 KiB",
	"/busy": "http_error: status 503", "/wrong": "check_failed: body contains right",
}

const goodAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood"

// A villain is a target that misbehaves as its paths say, and can be gone for a while.
type villain struct {
	addr string
	mu   sync.Mutex
	open map[net.Conn]bool
	ln   net.Listener
}

func newVillain(t *testing.T) *villain {
	t.Helper()
	v := &villain{addr: net.JoinHostPort(ownAddress(), "0"), open: map[net.Conn]bool{}}
	if err := v.listen(); err != nil {
		t.Fatal(err)
	}
	v.addr = v.ln.Addr().String()
	t.Cleanup(v.vanish)
	return v
}

func (v *villain) listen() error {
	ln, err := net.Listen("tcp4", v.addr)
	if err != nil {
		return err
	}
	v.ln = ln
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			v.mu.Lock()
			v.open[c] = true
			v.mu.Unlock()
			go v.serve(c)
		}
	}()
	return nil
}

// comeBack listens again where it did.
func (v *villain) comeBack(t *testing.T) {
	t.Helper()
	eventually(t, 10*time.Second, "the target is back on "+v.addr, func() bool { return v.listen() == nil })
}

// vanish closes everything.
func (v *villain) vanish() {
	v.ln.Close()
	v.mu.Lock()
	defer v.mu.Unlock()
	for c := range v.open {
		c.Close()
	}
}

func (v *villain) serve(c net.Conn) {
	defer func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		delete(v.open, c)
		c.Close()
	}()
	in := bufio.NewReader(c)
	for {
		path := ""
		for line := " "; line != "\r\n"; {
			var err error
			if line, err = in.ReadString('\n'); err != nil {
				return
			}
			if path == "" {
				path = strings.Fields(line)[1]
			}
		}
		if !v.answer(c, path) {
			return
		}
	}
}

// answer says whether the connection goes on.
func (v *villain) answer(c net.Conn, path string) bool {
	say := func(s string) { _, _ = io.WriteString(c, s) }
	switch path {
	case "/reset":
		_ = c.(*net.TCPConn).SetLinger(0)
		return false
	case "/close":
		return false
	case "/stall":
		say(goodAnswer[:30])
		return true
	case "/half":
		say(goodAnswer[:40])
		return false
	case "/garbage":
		say("SSH-2.0-OpenSSH\r\n")
	case "/tls":
		say("\x15\x03\x03\x00\x02\x02\x28")
	case "/endless":
		for _, err := io.WriteString(c, "HTTP/1.1 200 OK\r\n"); err == nil; {
			_, err = io.WriteString(c, strings.Repeat("A: b\r\n", 1000))
		}
		return false
	case "/busy":
		say("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")
	default:
		say(goodAnswer)
	}
	return true
}

type kindOf struct {
	Name    string  `json:"name"`
	Class   string  `json:"class"`
	Kind    string  `json:"kind"`
	Count   int64   `json:"count"`
	First   float64 `json:"first_s"`
	Last    float64 `json:"last_s"`
	Samples []struct {
		T      float64 `json:"t"`
		Agent  string  `json:"agent"`
		Detail string  `json:"detail"`
	} `json:"samples"`
}

// stall is for how many seconds a busy machine may keep an agent from seeing what
// has happened to it.
const stall = 2

// TestHostileTarget: a target that resets, closes, stalls, half-closes, answers
// garbage, and is gone for two seconds: each has its kind in every file and view, with
// count, moments and examples, and the requests it answers are as ever.
func TestHostileTarget(t *testing.T) {
	t.Parallel()
	v := newVillain(t)
	p := start(t, t.TempDir(), "run", "--ui", "none", "--agents", "2", scenario(t, fmt.Sprintf(hostilities, v.addr)))
	zero := p.into(4 * time.Second)
	from := time.Since(zero).Seconds()
	v.vanish()
	time.Sleep(2 * time.Second)
	v.comeBack(t)
	until := time.Since(zero).Seconds()
	f := p.finish(time.Minute)
	f.identity(t)
	if f.code != 0 && f.code != 97 { // a busy machine makes a generator late
		t.Errorf("exit %d\n%s%s", f.code, f.out, f.errs)
	}
	var s struct {
		Errors []kindOf `json:"errors"`
	}
	readJSON(t, filepath.Join(f.dir, "summary.json"), &s)
	seen := map[string]kindOf{}
	for _, e := range s.Errors {
		seen[e.Name+" "+e.Class+": "+e.Kind] = e
		if e.Count <= 0 || e.First > e.Last || len(e.Samples) == 0 || len(e.Samples) > 3 || e.Samples[0].T != e.First || e.Samples[0].Agent == "" {
			t.Errorf("%+v", e)
		}
	}
	for path, kind := range kinds {
		if e := seen[path+" "+kind]; e.Count < 10 || e.Last-e.First < 3 {
			t.Errorf("%s has no %q as long as the run: %+v", path, kind, e)
		}
	}
	gone := seen["/good conn_error: refused"]
	t.Logf("gone from %.2f s to %.2f s; refused from %.2f s to %.2f s", from, until, gone.First, gone.Last)
	if gone.Count < 50 || gone.Last-gone.First < 1 || gone.First < from-0.1 || gone.Last > until+stall {
		t.Errorf("gone from %.2f s to %.2f s: %+v", from, until, gone)
	}
	if d := seen["/garbage "+kinds["/garbage"]].Samples[0].Detail; d != `came "SSH-2.0-OpenSSH\r\n"` {
		t.Errorf("example of garbage: %s", d)
	}
	f.everywhere(t, s.Errors)
}

// everywhere fails unless errors.jsonl.gz, the report and the terminal have the kinds.
func (f finished) everywhere(t *testing.T, kinds []kindOf) {
	t.Helper()
	report, err := os.ReadFile(filepath.Join(f.dir, "report.html"))
	if err != nil {
		t.Fatal(err)
	}
	samples := f.errorSamples(t)
	for _, e := range kinds {
		if !bytes.Contains(report, []byte(strings.ReplaceAll(e.Kind, "&", "&amp;"))) {
			t.Errorf("the report lacks %q", e.Kind)
		}
		if samples[e.Name+e.Class+e.Kind] != len(e.Samples) {
			t.Errorf("errors.jsonl.gz has %d samples of %+v", samples[e.Name+e.Class+e.Kind], e)
		}
	}
	most := kinds[0]
	if want := fmt.Sprintf("× %s: %s on %s, 00:", most.Class, most.Kind, most.Name); !strings.Contains(f.out, want) {
		t.Errorf("the terminal lacks %q:\n%s", want, f.out)
	}
}

// errorSamples counts the lines of errors.jsonl.gz by row, class and kind.
func (f finished) errorSamples(t *testing.T) map[string]int {
	t.Helper()
	n := map[string]int{}
	for _, e := range records[kindOf](t, filepath.Join(f.dir, "errors.jsonl.gz")) {
		if n[e.Name+e.Class+e.Kind]++; e.First > e.Last {
			t.Errorf("%+v", e)
		}
	}
	return n
}
