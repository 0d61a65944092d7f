package stats

import "slices"

// maxBins is how many bins of one length a run keeps before it doubles the length:
// ten minutes of the shortest ones. What depends on their length (how episodes of slow
// requests are parted) is then a matter of bins that are a small part of the run still.
const maxBins = 6000

// A binStore holds the bins of a run's rows as they come in, all of one length. The
// zero store is empty.
type binStore struct {
	doubled int // how often the length of a bin was
	rows    []binRow
}

// A binRow is the bins of one row, without holes.
type binRow struct {
	first int64
	bins  [][]rungCount
}

// A rungCount is how many requests of a bin ended on a rung.
type rungCount struct {
	rung  uint16
	count uint64
}

// add counts what a window says of one row.
func (s *binStore) add(row int, counts BinCounts) {
	s.rows = grown(s.rows, row+1)
	for len(counts) > 0 {
		n := counts.sameBin()
		into := s.open(row, counts[0].Bin)
		for _, c := range counts[:n] {
			addRung(into, uint16(c.Rung), c.Count)
		}
		counts = counts[n:]
	}
}

// open is a bin of a row, given as counted: by BinLength.
func (s *binStore) open(row int, bin int64) *[]rungCount {
	r := &s.rows[row]
	for !r.holds(bin >> s.doubled) {
		s.coarsen()
	}
	return r.open(bin >> s.doubled)
}

// holds says whether a row may get a bin without having too many.
func (r *binRow) holds(bin int64) bool {
	n := int64(len(r.bins))
	return n == 0 || bin < r.first+maxBins && bin >= r.first+n-maxBins
}

func (r *binRow) open(bin int64) *[]rungCount {
	if len(r.bins) == 0 {
		r.first = bin
	}
	if before := r.first - bin; before > 0 {
		r.bins = append(make([][]rungCount, before, before+int64(len(r.bins))), r.bins...)
		r.first = bin
	}
	for int64(len(r.bins)) <= bin-r.first {
		r.bins = append(r.bins, nil)
	}
	return &r.bins[bin-r.first]
}

func addRung(to *[]rungCount, rung uint16, n uint64) {
	list := *to
	at := len(list)
	for at > 0 && list[at-1].rung >= rung {
		at--
	}
	if at < len(list) && list[at].rung == rung {
		list[at].count += n
		return
	}
	list = append(list, rungCount{})
	copy(list[at+1:], list[at:])
	list[at] = rungCount{rung, n}
	*to = list
}

// coarsen adds up pairs of bins in every row.
func (s *binStore) coarsen() {
	s.doubled++
	for i := range s.rows {
		old := s.rows[i]
		s.rows[i] = binRow{}
		for j, bin := range old.bins {
			if len(bin) == 0 {
				continue
			}
			into := s.rows[i].open((old.first + int64(j)) >> 1)
			for _, c := range bin {
				addRung(into, c.rung, c.count)
			}
		}
	}
}

// of gives the bins of the rows that are wanted, added up.
func (s *binStore) of(wanted func(row int) bool) Bins {
	all := Bins{Length: BinLength << s.doubled}
	for i := range s.rows {
		if wanted(i) {
			all = all.Merge(Bins{all.Length, s.rows[i].counts()})
		}
	}
	return all
}

func (r *binRow) counts() (counts BinCounts) {
	for i, bin := range r.bins {
		for _, c := range bin {
			if c.count == 0 { // it was taken away
				continue
			}
			counts = append(counts, BinCount{r.first + int64(i), int(c.rung), c.count})
		}
	}
	return counts
}

// Confidences say between which response times percentiles (0 to 100) of the wanted rows
// lie, failures being infinitely slow; nil of a run that kept no bins, as those from
// before there were any. Excluded windows are left out, as in all times. A window lacks
// what of a lost agent it lacks.
func (r *Run) Confidences(ps []float64, wanted func(CellKey) bool) []PercentileInterval {
	if r.Layout == nil || r.unbinned() {
		return nil
	}
	all := make([]PercentileInterval, len(ps))
	ladder, seen := r.Layout.Ladder(), Dist{}
	picks := func(row int) bool { return row < len(r.Layout.Cells) && wanted(r.Layout.Cells[row]) }
	for row := range r.sound.Cells {
		if c := &r.sound.Cells[row]; picks(row) {
			seen.Merge(Dist{OK: c.Response, Infinite: c.Bad()})
		}
	}
	bins := r.soundBins(picks)
	for i, p := range ps {
		all[i] = ladder.Percentile(p, bins)
		all[i].include(seen)
	}
	return all
}

// unbinned says that recorded requests ended, and that no bin knows when they were meant
// to start.
func (r *Run) unbinned() bool {
	if r.bins.seen() || r.left.bins.seen() {
		return false
	}
	for i := range r.sound.Cells {
		if i < len(r.Layout.Cells) && r.Layout.Cells[i].Recorded && r.sound.Cells[i].Ended() > 0 {
			return true
		}
	}
	return false
}

// include widens an interval to hold the percentile that was seen. Within a rung the
// interval is a line between its edges, and what was seen may lie on one side of it: if
// all requests took the same time, that is a point.
func (i *PercentileInterval) include(d Dist) {
	at, infinite := d.Percentile(i.P)
	switch {
	case i.Withheld || d.Count() == 0:
	case infinite:
		i.High = Never
	case i.Low == Never:
		i.Low = at
	default:
		i.Low = min(i.Low, at)
		if i.High != Never {
			i.High = max(i.High, at)
		}
	}
}

// seen says whether any row has bins.
func (s *binStore) seen() bool {
	return slices.ContainsFunc(s.rows, func(r binRow) bool { return len(r.bins) > 0 })
}

// addRows adds what a window says of each row.
func (s *binStore) addRows(rows []BinCounts) {
	for i, counts := range rows {
		s.add(i, counts)
	}
}

// takeRows takes away what addRows added.
func (s *binStore) takeRows(rows []BinCounts) {
	for i, counts := range rows {
		for _, c := range counts {
			addRung(s.open(i, c.Bin), uint16(c.Rung), -c.Count)
		}
	}
}

// parted gives a window without what is kept apart from it, and that.
func parted(w *Window) (Window, rowsApart) {
	kept, merged := *w, *w.Merged
	n := len(merged.Cells)
	apart := rowsApart{bins: make([]BinCounts, n), splits: make([]*Split, n)}
	merged.Cells = slices.Clone(merged.Cells)
	for i := range merged.Cells {
		c := &merged.Cells[i]
		apart.bins[i], apart.splits[i] = c.Bins, c.Split
		c.Bins, c.Split = nil, nil
	}
	kept.Merged, kept.spoilt, kept.leftOut = &merged, false, false
	return kept, apart
}
