package history

import (
	"cmp"
	"slices"
	"time"

	"github.com/loadctl/loadctl/coordinator/changepoints"
)

// An Entry is one run, or one search that found something.
type Entry struct {
	ID       string    `json:"id"`
	Scenario string    `json:"scenario"`
	SHA256   string    `json:"scenario_sha256,omitempty"` // of its text: another text is another load
	Commit   string    `json:"commit,omitempty"`          // of the service, where the scenario's tags say it
	Host     string    `json:"host,omitempty"`            // that made the load
	Started  time.Time `json:"started"`
	Invalid  bool      `json:"invalid,omitempty"` // or aborted: it is listed, and in no series

	// Said is the answer of a search that is no figure over time, such as a gate's verdict or a capacity of which a bound
	// alone is known; "" = it is one of figures.
	Said string `json:"said,omitempty"`

	Values map[string]float64 `json:"values"` // by metric, in base units; what is not known is not there
}

// A Metric is a figure that is looked at over time.
type Metric struct {
	Name string
	Unit string // "s", "", "/s"
}

// Metrics are those of a history, in their order.
func Metrics() []Metric {
	return []Metric{{"p50", "s"}, {"p99", "s"}, {"failed", ""}, {"throughput", "/s"}, {"capacity", "/s"}, {"connections", ""}}
}

// A Point is one value of a series.
type Point struct {
	Entry *Entry  `json:"-"`
	ID    string  `json:"id"`
	Value float64 `json:"value"`
	// Other says that the scenario, or the machine that made the load, is not that of the point
	// before: a change there need not be the service's.
	Other string `json:"other,omitempty"`
}

// A Change says that a series was another from a point on.
type Change struct {
	At     int     `json:"at"` // index of the first point that is
	ID     string  `json:"id"`
	Before float64 `json:"before"` // mean of the points since the change before
	After  float64 `json:"after"`  // mean until the next
	Ratio  float64 `json:"ratio"`  // − 1; 0 where Before is
	P      float64 `json:"p"`      // probability that chance alone divides the points as well
}

// A Series is one metric of one scenario over time.
type Series struct {
	Scenario string   `json:"scenario"`
	Metric   string   `json:"metric"`
	Unit     string   `json:"unit"`
	Points   []Point  `json:"points"`
	Changes  []Change `json:"changes"`
}

// A Finder gives the changes of values, ascending.
type Finder func(values []float64) []changepoints.Change

// Of makes the series of what may be believed, in order of time. find may be nil: no change
// is looked for.
func Of(entries []Entry, find Finder) (all []Series) {
	ordered := inOrder(entries)
	for _, name := range scenariosOf(ordered) {
		for _, m := range Metrics() {
			if s := seriesOf(ordered, name, m); len(s.Points) > 0 {
				s.look(find)
				all = append(all, s)
			}
		}
	}
	return all
}

// inOrder is by time, and by name what began at once.
func inOrder(entries []Entry) []Entry {
	ordered := slices.Clone(entries)
	slices.SortStableFunc(ordered, func(a, b Entry) int { return cmp.Or(a.Started.Compare(b.Started), cmp.Compare(a.ID, b.ID)) })
	return ordered
}

func scenariosOf(entries []Entry) (names []string) {
	for i := range entries {
		names = append(names, entries[i].Scenario)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func seriesOf(entries []Entry, scenario string, m Metric) Series {
	s := Series{Scenario: scenario, Metric: m.Name, Unit: m.Unit, Changes: []Change{}}
	var last *Entry
	for i := range entries {
		e := &entries[i]
		v, has := e.Values[m.Name]
		if e.Scenario != scenario || e.Invalid || !has {
			continue
		}
		s.Points = append(s.Points, Point{Entry: e, ID: e.ID, Value: v, Other: other(last, e)})
		last = e
	}
	return s
}

// other says what besides the service is not as it was.
func other(before, now *Entry) string {
	switch {
	case before == nil:
		return ""
	case before.SHA256 != now.SHA256 && before.SHA256 != "" && now.SHA256 != "":
		return "scenario"
	case before.Host != now.Host && before.Host != "" && now.Host != "":
		return "host"
	}
	return ""
}

func (s *Series) look(find Finder) {
	if find == nil {
		return
	}
	values := make([]float64, len(s.Points))
	for i := range s.Points {
		values[i] = s.Points[i].Value
	}
	for _, c := range find(values) {
		if c.Index > 0 && c.Index < len(s.Points) {
			s.Changes = append(s.Changes, Change{At: c.Index, ID: s.Points[c.Index].ID, Before: c.Before, After: c.After, Ratio: c.Change, P: c.P})
		}
	}
}
