package main

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/bench/internal/fit"
	"github.com/loadctl/loadctl/bench/internal/rows"
	"github.com/loadctl/loadctl/bench/internal/summary"
	"github.com/loadctl/loadctl/stats"
)

// everyPart are requests of which each part of the time is above 0 in some.
func everyPart(n int) (all []rows.Row) {
	rng := rand.New(rand.NewPCG(7, 8))
	for i := range n {
		part := func(most time.Duration) time.Duration { return time.Duration(rng.Int64N(int64(most))) }
		s := stats.Sample{Class: stats.OK, Status: 200, Intended: time.Duration(i) * time.Millisecond}
		s.Scheduled = s.Intended + part(100*time.Microsecond)
		if i%10 == 0 {
			s.ConnectTime = 1 + part(time.Millisecond)
		}
		s.Connected = s.Scheduled + part(2*time.Millisecond) + s.ConnectTime
		s.Written = s.Connected
		s.FirstByte = s.Written + part(9*time.Millisecond)
		s.Done = s.FirstByte + part(time.Millisecond)
		all = append(all, rows.Row{Sample: s})
	}
	return all
}

// sound is what a run without a fault has kept and says of a ledger, sorted.
func sound(l *ledger) made {
	m := made{counted: counted{served: l.rows}, recorded: l.sums}
	s := &m.summary
	s.Accounting.Intended = l.rows
	for i, t := range []*summary.Times{&s.Response, &s.Service, &s.FirstByte, &s.PacerLag, &s.PoolWait, &s.Connect} {
		t.Count = l.sums[i].count
		if t.Count > 0 {
			mean := float64(l.sums[i].mean()) / 1e6
			t.Mean = &mean
		}
	}
	told := func(sorted []float64, p float64) *float64 { v := fit.Percentile(sorted, p) * 1.0005; return &v }
	s.Response.P50, s.Response.P99, s.Response.P999 = told(l.response, 50), told(l.response, 99), told(l.response, 99.9)
	s.Service.P99, s.PacerLag.P99 = told(l.service, 99), told(l.lag, 99)
	return m
}

// TestARecorderIsHeldAgainstItsRows, and what it drops or misfiles is seen.
func TestARecorderIsHeldAgainstItsRows(t *testing.T) {
	r, run := stats.NewRecorder(layoutOfOne(), nil), new(stats.Run)
	run.Apply(stats.Update{Started: &stats.Started{Layout: layoutOfOne()}})
	var l ledger
	for i, row := range everyPart(3000) {
		l.take(row)
		r.Record(&row.Sample)
		if row.Sample.ConnectTime > 0 {
			r.Connect(0, row.Sample.ConnectTime)
		}
		if i%1000 == 999 {
			window := int64(i / 1000)
			run.Apply(stats.Update{Window: &stats.Window{Index: window, Merged: r.Cut(window)}})
		}
	}
	l.sort()
	m := sound(&l)
	m.recorded = recorded(run)
	if got := missed(l.accounts("", m)); got != nil {
		t.Errorf("missed %q of a sound recorder", got)
	}
	for i, name := range timeNames {
		if m.recorded[i].count == 0 || m.recorded[i].sum == 0 {
			t.Fatalf("no %s: nothing is tried", name)
		}
		dropped, late := m, m
		dropped.recorded[i] = total{}
		late.recorded[i].sum++
		for _, m := range []made{dropped, late} {
			if got := strings.Join(missed(l.accounts("", m)), "; "); !strings.Contains(got, name) {
				t.Errorf("%s as %+v: missed %q", name, m.recorded[i], got)
			}
		}
	}
}

// TestTimesThatTheSummaryTellsWrongAreSeen, though the record is right.
func TestTimesThatTheSummaryTellsWrongAreSeen(t *testing.T) {
	var l ledger
	for _, row := range everyPart(3000) {
		l.take(row)
	}
	l.sort()
	m := sound(&l)
	m.summary.PoolWait.Count--
	m.summary.Connect = m.summary.FirstByte
	if m.summary.PacerLag.Mean = nil; m.recorded != l.sums {
		t.Fatal("the record is not right")
	}
	got := missed(l.accounts("", m))
	if want := "kinds of times of which the summary tells another count or mean"; len(got) != 1 || got[0] != want {
		t.Errorf("missed %q, want %q", got, want)
	}
}

func layoutOfOne() *stats.Layout {
	return &stats.Layout{Phases: []stats.PhaseKey{{Name: "load", Recorded: true}}, Cells: []stats.CellKey{{Name: "/", Method: "GET", Recorded: true}}}
}

// TestTheWholeRecordStandsInForASummaryThatLacksSeconds.
func TestTheWholeRecordStandsInForASummaryThatLacksSeconds(t *testing.T) {
	var response, lag stats.Histogram
	for i := range 1000 {
		response.Record(time.Duration(i+1) * time.Millisecond)
		lag.Record(time.Millisecond)
	}
	r := &stats.Run{}
	r.Apply(stats.Update{Started: &stats.Started{Layout: &stats.Layout{Cells: make([]stats.CellKey, 1), Phases: make([]stats.PhaseKey, 1)}}})
	for i, partial := range []bool{false, true, false} {
		r.Apply(stats.Update{Window: &stats.Window{Index: int64(i), Partial: partial, Merged: &stats.Snapshot{
			Window: int64(i), Cells: []stats.CellStats{{Response: &response}}, Phases: []stats.PhaseStats{{PacerLag: &lag}},
		}}})
	}
	var s summary.Summary
	ofWhole(&s, r)
	if leftOut(r) != 1 || s.Response.Count != 3000 || s.Response.At(50) != 500.170751 || s.PacerLag.Count != 3000 || s.Connect.Count != 0 {
		t.Errorf("%d left out; %+v, p50 %v", leftOut(r), s, s.Response.At(50))
	}
}
