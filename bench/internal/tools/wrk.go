package tools

import (
	"fmt"
	"regexp"
	"time"
)

// wrk sends on each connection when the answer before is there.
func wrk() Tool {
	return Tool{Name: "wrk", Binary: "wrk", Read: readWrk,
		Makes: func(l Load) string { return fmt.Sprintf("closed loop, %d connections", l.held()) },
		Words: func(l Load) ([]string, error) {
			return []string{"wrk", "-t1", fmt.Sprint("-c", l.held()), "-d" + l.seconds() + "s", "--latency", l.URL}, nil
		}}
}

// wrk2 calls itself wrk; whoever has it puts it on PATH as wrk2. What it records in its
// first 10 s it throws away.
func wrk2() Tool {
	const lead = 10 * time.Second
	return Tool{Name: "wrk2", Binary: "wrk2", Read: readWrk, Lead: lead,
		Makes: func(Load) string { return "constant rate, each of 50 connections by a plan of its own" },
		Words: func(l Load) ([]string, error) {
			l.Length += lead
			return []string{"wrk2", "-t1", "-c50", "-d" + l.seconds() + "s", fmt.Sprintf("-R%.0f", l.Rate), "--latency", l.URL}, nil
		}}
}

// ranked is a line such as " 99.900%    2.00s".
var ranked = regexp.MustCompile(`(?m)^ *(\d+(?:\.\d+)?)% +(\d+(?:\.\d+)?)(us|ms|s|m|h) *$`)

// readWrk reads the output of both.
func readWrk(out, _ string) (s Said, err error) {
	units := map[string]float64{"us": 1e-3, "ms": 1, "s": 1e3, "m": 60e3, "h": 3600e3}
	for _, m := range ranked.FindAllStringSubmatch(out, -1) {
		if err := s.put(m[1], m[2], units[m[3]]); err != nil {
			return s, err
		}
	}
	s.Notes = lines(out, "Socket errors:", "Non-2xx or 3xx responses:", "unable to")
	return s, s.complete("wrk", out)
}
