package stats

// A splitStore holds the splits of a run's rows, added up. The zero store is empty.
type splitStore []*Split

// add adds what a window says of each row.
func (s *splitStore) add(rows []*Split) {
	*s = grown(*s, len(rows))
	for i, split := range rows {
		(*s)[i] = (*s)[i].Merge(split)
	}
}

// take takes away what add added.
func (s splitStore) take(rows []*Split) {
	for i, split := range rows {
		s[i] = s[i].Without(split)
	}
}

// of gives the splits of the rows that are wanted, added up; nil for none.
func (s splitStore) of(wanted func(row int) bool) (all *Split) {
	for i, split := range s {
		if wanted(i) {
			all = all.Merge(split)
		}
	}
	return all
}

// Split is where the time of the wanted rows went that are recorded and Timed, and how many
// requests of these failed: those have no parts. It is nil where there is no such row. Excluded
// windows are left out, as of all times.
func (r *Run) Split(wanted func(CellKey) bool) (split *Split, failed uint64) {
	if r.Layout == nil {
		return nil, 0
	}
	picks := func(row int) bool {
		if row >= len(r.Layout.Cells) {
			return false
		}
		key := r.Layout.Cells[row]
		return key.Timed && key.Recorded && wanted(key)
	}
	for i := range r.sound.Cells {
		if picks(i) {
			failed += r.sound.Cells[i].Bad()
		}
	}
	split = r.splits.of(picks)
	if !r.left.out {
		split = split.Merge(r.left.splits.of(picks))
	}
	return split, failed
}

// rowsApart is what of a window's rows is kept apart from it, being much, and nothing asking
// a single window for it.
type rowsApart struct {
	bins   []BinCounts
	splits []*Split
}
