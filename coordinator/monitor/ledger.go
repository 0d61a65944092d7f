package monitor

import (
	"math"

	"github.com/loadctl/loadctl/stats"
)

// A ledger turns readings of one source, in order of time, into samples.
type ledger struct {
	most     int // series that are kept
	at       stats.Offset
	instance string
	before   map[string]number
	state    *condition
	changes  []string        // since the reading before
	told     map[string]bool // series that were introduced
	leftOut  map[string]bool // those that were one too many
}

// enter makes a sample of a reading. The first one, and those of another instance than
// the one before, have no growth to tell.
func (l *ledger) enter(at stats.Offset, r reading) *stats.MonitorSample {
	if r.instance != l.instance {
		l.before, l.state = nil, nil
	}
	e := entry{l: l, sample: &stats.MonitorSample{At: at, Values: map[string]float64{}}, seconds: (at - l.at).Seconds()}
	now := make(map[string]number, len(r.numbers))
	for i := range r.numbers {
		n := &r.numbers[i]
		if _, twice := now[n.Name]; twice || len(now) >= maxBefore {
			continue
		}
		now[n.Name] = *n
		e.number(n)
	}
	l.changes = r.state.since(l.state)
	l.at, l.instance, l.before, l.state = at, r.instance, now, r.state
	return e.sample
}

// An entry is a sample being made.
type entry struct {
	l       *ledger
	sample  *stats.MonitorSample
	seconds float64
}

func (e *entry) number(n *number) {
	var before *number
	if b, has := e.l.before[n.Name]; has {
		before = &b
	}
	if n.nature == histogram {
		e.histogram(n, before)
		return
	}
	if v, known := n.since(before, e.seconds); known {
		e.put(n.MonitorSeries, v)
	}
}

// quantiles are those that are asked of histograms.
var quantiles = [...]struct {
	name string
	p    float64
}{{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}}

func (e *entry) histogram(n, before *number) {
	if before == nil || e.seconds <= 0 {
		return
	}
	grown, ok := between(n.buckets, before.buckets)
	if !ok || len(grown) == 0 {
		return
	}
	for i, q := range quantiles {
		v, some := rank(q.p, grown)
		s := n.MonitorSeries
		s.Name, s.Label = n.Name+" "+q.name, q.name+" ≤"
		if n.Label != n.Chart && n.Label != "" {
			s.Label = n.Label + " " + s.Label
		}
		s.Main = n.Main && i == len(quantiles)-1
		if some {
			e.put(s, v)
		}
	}
	s := n.MonitorSeries
	s.Name, s.Chart, s.Unit, s.Main = n.Name+" count", n.Chart+", how many", "/s", false
	e.put(s, grown[len(grown)-1].count/e.seconds)
}

// put keeps a value, and introduces its series when it is new and there is room. What is
// less than everything is none: a foreign histogram may have such a bound.
func (e *entry) put(s stats.MonitorSeries, v float64) {
	if math.IsNaN(v) || math.IsInf(v, -1) {
		return
	}
	l := e.l
	if !l.told[s.Name] {
		if len(l.told) >= l.most {
			if l.leftOut == nil {
				l.leftOut = map[string]bool{}
			}
			if len(l.leftOut) < maxLeftOut {
				l.leftOut[s.Name] = true
			}
			return
		}
		if l.told == nil {
			l.told = map[string]bool{}
		}
		l.told[s.Name] = true
		e.sample.Series = append(e.sample.Series, s)
	}
	e.sample.Values[s.Name] = v
}

// Bounds of what is remembered of a source that tells more than is kept: of which series
// the last value is known, and which are counted as left out.
const (
	maxBefore  = 10_000
	maxLeftOut = 10_000
)

// forget takes back the series that a sample introduced which nobody was told.
func (l *ledger) forget(s *stats.MonitorSample) {
	for _, one := range s.Series {
		delete(l.told, one.Name)
	}
}
