package coordinator

import (
	"testing"

	"github.com/loadctl/loadctl/proto/wire"
	"github.com/loadctl/loadctl/stats"
)

// TestNotesAreTakenOnce: every loop of every agent notes the same, other events are
// each one's own.
func TestNotesAreTakenOnce(t *testing.T) {
	var got []string
	d := &driver{cfg: &Config{Sink: func(u stats.Update) { got = append(got, u.Event.Kind+" "+u.Event.Text) }}}
	d.run.Layout = parse(t, scenarioText).Layout
	for _, e := range []stats.Event{{Kind: "note", Text: "a"}, {Kind: "note", Text: "a"}, {Kind: "note", Text: "b"}, {Kind: "generator", Text: "a"}, {Kind: "generator", Text: "a"}} {
		d.notice(wire.EncodeNotice(1, &e))
	}
	if len(got) != 4 {
		t.Errorf("taken: %q", got)
	}
}

// TestNewsOfMachinesAreWarnings of the run, whenever they come, and nobody's silence is waited for.
func TestNewsOfMachinesAreWarnings(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, scenarioText, &fakeHost{name: "a"})
		news := make(chan string, 2)
		news <- "machine lc-abcd2345-agent001: it is rebooting"
		close(news)
		w.cfg.News = news
		w.go_(t.Context()).want("pass", 0)
		for _, e := range w.run.Events {
			if e.Kind == "machine" && e.Level == stats.Warning && e.Text == "machine lc-abcd2345-agent001: it is rebooting" {
				return
			}
		}
		t.Errorf("not told:\n%s", w.events())
	})
}
