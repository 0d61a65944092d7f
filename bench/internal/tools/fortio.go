package tools

import (
	"fmt"
	"regexp"
)

// fortio has connections, each with a rate: one that waits for its answer catches up.
func fortio() Tool {
	return Tool{Name: "fortio", Binary: "fortio", Read: readFortio,
		Makes: func(Load) string { return "closed loop, 50 connections that keep to the rate and catch up" },
		Words: func(l Load) ([]string, error) {
			return []string{"fortio", "load", "-quiet", "-allow-initial-errors", "-c", "50", "-qps", fmt.Sprintf("%g", l.Rate),
				"-t", l.Length.String(), "-p", "50,99,99.9", l.URL}, nil
		}}
}

var (
	fortioRank = regexp.MustCompile(`(?m)^# target (\S+)% (\S+)$`)
	fortioCode = regexp.MustCompile(`(?m)^Code +(-?\d+) : (\d+ \(\S+ %\))`)
)

// readFortio takes the last percentiles: those before them are of its own sleeps.
func readFortio(out, _ string) (s Said, err error) {
	if err := s.ranks(out, fortioRank, 1e3); err != nil {
		return s, err
	}
	for _, m := range fortioCode.FindAllStringSubmatch(out, -1) {
		if m[1] != "200" {
			s.Notes = append(s.Notes, "Code "+m[1]+": "+m[2])
		}
	}
	s.Notes = append(s.Notes, lines(out, "Aborting", "WARNING")...)
	return s, s.complete("fortio", out)
}
