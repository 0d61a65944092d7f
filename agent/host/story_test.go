package host

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/loadctl/loadctl/proto/loadctlpb"
	"github.com/loadctl/loadctl/stats"
)

// TestOutboxStory runs testdata/outbox: what is said, and what a stream then carries.
func TestOutboxStory(t *testing.T) {
	b := newOutbox()
	datadriven.RunTest(t, "testdata/outbox", func(t *testing.T, d *datadriven.TestData) string {
		var n uint64
		switch d.Cmd {
		case "add":
			b.add(func(seq uint64) *loadctlpb.SessionRequest {
				return &loadctlpb.SessionRequest{Message: &loadctlpb.SessionRequest_Report{Report: &loadctlpb.Report{Seq: seq}}}
			})
		case "pong":
			d.ScanArgs(t, "id", &n)
			b.say(pong(&loadctlpb.Ping{Id: n}))
		case "insist":
			b.insist(&loadctlpb.SessionRequest{Message: &loadctlpb.SessionRequest_Ready{Ready: &loadctlpb.Ready{}}})
		case "relent":
			b.insist(nil)
		case "resume":
			d.ScanArgs(t, "acked", &n)
			b.resume(n)
		case "ack":
			d.ScanArgs(t, "seq", &n)
			b.ack(n)
		case "take":
			return taken(b)
		}
		return fmt.Sprintf("numbered %d, empty %t\n", b.numbered(), b.empty())
	})
}

func taken(b *outbox) string {
	var out strings.Builder
	for _, m := range b.take() {
		switch {
		case m.GetReport() != nil:
			fmt.Fprintf(&out, "report %d\n", m.GetReport().GetSeq())
		case m.GetPong() != nil:
			fmt.Fprintf(&out, "pong %d\n", m.GetPong().GetId())
		case m.GetReady() != nil:
			fmt.Fprintln(&out, "ready")
		}
	}
	if out.Len() == 0 {
		return "-\n"
	}
	return out.String()
}

func TestConfirmingWhatWasNeverSaidIsHarmless(t *testing.T) {
	for _, seq := range []uint64{2, 1 << 63, 1<<64 - 1} {
		b := newOutbox()
		b.add(func(uint64) *loadctlpb.SessionRequest { return &loadctlpb.SessionRequest{} })
		b.ack(seq)
		b.add(func(uint64) *loadctlpb.SessionRequest { return &loadctlpb.SessionRequest{} })
		if n := len(b.take()); n != 1 || b.numbered() != 2 {
			t.Errorf("after %d was confirmed: %d to send, numbered %d", seq, n, b.numbered())
		}
	}
}

// TestWatchStory runs testdata/watch: looks at an agent, and how it does.
func TestWatchStory(t *testing.T) {
	w := watch{Late: 2 * time.Second, Lost: 6 * time.Second}
	var p patience
	began := time.Unix(1000, 0)
	datadriven.RunTest(t, "testdata/watch", func(t *testing.T, d *datadriven.TestData) string {
		var at string
		var behind int64
		d.ScanArgs(t, "at", &at)
		d.ScanArgs(t, "behind", &behind)
		now, err := time.ParseDuration(at)
		if err != nil {
			d.Fatalf(t, "%v", err)
		}
		if d.Cmd == "watch" { // look every beat from the last look to this one
			return watched(&w, &p, began, now, behind)
		}
		return looked(&w, &p, began, now, behind)
	})
}

func looked(w *watch, p *patience, began time.Time, now time.Duration, behind int64) string {
	step := w.step(began.Add(now))
	return [...]string{onTime: "on time", late: "late", lost: "lost"}[w.judge(p, behind, stats.Offset(now), step)] + "\n"
}

// watched tells the moments at which the standing changes.
func watched(w *watch, p *patience, began time.Time, until time.Duration, behind int64) string {
	var out strings.Builder
	before := ""
	for now := w.last.Sub(began) + beat; now <= until; now += beat {
		if s := looked(w, p, began, now, behind); s != before {
			fmt.Fprintf(&out, "%s: %s", now, s)
			before = s
		}
	}
	return out.String()
}
