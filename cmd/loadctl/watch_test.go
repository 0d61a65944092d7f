package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/loadctl/loadctl/reports/sample"
	"github.com/loadctl/loadctl/stats"
)

// A fullDisk records what there is room for.
type fullDisk struct{ room int }

func (d *fullDisk) Apply(stats.Update) { d.room-- }

func (d *fullDisk) Err() error {
	if d.room > 0 {
		return nil
	}
	return errors.New("recording the run: no space left on device")
}

// TestNobodyWasToldThatARunIsNoLongerRecorded before it was over. It is told once,
// to whoever watches and whoever reads the log, and the run goes on.
func TestNobodyWasToldThatARunIsNoLongerRecorded(t *testing.T) {
	updates := sample.Updates(sample.Story{Seconds: 3})
	for _, room := range []int{1, len(updates) / 2} {
		var shown []stats.Update
		var errs bytes.Buffer
		w := watch{record: &fullDisk{room}, show: func(_ *stats.Run, u stats.Update) { shown = append(shown, u) }, errw: &errs}
		for i, u := range updates {
			w.update(u)
			if told := strings.Count(errs.String(), "no space left"); told != 0 && i < room-1 || told != 1 && i >= room-1 {
				t.Fatalf("room for %d: told %d times after update %d", room, told, i)
			}
		}
		if len(shown) != len(updates)+1 || shown[room].Event == nil || shown[room].Event.Level != stats.Severe {
			t.Errorf("room for %d: %d updates shown of %d", room, len(shown), len(updates))
		}
		if !strings.Contains(errs.String(), "the run goes on") || w.run.Result == nil {
			t.Errorf("room for %d: it says %q", room, errs.String())
		}
	}
}

// TestARecordThatBreaksWithTheLastUpdateIsLeftToTheEnd: nothing follows Ended.
func TestARecordThatBreaksWithTheLastUpdateIsLeftToTheEnd(t *testing.T) {
	updates := sample.Updates(sample.Story{Seconds: 3})
	var errs bytes.Buffer
	w := watch{record: &fullDisk{len(updates)}, show: func(*stats.Run, stats.Update) {}, errw: &errs}
	for _, u := range updates {
		w.update(u)
	}
	if errs.Len() != 0 {
		t.Errorf("it says %q", errs.String())
	}
}

// TestADashboardIsNotWrittenOver: it shows the event itself.
func TestADashboardIsNotWrittenOver(t *testing.T) {
	events := 0
	w := watch{record: &fullDisk{1}, show: func(_ *stats.Run, u stats.Update) {
		if u.Event != nil && u.Event.Level == stats.Severe {
			events++
		}
	}}
	for _, u := range sample.Updates(sample.Story{Seconds: 3}) {
		w.update(u)
	}
	if events != 1 {
		t.Errorf("%d events", events)
	}
}
