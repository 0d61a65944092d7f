package answers

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/loadctl/loadctl/coordinator/tune"
	"github.com/loadctl/loadctl/reports/brief"
	"github.com/loadctl/loadctl/stats"
)

// OfTune is the report of a search for the best setting.
func OfTune(r tune.Result, i Info) *brief.Brief {
	w := &tuneWords{r}
	b := &brief.Brief{
		Kind: "tuning report", Title: i.title(), Meta: i.meta(r.Took, len(r.Trials)), Verdict: w.verdict(), Exit: i.Exit,
		Lead: w.lead(), Notes: w.notes(), Figures: w.figures(), Tool: i.Tool, Result: TuneResult(r, i),
	}
	b.Sections = append(b.Sections, w.recommended())
	if h := w.heat(); h != nil {
		b.Sections = append(b.Sections, brief.Section{ID: "map", Title: "Where it is good", Parts: []brief.Part{h}})
	}
	if len(r.Effects) > 0 {
		b.Sections = append(b.Sections, w.effects())
	}
	b.Sections = append(b.Sections, w.grid())
	if !w.holds() {
		b.Sections = append(b.Sections, w.halving())
	}
	b.Sections = append(b.Sections, w.scores())
	if len(r.Refused) > 0 {
		b.Sections = append(b.Sections, w.refused())
	}
	b.Sections = append(b.Sections, w.trials(), w.method(), i.reproduce(0))
	return b
}

// TuneResult is the line that programs look for.
func TuneResult(r tune.Result, i Info) string {
	line := fmt.Sprintf("RESULT %s exit=%d", strings.ReplaceAll(string(r.Outcome), " ", "-"), i.Exit)
	w := &tuneWords{r}
	switch {
	case r.Outcome == tune.Better && w.holds():
		line += fmt.Sprintf(" cost=%s setting=%s", bare(r.Recommended.Cost), settingWord(r.Recommended.Setting))
	case r.Outcome == tune.Better:
		line += fmt.Sprintf(" gain=%.1f%% low=%.1f%% high=%.1f%% setting=%s", r.Recommended.Gain*100, r.Recommended.Low*100, r.Recommended.High*100, settingWord(r.Recommended.Setting))
	}
	return line + runWord(i)
}

// settingWord is a setting without a space in it.
func settingWord(s tune.Setting) string { return strings.ReplaceAll(s.Words(nil), " ", "") }

// tuneWords says what a result means.
type tuneWords struct{ tune.Result }

// holds says that what is asked of a setting is to hold a load, at the least cost.
func (w *tuneWords) holds() bool { return w.Fitness == "hold" }

// none is the outcome that no setting holds the load.
const none tune.Outcome = "nothing"

func (w *tuneWords) setting(s tune.Setting) string {
	if len(s) == 0 {
		return "–"
	}
	return s.Words(w.Names())
}

// cost is a cost in its unit, which may have no name.
func (w *tuneWords) cost(f float64) string { return strings.TrimSpace(figure(f) + " " + w.CostUnit) }

func (w *tuneWords) verdict() brief.Verdict {
	v := brief.Verdict{Line: w.headline(), Word: strings.ToUpper(string(w.Outcome)), Tone: brief.Good}
	switch w.Outcome {
	case tune.Better:
		v.Word = "BETTER SETTING FOUND"
	case none:
		v.Word, v.Tone = "NOTHING HOLDS", brief.Bad
		if w.Undecided > 0 {
			v.Word = "NOTHING IS KNOWN TO HOLD"
		}
	case tune.NoChange:
	case tune.Unfinished:
		v.Tone = brief.Warn
	default:
		v.Tone = brief.Bad
	}
	return v
}

// headline is the answer in one sentence. Where nothing is recommended the tuning's own reason is it: there are several ways to come to that.
func (w *tuneWords) headline() string {
	switch {
	case w.Outcome == none || w.Outcome == tune.NoChange:
		return cmp.Or(sentence(w.Why), w.ended())
	case w.Outcome == tune.Better && w.holds():
		return fmt.Sprintf("%s is %s: cost %s.", w.setting(w.Recommended.Setting), w.cheapest(), w.cost(w.Recommended.Cost))
	}
	switch w.Outcome {
	case tune.Better:
		return fmt.Sprintf("%s: %s %s, 95 %% interval %s, against the setting in force.", w.setting(w.Recommended.Setting), signed(w.Recommended.Gain), w.of(w.Recommended), between(w.Recommended.Low, w.Recommended.High))
	case tune.Unfinished:
		return "The tuning did not come to its end: there is no recommendation" + because(w.Why)
	}
	return "Trials could not be made" + because(w.Why)
}

// ended is an ending that gives no reason.
func (w *tuneWords) ended() string {
	switch {
	case w.Outcome == none:
		return "No setting is known to hold the load."
	case w.holds():
		return "The setting in force is " + w.cheapest() + "."
	}
	return fmt.Sprintf("No setting beats the current one by %s or more.", share(w.margin()))
}

// cheapest says no more than is known: what is cheaper may not have been decided.
func (w *tuneWords) cheapest() string {
	if w.Undecided > 0 {
		return "the cheapest that is known to hold the load"
	}
	return "the cheapest that holds the load"
}

// usual is the slack and the margin of a tuning that says none.
const usual = 0.02

func (w *tuneWords) slack() float64 { return cmp.Or(w.Slack, usual) }

func (w *tuneWords) margin() float64 { return cmp.Or(w.Margin, usual) }

// fitness is what the last settings are compared by.
func (w *tuneWords) fitness() string { return fitnessName(w.Fitness) }

// of is what a score's gain and value are of, which for most is throughput also where the last ones' are of capacity.
func (w *tuneWords) of(s tune.Score) string { return fitnessName(cmp.Or(s.Fitness, w.Fitness)) }

func fitnessName(fitness string) string {
	switch fitness {
	case "capacity":
		return "SLO capacity"
	case "", "throughput", "hold":
		return "throughput"
	}
	return fitness
}

func (w *tuneWords) lead() string {
	switch {
	case w.Outcome == tune.Better && w.holds():
		return join(fmt.Sprintf("Set %s in place of %s.", w.setting(w.Recommended.Setting), w.setting(w.Incumbent.Setting)), sentence(w.Why), w.validated())
	case w.Outcome == tune.NoChange:
		return join(fmt.Sprintf("The setting in force is %s: leave it as it is.", w.setting(w.Incumbent.Setting)), w.bestAnyway())
	case w.Outcome == tune.Better:
		return join(fmt.Sprintf("Set %s. That gives %s %s (95 %% interval %s) against the setting in force, %s.", w.setting(w.Recommended.Setting), signed(w.Recommended.Gain), w.of(w.Recommended), between(w.Recommended.Low, w.Recommended.High), w.setting(w.Incumbent.Setting)),
			w.cheaper(), w.flat(), w.validated(), sentence(w.Why))
	}
	return ""
}

// cheaper says that the recommendation is not the peak, where it is not.
func (w *tuneWords) cheaper() string {
	if len(w.Best.Setting) == 0 || w.setting(w.Best.Setting) == w.setting(w.Recommended.Setting) {
		return "It is the best of all that were tried."
	}
	text := fmt.Sprintf("It is the cheapest that is not worse than the best (%s, %s) by more than %s", w.setting(w.Best.Setting), signed(w.Best.Gain), share(w.slack()))
	if w.Recommended.Cost > 0 || w.Best.Cost > 0 {
		text += fmt.Sprintf(": cost %s in place of %s", w.cost(w.Recommended.Cost), figure(w.Best.Cost))
	}
	return text + "."
}

// flat says over which values it hardly matters.
func (w *tuneWords) flat() string {
	if len(w.Plateau) < 2 {
		return ""
	}
	var words []string
	for _, p := range w.Params {
		var on []string
		for _, v := range p.Values {
			if slices.ContainsFunc(w.Plateau, func(s tune.Setting) bool { return s[p.Name] == v }) {
				on = append(on, v)
			}
		}
		switch len(on) {
		case 0:
		case 1:
			words = append(words, p.Name+" "+on[0])
		default:
			words = append(words, p.Name+" "+on[0]+" to "+on[len(on)-1])
		}
	}
	return fmt.Sprintf("%d settings are within %s of the best: %s.", len(w.Plateau), share(w.slack()), strings.Join(words, ", "))
}

func (w *tuneWords) validated() string {
	if w.Validated && w.Fitness == "capacity" {
		return "Its throughput was tried again after a fresh start of the target, its capacity was not."
	}
	if w.Validated {
		return "It held after a fresh start of the target."
	}
	return "It was not tried again after a fresh start."
}

func (w *tuneWords) bestAnyway() string {
	if len(w.Best.Setting) == 0 || w.setting(w.Best.Setting) == w.setting(w.Incumbent.Setting) {
		return ""
	}
	return fmt.Sprintf("The best of the others was %s: %s %s.", w.setting(w.Best.Setting), signed(w.Best.Gain), between(w.Best.Low, w.Best.High))
}

func (w *tuneWords) notes() []brief.Note {
	notes := warnings(w.Flags)
	invalid := 0
	for _, t := range w.Trials {
		if t.Validity == stats.Invalid {
			invalid++
		}
	}
	if invalid > 0 {
		notes = append(notes, brief.Note{Tone: brief.Warn, Text: many(invalid, "trial was", "trials were") + " invalid, as the load generator was measured and not the target: that counts in no figure."})
	}
	if n := len(w.Refused); n > 0 {
		notes = append(notes, brief.Note{Text: many(n, "setting was", "settings were") + " not tried, or not to the end: see below."})
	}
	return notes
}

func (w *tuneWords) figures() (all []brief.Figure) {
	score := func(label string, s tune.Score, meaning string, tone brief.Tone) {
		if len(s.Setting) > 0 {
			all = append(all, brief.Figure{Label: label, Value: w.setting(s.Setting), Meaning: meaning, Tone: tone})
		}
	}
	if w.Outcome == tune.Better {
		score("recommended", w.Recommended, w.recommends(), brief.Good)
	}
	if w.Outcome == tune.Better && !w.holds() {
		all = append(all, brief.Figure{Label: "gain", Value: signed(w.Recommended.Gain), Meaning: fmt.Sprintf("%s against the setting in force, 95 %% interval %s", w.of(w.Recommended), between(w.Recommended.Low, w.Recommended.High)), Tone: brief.Good})
	}
	score("in force", w.Incumbent, w.worth(w.Incumbent), brief.Plain)
	if !w.holds() && (w.Outcome != tune.NoChange || w.setting(w.Best.Setting) != w.setting(w.Incumbent.Setting)) {
		score("best that was tried", w.Best, signed(w.Best.Gain)+" "+between(w.Best.Low, w.Best.High), brief.Plain)
	}
	if w.holds() {
		return append(all, brief.Figure{Label: "trials", Value: whole(len(w.Trials)), Meaning: "in " + span(w.Took)})
	}
	return append(all, brief.Figure{Label: "plateau", Value: many(len(w.Plateau), "setting", "settings"), Meaning: "within " + share(w.slack()) + " of the best"},
		brief.Figure{Label: "trials", Value: whole(len(w.Trials)), Meaning: fmt.Sprintf("%d of them of the halving, in %s", w.Halving, span(w.Took))})
}

// recommends is why a setting is recommended.
func (w *tuneWords) recommends() string {
	if w.holds() {
		return w.cheapest() + ": cost " + w.cost(w.Recommended.Cost)
	}
	return "the cheapest within " + share(w.slack()) + " of the best"
}

func (w *tuneWords) worth(s tune.Score) string {
	if w.holds() {
		return "cost " + w.cost(s.Cost)
	}
	if s.Value <= 0 {
		return ""
	}
	text := w.of(s) + " " + rate(s.Value)
	if s.Fitness == "capacity" {
		return text
	}
	return text + " in the mean of its trials"
}
