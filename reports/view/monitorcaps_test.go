package view

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// full is a monitor of two workers. The first is at its bound from the second sample to the
// fourth, and there it is raised; what the second may hold is not known at first.
func fullWorkers() stats.Monitor {
	const what = "connections: those beyond wait"
	unknown := math.NaN()
	return stats.Monitor{
		Name: "target", Every: time.Second,
		Series: []stats.MonitorSeries{
			{Name: "0", Label: "worker 0", Cap: "0 cap", AtCap: what}, {Name: "0 cap"},
			{Name: "1", Label: "worker 1", Cap: "1 cap", AtCap: what}, {Name: "1 cap"}, {Name: "2", Label: "worker 2", Cap: "not told"},
		},
		Times:  []stats.Offset{0, 1e9, 2e9, 3e9, 4e9},
		Values: [][]float64{{9, 10, 10, 2000, 1}, {10, 10, 10, 2000, 2000}, {5, 5, 5, 5, 4}, {unknown, unknown, unknown, 5, 5}, {9, 9, 9, 9, 9}},
	}
}

// TestWhatWasAtItsBoundIsNamed: with the moments, and in the head of the report once.
func TestWhatWasAtItsBoundIsNamed(t *testing.T) {
	m := fullWorkers()
	full := atCaps(&m)
	if len(full) != 2 || full[1] != "worker 1: 5 of 5 connections: those beyond wait (one sample, at 00:03)" ||
		full[0] != "worker 0: "+Number(2000)+" of "+Number(2000)+" connections: those beyond wait (3 of 5 samples, from 00:01 to 00:03)" {
		t.Errorf("%q", full)
	}
	notes := fullNotes([]Monitor{{Name: "idle"}, {Name: "target", Full: full}, {Name: "other", Full: full[1:]}})
	if len(notes) != 2 || !strings.HasSuffix(notes[0], "; and 1 more like it.") || !strings.HasPrefix(notes[0], "target worker 0: ") ||
		notes[1] != "other worker 1: 5 of 5 connections: those beyond wait (one sample, at 00:03)." {
		t.Errorf("%q", notes)
	}
}
