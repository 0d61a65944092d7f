package main

import (
	"math"
	"time"

	"github.com/loadctl/loadctl/bench/internal/summary"
	"github.com/loadctl/loadctl/stats"
)

// Sums are what all times of a kind come to. A recorder keeps them to the nanosecond, so that
// nothing it drops, doubles or puts in another's place is lost in a bucket.
type sums [len(timeNames)]total

type total struct {
	count uint64
	sum   time.Duration
}

const (
	responses = iota
	services
	firstBytes
	pacerLags
	poolWaits
	connects // of connections that were opened, for one request each
)

var timeNames = [...]string{"response time", "service time", "first byte time", "pacer lag", "pool wait", "connect time"}

func (t *total) add(d time.Duration, there bool) {
	if there {
		t.count++
		t.sum += d
	}
}

// mean is as stats.Histogram's: whole nanoseconds, not rounded up.
func (t total) mean() time.Duration {
	if t.count == 0 {
		return 0
	}
	return t.sum / time.Duration(t.count)
}

// take adds the times of a request that is ok.
func (all *sums) take(s *stats.Sample) {
	all[responses].add(s.ResponseTime(), true)
	all[services].add(s.ServiceTime())
	all[firstBytes].add(s.FirstByteTime())
	all[pacerLags].add(s.PacerLag())
	all[poolWaits].add(s.PoolWait())
	all[connects].add(s.ConnectTime, s.ConnectTime > 0)
}

// leftOut are the seconds that a run's summary lacks: those which its generator spoilt, and
// those in which an agent did not report.
func leftOut(r *stats.Run) (seconds int) {
	for i := range r.Windows {
		if r.Windows[i].Excluded() {
			seconds++
		}
	}
	return seconds
}

// ofWhole puts in place of a summary's times, which lack seconds, those of the whole record: rows
// and truths are of all seconds too.
func ofWhole(s *summary.Summary, r *stats.Run) {
	var all [len(timeNames)]stats.Histogram
	eachOf(r.Total(), func(kind int, h *stats.Histogram) { all[kind].Merge(h) })
	for kind, t := range []*summary.Times{&s.Response, &s.Service, &s.FirstByte, &s.PacerLag, &s.PoolWait, &s.Connect} {
		*t = timesOf(&all[kind])
	}
}

func timesOf(h *stats.Histogram) summary.Times {
	told := func(d time.Duration) *float64 {
		ms := millis(d)
		return &ms
	}
	return summary.Times{Count: h.Count(), Mean: told(h.Mean()), P50: told(h.Percentile(50)), P99: told(h.Percentile(99)), P999: told(h.Percentile(99.9))}
}

// recorded is what the run's recorders held: all seconds of it.
func recorded(r *stats.Run) (all sums) {
	eachOf(r.Total(), func(kind int, h *stats.Histogram) {
		all[kind].count += h.Count()
		all[kind].sum += h.Sum()
	})
	return all
}

// eachOf gives every histogram of a record, with its kind.
func eachOf(s *stats.Snapshot, take func(kind int, h *stats.Histogram)) {
	for i := range s.Cells {
		c := &s.Cells[i]
		take(responses, c.Response)
		take(services, c.Service)
		take(firstBytes, c.FirstByte)
	}
	for i := range s.Phases {
		p := &s.Phases[i]
		take(pacerLags, p.PacerLag)
		take(poolWaits, p.PoolWait)
		take(connects, p.Connect)
	}
}

// beside holds what was recorded against the rows, which these are the sums of: each time by
// itself, then response time less service time, which is the send lag, against its parts, and
// last what the summary makes of them.
func (all *sums) beside(name string, m made) (bars []bar) {
	r := &m.recorded
	counts, untrue := 0, 0
	for i, t := range told(&m.summary) {
		bars = append(bars, exactly(name+timeNames[i]+", sum as recorded beside its rows", uint64(r[i].sum), uint64(all[i].sum)).in(ns))
		if r[i].count != all[i].count {
			counts++
		}
		if !all[i].toldBy(t) {
			untrue++
		}
	}
	lag := r[pacerLags].sum + r[poolWaits].sum + r[connects].sum
	return append(bars, none(name+"kinds of times of which the summary tells another count or mean", untrue),
		exactly(name+"response − service time as recorded, pacer lag + pool wait + connect as recorded", uint64(r[responses].sum-r[services].sum), uint64(lag)).in(ns),
		none(name+"kinds of times recorded in another number than that of their rows", counts))
}

// told are the times of a summary, in the order of sums.
func told(s *summary.Summary) [len(timeNames)]summary.Times {
	return [...]summary.Times{s.Response, s.Service, s.FirstByte, s.PacerLag, s.PoolWait, s.Connect}
}

// toldBy says whether a summary tells just this.
func (t total) toldBy(s summary.Times) bool {
	if s.Mean == nil {
		return t.count == 0 && s.Count == 0
	}
	return s.Count == t.count && time.Duration(math.Round(*s.Mean*1e6)) == t.mean()
}
