package tune

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
)

// mostValues of a parameter are tried: of two parameters that is a first rung of 36.
const mostValues = 6

// around is how far a grid reaches beyond what laws say, down and up: they know nothing of contention.
const around = 2

// What no grid goes beyond, whatever facts say: a day, and as many of anything.
const (
	longest = 86_400.0
	largest = 1e6
)

// Grid has the values to try of a parameter: a logarithmic grid around what laws say, with the
// values of the laws themselves and the one in force, and why. Where no law knows anything, it is
// wide. Of workers it reaches down to half the cores: laws count on waiting.
func Grid(name string, k Kind, f Facts) (Param, error) {
	if err := f.validate(k); err != nil {
		return Param{}, err
	}
	p := Param{Name: name}
	if k == Choice {
		p.Values = withCurrent(f.Choices, f.Current)
		p.Why = []string{fmt.Sprintf("all %d that there are", len(p.Values))}
		return p, nil
	}
	low, high, most := 4.0, 128.0, largest
	steps, write := 1.0, whole // in one
	if k == CacheTTL {
		low, high, most, steps, write = 1, 300, longest, 10, lasting
	}
	unit, starts := 1/steps, Starts(k, f)
	if len(starts) > 0 {
		low, high = reach(starts, most)
	} else {
		p.Why = append(p.Why, "no law has its facts: a wide grid")
	}
	if k == Workers && f.Cores > 0 {
		low, starts = min(low, float64(max(f.Cores/2, 1))), append(starts, byCores(f))
	}
	for _, s := range starts {
		p.Why = append(p.Why, s.Why)
	}
	if floor, ok := byDeadlock(f); ok && k == Pool {
		low = max(low, floor.Value) // below, it may stand still for ever
	}
	if k == CacheTTL && f.Stale > 0 {
		high = min(high, f.Stale.Seconds()) // not a point to look beyond
	}
	if f.Most > 0 && high > float64(f.Most) {
		high = float64(f.Most)
		p.Why = append(p.Why, fmt.Sprintf("no more than %d can be had", f.Most))
	}
	high = max(high, unit, min(low, float64(cmp.Or(f.Most, math.MaxInt32))))
	low = min(max(low, unit), high)
	values := spaced(low, high, steps, k == Overflow || k == CacheTTL)
	p.Values = written(with(values, said(starts, low, high, steps), f.Current), f.Current, write)
	return p, nil
}

// byCores is where workers are that hardly wait. It is no law of how many serve most, and a grid is not widened around it.
func byCores(f Facts) Start {
	return Start{float64(f.Cores), fmt.Sprintf("workers that compute and hardly wait do best at about one for each core, %d: values begin at half of that or below", f.Cores)}
}

// reach is the range of a grid around some starts, up to most.
func reach(starts []Start, most float64) (low, high float64) {
	low, high = math.Inf(1), 0
	for _, s := range starts {
		low, high = min(low, s.Value/around), max(high, s.Value*around)
	}
	return min(low, most), min(high, most)
}

// onStep is the nearest value of so many steps in one.
func onStep(v, steps float64) float64 { return math.Round(v*steps) / steps }

// spaced are values by the same factor from low to high, in whole steps. none has 0 before them.
func spaced(low, high, steps float64, none bool) (all []float64) {
	n := mostValues
	if none {
		all, n = append(all, 0), n-1
	}
	for i := range n {
		v := onStep(low*math.Pow(high/low, float64(i)/float64(n-1)), steps)
		if !slices.Contains(all, v) {
			all = append(all, v)
		}
	}
	return all
}

// said are the values of starts that may be tried.
func said(starts []Start, low, high, steps float64) (all []float64) {
	for _, s := range starts {
		if v := onStep(s.Value, steps); s.Value >= low && s.Value <= high && v > 0 {
			all = append(all, v)
		}
	}
	return all
}

// with puts what must be there among values: what was said, and what is in force. Each is beside
// them as long as there is room, and else in place of the nearest that need not be there.
func with(values, must []float64, current string) []float64 {
	if now, ok := read(current); ok {
		must = append(must, now)
	}
	for _, v := range must {
		if slices.Contains(values, v) {
			continue
		}
		free := slices.DeleteFunc(slices.Clone(values), func(f float64) bool { return slices.Contains(must, f) })
		if len(values) < mostValues || len(free) == 0 {
			values = append(values, v)
			continue
		}
		near := slices.MinFunc(free, func(a, b float64) int { return cmp.Compare(apart(a, v), apart(b, v)) })
		values[slices.Index(values, near)] = v
	}
	slices.Sort(values)
	return values
}

// written are values as text, the one in force as it was read.
func written(values []float64, current string, write func(float64) string) (all []string) {
	now, ok := read(current)
	for _, v := range values {
		text := write(v)
		if ok && now == v {
			text = current
		}
		if !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	return all
}

func apart(a, b float64) float64 { return math.Abs(math.Log((a + 0.01) / (b + 0.01))) }

// read takes a number, or a time in seconds.
func read(s string) (float64, bool) {
	if v, err := strconv.ParseFloat(s, 64); err == nil {
		return v, v >= 0 && !math.IsInf(v, 0)
	}
	d, err := time.ParseDuration(s)
	return d.Seconds(), err == nil && d >= 0
}

func whole(v float64) string { return strconv.FormatFloat(v, 'f', 0, 64) }

func lasting(v float64) string {
	return time.Duration(math.Round(v*1000) * float64(time.Millisecond)).String()
}

func withCurrent(choices []string, current string) []string {
	all := slices.Clone(choices)
	if current != "" && !slices.Contains(all, current) {
		all = append(all, current)
	}
	return all
}

// validate says what is wrong with facts, all at once.
func (f Facts) validate(k Kind) error {
	var errs []error
	if !slices.Contains([]Kind{Workers, Threads, Pool, Overflow, UpstreamPool, CacheTTL, Choice}, k) {
		errs = append(errs, fmt.Errorf("kind: %q is none of workers, threads, pool, max_overflow, upstream_pool, cache_ttl, choice", k))
	}
	if k == Choice && len(f.Choices) == 0 {
		errs = append(errs, errors.New("choices: give those that there are"))
	}
	for _, of := range []struct {
		name string
		v    float64
	}{{"cores", float64(f.Cores)}, {"spindles", float64(f.Spindles)}, {"rate", f.Rate}, {"processes", float64(f.Processes)}, {"hold", float64(f.Hold)},
		{"may_wait", f.MayWait}, {"wait", float64(f.Wait)}, {"compute", float64(f.Compute)}, {"busy", f.Busy}, {"takers", float64(f.Takers)},
		{"each", float64(f.Each)}, {"alpha", f.Alpha}, {"beta", f.Beta}, {"key_rate", f.KeyRate}, {"stale", float64(f.Stale)}, {"most", float64(f.Most)}} {
		if !(of.v >= 0) || math.IsInf(of.v, 0) {
			errs = append(errs, fmt.Errorf("%s: must not be negative, got %v", of.name, of.v))
		}
	}
	if f.offered0() > mostOffered {
		errs = append(errs, fmt.Errorf("rate × hold: %s connections would be busy: more than %s are not reckoned with", number(f.offered0()), number(mostOffered)))
	}
	return errors.Join(errs...)
}

// mostOffered bounds the work of reckoning.
const mostOffered = 1e6

func (f Facts) offered0() float64 { return f.Rate * f.Hold.Seconds() }
