package answers

import (
	"fmt"
	"time"

	"github.com/loadctl/loadctl/coordinator/capacity"
	"github.com/loadctl/loadctl/coordinator/gate"
	"github.com/loadctl/loadctl/coordinator/tune"
)

// CapacityLine is one line for the last trial of a search that goes on.
func CapacityLine(r capacity.Result) string {
	if len(r.Trials) == 0 {
		return ""
	}
	a, t := &capacityWords{Result: r}, r.Trials[len(r.Trials)-1]
	one := seen{t.Ask, t.Told, t.Held, t.Used, t.Note}
	line := fmt.Sprintf("trial %d %s %s %s: ", t.Number, t.Kind, a.amount(a.load(t.Load)), span(t.Measured.Round(100*time.Millisecond)))
	if validTrial(t.Validity, t.Broken) {
		line += fmt.Sprintf("%s bad (p99 %s) %s", a.badText(t.Counts), p99(t.P99), one.verdict().Text)
	} else {
		line += one.nothing()
	}
	switch {
	case r.Capacity > 0 && r.High > 0:
		line += fmt.Sprintf(" · capacity %s [%s, %s]", figure(r.Capacity), figure(r.Low), figure(r.High))
	case r.Low > 0:
		line += " · capacity ≥ " + figure(r.Low)
	}
	if r.Needs > 0 {
		line += " · needs about " + span(r.Needs) + " more"
	}
	return line
}

func p99(d time.Duration) string {
	if d == 0 {
		return "failed"
	}
	return span(d)
}

// GateLine is one line for the last trial of a gate that goes on.
func GateLine(r gate.Result) string {
	if len(r.Trials) == 0 {
		return ""
	}
	t := r.Trials[len(r.Trials)-1]
	one := seen{t.Ask, t.Told, t.Held, t.Used, t.Note}
	line := fmt.Sprintf("trial %d %s %s %s %s: ", t.Number, t.Kind, t.Side, loadOf(t.Load), span(t.Measured.Round(100*time.Millisecond)))
	if validTrial(t.Validity, t.Broken) {
		line += fmt.Sprintf("p50 %s p99 %s, %s failed", p99(t.P50), p99(t.P99), share(t.Failed))
		if t.Kind == "hold" {
			line += ", " + one.verdict().Text
		}
	} else {
		line += one.nothing()
	}
	if h := r.Hold; h != nil {
		line += fmt.Sprintf(" · hold base %s, candidate %s", lead(h.Base), lead(h.Candidate))
	}
	for _, m := range r.Metrics {
		if m.Primary && m.Pairs > 0 {
			line += fmt.Sprintf(" · %s %s %s", m.Name, change(m, m.Change), changes(m))
		}
	}
	return line
}

// TuneLine is one line for the last trial of a tuning that goes on.
func TuneLine(r tune.Result) string {
	if len(r.Trials) == 0 {
		return ""
	}
	w, t := &tuneWords{r}, r.Trials[len(r.Trials)-1]
	one := seen{t.Ask, t.Told, true, t.Used, t.Note}
	line := fmt.Sprintf("trial %d %s rung %d block %d %s: ", t.Number, t.Kind, t.Rung, t.Block, w.setting(t.Setting))
	if validTrial(t.Validity, t.Broken) {
		line += w.came(&t)
	} else {
		line += one.nothing()
	}
	if len(w.Best.Setting) > 0 && !w.holds() {
		line += fmt.Sprintf(" · best %s %s", w.setting(w.Best.Setting), signed(w.Best.Gain))
	}
	return line
}

// came is what came of a valid trial. What a load is to hold gains nothing: it held, or did not.
func (w *tuneWords) came(t *tune.Tried) string {
	served := rate(t.Throughput) + " OK"
	if w.holds() && t.Note != "" {
		served += ", " + t.Note
	}
	return served
}
