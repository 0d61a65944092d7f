package main

import (
	"bufio"
	"net"
	"slices"
	"testing"
	"time"
)

// TestArrivalsAreCountedWhereTheyCame, in whatever order they are read.
func TestArrivalsAreCountedWhereTheyCame(t *testing.T) {
	var a arrivals
	if a.told() != nil {
		t.Error("arrivals are told of which none came")
	}
	began := time.Unix(1_700_000_000, 0)
	for _, at := range []time.Duration{4 * time.Millisecond, 33 * time.Millisecond, 0, 5 * time.Millisecond, 24 * time.Millisecond, -time.Hour, time.Hour} {
		a.add(began.Add(at).UnixNano(), true)
	}
	a.add(began.UnixNano(), false)
	if got := a.told(); !slices.Equal(got.Counts, []uint64{1, 2, 0, 2}) || got.Untold != 3 || got.Bin != 10*time.Millisecond {
		t.Errorf("%+v", got)
	}
}

// TestArrivalsAreCountedOnlyWhenAskedFor: it costs what CPU benches would weigh.
func TestArrivalsAreCountedOnlyWhenAskedFor(t *testing.T) {
	for _, asked := range []bool{false, true} {
		addr, m := serving(t, options{arrivals: asked})
		for range 3 {
			c, err := net.Dial("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			r := bufio.NewReader(c)
			ask(t, c, r)
			ask(t, c, r)
		}
		got := m.tally().Arrived
		if !asked {
			if got != nil {
				t.Errorf("%+v was counted unasked", got)
			}
			continue
		}
		sum := got.Untold
		for _, n := range got.Counts {
			sum += n
		}
		if sum != 6 {
			t.Errorf("%+v of six requests", got)
		}
	}
}
