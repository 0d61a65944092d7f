package tools

import (
	"regexp"
	"strconv"
)

// ab sends on each connection when the answer before is there.
func ab() Tool {
	t := wrk()
	t.Name, t.Binary, t.Read = "ab", "ab", readAB
	t.Words = func(l Load) ([]string, error) {
		return []string{"ab", "-q", "-k", "-c", strconv.Itoa(l.held()), "-t", l.seconds(), "-n", "100000000", l.URL}, nil
	}
	return t
}

var (
	abRank = regexp.MustCompile(`(?m)^ +(\d+)% +(\d+)$`)
	abBad  = regexp.MustCompile(`(?m)^(Failed requests|Non-2xx responses): +([1-9]\d*)$`)
)

// readAB reads whole milliseconds.
func readAB(out, _ string) (s Said, err error) {
	if err := s.ranks(out, abRank, 1); err != nil {
		return s, err
	}
	for _, m := range abBad.FindAllStringSubmatch(out, -1) {
		s.Notes = append(s.Notes, m[1]+": "+m[2])
	}
	s.Notes = append(s.Notes, lines(out, "WARNING:", "apr_")...)
	return s, s.complete("ab", out)
}
