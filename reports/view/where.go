package view

import (
	"fmt"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// A Where is where the time of requests went whose target told of its own: of those ranked
// near p50 and near p99 of response time.
type Where struct {
	Name, Method string // "" of all names together
	Split        *stats.Split
	Failed       uint64       // requests that have no parts
	Bands        []stats.Band // at WherePercentiles
	Doubts       []string     // what a reader must know to read the means right
}

// WherePercentiles are those at which it is asked.
func WherePercentiles() []float64 { return []float64{50, 99} }

// whereOf is a Where of each name that is timed, busiest first; of several names all of
// them together come before.
func whereOf(r *stats.Run, names []Endpoint) (all []Where) {
	for _, e := range names {
		if split, failed := r.Split(func(c stats.CellKey) bool { return c.Name == e.Name }); split != nil {
			all = append(all, newWhere(e.Name, e.Method, split, failed))
		}
	}
	if len(all) > 1 {
		split, failed := r.Split(recorded)
		all = append([]Where{newWhere("", "", split, failed)}, all...)
	}
	return all
}

func newWhere(name, method string, split *stats.Split, failed uint64) Where {
	w := Where{Name: name, Method: method, Split: split, Failed: failed}
	for _, p := range WherePercentiles() {
		w.Bands = append(w.Bands, split.Band(p, failed))
	}
	w.Doubts = w.doubts()
	return w
}

// Label names the requests, with their method once.
func (w *Where) Label() string {
	if w.Name == "" {
		return "all requests"
	}
	return RequestLabel(w.Method, w.Name)
}

// Kinds of parts.
const (
	PartSend   = "send"   // send lag: before the first byte was written
	PartTarget = "target" // told by the target
	PartRest   = "rest"
)

// A Part is one part of the time, at each band.
type Part struct {
	Name, Kind string
	Means      []time.Duration // 0 where a band has none
}

// Parts are all of them, in order; they add up to the mean response time of each band.
func (w *Where) Parts() []Part {
	parts := []Part{{Name: "pacer lag", Kind: PartSend}, {Name: "pool wait", Kind: PartSend}, {Name: "connect", Kind: PartSend}}
	for _, name := range w.Split.Columns() {
		parts = append(parts, Part{Name: name, Kind: PartTarget})
	}
	parts = append(parts, Part{Name: "rest", Kind: PartRest})
	for i := range w.Bands {
		means := meansOf(&w.Bands[i], len(parts))
		for j := range parts {
			parts[j].Means = append(parts[j].Means, means[j])
		}
	}
	return parts
}

// meansOf are the parts of a band, of which there are n.
func meansOf(b *stats.Band, n int) []time.Duration {
	if !b.Known() {
		return make([]time.Duration, n)
	}
	means := []time.Duration{b.Lag, b.Waiting, b.Connecting}
	for _, t := range b.Told {
		means = append(means, t.Mean)
	}
	return append(means, b.Rest)
}

// Title is how a part is shown: what the target told is said to be its own word.
func (p Part) Title() string {
	if p.Kind == PartTarget {
		return "target: " + p.Name
	}
	return p.Name
}

// doubts say what the means hide.
func (w *Where) doubts() (doubts []string) {
	all := w.Split.Total()
	add := func(n uint64, what string) {
		if n > 0 {
			doubts = append(doubts, fmt.Sprintf("%s of %s answers %s", Group(n), Group(all.Count), what))
		}
	}
	add(all.Untold, "told no part of their time: what the target did for them is in rest")
	add(all.Odd, "told something in Server-Timing that cannot be understood, and was passed over")
	add(all.Over, "told parts that are together longer than they took, so that rest lacks what these have too much: "+
		"parts run at the same time or within each other; server_timing: [NAME, …] takes only those that do not")
	if w.Split.Folded {
		doubts = append(doubts, fmt.Sprintf("more than %d names were told: the others are added up as %s", stats.MaxTold, stats.OtherTold))
	}
	return append(doubts, w.bandDoubts()...)
}

func (w *Where) bandDoubts() (doubts []string) {
	for i := range w.Bands {
		switch b, name := &w.Bands[i], w.Heading(i); {
		case b.Withheld:
			doubts = append(doubts, fmt.Sprintf("%s requests are too few to name %s", Group(b.Requests), name))
		case !b.Known():
			doubts = append(doubts, fmt.Sprintf("all requests ranked near %s failed, and have no parts", name))
		case b.Failed > 0:
			doubts = append(doubts, fmt.Sprintf("%s of the requests ranked near %s failed, and have no parts: the means there are of the others",
				Percent(b.Failed/b.Ranked), name))
		}
	}
	return doubts
}

func percentileName(p float64) string { return "p" + trimZeros(fmt.Sprintf("%.2f", p)) }

// Heading is what stands above a band, such as p99.
func (w *Where) Heading(band int) string { return percentileName(w.Bands[band].P) }

// MeanText writes a mean of a band in milliseconds, or that there is none.
func (w *Where) MeanText(band int, mean time.Duration) string {
	switch {
	case !w.Bands[band].Known():
		return "–"
	case mean < 0:
		return "−" + Millis(-mean)
	}
	return Millis(mean)
}
