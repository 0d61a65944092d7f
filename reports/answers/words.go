package answers

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/loadctl/loadctl/coordinator/trial"
	"github.com/loadctl/loadctl/reports/brief"
	"github.com/loadctl/loadctl/reports/view"
	"github.com/loadctl/loadctl/stats"
)

// rate is a number of something a second, to no more digits than a search can know.
func rate(f float64) string { return figure(f) + "/s" }

// figure has three digits, or all that stand before the point.
func figure(f float64) string {
	if a := math.Abs(f); a > 0 && a < 1e15 {
		unit := min(math.Pow(10, math.Floor(math.Log10(a))-2), 1)
		if unit > 1e-9 {
			f = math.Round(f/unit) * unit
		}
	}
	return view.Number(f)
}

// share is part of a whole, in per cent.
func share(f float64) string { return view.Percent(f) }

// signed is a change in per cent with its sign: +4.2 %.
func signed(f float64) string {
	p := strconv.FormatFloat(math.Abs(f)*100, 'f', 1, 64)
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return "–"
	case p == "0.0":
		return "±0 %"
	case f > 10:
		return "> +1000 %" // such as infinitely slow
	case f < 0:
		return "−" + p + " %"
	}
	return "+" + p + " %"
}

// between is an interval of changes.
func between(low, high float64) string {
	return fmt.Sprintf("[%s, %s] %%", strings.TrimSuffix(signed(low), " %"), strings.TrimSuffix(signed(high), " %"))
}

func span(d time.Duration) string {
	if d >= time.Minute {
		d = d.Round(time.Second)
		if d < time.Hour {
			return strings.TrimSuffix(fmt.Sprintf("%d min %d s", d/time.Minute, d%time.Minute/time.Second), " 0 s")
		}
		return strings.TrimSuffix(fmt.Sprintf("%d h %d min", d/time.Hour, d%time.Hour/time.Minute), " 0 min")
	}
	return view.Span(d)
}

// millis is a response time; 0 is one of a percentile that failed requests reach into.
func millis(d time.Duration, n uint64) string {
	switch {
	case n == 0:
		return "–"
	case d == 0:
		return "failed"
	}
	return view.Millis(d)
}

func many(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return whole(n) + " " + more
}

func whole(n int) string { return view.Group(uint64(max(n, 0))) }

// confidence is how sure an interval is; 0.95 where nobody says.
func confidence(f float64) string {
	if f <= 0 || f >= 1 {
		f = 0.95
	}
	return view.Percent(f)
}

// loadOf is what a trial asked: 741/s, 12 000 users.
func loadOf(l trial.Load) string {
	var words []string
	if l.Rate > 0 {
		words = append(words, rate(l.Rate))
	}
	if l.Users > 0 {
		words = append(words, many(l.Users, "user", "users"))
	}
	if l.Connections > 0 {
		words = append(words, many(l.Connections, "connection", "connections"))
	}
	if len(words) == 0 {
		return "–"
	}
	return strings.Join(words, ", ")
}

// sentence ends with a point and begins large.
func sentence(s string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return ""
	}
	if !strings.HasSuffix(s, ".") && !strings.HasSuffix(s, "!") {
		s += "."
	}
	return opened(s)
}

// opened begins large.
func opened(s string) string {
	r := []rune(s)
	return strings.ToUpper(string(r[0])) + string(r[1:])
}

func join(sentences ...string) string {
	var said []string
	for _, s := range sentences {
		if s != "" {
			said = append(said, s)
		}
	}
	return strings.Join(said, " ")
}

func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// warnings are notes of one tone.
func warnings(texts []string) (notes []brief.Note) {
	for _, t := range texts {
		notes = append(notes, brief.Note{Tone: brief.Warn, Text: sentence(t)})
	}
	return notes
}

// A seen is a trial as every table shows it.
type seen struct {
	trial.Ask
	trial.Told
	held, used bool
	note       string
}

// verdict is what became of a trial, in a word.
func (s seen) verdict() brief.Cell {
	switch {
	case s.Broken != "":
		return brief.Cell{Text: "no trial", Tone: brief.Bad}
	case s.Validity == stats.Invalid:
		return brief.Cell{Text: "invalid", Tone: brief.Warn}
	case s.held:
		return brief.Cell{Text: "held", Tone: brief.Good}
	}
	return brief.Cell{Text: "broke", Tone: brief.Bad}
}

// remark is what is to be said beside a trial.
func (s seen) remark() string {
	var words []string
	add := func(on bool, word string) {
		if on && word != "" {
			words = append(words, word)
		}
	}
	add(true, s.note)
	add(s.Broken != "", s.Broken)
	add(s.Validity != stats.Valid && s.Broken == "" && len(s.Reasons) > 0, strings.Join(s.Reasons, "; "))
	add(len(s.Broke) > 0, strings.Join(s.Broke, "; "))
	add(s.GaveUp, "given up early")
	add(s.Growing, "the queue grew by "+figure(s.Slope)+" requests a second")
	add(!s.used && s.note == "" && s.Broken == "", "not counted")
	return strings.Join(words, "; ")
}

// nothing is why a trial shows nothing of the target.
func (s seen) nothing() string {
	word, why := s.verdict().Text, s.remark()
	switch {
	case why == "":
		return word
	case strings.HasPrefix(why, word):
		return why
	}
	return word + ", " + why
}

// interval is how sure a trial's share of bad requests is, 95 %: clusters count as one request each.
func interval(c trial.Count) (low, high float64) {
	clump := max(c.Clump, 1)
	return stats.Wilson(float64(c.Bad)/clump, float64(c.N)/clump)
}

// parts of a system in words.
func partName(part string) string {
	names := map[string]string{"generator": "the load generator", "balancer": "the balancer", "workers": "the workers", "pool": "the connection pool",
		"upstream": "the upstream", "database": "the database", "cpu": "the CPU", "memory": "memory", "cache": "the cache"}
	if name, ok := names[part]; ok {
		return name
	}
	return part
}
