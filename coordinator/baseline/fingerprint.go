package baseline

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A Fingerprint is where a baseline was measured. "" and 0 = not known.
type Fingerprint struct {
	CPU            string `json:"cpu"` // model
	Cores          int    `json:"cores"`
	MemoryMiB      int    `json:"memory_mib"`
	Kernel         string `json:"kernel"`
	Governor       string `json:"governor,omitempty"` // of the clock rate, such as "performance"
	Virtualization string `json:"virtualization,omitempty"`
	Version        string `json:"loadctl"`
	Agents         string `json:"agents"` // their shape, such as "1 host, 2 agents of 1 loop"
}

// A Difference is one way in which two baselines, or a baseline and what is here, are unlike.
type Difference struct {
	What    string // in words, with both sides
	Refuses bool   // figures cannot be compared; else it is a warning
}

func (d Difference) String() string {
	if d.Refuses {
		return "refused: " + d.What
	}
	return "warning: " + d.What
}

// Differences are those from another place. What either does not know makes none: it cannot be told.
func (f Fingerprint) Differences(other Fingerprint) (all []Difference) {
	text := func(what, mine, theirs string, refuses bool) {
		if mine != "" && theirs != "" && mine != theirs {
			all = append(all, Difference{fmt.Sprintf("%s: %s here, %s in the baseline", what, theirs, mine), refuses})
		}
	}
	number := func(what string, mine, theirs int, refuses bool) {
		if mine != 0 && theirs != 0 && mine != theirs {
			all = append(all, Difference{fmt.Sprintf("%s: %d here, %d in the baseline", what, theirs, mine), refuses})
		}
	}
	text("CPU model", f.CPU, other.CPU, true)
	number("cores", f.Cores, other.Cores, true)
	text("virtualization", f.Virtualization, other.Virtualization, true)
	if near := f.MemoryMiB / 20; other.MemoryMiB < f.MemoryMiB-near || other.MemoryMiB > f.MemoryMiB+near {
		number("MiB of memory", f.MemoryMiB, other.MemoryMiB, true)
	}
	text("kernel", f.Kernel, other.Kernel, series(f.Kernel) != series(other.Kernel))
	text("governor of the clock rate", f.Governor, other.Governor, true)
	text("loadctl", f.Version, other.Version, false)
	text("agents", f.Agents, other.Agents, true)
	return all
}

// Unlike names each difference from another place, with whether it refuses or warns.
func (f Fingerprint) Unlike(other Fingerprint) (words []string) {
	for _, d := range f.Differences(other) {
		words = append(words, d.String())
	}
	return words
}

// series is 6.12 of 6.12.38-amd64: patches of one series schedule alike.
func series(kernel string) string {
	parts := strings.SplitN(kernel, ".", 3)
	return strings.Join(parts[:min(2, len(parts))], ".")
}

// Differences are those between a baseline and what is to be compared with it: the place, the scenario, and the
// limits that its capacity holds. Clauses nil = they are not compared.
func (b *Baseline) Differences(other *Baseline) (all []Difference) {
	if b.ScenarioHash != other.ScenarioHash {
		all = append(all, Difference{fmt.Sprintf("scenario: %q is not what it was when the baseline was stored: its hash is %.12s here, %.12s in the baseline", other.Scenario, other.ScenarioHash, b.ScenarioHash), true})
	}
	if mine, theirs := assigned(b.Vars), assigned(other.Vars); mine != theirs {
		all = append(all, Difference{fmt.Sprintf("variables: %s here, %s in the baseline", theirs, mine), true})
	}
	if b.Capacity != nil && other.Capacity != nil {
		if mine, theirs := clauses(b.Capacity), clauses(other.Capacity); mine != theirs {
			all = append(all, Difference{fmt.Sprintf("SLO: %s here, %s in the baseline", theirs, mine), true})
		}
	}
	if b.Target != other.Target && b.Target != "" && other.Target != "" {
		all = append(all, Difference{fmt.Sprintf("target: %s here, %s in the baseline", other.Target, b.Target), false})
	}
	return append(all, b.Fingerprint.Differences(other.Fingerprint)...)
}

func assigned(vars map[string]string) string {
	if len(vars) == 0 {
		return "those of the file"
	}
	var all []string
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		all = append(all, name+"="+vars[name])
	}
	return strings.Join(all, ", ")
}

func clauses(c *Capacity) string {
	var all []string
	for _, clause := range c.Clauses {
		all = append(all, fmt.Sprintf("%s (%.4g)", clause.Expr, clause.Allowed))
	}
	return strings.Join(all, ", ")
}
