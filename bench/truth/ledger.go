package main

import (
	"time"

	"github.com/loadctl/loadctl/bench/internal/fit"
	"github.com/loadctl/loadctl/bench/internal/rows"
	"github.com/loadctl/loadctl/stats"
)

// A ledger is the rows of a trial, in ms.
type ledger struct {
	rows     uint64
	notOK    int
	untold   int // answers that said nothing of themselves
	unadded  int // pacer lag + pool wait + connecting is not written − intended
	negative int // a part of it is below 0
	sums     sums

	response, service, lag []float64 // of all that were ok
	truth, off             []float64 // of answers that told: what they say, and by how much service time is beside it
}

// take keeps the books of one request.
func (l *ledger) take(r rows.Row) {
	l.rows++
	s := &r.Sample
	if s.Class != stats.OK {
		l.notOK++
		return
	}
	l.sums.take(s)
	service, _ := s.ServiceTime()
	l.response = append(l.response, millis(s.ResponseTime()))
	l.service = append(l.service, millis(service))
	l.add(s)
	if !r.Told {
		l.untold++
		return
	}
	l.truth = append(l.truth, millis(r.True))
	l.off = append(l.off, millis(service-r.True-r.Late))
}

// add holds the parts of a request's time against each other, to the nanosecond.
func (l *ledger) add(s *stats.Sample) {
	lag, _ := s.PacerLag()
	wait, _ := s.PoolWait()
	l.lag = append(l.lag, millis(lag))
	if lag+wait+s.ConnectTime != s.Written-s.Intended {
		l.unadded++
	}
	if lag < 0 || wait < 0 || s.ConnectTime < 0 {
		l.negative++
	}
}

// sort brings all into order that is only asked for percentiles.
func (l *ledger) sort() {
	l.response, l.service, l.lag = fit.Sorted(l.response), fit.Sorted(l.service), fit.Sorted(l.lag)
}

// accounts are the bars that any run whose every request is answered must keep: it is
// complete, by its rows, its own summary and the server's count, its times add up, its
// record holds the times of the rows, and the summary tells their percentiles, but for the
// width of a bucket.
func (l *ledger) accounts(name string, m made) []bar {
	bars := []bar{
		exactly(name+"requests with a row", l.rows, m.summary.Accounting.Intended),
		exactly(name+"requests by the server's count", m.served, l.rows),
		none(name+"requests that are not ok", l.notOK),
		none(name+"rows in which pacer lag + pool wait + connect is not written − intended", l.unadded),
		none(name+"rows in which one of these is negative", l.negative),
	}
	bars = append(bars, l.sums.beside(name, m)...)
	s := &m.summary
	for _, p := range []float64{50, 99, 99.9} {
		bars = append(bars, sameAs(name+"response time "+pName(p), s.Response.At(p), l.response, p))
	}
	return append(bars, sameAs(name+"service time p99", s.Service.At(99), l.service, 99), sameAs(name+"pacer lag p99", s.PacerLag.At(99), l.lag, 99))
}

// sameAs holds what the summary says against the rows.
func sameAs(name string, told float64, rows []float64, p float64) bar {
	b := within(name+", summary beside its rows", told, fit.Percentile(rows, p), bucket, micro, ms)
	b.exact = true // both are of the same rows
	return b
}

// A histogram's bucket is a share of its values wide, and a microsecond at least.
const bucket, micro = 0.001, 0.001

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
