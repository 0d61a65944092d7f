package tune

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Sentence is the answer on one line.
func (r Result) Sentence() string {
	tail := fmt.Sprintf("; %s, %s", trials(len(r.Trials)), minutes(r.Took))
	switch {
	case r.Outcome == Better && r.Goal == Cheapest:
		return fmt.Sprintf("%s: the cheapest that %s the load, cost %s, now %s%s", r.words(r.Recommended.Setting), holds(r.Undecided),
			Price(r.Recommended.Cost, r.CostUnit), Price(r.Incumbent.Cost, ""), tail)
	case r.Outcome == Better:
		s := fmt.Sprintf("%s: %s %s vs current", r.words(r.Recommended.Setting), interval(r.Recommended), r.Recommended.Fitness)
		if flat := r.flat(); flat != "" {
			s += fmt.Sprintf("; flat within %s for %s", share(r.Slack), flat)
		}
		return s + tail
	case r.Why != "":
		return r.Why + tail
	}
	return string(r.Outcome) + tail
}

// Price is a cost for people, in a unit that may have no name: "24 dollars a month". Nobody reads 1.2e+04.
func Price(cost float64, unit string) string {
	text := number(cost)
	if math.Abs(cost) >= 1000 {
		text = strconv.FormatFloat(cost, 'f', 0, 64)
	}
	return strings.TrimSpace(text + " " + unit)
}

// Names are the parameters in the file's order.
func (r Result) Names() (names []string) {
	for _, p := range r.Params {
		names = append(names, p.Name)
	}
	return names
}

// words has a setting in the order of the parameters.
func (r Result) words(s Setting) string {
	var all []string
	for _, p := range r.Params {
		all = append(all, p.Name+" "+s[p.Name])
	}
	return strings.Join(all, ", ")
}

// flat is the plateau by parameter, "pool 24–48 × workers 48–96"; "" = it is one setting. It is the hull: not each
// setting in it was tried.
func (r Result) flat() string {
	if len(r.Plateau) < 2 {
		return ""
	}
	var all []string
	for _, p := range r.Params {
		low, high := len(p.Values), -1
		for _, s := range r.Plateau {
			if at := slices.Index(p.Values, s[p.Name]); at >= 0 {
				low, high = min(low, at), max(high, at)
			}
		}
		switch {
		case high < 0:
			return ""
		case low == high:
			all = append(all, p.Name+" "+p.Values[low])
		default:
			all = append(all, p.Name+" "+p.Values[low]+"–"+p.Values[high])
		}
	}
	return strings.Join(all, " × ")
}

// interval is a gain with its bounds: "+41 % [35, 47]".
func interval(v Score) string {
	high := fmt.Sprintf("%.0f", rounded(v.High))
	if v.High > mostGain {
		high = "more"
	}
	return fmt.Sprintf("%s [%.0f, %s]", percent(v.Gain), rounded(v.Low), high)
}

// mostGain is more than is told as a figure: what has no upper bound, or was compared with next to nothing.
const mostGain = 10

func percent(gain float64) string {
	if gain > mostGain {
		return "more than +1000 %"
	}
	return fmt.Sprintf("%+.0f %%", rounded(gain))
}

// holds says of the cheapest what is known, where so many that are cheaper could not be decided.
func holds(undecided int) string {
	if undecided > 0 {
		return "is known to hold"
	}
	return "holds"
}

// rounded is a share in per cent, without a negative nothing.
func rounded(v float64) float64 { return math.Round(100*v) + 0 }

// share is a part of a whole with two digits.
func share(v float64) string { return strconv.FormatFloat(100*v, 'g', 2, 64) + " %" }

func number(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }

func trials(n int) string {
	if n == 1 {
		return "1 trial"
	}
	return strconv.Itoa(n) + " trials"
}

func minutes(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%.0f s", d.Seconds())
	}
	return fmt.Sprintf("%.0f min", d.Minutes())
}

// short says why a tuning ended before its answer.
func (s *Search) short() string {
	if s.cfg.Budget > 0 && s.took >= s.cfg.Budget {
		why := fmt.Sprintf("the budget of %v was over before it was done", s.cfg.Budget)
		if s.cfg.Goal == Most {
			why += fmt.Sprintf(": it takes about %v", s.cfg.about(trialsOf(s.firstRung)).Round(time.Minute))
		}
		return why
	}
	return fmt.Sprintf("the %s that may be made were not enough", trials(s.cfg.MaxTrials))
}
