package view

import (
	"cmp"
	"slices"

	"github.com/loadctl/loadctl/stats"
)

// A pile is rows of a run added up: counts added, histograms merged. Of a whole
// run it is what times, rates and shares are taken of, and whole has the counts
// of excluded seconds too.
type pile struct {
	name, method string
	stats.CellStats
	whole *pile
}

// add puts one row of one window on the pile.
func (p *pile) add(c *stats.CellStats) {
	p.Intended += c.Intended
	for i, n := range c.Classes {
		p.Classes[i] += n
	}
	p.BytesIn += c.BytesIn
	p.BytesOut += c.BytesOut
	p.ChecksPassed += c.ChecksPassed
	p.ChecksFailed += c.ChecksFailed
	p.Redirects += c.Redirects
	for _, s := range c.Statuses {
		p.addStatus(s)
	}
	merge(&p.Response, c.Response)
	merge(&p.Service, c.Service)
	merge(&p.FirstByte, c.FirstByte)
	merge(&p.Failed, c.Failed)
}

func (p *pile) addStatus(s stats.StatusCount) {
	i, found := slices.BinarySearchFunc(p.Statuses, s, func(a, b stats.StatusCount) int { return cmp.Compare(a.Status, b.Status) })
	if !found {
		p.Statuses = slices.Insert(p.Statuses, i, s)
		return
	}
	p.Statuses[i].Count += s.Count
}

func merge(to **stats.Histogram, from *stats.Histogram) {
	if from.Count() == 0 {
		return
	}
	if *to == nil {
		*to = new(stats.Histogram)
	}
	(*to).Merge(from)
}

func (p *pile) answers() uint64 {
	return p.Classes[stats.OK] + p.Classes[stats.HTTPError] + p.Classes[stats.CheckFailed]
}

// response asks the pile's response times, failures infinite.
func (p *pile) response() Times { return TimesOf(p.Response, p.Bad()) }

// A choice says which rows of a layout are wanted.
type choice func(stats.CellKey) bool

func everything(stats.CellKey) bool   { return true }
func requests(c stats.CellKey) bool   { return !c.Heartbeat }
func recorded(c stats.CellKey) bool   { return c.Recorded }
func heartbeats(c stats.CellKey) bool { return c.Heartbeat }
func inPhase(phase int) choice {
	return func(c stats.CellKey) bool { return c.Phase == phase && !c.Heartbeat }
}

// piles adds up the chosen rows by name over all phases, in layout order.
func piles(l *stats.Layout, cells [][]stats.CellStats, want choice) []*pile {
	var all []*pile
	byName := map[string]*pile{}
	for i, key := range l.Cells {
		if !want(key) {
			continue
		}
		p := byName[key.Name]
		if p == nil {
			p = &pile{name: key.Name, method: key.Method}
			byName[key.Name] = p
			all = append(all, p)
		}
		for _, row := range cells {
			if i < len(row) {
				p.add(&row[i])
			}
		}
	}
	return all
}

// rowsOf adds up the chosen rows of the whole run by name, in layout order.
func rowsOf(r *stats.Run, want choice) []*pile {
	rows := piles(r.Layout, [][]stats.CellStats{r.Sound().Cells}, want)
	for i, p := range piles(r.Layout, [][]stats.CellStats{r.Total().Cells}, want) {
		rows[i].whole = p
	}
	return rows
}

// together adds up the chosen rows into one pile.
func together(l *stats.Layout, cells [][]stats.CellStats, want choice) *pile {
	p := &pile{name: "all"}
	for i, key := range l.Cells {
		if !want(key) {
			continue
		}
		for _, row := range cells {
			if i < len(row) {
				p.add(&row[i])
			}
		}
	}
	return p
}

// sum is a pile of piles.
func sum(all []*pile) *pile {
	p := &pile{name: "all", whole: new(pile)}
	for _, one := range all {
		p.add(&one.CellStats)
		if one.whole != nil {
			p.whole.add(&one.whole.CellStats)
		}
	}
	return p
}

// cellsOf lists the rows of windows.
func cellsOf(windows []stats.Window) (cells [][]stats.CellStats) {
	for i := range windows {
		if windows[i].Merged != nil {
			cells = append(cells, windows[i].Merged.Cells)
		}
	}
	return cells
}

// phasesOf adds up the counters of phases over windows; gauges are those of the last.
func phasesOf(windows []stats.Window) (sum stats.PhaseStats) {
	for i := range windows {
		if windows[i].Merged == nil {
			continue
		}
		sum.ConnOpen, sum.ConnHeld, sum.VUs, sum.InFlight, sum.Queued, sum.TimeWait = 0, 0, 0, 0, 0, 0
		for j := range windows[i].Merged.Phases {
			addPhase(&sum, &windows[i].Merged.Phases[j])
		}
	}
	return sum
}

func addPhase(sum, p *stats.PhaseStats) {
	sum.IterIntended += p.IterIntended
	sum.IterCompleted += p.IterCompleted
	sum.IterAborted += p.IterAborted
	sum.ConnOpened += p.ConnOpened
	sum.ConnDropped += p.ConnDropped
	sum.ConnFailed += p.ConnFailed
	sum.HeartbeatsSent += p.HeartbeatsSent
	sum.HeartbeatsAnswered += p.HeartbeatsAnswered
	sum.TLSHandshakes += p.TLSHandshakes
	sum.TLSResumed += p.TLSResumed
	sum.ConnOpen += p.ConnOpen
	sum.ConnHeld += p.ConnHeld
	sum.VUs += p.VUs
	sum.InFlight += p.InFlight
	sum.Queued += p.Queued
	sum.TimeWait += p.TimeWait
	for i, n := range p.Ended {
		sum.Ended[i] += n
	}
	merge(&sum.Connect, p.Connect)
	merge(&sum.TLS, p.TLS)
	merge(&sum.PoolWait, p.PoolWait)
	merge(&sum.PacerLag, p.PacerLag)
	merge(&sum.DropIdle, p.DropIdle)
	merge(&sum.DropAge, p.DropAge)
}
