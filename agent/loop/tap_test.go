package loop

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loadctl/loadctl/stats"
)

const tappedLoad = `
version: 1
name: tapped
target: {base_url: "http://127.0.0.1:1"}
http: {timeout: 100ms}
users:
  u: {tasks: {a: {steps: [{get: /x, name: "a, \"quoted\" one"}]}}}
phases:
  - {name: load, executor: constant-arrival-rate, user: u, rate: 1000/s, duration: 2s, max_vus: 5, max_lag: 20ms}
`

// A tapRow is a row of a tap by the names of its columns; of the comment it is without.
type tapRow map[string]string

// at is a stamp; one that is empty was never taken.
func (l tapRow) at(t *testing.T, column string) stats.Offset {
	t.Helper()
	if l[column] == "" {
		return stats.Never
	}
	n, err := strconv.ParseInt(l[column], 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", column, err)
	}
	return stats.Offset(n)
}

func lines(t *testing.T, text string) (all []tapRow) {
	t.Helper()
	r := csv.NewReader(strings.NewReader(text))
	r.Comment = '#'
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		one := tapRow{}
		for i, name := range rows[0] {
			one[name] = row[i]
		}
		all = append(all, one)
	}
	return all
}

// mishaps answers most requests, with the headers of a queue, and does everything else to
// some.
func mishaps(r request) reply {
	switch n := int(r.conn)*7 + r.n; {
	case n%50 == 0:
		return reply{never: true}
	case n%40 == 0:
		return reply{after: time.Millisecond, reset: true}
	case n%30 == 0:
		return reply{after: time.Millisecond, bytes: "HTTP/1.1 503 No\r\nLoadctl-True-Us: 1,2\r\nContent-Length: 0\r\n\r\n"}
	}
	return reply{after: time.Millisecond, pieces: 3, gap: time.Millisecond, bytes: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n" +
		fmt.Sprintf("loadctl-arrived-us: %d\r\nLoadctl-True-Us: 3000\r\nLoadctl-Late-Us: 12\r\n\r\nhello", r.at.Microseconds())}
}

// TestATapHasEveryRequestOnce, whatever became of it, with the stamps that were recorded.
func TestATapHasEveryRequestOnce(t *testing.T) {
	s := parse(t, tappedLoad)
	var rows bytes.Buffer
	p := stage(t, s, newWorld(target{answer: mishaps}), func(c *Config) { c.Tap = &rows }).
		run(t, Begin{0, 0}, Drain{At: time.Second, Deadline: 1020 * time.Millisecond})
	p.checkIdentity(t, s)
	got := map[string]uint64{}
	for _, l := range lines(t, rows.String()) {
		got[l["class"]]++
		checkLine(t, l)
	}
	cell := &p.total.Cells[0]
	for class, n := range cell.Classes {
		if got[stats.Class(class).String()] != n {
			t.Errorf("%d rows of %s, %d were recorded", got[stats.Class(class).String()], stats.Class(class), n)
		}
	}
	for _, class := range []stats.Class{stats.OK, stats.HTTPError, stats.Timeout, stats.ConnError, stats.NotSent, stats.Censored} {
		if cell.Classes[class] == 0 {
			t.Errorf("the world made no %s: %v", class, cell.Classes)
		}
	}
}

func checkLine(t *testing.T, l tapRow) {
	t.Helper()
	if l["phase"] != "load" || l["name"] != `a, "quoted" one` {
		t.Fatalf("a row of nobody: %v", l)
	}
	before := stats.Offset(0)
	for _, column := range []string{"intended_ns", "scheduled_ns", "connected_ns", "written_ns", "first_byte_ns", "done_ns"} {
		at := l.at(t, column)
		if at != stats.Never && at < before {
			t.Fatalf("%s is before the stamp before it: %v", column, l)
		}
		before = max(before, at)
	}
	switch {
	case l["class"] == "ok":
		if l["status"] != "200" || l["true_us"] != "3000" || l["late_us"] != "12" || l["arrived_us"] == "" || l["first_byte_ns"] == "" {
			t.Fatalf("an answer's row: %v", l)
		}
	case l["class"] == "not_sent" && l["written_ns"] != "", l["class"] == "http_error" && l["status"] != "503":
		t.Fatalf("%v", l)
	case l["true_us"]+l["late_us"]+l["arrived_us"] != "":
		t.Fatalf("a row says what no answer said: %v", l)
	}
}

// A full disk takes some rows and then no more.
type fullDisk struct{ room int }

func (d *fullDisk) Write(b []byte) (int, error) {
	if d.room -= len(b); d.room < 0 {
		return 0, syscall.ENOSPC
	}
	return len(b), nil
}

// TestATapThatCannotWriteChangesNothing but that it is told of, once.
func TestATapThatCannotWriteChangesNothing(t *testing.T) {
	load := strings.Replace(tappedLoad, "1000/s", "5000/s", 1)
	play := func(tap io.Writer) *play {
		s := parse(t, load)
		p := stage(t, s, newWorld(target{answer: mishaps}), func(c *Config) { c.Tap = tap }).
			run(t, Begin{0, 0}, Drain{At: 3 * time.Second, Deadline: 4 * time.Second})
		p.checkIdentity(t, s)
		return p
	}
	without := play(nil)
	for name, tap := range map[string]io.Writer{"full": &fullDisk{room: 100_000}, "short": shortWriter{}, "fine": io.Discard} {
		with, told := play(tap), 0
		if with.total.Cells[0].Classes != without.total.Cells[0].Classes {
			t.Errorf("%s: %v, without a tap %v", name, with.total.Cells[0].Classes, without.total.Cells[0].Classes)
		}
		for _, n := range with.notices {
			if strings.Contains(n.Text, "--tap") {
				told++
			}
		}
		if want := map[bool]int{true: 0, false: 1}[name == "fine"]; told != want {
			t.Errorf("%s: told %d times: %v", name, told, with.notices)
		}
	}
}

// shortWriter writes less than it was given and says nothing of it.
type shortWriter struct{}

func (shortWriter) Write(b []byte) (int, error) { return len(b) / 2, nil }

// TestARowAllocatesNothing, so that a tap costs what its bytes cost.
func TestARowAllocatesNothing(t *testing.T) {
	h := hotIn(&echo{})
	h.start(t, Config{Scenario: parse(t, hotScenario+openPhase), poller: h.world, Tap: io.Discard})
	const n = 100_000
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	h.requests(n)
	runtime.ReadMemStats(&after)
	if each := float64(after.Mallocs-before.Mallocs) / n; each >= 0.01 {
		t.Errorf("%.4f allocations a request", each)
	}
}

// A last write that fails is told of too, though the loop is at its end.
func TestATapThatFailsAtTheEnd(t *testing.T) {
	p := stage(t, parse(t, tappedLoad), newWorld(target{}), func(c *Config) { c.Tap = broken{} }).
		run(t, Begin{0, 0}, Drain{At: 10 * time.Millisecond, Deadline: time.Second})
	if len(p.notices) != 1 || !strings.Contains(p.notices[0].Text, "is on fire") {
		t.Errorf("%v", p.notices)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("the disk is on fire") }
