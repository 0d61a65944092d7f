package rental

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Holding is what one run holds, as lists tell.
type Holding struct {
	Run       string
	Expires   time.Time // the latest that any of its resources tells, or its journal
	Resources []Seen    // bear both marks, or, of kinds without tags, hold nothing but what does
	Doubts    []string  // what is wrong with their tags
}

// A Reaping is what lists tell of all runs.
type Reaping struct {
	Expired []Holding // for ReapMargin or longer: to be given back: a Rental without wants does that, and looks again by itself
	Live    []Holding // none of it is to be touched
	Broken  []Left    // are loadctl's by label or tag, but whose, or until when, cannot be told: they are left alone
}

// ReapMargin is how long a run has to have expired: the clock that told its end and the one that reads it may each be wrong.
const ReapMargin = 2 * skew

// Reap tells from lists of all kinds which runs have expired. A run lives for as long as any of its resources is to, or
// as one of the journals that are known says: of a run that was taken up again for longer nothing may bear a new tag.
// Holdings are in the order of their runs, what is broken in that of its labels.
func Reap(now time.Time, seen []Seen, journals ...Knowledge) Reaping {
	holdings, out := map[string]*Holding{}, Reaping{}
	var rest []Left
	for _, s := range seen {
		if run, why := bearer(s); run != "" {
			hold(holdings, run, s)
		} else if why != "" {
			rest = append(rest, Left{s, why})
		}
	}
	for _, k := range journals {
		if h := holdings[k.Run]; h != nil && k.Expires.After(h.Expires) {
			h.Expires = k.Expires
		}
	}
	for _, l := range rest {
		if h := landlord(l.Seen, holdings); h != nil {
			h.Resources = append(h.Resources, l.Seen)
		} else {
			out.Broken = append(out.Broken, l)
		}
	}
	out.sort(now, holdings)
	return out
}

func hold(holdings map[string]*Holding, run string, s Seen) {
	if holdings[run] == nil {
		holdings[run] = &Holding{Run: run}
	}
	h := holdings[run]
	h.Resources = append(h.Resources, s)
	m, err := ParseTags(s.Tags)
	if m.Expires.After(h.Expires) {
		h.Expires = m.Expires
	}
	if err != nil {
		h.Doubts = append(h.Doubts, fmt.Sprintf("%s %s: %s", s.Kind, s.Label, strings.ReplaceAll(err.Error(), "\n", ", ")))
	}
}

func (out *Reaping) sort(now time.Time, holdings map[string]*Holding) {
	for _, h := range holdings {
		switch {
		case h.Expires.IsZero():
			for _, s := range h.Resources {
				out.Broken = append(out.Broken, Left{s, "no resource of run " + h.Run + " tells when it expires"})
			}
		case h.Expires.Add(ReapMargin).After(now):
			out.Live = append(out.Live, *h)
		default:
			out.Expired = append(out.Expired, *h)
		}
	}
	byRun := func(a, b Holding) int { return strings.Compare(a.Run, b.Run) }
	slices.SortFunc(out.Expired, byRun)
	slices.SortFunc(out.Live, byRun)
	slices.SortFunc(out.Broken, func(a, b Left) int { return strings.Compare(a.String(), b.String()) })
}

// bearer is the run whose label prefix and tag a resource both bears. Without one why tells what is wrong, "" when it is
// not loadctl's at all.
func bearer(s Seen) (run, why string) {
	m, err := ParseTags(s.Tags)
	of := labelRun(s.Label)
	switch {
	case of == "" && !m.Brand:
		return "", ""
	case of == "":
		return "", "it bears a tag of loadctl, but no label of it"
	case m.Run == of:
		return of, ""
	case err != nil:
		return "", strings.ReplaceAll(err.Error(), "\n", ", ")
	case !m.Brand:
		return "", "it bears the label of run " + of + ", but no tag"
	}
	return "", "its label is of run " + of + ", its tag of run " + m.Run
}

// landlord is the run of a network or placement group on which something hangs, all of it of the run of its label.
func landlord(s Seen, holdings map[string]*Holding) *Holding {
	h := holdings[labelRun(s.Label)]
	if m, _ := ParseTags(s.Tags); h == nil || !tagless(s.Kind) || m.Brand || len(s.Tenants) == 0 {
		return nil
	}
	for _, id := range s.Tenants {
		if !slices.ContainsFunc(h.Resources, func(s Seen) bool { return s.Kind == Instance && s.ID == id }) {
			return nil
		}
	}
	return h
}
