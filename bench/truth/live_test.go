package main

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loadctl/loadctl/bench/internal/fit"
	"github.com/loadctl/loadctl/bench/internal/rows"
	"github.com/loadctl/loadctl/stats"
)

// TestSeedsLeaveTheBarsToTheTool: in virtual time, without any tool, the runs keep the
// bars with half of them to spare, and each schedule is Poisson in all windows.
func TestSeedsLeaveTheBarsToTheTool(t *testing.T) {
	for _, c := range []queueCase{mm8, dm1} {
		responses := c.run.Responses()
		for p, share := range c.bars {
			if off := fit.Percentile(responses, p)/(1e3*c.quantile(p/100)) - 1; math.Abs(off) > share/2 {
				t.Errorf("servers %d, seed %d: p%g is %+.1f %% off the formula in virtual time", c.run.Settings.Servers, c.run.Seed, p, 100*off)
			}
		}
	}
	for _, r := range rates {
		due := r.Arrivals()
		if share := evenWindows(ticked(due), due, r.Length); share < 100 {
			t.Errorf("%g/s, seed %d: by ticks of 1 ms %g %% of windows are Poisson", r.Rate, r.Seed, share)
		}
		if share, d := evenWindows(due, due, r.Length), dispersed(due, r.Length); share < 100 || math.Abs(d-1) > dispersion/2 {
			t.Errorf("%g/s, seed %d: %g %% of windows are Poisson, dispersion %v", r.Rate, r.Seed, share, d)
		}
		sinceFirst := make([]float64, len(due)) // as a server counts them, which knows no schedule
		for i, at := range due {
			sinceFirst[i] = at - due[0]
		}
		if d := dispersed(sinceFirst, r.Length); math.Abs(d-1) > dispersion/2 {
			t.Errorf("%g/s, seed %d: from its first arrival on its dispersion is %v", r.Rate, r.Seed, d)
		}
	}
}

// ticked are arrivals as a perfect pacer writes them that wakes each millisecond and takes
// ten microseconds for a request.
func ticked(due []float64) (written []float64) {
	free := 0.0
	for _, at := range due {
		at = max(math.Ceil(at*1000)/1000, free)
		free = at + 10e-6
		written = append(written, at)
	}
	return written
}

// request is an answered one that began at a moment, was taken up lag later, and took so
// long by its answer's word and off more by the tool's.
func request(at, lag, took, off time.Duration) rows.Row {
	written := at + lag
	return rows.Row{Told: true, True: took, Late: 30 * time.Microsecond, Sample: stats.Sample{Class: stats.OK, Status: 200,
		Intended: at, Scheduled: written, Connected: written, Written: written, FirstByte: written + took, Done: written + took + 30*time.Microsecond + off}}
}

// missed are the names of bars that are.
func missed(bars []bar) (names []string) {
	for _, b := range bars {
		if !b.Kept {
			names = append(names, b.Name)
		}
	}
	return names
}

// exponential are requests with exponential times of 10 ms by their answers.
func exponential(n int, off func(took time.Duration) time.Duration) *ledger {
	rng := rand.New(rand.NewPCG(5, 6))
	var l ledger
	for i := range n {
		took := time.Duration(rng.ExpFloat64() * float64(10*time.Millisecond))
		l.take(request(time.Duration(i)*time.Millisecond, 5*time.Microsecond, took, off(took)))
	}
	return &l
}

func TestErrorsOfRequestsAreSeen(t *testing.T) {
	for name, c := range map[string]struct {
		off  func(time.Duration) time.Duration
		want []string
	}{
		"a good tool":     {func(time.Duration) time.Duration { return 50 * time.Microsecond }, nil},
		"always too long": {func(time.Duration) time.Duration { return 300 * time.Microsecond }, []string{"x: error of a request, median"}},
		"too short":       {func(time.Duration) time.Duration { return -300 * time.Microsecond }, []string{"x: error of a request, median"}},
		"stretched": {func(took time.Duration) time.Duration { return took / 300 },
			[]string{"x: trend of the error between a median request and one of a thousand"}},
		"rarely late": {func(took time.Duration) time.Duration { return (took % 50) / 49 * 2 * time.Millisecond }, []string{"x: error of a request, p99"}},
	} {
		bars, _ := exponential(50_000, c.off).errors("x: ")
		if got := missed(bars); !slices.Equal(got, c.want) {
			t.Errorf("%s: missed %q, want %q", name, got, c.want)
		}
	}
}

func TestAccountsThatDoNotAddUpAreSeen(t *testing.T) {
	l := exponential(1000, func(time.Duration) time.Duration { return 0 })
	l.sort()
	m := sound(l)
	if got := missed(l.accounts("", m)); got != nil {
		t.Errorf("missed %q of a sound run", got)
	}
	lost, of := m, 0
	lost.served, lost.summary.Response.P99 = 999, &[]float64{*m.summary.Response.P99 * 1.01}[0]
	for _, want := range []string{"server", "p99,"} {
		for _, name := range missed(l.accounts("", lost)) {
			if strings.Contains(name, want) {
				of++
			}
		}
	}
	if of != 2 {
		t.Errorf("missed %q", missed(l.accounts("", lost)))
	}
	r := request(0, 0, time.Millisecond, 0)
	r.Sample.Written += 1
	l.take(r)
	r.Sample.Class = stats.Timeout
	l.take(r)
	if l.unadded != 1 || l.notOK != 1 || l.rows != 1002 {
		t.Errorf("%+v", []int{l.unadded, l.notOK, int(l.rows)})
	}
}

// TestAWindowWithoutRequestsIsNotEven where the schedule has some in it.
func TestAWindowWithoutRequestsIsNotEven(t *testing.T) {
	var due, written []float64
	for i := range 100 {
		at := 0.04*float64(i) + 0.01 // four windows
		if at > 2 && at < 3 {
			continue // in which none is due
		}
		if due = append(due, at); at < 1 || at > 2 {
			written = append(written, at)
		}
	}
	if share := evenWindows(due, due, 4*time.Second); share != 100 {
		t.Errorf("%v %% of the schedule's own windows", share)
	}
	if share := evenWindows(written, due, 4*time.Second); share != 75 {
		t.Errorf("%v %% of windows, of which one of four lacks its requests", share)
	}
}

// A tool that delays all, by ticks, in bursts, or that leaves some out.
func TestArrivalsThatAreNotPoissonAreSeen(t *testing.T) {
	run := rates[0]
	due := run.Arrivals()
	const began = 1.5
	for name, c := range map[string]struct {
		lag  func(at float64) float64 // s
		want []string
	}{
		"in time": {func(float64) float64 { return 1e-5 }, nil},
		"by ticks": {func(at float64) float64 { return math.Ceil(at*1000)/1000 - at },
			nil},
		"by slow ticks": {func(at float64) float64 { return math.Ceil(at*10)/10 - at },
			[]string{"windows in which written requests are Poisson, p > 0.01", "dispersion of written requests in 10 ms", "pacer lag, p99"}},
	} {
		var w moments
		for _, at := range due {
			lag := c.lag(at)
			w.take(request(seconds(began+at), seconds(lag), time.Millisecond, 0))
		}
		var names []string
		for _, n := range missed(w.judge(trial{Run: run, pacing: "ticks"}, uint64(len(due)))) {
			names = append(names, strings.TrimPrefix(n, "1000/s ticks: "))
		}
		if !slices.Equal(names, c.want) {
			t.Errorf("%s: missed %q, want %q", name, names, c.want)
		}
	}
	var w moments
	for _, at := range due[1:] {
		w.take(request(seconds(at), 0, time.Millisecond, 0))
	}
	if got := missed(w.judge(trial{Run: run, pacing: "precise"}, uint64(len(due)))); len(got) < 2 {
		t.Errorf("an arrival that is missing is not: %q", got)
	}
}

func seconds(s float64) time.Duration { return time.Duration(math.Round(s * float64(time.Second))) }

func TestADisturbedTrialIsMadeAgain(t *testing.T) { synctest.Test(t, testTried) } // its rests take no time

func testTried(t *testing.T) {
	kept, failed := []bar{none("x", 0)}, []bar{none("x", 0), atMost("y", 2, 1, ms), none("z", 1)}
	const gone = "y, z (others took "
	for name, c := range map[string]struct {
		trials []found
		want   int    // of these counts, from 0
		note   string // besides its own
	}{
		"kept at once":           {[]found{{bars: kept}, {bars: failed}}, 0, ""},
		"kept, though disturbed": {[]found{{bars: kept, taken: .5}, {bars: kept}}, 0, ""},
		"missed undisturbed":     {[]found{{bars: failed, taken: .08}, {bars: kept}}, 0, ""},
		"kept the second time":   {[]found{{bars: failed, taken: .5}, {bars: kept, taken: .6}}, 1, "try 2 of 3; missed before: " + gone + "50.0 %)"},
		"the quietest": {[]found{{bars: failed, taken: .3}, {bars: failed, taken: .2}, {bars: failed, taken: .4}}, 1,
			"try 2 of 3; missed before: " + gone + "30.0 %); missed after it: " + gone + "40.0 %)"},
	} {
		n := 0
		got, err := tried(context.Background(), 3, func() (found, error) { n++; return c.trials[n-1], nil })
		want := c.trials[c.want]
		if err != nil || got.taken != want.taken || !slices.Equal(got.missed(), want.missed()) || strings.Join(got.notes, "|") != c.note {
			t.Errorf("%s: %+v (%v), want %+v and %q", name, got, err, want, c.note)
		}
		for _, b := range got.bars {
			if b.excused != (b.Name == "y" && want.disturbed()) {
				t.Errorf("%s: %s is excused: %v", name, b.Name, b.excused)
			}
		}
	}
	if _, err := tried(context.Background(), 3, func() (found, error) { return found{}, errors.New("no server") }); err == nil {
		t.Error("an error is lost")
	}
}
