package upstream

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
)

// A Delay is a distribution of service times. The zero value never waits.
type Delay struct {
	law        law
	centre     time.Duration // fixed: the value; exponential: the mean; lognormal: p50
	tail       time.Duration // lognormal: p99
	mu, spread float64       // lognormal: of ln(seconds)
}

type law int

const (
	fixed law = iota
	exponential
	lognormal
)

// z99 is the 99th percentile of the standard normal distribution.
const z99 = 2.3263478740408408

// longest bounds a draw, so that the tail of a law cannot outlive a run.
const longest = time.Hour

// Fixed is the same delay every time.
func Fixed(d time.Duration) Delay { return Delay{law: fixed, centre: d} }

// Exponential has the given mean.
func Exponential(mean time.Duration) Delay { return Delay{law: exponential, centre: mean} }

// Lognormal has the given median and 99th percentile; p50 must be above 0 and p99
// not below it (ParseDelay checks).
func Lognormal(p50, p99 time.Duration) Delay {
	return Delay{law: lognormal, centre: p50, tail: p99,
		mu: math.Log(p50.Seconds()), spread: math.Log(float64(p99)/float64(p50)) / z99}
}

// At is the delay at quantile u of the distribution; u is in [0, 1).
func (d Delay) At(u float64) time.Duration {
	switch d.law {
	case exponential:
		return bounded(-math.Log1p(-u) * d.centre.Seconds())
	case lognormal:
		return bounded(math.Exp(d.mu + d.spread*math.Sqrt2*math.Erfinv(2*u-1)))
	default:
		return d.centre
	}
}

func bounded(seconds float64) time.Duration {
	if seconds >= longest.Seconds() {
		return longest
	}
	return time.Duration(seconds * float64(time.Second))
}

// Draw is the delay of request n of a seed. It depends on nothing else, so the
// first n requests of a run have the same delays whoever sends them and whenever.
func (d Delay) Draw(seed, n uint64) time.Duration { return d.At(uniform(seed, n)) }

// String is the spelling ParseDelay reads.
func (d Delay) String() string {
	switch d.law {
	case exponential:
		return fmt.Sprintf("exponential:mean=%s", d.centre)
	case lognormal:
		return fmt.Sprintf("lognormal:p50=%s,p99=%s", d.centre, d.tail)
	default:
		return fmt.Sprintf("fixed:%s", d.centre)
	}
}

// ParseDelay reads one of
//
//	5ms                          the same every time; 0 or nothing for no delay
//	fixed:5ms                    the same, spelled out
//	exponential:mean=5ms         or exponential:5ms
//	lognormal:p50=3ms,p99=20ms
func ParseDelay(s string) (Delay, error) {
	name, args, ok := strings.Cut(strings.TrimSpace(s), ":")
	if !ok {
		name, args = "fixed", name
	}
	d, err := parseLaw(name, args)
	if err != nil {
		return Delay{}, fmt.Errorf("delay %q: %w", s, err)
	}
	return d, nil
}

func parseLaw(name, args string) (Delay, error) {
	switch name {
	case "fixed":
		d, err := named(args, "value")
		return Fixed(d["value"]), err
	case "exponential":
		d, err := named(args, "mean")
		return Exponential(d["mean"]), err
	case "lognormal":
		d, err := named(args, "p50", "p99")
		switch {
		case err != nil:
			return Delay{}, err
		case d["p50"] <= 0:
			return Delay{}, fmt.Errorf("p50 must be > 0, got %s", d["p50"])
		case d["p99"] < d["p50"]:
			return Delay{}, fmt.Errorf("p99 (%s) must not be below p50 (%s)", d["p99"], d["p50"])
		}
		return Lognormal(d["p50"], d["p99"]), nil
	}
	return Delay{}, fmt.Errorf("unknown law %q: use fixed, exponential or lognormal", name)
}

// named reads `k=v,k=v` where exactly the given keys must appear. A law of one
// key may leave the key out.
func named(args string, keys ...string) (map[string]time.Duration, error) {
	got := map[string]time.Duration{}
	for part := range strings.SplitSeq(args, ",") {
		key, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		if !ok && len(keys) == 1 {
			key, value = keys[0], key
		}
		d, err := parseTime(value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		got[key] = d
	}
	for _, key := range keys {
		if _, ok := got[key]; !ok {
			return nil, fmt.Errorf("%s is missing", key)
		}
	}
	if len(got) > len(keys) {
		return nil, fmt.Errorf("takes only %s", strings.Join(keys, ", "))
	}
	return got, nil
}

func parseTime(s string) (time.Duration, error) {
	if s == "" || s == "0" {
		return 0, nil
	}
	d, err := time.ParseDuration(s)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%q is no duration such as 3ms", s)
	case d < 0:
		return 0, errors.New("must not be negative")
	}
	return d, nil
}
