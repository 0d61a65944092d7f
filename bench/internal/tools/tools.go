// Package tools knows load generators other than loadctl, and loadctl as one of them:
// how each is told to make a load, and what it then says. It reads percentiles as a
// tool prints them, and what else it says of its own load, word by word; it refuses to
// judge either.
package tools

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Load is what all tools are asked for: requests at a constant rate, whatever the
// target does. Tools that cannot do that make what is closest.
type Load struct {
	URL    string // ends in /
	Rate   float64
	Length time.Duration
	// Usual is the mean response time without trouble: as many connections as it takes,
	// by Little's law, is what a closed loop is given.
	Usual time.Duration
	// AtLeast is how many connections a closed loop has in any case.
	AtLeast int
	Poisson bool   // the arrivals, for who can choose
	Dir     string // for files
}

// held is how many connections a closed loop is given.
func (l Load) held() int {
	return max(1, l.AtLeast, int(math.Round(l.Rate*l.Usual.Seconds())))
}

func (l Load) seconds() string { return strconv.Itoa(int(math.Ceil(l.Length.Seconds()))) }

// A Tool is one load generator.
type Tool struct {
	Name   string // in tables
	Binary string // on PATH
	// Lead is what the tool runs, and does not record, before the load's length begins.
	Lead time.Duration
	// Poisson says whether it can draw its arrivals.
	Poisson bool
	// Makes is the load that it makes of what it is asked for, for people.
	Makes func(Load) string
	// Words are its command line. Files it needs go into the load's folder.
	Words func(Load) ([]string, error)
	// Read finds in its output, or in the load's folder, what it says.
	Read func(out, dir string) (Said, error)
}

// Said is what a tool says of a run.
type Said struct {
	P50, P99, P999 Time
	Notes          []string // what it says besides that is not as it should be
}

// A Time is a percentile as told.
type Time struct {
	MS    float64 `json:"ms"`
	Known bool    `json:"known"` // else the tool does not tell this one
	Never bool    `json:"never"` // the request at this rank failed, and the tool says so
}

// MS is a time that is known, in milliseconds.
func MS(v float64) Time { return Time{MS: v, Known: true} }

// Never is the time of a request that failed.
func Never() Time { return Time{Known: true, Never: true} }

// Of is a time that is known.
func Of(d time.Duration) Time { return MS(1e3 * d.Seconds()) }

func (t Time) String() string {
	switch {
	case !t.Known:
		return "–"
	case t.Never:
		return "never"
	case t.MS < 10:
		return fmt.Sprintf("%.2f", t.MS)
	case t.MS < 100:
		return fmt.Sprintf("%.1f", t.MS)
	}
	return fmt.Sprintf("%.0f", t.MS)
}

// Off is how far a told time is from the true one, as a share of that.
func (t Time) Off(truth Time) (off float64, known bool) {
	switch {
	case !t.Known || !truth.Known:
		return 0, false
	case t.Never && truth.Never:
		return 0, true
	case truth.Never:
		return -1, true
	case t.Never:
		return math.Inf(1), true
	}
	return t.MS/truth.MS - 1, true
}

// put takes a percentile as printed, in units of so many milliseconds.
func (s *Said) put(rank, value string, ms float64) error {
	p, err := strconv.ParseFloat(rank, 64)
	if err != nil {
		return err
	}
	v, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return err
	}
	switch p {
	case 50:
		s.P50 = MS(ms * v)
	case 99:
		s.P99 = MS(ms * v)
	case 99.9:
		s.P999 = MS(ms * v)
	}
	return nil
}

// ranks puts all percentiles that a pattern finds: rank, then value, in one unit.
func (s *Said) ranks(out string, p *regexp.Regexp, ms float64) error {
	for _, m := range p.FindAllStringSubmatch(out, -1) {
		if err := s.put(m[1], m[2], ms); err != nil {
			return err
		}
	}
	return nil
}

// complete says when there is no percentile at all in an output.
func (s *Said) complete(tool, out string) error {
	if s.P50.Known || s.P99.Known {
		return nil
	}
	return fmt.Errorf("%s says no percentile:\n%s", tool, strings.TrimSpace(out))
}

// lines are those of an output that begin with one of the words.
func lines(out string, words ...string) (found []string) {
	for line := range strings.Lines(out) {
		line = strings.Join(strings.Fields(line), " ")
		if slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(line, w) }) {
			found = append(found, line)
		}
	}
	return found
}

// write makes a file in the load's folder.
func (l Load) write(name, text string) (string, error) {
	path := filepath.Join(l.Dir, name)
	return path, os.WriteFile(path, []byte(text), 0o644)
}

// All are the tools, in the order of tables. Binary is where loadctl is.
func All(binary string) []Tool {
	return []Tool{
		loadctl(binary), wrk2(), k6(2500), k6(50), vegeta(), fortio(), hey(), wrk(), ab(),
	}
}
