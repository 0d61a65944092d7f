package upstream

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/loadctl/loadctl/target/knobs"
)

// laws are the names of what ParseDelay reads, in the order in which they are told.
func laws() []string { return []string{"fixed", "exponential", "lognormal", "pareto", "queue"} }

// mostServers bounds what a slip of the finger asks for: each arrival looks at all.
const mostServers = 10_000

// ParseDelay reads one of
//
//	5ms                              the same every time; 0 or nothing for no delay
//	fixed:5ms                        the same, spelled out
//	exponential:mean=5ms             or exponential:5ms
//	lognormal:p50=3ms,p99=20ms
//	pareto:min=2ms,alpha=2.5         or pareto:p50=3ms,p99=20ms
//	queue:servers=8,service=LAW      LAW is one of those above; service comes last
//	queue:servers=8,capacity=20,service=LAW
//
// and reports everything that is wrong.
func ParseDelay(s string) (Delay, error) {
	name, text, ok := strings.Cut(strings.TrimSpace(s), ":")
	switch {
	case !ok && name == "":
		return Fixed(0), nil
	case !ok && !slices.Contains(laws(), name):
		name, text = "fixed", name
	}
	d, errs := parseLaw(name, text)
	for i, err := range errs {
		errs[i] = fmt.Errorf("delay %q: %w", s, err)
	}
	if len(errs) > 0 {
		return Delay{}, errors.Join(errs...)
	}
	return d, nil
}

func parseLaw(name, text string) (Delay, []error) {
	switch name {
	case "fixed":
		p := read(text, "value")
		return Fixed(p.time("value")), p.wrong
	case "exponential":
		p := read(text, "mean")
		return Exponential(p.time("mean")), p.wrong
	case "lognormal":
		p := read(text, "p50", "p99")
		return Lognormal(p.quantiles()), p.wrong
	case "pareto":
		return parsePareto(text)
	case "queue":
		return parseQueue(text)
	}
	return Delay{}, []error{fmt.Errorf("unknown law %q%s: use one of %s", name, knobs.Meant(name, laws()), strings.Join(laws(), ", "))}
}

func parsePareto(text string) (Delay, []error) {
	if strings.Contains(text, "p50") || strings.Contains(text, "p99") {
		p := read(text, "p50", "p99")
		return ParetoBy(p.quantiles()), p.wrong
	}
	p := read(text, "min", "alpha")
	least, alpha := p.time("min"), p.number("alpha")
	if p.has("min") && least <= 0 {
		p.add("min", "must be > 0, got %s", least)
	}
	if p.has("alpha") && !(alpha > 0 && alpha <= 1000) {
		p.add("alpha", "must be above 0 and at most 1000, got %g", alpha)
	}
	return Pareto(least, alpha), p.wrong
}

// parseQueue cuts off the service first: what is within it has commas too.
func parseQueue(text string) (Delay, []error) {
	own, inner, found := strings.Cut(text, "service=")
	own = strings.TrimSuffix(strings.TrimSpace(own), ",")
	p := read(own, "servers", "capacity?")
	servers, capacity := p.whole("servers"), p.whole("capacity")
	if p.has("servers") && (servers < 1 || servers > mostServers) {
		p.add("servers", "must be between 1 and %d, got %d", mostServers, servers)
	}
	if p.has("capacity") && capacity < max(servers, 1) {
		p.add("capacity", "must be at least the %d servers, got %d", servers, capacity)
	}
	service, wrong := parseService(inner, found)
	return Queue(servers, capacity, service), append(p.wrong, wrong...)
}

func parseService(text string, found bool) (Delay, []error) {
	name, args, ok := strings.Cut(text, ":")
	if !ok && !slices.Contains(laws(), name) {
		name, args = "fixed", name
	}
	switch {
	case !found:
		return Delay{}, []error{errors.New("service is missing: a queue ends in service=LAW, such as service=exponential:5ms")}
	case name == "queue":
		return Delay{}, []error{errors.New("service: a queue cannot be served by a queue")}
	}
	d, errs := parseLaw(name, args)
	for i, err := range errs {
		errs[i] = fmt.Errorf("service: %w", err)
		if strings.Contains(args, "servers=") || strings.Contains(args, "capacity=") {
			errs[i] = fmt.Errorf("%w (service comes last: what follows it is the law's)", errs[i])
		}
	}
	return d, errs
}

// parseTime reads a duration that a law can have.
func parseTime(s string) (time.Duration, error) {
	if s == "0" {
		return 0, nil
	}
	d, err := time.ParseDuration(s)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%q is no duration such as 3ms", s)
	case d < 0:
		return 0, errors.New("must not be negative")
	case d > longest:
		return 0, fmt.Errorf("must be at most %s, got %s", longest, d)
	}
	return d, nil
}
