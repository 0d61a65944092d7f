package saturation

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/stats"
)

// The parts of a system, deepest first. What is deeper makes what is above wait, so that of
// two that seem to have reached their bounds at once the deeper one is the likelier cause.
// The generator is last: it is told apart by validity, and a target that is slow fills its pool.
const (
	Disk      = "disk"
	Memory    = "memory"
	CPU       = "cpu"
	Database  = "database"
	Upstream  = "upstream"
	Pool      = "pool"
	Workers   = "workers"
	Target    = "target" // of which no more is known
	Balancer  = "balancer"
	Generator = "generator"
)

func depth(part string) int {
	return slices.Index([]string{Disk, Memory, CPU, Database, Upstream, Pool, Workers, Target, Balancer, Generator}, part)
}

// Of says what was at its bound in a trial from some second on for good, first first. Monitors
// are sampled: what came within one interval of the slowest of them is in order of depth.
func Of(run *stats.Run) []trial.Saturated {
	load := loadOf(run)
	found := generator(run, load)
	for i := range run.Monitors {
		found = append(found, monitored(run, &run.Monitors[i], load)...)
	}
	coarse := time.Second
	for i := range found {
		coarse = max(coarse, found[i].every)
	}
	slices.SortStableFunc(found, func(a, b finding) int {
		return cmp.Or(cmp.Compare(a.From/coarse, b.From/coarse), cmp.Compare(depth(a.Part), depth(b.Part)), cmp.Compare(a.From, b.From))
	})
	var all []trial.Saturated
	for i := range found {
		all = append(all, found[i].Saturated)
	}
	return all
}

// A finding is a part at its bound, and how often it was looked at.
type finding struct {
	trial.Saturated
	every time.Duration
}

// A span is the time in which a run issued load.
type span struct{ begin, end stats.Offset }

// loadOf is the time from the first phase that issues requests, that of settling too, to the end
// of the last one. Where connections are only held, it is theirs.
func loadOf(run *stats.Run) span {
	if s, ok := phases(run, func(p *stats.PhaseKey) bool { return p.Holds == 0 }); ok {
		return s
	}
	if s, ok := phases(run, func(*stats.PhaseKey) bool { return true }); ok {
		return s
	}
	return span{0, math.MaxInt64}
}

func phases(run *stats.Run, pick func(*stats.PhaseKey) bool) (s span, ok bool) {
	if run.Layout == nil {
		return s, false
	}
	for _, one := range run.Spans {
		if one.Begin == stats.Never || one.Phase >= len(run.Layout.Phases) || !pick(&run.Layout.Phases[one.Phase]) {
			continue
		}
		end := one.End
		if end == stats.Never {
			end = max(run.Now(), one.Begin)
		}
		if !ok {
			s, ok = span{one.Begin, end}, true
		}
		s.begin, s.end = min(s.begin, one.Begin), max(s.end, end)
	}
	return s, ok
}

// has says whether a moment is of the load.
func (s span) has(at stats.Offset) bool { return at >= s.begin && at <= s.end }

// A mark is whether something was at its bound at one moment.
type mark struct {
	at    stats.Offset
	there bool
}

// When a part is at its bound for good, rather than for a moment.
const (
	// mostly is the share of samples from then on. Even before a part that is at its bound the queue
	// is empty by chance now and then. Before a single server that is busy for 80 % of its time
	// somebody waits at 64 % of moments, and before several at fewer: such are not named.
	mostly = 0.8
	// start is how many samples at the beginning are held to the same share, so that a moment long
	// before is not taken for the beginning.
	start = 5
	// least is how many samples must show it: one or two at the end are a moment.
	least = 3
)

// forGood is from which mark on a part was at its bound for good, and the share of marks
// from there.
func forGood(marks []mark) (from int, share float64, ok bool) {
	n := 0
	for i := len(marks) - 1; i >= 0; i-- {
		if !marks[i].there {
			continue
		}
		n++
		s := float64(n) / float64(len(marks)-i)
		if n >= least && s >= mostly && starts(marks[i:]) {
			from, share, ok = i, s, true
		}
	}
	return from, share, ok
}

func starts(marks []mark) bool {
	marks = marks[:min(start, len(marks))]
	n := 0
	for _, m := range marks {
		if m.there {
			n++
		}
	}
	return float64(n) >= mostly*float64(len(marks))
}
