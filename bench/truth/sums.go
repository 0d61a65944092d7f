package main

import (
	"math"
	"time"

	"github.com/loadctl/loadctl/bench/internal/summary"
	"github.com/loadctl/loadctl/reports/runfile"
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

// record reads what the files of a run hold.
func record(dir string) (sums, error) {
	r, err := runfile.Open(dir)
	if err != nil {
		return sums{}, err
	}
	return recorded(r), nil
}

// recorded is what the run's recorders held: all seconds of it.
func recorded(r *stats.Run) (all sums) {
	add := func(kind int, h *stats.Histogram) {
		all[kind].count += h.Count()
		all[kind].sum += h.Sum()
	}
	whole := r.Total()
	for i := range whole.Cells {
		c := &whole.Cells[i]
		add(responses, c.Response)
		add(services, c.Service)
		add(firstBytes, c.FirstByte)
	}
	for i := range whole.Phases {
		p := &whole.Phases[i]
		add(pacerLags, p.PacerLag)
		add(poolWaits, p.PoolWait)
		add(connects, p.Connect)
	}
	return all
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
	summed := none(name+"kinds of times of which the summary tells another count or mean", untrue)
	summed.exact = false // it leaves out seconds that an agent did not report in time
	lag := r[pacerLags].sum + r[poolWaits].sum + r[connects].sum
	return append(bars, summed,
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
