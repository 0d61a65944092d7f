package main

import (
	"fmt"
	"io"

	"github.com/loadctl/loadctl/stats"
)

// A recorder keeps updates. One that fails goes on taking them, and says why it
// no longer keeps them.
type recorder interface {
	Apply(stats.Update)
	Err() error
}

// A watch follows a run as it grows: each update is recorded and shown.
type watch struct {
	run    stats.Run
	record recorder
	show   func(*stats.Run, stats.Update)
	errw   io.Writer // for people; nil while a dashboard has the terminal
	broken bool      // the record is, and that was said
}

func (w *watch) update(u stats.Update) {
	w.run.Apply(u)
	w.record.Apply(u)
	w.show(&w.run, u)
	if err := w.record.Err(); err != nil && !w.broken && u.Ended == nil {
		w.broken = true
		w.unrecorded(err)
	}
}

// unrecorded says at once that the record broke off, while there is still time to
// do something about it. It does not stop the run.
func (w *watch) unrecorded(err error) {
	const then = "the run goes on and ends with its summary, but its files will not be whole"
	e := stats.Event{At: w.run.Now(), Level: stats.Severe, Kind: "note", Text: fmt.Sprintf("%v: %s", err, then)}
	w.run.Apply(stats.Update{Event: &e})
	w.show(&w.run, stats.Update{Event: &e})
	if w.errw != nil {
		printError(w.errw, cannot(err, then+"; to have them whole, stop it, make room and start it again"))
	}
}
