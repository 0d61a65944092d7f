package stats

// A SnapshotSum adds up what many peers measured in one window, as Snapshot.Merge does for two. The zero sum is empty.
type SnapshotSum struct {
	all  *Snapshot
	bins []BinSum // by row; nil while there is one peer
}

// Add takes what a peer measured, and takes it over: neither o nor a part of it may be used after that.
func (s *SnapshotSum) Add(o *Snapshot) {
	if s.all == nil {
		s.all = o
		return
	}
	if s.bins == nil {
		s.takeBins(s.all)
	}
	s.takeBins(o)
	s.all.Merge(o)
}

// takeBins adds up the bins apart from all else.
func (s *SnapshotSum) takeBins(o *Snapshot) {
	s.bins = grown(s.bins, len(o.Cells))
	for i := range o.Cells {
		s.bins[i].Add(o.Cells[i].Bins)
		o.Cells[i].Bins = nil
	}
}

// Snapshot is the sum, its histograms in their small form; nil when nothing was added. It ends the sum.
func (s *SnapshotSum) Snapshot() *Snapshot {
	for i := range s.bins {
		s.all.Cells[i].Bins = s.bins[i].Counts()
	}
	if s.bins != nil {
		s.all.Pack()
	}
	return s.all
}
