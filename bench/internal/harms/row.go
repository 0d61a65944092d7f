package harms

import (
	"context"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"

	"github.com/loadctl/loadctl/bench/internal/summary"
)

// A Row is what all runs under a fault came to.
type Row struct {
	Fault string `json:"fault"`
	What  string `json:"what"`
	// Reason is the pattern that one of the reasons of a right verdict must match.
	Reason string `json:"reason,omitempty"`
	Day    string `json:"day"`
	Runs   []Run  `json:"runs"` // that count
	// Disturbed are runs without harm in which others took part: neither alarm nor
	// silence of theirs is held against loadctl.
	Disturbed []Run `json:"disturbed,omitempty"`
	Invalid   int   `json:"invalid"`      // with the exit code of it; without harm, with any
	Right     int   `json:"right_reason"` // and named the cause
	// Of runs without harm: what was invalid or did not end well, and what was doubted,
	// which misses no bar.
	Wrong    int    `json:"wrong,omitempty"`
	Degraded int    `json:"degraded,omitempty"`
	Wanted   int    `json:"wanted"` // runs
	Must     string `json:"must"`
	Kept     bool   `json:"kept"`
	Skipped  string `json:"skipped,omitempty"` // why there are no runs
}

// Of 20 runs 19 must be right; of runs without harm none may be invalid.
const rightShare = 0.95

// What others may take of the machine in a run without harm.
const (
	mostSteal  = 0.02
	mostOthers = 0.10
	repeats    = 3
)

// Verdicts on a measurement that is not valid.
const invalid, degraded = "invalid", "degraded"

// Spoilt says whether a run says that it is no measurement, by verdict and exit code.
func (r Run) Spoilt() bool { return r.alarmed() && r.Exit == summary.ExitInvalid }

// Wrong says whether a run without harm does not say that all went well.
func (r Run) Wrong() bool { return r.alarmed() || r.Exit != 0 }

func (r Run) alarmed() bool { return r.Verdict == invalid }
func (r Run) doubted() bool { return r.Verdict == degraded }

// Disturbed says whether others took so much of the machine that the run tells nothing
// of one without harm.
func (r Run) Disturbed() bool { return r.Steal >= mostSteal || r.Others >= mostOthers }

// Names says whether one of a run's reasons is what is expected.
func (r Run) Names(reason *regexp.Regexp) bool {
	return reason != nil && slices.ContainsFunc(r.Reasons, reason.MatchString)
}

// Study does the fault so many times. A run without harm that others disturbed is
// repeated, and left out when they always do.
func (f Fault) Study(ctx context.Context, binary string, runs int, tell func(Run)) (row Row, err error) {
	row = Row{Fault: f.Name, What: f.What}
	if !f.Clean() {
		row.Reason = f.Reason.String()
	}
	defer func() { row.sum(f, runs) }()
	for range runs {
		for range repeats + 1 {
			r, err := f.Once(ctx, binary)
			if err != nil {
				return row, row.skip(err)
			}
			tell(r)
			if !f.Clean() || !r.Disturbed() {
				row.Runs = append(row.Runs, r)
				break
			}
			row.Disturbed = append(row.Disturbed, r)
		}
	}
	return row, nil
}

// skip keeps why a fault cannot be done here, which is no error. What was done before can
// be done: then it is one.
func (row *Row) skip(err error) error {
	var s Skipped
	if errors.As(err, &s) && len(row.Runs)+len(row.Disturbed) == 0 {
		row.Skipped = s.Why
		return nil
	}
	return err
}

// sum counts, and holds the counts against what must be.
func (row *Row) sum(f Fault, wanted int) {
	row.Invalid = count(row.Runs, Run.Spoilt)
	row.Right = count(row.Runs, func(r Run) bool { return r.Spoilt() && r.Names(f.Reason) })
	row.Wanted = wanted
	if f.Clean() {
		row.Invalid, row.Degraded = count(row.Runs, Run.alarmed), count(row.Runs, Run.doubted)
		row.Wrong = count(row.Runs, Run.Wrong)
		row.Must = fmt.Sprintf("0 of %d invalid, each with exit code 0", wanted)
		row.Kept = row.Wrong == 0 && len(row.Runs) == wanted
		return
	}
	least := int(math.Ceil(rightShare * float64(wanted)))
	row.Must = fmt.Sprintf("≥ %d of %d invalid, with the right reason", least, wanted)
	row.Kept = row.Right >= least
}

// Word is kept, MISSED, or why neither.
func (row Row) Word() string {
	switch {
	case row.Skipped != "":
		return "skipped: " + row.Skipped
	case row.Kept:
		return "kept"
	case len(row.Runs) < row.Wanted:
		return fmt.Sprintf("only %d runs count", len(row.Runs))
	}
	return "MISSED"
}

// Missed says whether the row counts as not kept. What cannot be done here was not tried,
// and is not kept either.
func (row Row) Missed() bool { return !row.Kept }

// figure stands for what differs from run to run.
var figure = regexp.MustCompile(`(\d+(\.\d+)?(ns|µs|ms|s|m|h)?)+`)

// A Saying is a reason without its figures, and in how many runs it was given.
type Saying struct {
	Text  string
	Times int
}

// Sayings are all reasons of the runs that count, the most frequent first.
func (row Row) Sayings() (all []Saying) {
	for _, r := range row.Runs {
		var said []string
		for _, reason := range r.Reasons {
			said = append(said, figure.ReplaceAllString(reason, "#"))
		}
		slices.Sort(said)
		for _, text := range slices.Compact(said) {
			i := slices.IndexFunc(all, func(s Saying) bool { return s.Text == text })
			if i < 0 {
				i, all = len(all), append(all, Saying{Text: text})
			}
			all[i].Times++
		}
	}
	slices.SortStableFunc(all, func(a, b Saying) int { return b.Times - a.Times })
	return all
}

// Clean says whether the row is of runs to which nothing was done.
func (row Row) Clean() bool { return row.Fault == clean }

// Alarms are the runs that are invalid and, of runs without harm, those that failed besides.
func (row Row) Alarms() string {
	if more := row.Wrong - row.Invalid; more > 0 {
		return fmt.Sprintf("%d, %d more failed", row.Invalid, more)
	}
	return fmt.Sprint(row.Invalid)
}

// By tells of disturbed runs: how many of those that count or, where disturbed ones do
// not, how many besides, and how many of them were invalid.
func (row Row) By() string {
	if row.Clean() {
		return fmt.Sprintf("%d more, %d of them invalid", len(row.Disturbed), count(row.Disturbed, Run.alarmed))
	}
	return fmt.Sprint(count(row.Runs, Run.Disturbed))
}

func count(runs []Run, is func(Run) bool) (n int) {
	for _, r := range runs {
		if is(r) {
			n++
		}
	}
	return n
}
