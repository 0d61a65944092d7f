package upstream

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

func draws(d Delay, seed uint64, n int) []time.Duration {
	all := make([]time.Duration, n)
	for i := range all {
		all[i] = d.Draw(seed, uint64(i))
	}
	return all
}

func TestDelaysFollowTheirLaw(t *testing.T) {
	const n = 200_000
	for _, c := range []struct {
		spec     string
		p50, p99 time.Duration
	}{
		{"fixed:5ms", 5 * time.Millisecond, 5 * time.Millisecond},
		{"5ms", 5 * time.Millisecond, 5 * time.Millisecond},
		{"lognormal:p50=3ms,p99=20ms", 3 * time.Millisecond, 20 * time.Millisecond},
		{"exponential:mean=10ms", 6931472, 46051702},    // mean·ln 2, mean·ln 100
		{"pareto:min=2ms,alpha=2.5", 2639016, 12619147}, // min·2^0.4, min·100^0.4
		{"pareto:p50=3ms,p99=20ms", 3 * time.Millisecond, 20 * time.Millisecond},
		{"queue:servers=3,service=exponential:10ms", 6931472, 46051702}, // of the service
	} {
		d, err := ParseDelay(c.spec)
		if err != nil {
			t.Fatal(err)
		}
		all := draws(d, 7, n)
		slices.Sort(all)
		for got, want := range map[time.Duration]time.Duration{all[n/2]: c.p50, all[n*99/100]: c.p99} {
			if math.Abs(float64(got-want)) > 0.02*float64(want) {
				t.Errorf("%s: %s, want %s within 2 %%", c.spec, got, want)
			}
		}
	}
}

func TestDelaysRepeatWithTheSeedOnly(t *testing.T) {
	d := Exponential(time.Millisecond)
	if !slices.Equal(draws(d, 1, 100), draws(d, 1, 100)) {
		t.Error("the same seed gives other delays")
	}
	if slices.Equal(draws(d, 1, 100), draws(d, 2, 100)) {
		t.Error("another seed gives the same delays")
	}
}

func TestParseDelayRoundTripsAndRefuses(t *testing.T) {
	for _, spec := range []string{"fixed:0s", "fixed:2ms", "exponential:mean=5ms", "lognormal:p50=3ms,p99=20ms",
		"pareto:min=2ms,alpha=2.5", "pareto:p50=3ms,p99=20ms", "queue:servers=8,service=fixed:1ms",
		"queue:servers=8,capacity=20,service=lognormal:p50=3ms,p99=20ms"} {
		if d, err := ParseDelay(spec); err != nil || d.String() != spec {
			t.Errorf("%s: %s, %v", spec, d, err)
		}
	}
	for spec, part := range map[string]string{
		"weibull:1ms": "unknown law", "5": "no duration", "fixed:-1ms": "negative",
		"lognormal:p50=3ms": "p99 is missing", "lognormal:p50=0,p99=1ms": "p50: must be > 0",
		"lognormal:p50=3ms,p99=1ms": "must not be below", "lognormal:p50=1ms,p99=2ms,p9=1s": "takes only p50, p99",
		"lognormal": "p50 is missing", "exponential": "mean is missing", "exponential:mean=": "no duration", "fixed:2h": "at most 1h",
		"lognormall:p50=3ms,p99=20ms": "(did you mean lognormal?): use one of fixed,",
		"pareto:min=0,alpha=2":        "min: must be > 0", "pareto:min=1ms,alpha=0": "alpha: must be above 0", "pareto:min=1ms": "alpha is missing",
		"pareto:min=1ms,alpha=x":                  `alpha: "x" is no number`,
		"queue:servers=8":                         "service is missing",
		"queue:service=5ms":                       "servers is missing",
		"queue:servers=0,service=5ms":             "servers: must be between 1 and 10000, got 0",
		"queue:servers=8,capacity=7,service=5ms":  "capacity: must be at least the 8 servers, got 7",
		"queue:servers=8,service=queue:servers=1": "a queue cannot be served by a queue",
		"queue:service=exponential:5ms,servers=8": "service comes last",
		"queue:servers=8,capacty=9,service=5ms":   `takes only servers, capacity, not "capacty" (did you mean capacity?)`,
		"exponential:mean=5ms,=7ms":               `takes only mean, not ""`,
		"queue:servers=8,servers=9,service=5ms":   "servers: is there twice",
		"queue:servers=1,service=weibul:5ms":      `service: unknown law "weibul"`,
	} {
		if _, err := ParseDelay(spec); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %v does not say %q", spec, err, part)
		}
	}
	for short, long := range map[string]string{"": "fixed:0s", "0": "fixed:0s", "5ms": "fixed:5ms", "exponential:5ms": "exponential:mean=5ms",
		" queue:servers=2, service=2ms ": "queue:servers=2,service=fixed:2ms"} {
		if d, err := ParseDelay(short); err != nil || d.String() != long {
			t.Errorf("%q: %s, %v", short, d, err)
		}
	}
	if d, err := ParseDelay(""); err != nil || d.At(0.999) != 0 {
		t.Errorf("nothing: %s, %v", d, err)
	}
}

// TestAllThatIsWrongWithALawIsSaid at once.
func TestAllThatIsWrongWithALawIsSaid(t *testing.T) {
	_, err := ParseDelay("queue:servers=0,capacity=x,service=lognormal:p50=0,p99=soon,p9=1s")
	for _, part := range []string{"servers: must", `capacity: "x" is no whole number`, "service: p50: must be > 0", `service: p99: "soon" is no`, `service: takes only p50, p99, not "p9"`} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%v\ndoes not say %q", err, part)
		}
	}
}

// TestTheTailIsBounded, even that of a law without a mean.
func TestTheTailIsBounded(t *testing.T) {
	almost := math.Nextafter(1, 0)
	for _, d := range []Delay{Exponential(time.Hour), Lognormal(time.Second, time.Hour), Pareto(time.Second, 0.01)} {
		if got := d.At(almost); got != longest {
			t.Errorf("%s: %s", d, got)
		}
		if got := d.At(0); got < 0 {
			t.Errorf("%s: %s", d, got)
		}
	}
	for _, d := range []Delay{Lognormal(time.Second, time.Second), ParetoBy(time.Second, time.Second)} {
		if d.At(0) != time.Second || d.At(almost) != time.Second {
			t.Errorf("%s: %s to %s", d, d.At(0), d.At(almost))
		}
	}
}

// TestMeans of the laws that have one by a formula.
func TestMeans(t *testing.T) {
	const n = 200_000
	for spec, want := range map[string]time.Duration{
		"fixed:5ms": 5 * time.Millisecond, "exponential:mean=5ms": 5 * time.Millisecond,
		"pareto:min=2ms,alpha=2.5": 2 * time.Millisecond * 25 / 15, // min·α/(α−1)
	} {
		sum := time.Duration(0)
		for _, d := range draws(parsed(t, spec), 7, n) {
			sum += d
		}
		if got := sum / n; math.Abs(float64(got-want)) > 0.02*float64(want) {
			t.Errorf("%s: a mean of %s, want %s within 2 %%", spec, got, want)
		}
	}
}
