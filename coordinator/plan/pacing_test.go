package plan

import (
	"strings"
	"testing"
)

// TestShortLimitsAskForPrecisePacing: a limit of 1 ms was planned, and nobody said that the
// generator may be later than that.
func TestShortLimitsAskForPrecisePacing(t *testing.T) {
	const flow = "name: f, executor: constant-arrival-rate, duration: 5s, max_vus: 10, rate: 10/s"
	for limits, want := range map[string]string{
		"response_time: [p(99)<1ms]":    "the smallest limit of response time is 1ms, and loops that wake by ticks of 1ms may be 1.5ms late before it counts, more than a fifth of that: use `run --pacing precise`",
		"response_time: [p(99)<7499us]": "the smallest limit of response time is 7.499ms",
		"response_time: [p(99)<7500us]": "",
		"service_time: [p(99)<1ms]":     "",
	} {
		s := scenario(t, elsewhere+"}\nthresholds: {"+limits, flow)
		d := Demand{Scenario: s, To: ports("10.0.0.9:80")}
		o, err := OutlineOf(d, []Machine{laptop})
		if err != nil || !strings.HasPrefix(o.Pacing, want) || (o.Pacing == "") != (want == "") {
			t.Errorf("%s: %q, %v; want %q", limits, o.Pacing, err, want)
		}
		g, told := Diagnose(healthy(), &d), false
		for _, f := range g.Findings {
			told = told || f.Name == "pacing" && f.Level == Tight && f.Sum == o.Pacing
		}
		if told != (want != "") || !g.Fits {
			t.Errorf("%s: doctor tells of it: %v", limits, told)
		}
	}
}
