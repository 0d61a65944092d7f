package tools

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// heyWorkers is hey's own number of workers when it is not told one.
const heyWorkers = 50

// hey has workers, each with a rate: one that waits for its answer skips what was due.
func hey() Tool {
	perWorker := func(l Load) float64 { return l.Rate / heyWorkers }
	return Tool{Name: "hey", Binary: "hey", Read: readHey,
		Makes: func(l Load) string {
			return fmt.Sprintf("closed loop, %d workers of at most %g/s", heyWorkers, perWorker(l))
		},
		Words: func(l Load) ([]string, error) {
			return []string{"hey", "-c", strconv.Itoa(heyWorkers), "-q", fmt.Sprintf("%g", perWorker(l)), "-z", l.Length.Round(time.Second).String(), l.URL}, nil
		}}
}

var (
	heyRank  = regexp.MustCompile(`(?m)^ +(\d+)%+ in (\d+\.\d+) secs$`)
	heyCode  = regexp.MustCompile(`(?m)^ +\[(\d{3})\]\t(\d+ responses)$`)
	heyError = regexp.MustCompile(`(?m)^ +\[(\d+)\]\t(\D.*)$`)
)

// readHey reads seconds with four decimals: a tenth of a millisecond is its finest.
func readHey(out, _ string) (s Said, err error) {
	if err := s.ranks(out, heyRank, 1e3); err != nil {
		return s, err
	}
	for _, m := range heyCode.FindAllStringSubmatch(out, -1) {
		if m[1][0] >= '4' {
			s.Notes = append(s.Notes, fmt.Sprintf("[%s] %s", m[1], m[2]))
		}
	}
	for _, m := range heyError.FindAllStringSubmatch(out, -1) {
		s.Notes = append(s.Notes, fmt.Sprintf("%s × %s", m[1], m[2]))
	}
	return s, s.complete("hey", out)
}
