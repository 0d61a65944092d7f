package view

import (
	"fmt"
	"strings"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// LimitedBy is who was the limit of a run, in a sentence and its figures.
type LimitedBy struct {
	stats.Limit
	Sentence string // "" without recorded requests
}

func limitedBy(r *stats.Run, s stats.Steadiness) LimitedBy {
	l := LimitedBy{Limit: stats.JudgeLimit(r, s)}
	if l.By != "" {
		said := verdictOn(l.By, r.Validity.Verdict)
		if l.Busy {
			said = "The load generator was the limit (its loops were busy throughout, and what answers waited for them counts as the target's)"
		}
		l.Sentence = said + ": " + spending(&l.Limit) + notServed(&l.Limit) + caveats(&l.Limit) + "."
	}
	return l
}

// verdictOn names the limit. A generator may be it in a run that is valid: with a limit as short as
// what it may be late, its lateness decides.
func verdictOn(by stats.Limiter, validity string) string {
	switch by {
	case stats.LimitNothing:
		return "Nothing was at its limit"
	case stats.LimitGenerator:
		if validity == stats.Invalid {
			return "The load generator was the limit (it was late, or out of something: see its validity)"
		}
		return "The load generator was the limit (its lateness took most of the time, though not as much as makes a measurement invalid)"
	case stats.LimitConcurrency:
		return "The configured concurrency was the limit (pool, max_vus or connections; a target that stands still fills them all)"
	case stats.LimitTarget:
		return "The target was the limit"
	case stats.LimitUsers:
		return "The users were the limit (each waits for its answer; more users would ask for more)"
	}
	return "Who was the limit cannot be said of an invalid measurement"
}

// spending says where the time of requests went, as means: they add up.
func spending(l *stats.Limit) string {
	p := &l.Parts
	parts := []string{one(p, p.Lag) + " were the generator's"}
	for _, part := range []struct {
		sum  time.Duration
		what string
	}{
		{p.Waiting, " waiting for a connection"}, {p.Connecting, " connecting"},
		{p.Unanswered, " those of requests that were not answered"},
	} {
		if p.Mean(part.sum) > 0 {
			parts = append(parts, one(p, part.sum)+part.what)
		}
	}
	return fmt.Sprintf("of %s that a request%s took on average%s, %s and %s the target's",
		one(p, p.Response), rowsIn(l.Of), secondsOf(l), strings.Join(parts, ", "), one(p, p.Service))
}

// rowsIn says whose requests were looked at, where these are not all.
func rowsIn(of stats.Tags) string {
	s := ""
	if of.Name != "" {
		s += " of " + of.Name
	}
	if of.Phase != "" {
		s += " in phase " + of.Phase
	}
	return s
}

func secondsOf(l *stats.Limit) string {
	if l.Seconds == 0 {
		return ""
	}
	whose := ""
	if l.Of.Agent != "" {
		whose = " of " + l.Of.Agent + "'s"
	}
	return fmt.Sprintf(" in the %s in which too many%s took longer than %s", count(l.Seconds, "second", "seconds"), whose, Span(l.Over))
}

// caveats say what the parts are not of these requests alone.
func caveats(l *stats.Limit) string {
	s := ""
	if l.Of.Agent != "" {
		s += "; that is of all agents, as rows are not counted by agent"
	}
	if l.Shared {
		s += "; what came before the target is split as for all requests of their phase, which is shared with others"
	}
	return s
}

func one(p *stats.Parts, sum time.Duration) string { return Span(p.Mean(sum)) }

func notServed(l *stats.Limit) string {
	var parts []string
	if l.Failed > 0 {
		parts = append(parts, Group(l.Failed)+" requests failed")
	}
	if l.NotSent > 0 {
		parts = append(parts, Group(l.NotSent)+" were never sent")
	}
	if len(parts) == 0 {
		return ""
	}
	return "; " + strings.Join(parts, " and ")
}

// SummaryLimit is who was the limit. Means and shares are of the requests that were
// looked at, and the parts add up to the whole.
type SummaryLimit struct {
	Who      string             `json:"who"` // nothing, generator, concurrency, target, users, unknown; "" without requests
	Sentence string             `json:"sentence"`
	Of       SummaryTags        `json:"of"`      // whose requests this is of: the tags of the limit that broke; none = all recorded ones
	Shared   bool               `json:"shared"`  // with other requests of their phases: parts but target's are split as for all
	Seconds  int                `json:"seconds"` // in which the limit broke, of which alone this is; 0 = the whole run
	Requests uint64             `json:"requests"`
	MeanMS   float64            `json:"mean_ms"`
	Shares   map[string]float64 `json:"shares"` // of the mean
	Slow     uint64             `json:"slow"`
	NotSent  uint64             `json:"not_sent"`
	Failed   uint64             `json:"failed"`
}

// SummaryTags narrow a limit down.
type SummaryTags struct {
	Name   string `json:"name,omitempty"`
	Phase  string `json:"phase,omitempty"`
	Status string `json:"status,omitempty"`
	Agent  string `json:"agent,omitempty"`
}

func (l *LimitedBy) summary() SummaryLimit {
	p := &l.Parts
	return SummaryLimit{
		Who: string(l.By), Sentence: l.Sentence, Seconds: l.Seconds, Requests: p.Requests, MeanMS: float64(p.Mean(p.Response)) / 1e6,
		Of: SummaryTags{l.Of.Name, l.Of.Phase, l.Of.Status, l.Of.Agent}, Shared: l.Shared,
		Shares: map[string]float64{
			"generator": round(p.Share(p.Lag)), "waiting": round(p.Share(p.Waiting)), "connecting": round(p.Share(p.Connecting)),
			"target": round(p.Share(p.Service)), "unanswered": round(p.Share(p.Unanswered)),
		},
		Slow: l.Slow, NotSent: l.NotSent, Failed: l.Failed,
	}
}
