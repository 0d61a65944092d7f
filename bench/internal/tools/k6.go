package tools

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

const k6Script = `import http from 'k6/http';
export const options = {
  scenarios: {load: {executor: 'constant-arrival-rate', rate: %g, timeUnit: '1s', duration: '%gs', preAllocatedVUs: %d}},
  summaryTrendStats: ['med', 'p(99)', 'p(99.9)'],
  summaryTimeUnit: 'ms',
};
export default function () { http.get('%s'); }
`

// k6 sends at the rate as long as one of its users is free.
func k6(users int) Tool {
	return Tool{Name: fmt.Sprintf("k6, %d users", users), Binary: "k6", Read: readK6,
		Makes: func(l Load) string { return fmt.Sprintf("constant rate while one of %d users is free", users) },
		Words: func(l Load) ([]string, error) {
			file, err := l.write("load.js", fmt.Sprintf(k6Script, l.Rate, l.Length.Seconds(), users, l.URL))
			return []string{"k6", "run", "--quiet", "--no-color", "--no-usage-report", file}, err
		}}
}

var (
	k6Times   = regexp.MustCompile(`(?m)^ *http_req_duration\.*: (.*)$`)
	k6Time    = regexp.MustCompile(`p\((\S+)\)=(\S+)ms`)
	k6Failed  = regexp.MustCompile(`(?m)^ *http_req_failed\.*: (\S+%) +([1-9]\d* out of \d+)`)
	k6Dropped = regexp.MustCompile(`(?m)^ *dropped_iterations\.*: (\d+)`)
	k6Warned  = regexp.MustCompile(`(?m)^time=\S+ level=(?:warning|error) msg="((?:[^"\\]|\\.)*)"`)
)

func readK6(out, _ string) (s Said, err error) {
	if m := k6Times.FindStringSubmatch(out); m != nil {
		text := strings.Replace(m[1], "med=", "p(50)=", 1)
		if err := s.ranks(text, k6Time, 1); err != nil {
			return s, err
		}
	}
	if m := k6Failed.FindStringSubmatch(out); m != nil {
		s.Notes = append(s.Notes, fmt.Sprintf("http_req_failed %s: %s", m[1], m[2]))
	}
	if m := k6Dropped.FindStringSubmatch(out); m != nil {
		s.Notes = append(s.Notes, "dropped_iterations "+m[1])
	}
	for _, m := range k6Warned.FindAllStringSubmatch(out, -1) {
		if !slices.Contains(s.Notes, m[1]) {
			s.Notes = append(s.Notes, m[1])
		}
	}
	return s, s.complete("k6", out)
}
