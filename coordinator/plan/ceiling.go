package plan

import (
	"errors"
	"fmt"
	"time"

	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/stats"
)

// A Ceiling is what a null run found: how many of a file's requests a machine makes at a
// target that does nothing, and what it adds to their response times.
type Ceiling struct {
	Measured time.Time `json:"measured"`
	// Rate is the highest rate of requests a second that was kept: see kept.
	Rate      float64  `json:"requests_per_s"`
	Saturated float64  `json:"saturated_per_s"` // by closed users who ask as soon as they are answered
	Agents    int      `json:"agents"`
	Loops     int      `json:"loops_per_agent"`
	Cores     int      `json:"cores"`   // of the machine; 0 = not known
	Machine   string   `json:"machine"` // the model of its processor; "" = not known
	Without   []string `json:"without"` // what costs time in the file's load, and was left out
	Floor     Floor    `json:"floor"`
}

// A Floor are response times, from the intended start to the last byte by the agents'
// clocks, at a rate that leaves the machine idle: all that is not a real target's.
type Floor struct {
	Rate     float64       `json:"requests_per_s"`
	Requests uint64        `json:"requests"`
	P50      time.Duration `json:"p50_ns"`
	P99      time.Duration `json:"p99_ns"`
	// Target is the mean time, by its own clock, that the null target had a request, from
	// having read it to having written its answer. It is a part of the percentiles: they
	// are not lessened by it, as percentiles of a difference cannot be had from both ends.
	Target time.Duration `json:"target_mean_ns"`
	// Why the trial's rate was not kept, though it is so low: the times are of a machine that
	// was disturbed. Empty where it was kept.
	Why string `json:"why,omitempty"`
}

// A Tried is what came of one trial.
type Tried struct {
	Made     float64 // requests a second that were made and ended
	Why      string  // its rate was not kept; empty = it was
	Requests uint64
	P50, P99 time.Duration // of response times, failures as infinitely slow
	Target   time.Duration // mean that the null target had a request
}

// addsAtMost is how many times the generator's own limit of lateness the response times
// of a trial may be at the 99th percentile: all of them is this machine's doing. They may
// be more than its lateness, as the null target takes processors that a real one brings.
const addsAtMost = 5

// kept says why a trial did not keep its rate, empty where it did: the run may be
// believed, all that was intended was answered, the generator was as punctual as limit
// asks, and no queue grew: requests that wait for a connection are not late, but they are
// waiting. lag and response are 99th percentiles. What degrades a run otherwise, such as
// a busy processor, is what a ceiling is about, and stands in no way.
func kept(a stats.Accounting, v stats.Validity, lag, response, limit time.Duration) string {
	ok := a.Classes[stats.OK]
	switch {
	case a.Intended == 0:
		return "no request became due"
	case v.Verdict == stats.Invalid && len(v.Reasons) > 0:
		return v.Reasons[0]
	case ok != a.Intended:
		return fmt.Sprintf("%d of %d requests did not end well", a.Intended-ok, a.Intended)
	case lag > limit:
		return fmt.Sprintf("1 in 100 requests started more than %s after its time (limit %s)", micros(lag), micros(limit))
	case response > addsAtMost*limit:
		return fmt.Sprintf("1 in 100 responses took more than %s (limit %s)", micros(response), micros(addsAtMost*limit))
	}
	return ""
}

// TriedOf is what came of the run of a trial, but for what the null target has to say.
func TriedOf(r *stats.Run) Tried {
	var response stats.Dist
	for i := range r.Sound().Cells {
		if c := &r.Sound().Cells[i]; r.Layout.Cells[i].Recorded {
			response.Merge(c.Dist())
		}
	}
	t := Tried{Made: r.Throughput(), Requests: response.Count()}
	t.P50, _ = response.Percentile(50)
	t.P99, _ = response.Percentile(99)
	t.Why = kept(r.Accounting(true), r.Validity, r.PacerLag(r.Sound()).Percentile(99), t.P99, r.Info.LagLimit())
	return t
}

// A TrialKind is what a trial is to find out.
type TrialKind uint8

// The kinds.
const (
	AtRest     TrialKind = iota // what is added to response times where next to nothing is asked
	Saturating                  // how many requests closed users make
	AtRate                      // whether a rate is kept
)

// Line tells what came of a trial of a kind, at a rate where it has one.
func (t Tried) Line(k TrialKind, rate float64) string {
	switch {
	case k == Saturating:
		return fmt.Sprintf("closed users made %s/s", rough(t.Made))
	case k == AtRest && t.Why != "":
		return fmt.Sprintf("at rest (%s/s) p50 %s, p99 %s, though %s", rough(rate), micros(t.P50), micros(t.P99), t.Why)
	case k == AtRest:
		return fmt.Sprintf("at rest (%s/s) p50 %s, p99 %s", rough(rate), micros(t.P50), micros(t.P99))
	case t.Why != "":
		return fmt.Sprintf("%s/s was not kept: %s", rough(rate), t.Why)
	}
	return fmt.Sprintf("%s/s was kept; p50 %s, p99 %s", rough(rate), micros(t.P50), micros(t.P99))
}

// How trials are made. A search of as many rates as there may be lasts some twenty seconds with
// their starts.
const (
	floorRate     = 100 // requests a second, which leave any machine idle
	floorLength   = 2.5 // times that of a trial, so that there are requests enough for p99
	warmShare     = 4   // the part of a trial's length before it that is not recorded
	usersPerLoop  = 32  // of a trial by closed users
	inFlight      = 128 // of each loop by arrivals, which a null target's answers leave far below
	mostTrials    = 5
	closeTogether = 1.15
)

// TrialLength is how long a trial is recorded unless somebody says otherwise.
const TrialLength = 2 * time.Second

// FindCeiling makes trials: one at rest, one of closed users who ask as fast as they
// are answered, and then rates below what those made, five at most, until one is kept and
// none much above it is. An error is what try gives, or that no rate was kept.
func FindCeiling(p Place, length time.Duration, try func(TrialKind, scenarios.Trial) (Tried, error)) (Ceiling, error) {
	loops := p.Agents * p.Loops
	trial := scenarios.Trial{MaxVUs: inFlight * loops, Warm: length / warmShare, Length: length}
	rest := trial
	rest.Rate, rest.Length = floorRate, time.Duration(floorLength*float64(length))
	low, err := try(AtRest, rest)
	if err != nil {
		return Ceiling{}, err
	}
	full := trial
	full.Users = usersPerLoop * loops
	top, err := try(Saturating, full)
	if err != nil {
		return Ceiling{}, err
	}
	found := Ceiling{
		Saturated: top.Made, Agents: p.Agents, Loops: p.Loops,
		Floor: Floor{Rate: floorRate, Requests: low.Requests, P50: low.P50, P99: low.P99, Target: low.Target, Why: low.Why},
	}
	s := search{high: top.Made}
	for rate, more := s.next(); more; rate, more = s.next() {
		trial.Rate = rate
		t, err := try(AtRate, trial)
		if err != nil {
			return Ceiling{}, err
		}
		s.took(rate, t.Why)
	}
	found.Rate = s.low
	return found, s.failure()
}

// A search finds the highest rate that is kept.
type search struct {
	low, high float64 // the highest that was kept, 0 = none; the lowest that was not, or can be
	tries     int
	why       string // the lowest was not kept
}

// next is the rate to try. Open load at four fifths of what closed users reach leaves
// room for its bursts on most machines; below, halving finds one that does.
func (s *search) next() (rate float64, more bool) {
	switch {
	case s.tries == mostTrials || s.high <= 0:
		return 0, false
	case s.low == 0 && s.tries == 0:
		return 0.8 * s.high, true
	case s.low == 0:
		return s.high / 2, true
	}
	return (s.low + s.high) / 2, s.high/s.low > closeTogether
}

func (s *search) took(rate float64, why string) {
	s.tries++
	if why == "" {
		s.low = rate
		return
	}
	s.high, s.why = rate, why
}

func (s *search) failure() error {
	switch {
	case s.low > 0:
		return nil
	case s.tries == 0:
		return errors.New("the null target answered no request")
	}
	return fmt.Errorf("no rate was kept: at %s requests/s %s", rough(s.high), s.why)
}

// rough writes a rate with three digits that count.
func rough(rate float64) string {
	unit := 1.0
	for rate/unit >= 1000 {
		unit *= 10
	}
	return Thousands(int(rate/unit+0.5) * int(unit))
}
