package stats

// Merge adds what a peer (another loop, agent or host) measured in the same
// window: counters and gauges add, histograms and error groups join. It is
// commutative and associative but for which of very many error kinds keep their
// name. o may be nil and is not changed, and nothing that s writes later is
// shared with it.
func (s *Snapshot) Merge(o *Snapshot) {
	if o == nil {
		return
	}
	s.add(o, MaxErrorGroups)
	for i := range o.Cells {
		if from := o.Cells[i].Bins; len(from) > 0 {
			s.Cells[i].Bins = s.Cells[i].Bins.Merge(from)
		}
		s.Cells[i].Split = s.Cells[i].Split.Merge(o.Cells[i].Split)
	}
	for i := range o.Phases {
		s.Phases[i].addGauges(&o.Phases[i])
	}
	s.Taken = addTaken(s.Taken, o.Taken)
	s.PortsKept += o.PortsKept
	s.Busy = s.Busy.Max(o.Busy)
}

// Append adds a later window: counters add, gauges are replaced, and s takes
// the later window's number.
func (s *Snapshot) Append(later *Snapshot) {
	if later == nil {
		return
	}
	s.add(later, MaxRunErrorGroups)
	for i := range later.Phases {
		s.Phases[i].setGauges(&later.Phases[i])
	}
	s.Window = later.Window
}

func (s *Snapshot) add(o *Snapshot, maxGroups int) {
	s.Cells = grown(s.Cells, len(o.Cells))
	s.Phases = grown(s.Phases, len(o.Phases))
	for i := range o.Cells {
		s.Cells[i].add(&o.Cells[i])
	}
	for i := range o.Phases {
		s.Phases[i].add(&o.Phases[i])
	}
	s.Errors = mergeErrors(s.Errors, o.Errors, maxGroups)
}

func grown[T any](list []T, n int) []T {
	if len(list) >= n {
		return list
	}
	return append(list, make([]T, n-len(list))...)
}

// Pack gives the snapshot's histograms their small form (see Histogram.Pack):
// for a snapshot that is kept, or handed to others, and no longer added to.
func (s *Snapshot) Pack() {
	for i := range s.Cells {
		c := &s.Cells[i]
		c.Response, c.Service = c.Response.Pack(), c.Service.Pack()
		c.FirstByte, c.Failed = c.FirstByte.Pack(), c.Failed.Pack()
	}
	for i := range s.Phases {
		p := &s.Phases[i]
		p.Connect, p.TLS, p.PoolWait, p.PacerLag = p.Connect.Pack(), p.TLS.Pack(), p.PoolWait.Pack(), p.PacerLag.Pack()
		p.DropIdle, p.DropAge = p.DropIdle.Pack(), p.DropAge.Pack()
	}
}

// Sub takes the counters of o away from s. Histograms, statuses, errors and
// gauges stay as they are. A counter that o holds more of becomes 0.
func (s *Snapshot) Sub(o *Snapshot) {
	for i := range min(len(s.Cells), len(o.Cells)) {
		for c := range cellCounters {
			takeAway(s.Cells[i].counter(c), *o.Cells[i].counter(c))
		}
	}
	for i := range min(len(s.Phases), len(o.Phases)) {
		for c := range PhaseConnOpen {
			takeAway(s.Phases[i].counter(c), *o.Phases[i].counter(c))
		}
	}
}

func takeAway(from *uint64, n uint64) { *from -= min(n, *from) }

// CountersSnapshot reads counter blocks as they are now: cumulative counts since
// the start of their loops and present gauges, without times.
func CountersSnapshot(l *Layout, blocks ...[]uint64) *Snapshot {
	s := countersSnapshot(l, nil)
	for _, b := range blocks {
		s.Merge(countersSnapshot(l, b))
	}
	return s
}

// countersSnapshot reads one block; words that are missing count as 0.
func countersSnapshot(l *Layout, block []uint64) *Snapshot {
	s := &Snapshot{Cells: make([]CellStats, len(l.Cells)), Phases: make([]PhaseStats, len(l.Phases))}
	if len(block) < l.CounterWords() {
		return s
	}
	for i := range s.Cells {
		for c := range cellCounters {
			*s.Cells[i].counter(c) = block[l.CellWord(i, c)]
		}
	}
	for i := range s.Phases {
		for c := range phaseCounters {
			*s.Phases[i].counter(c) = block[l.PhaseWord(i, c)]
		}
	}
	return s
}

// LostCounts says what the counter blocks of dead loops hold beyond what they had
// reported (the merge of all their snapshots that arrived; nil for none).
// What had become due and had not ended is counted as censored, so the identity
// holds once these counts are added to the reported ones.
func LostCounts(l *Layout, reported *Snapshot, blocks ...[]uint64) *Snapshot {
	s := CountersSnapshot(l, blocks...)
	for i := range s.Cells {
		c := &s.Cells[i]
		c.Classes[Censored] += c.Intended - min(c.Ended(), c.Intended)
	}
	for i := range s.Phases {
		p := &s.Phases[i]
		p.IterAborted += p.IterIntended - min(p.IterCompleted+p.IterAborted, p.IterIntended)
		p.setGauges(&PhaseStats{})
	}
	if reported != nil {
		s.Sub(reported)
	}
	return s
}

// Ended is how many requests have a class.
func (c *CellStats) Ended() (n uint64) {
	for _, k := range c.Classes {
		n += k
	}
	return n
}

// Requests is how many requests were really made and ended: every class but
// not sent and censored.
func (c *CellStats) Requests() uint64 {
	return c.Ended() - c.Classes[NotSent] - c.Classes[Censored]
}

// Bad is how many ended otherwise than OK.
func (c *CellStats) Bad() uint64 { return c.Ended() - c.Classes[OK] }

// counter is the field of counter c in the order of a counter block.
func (c *CellStats) counter(i int) *uint64 {
	switch i {
	case CellIntended:
		return &c.Intended
	case CellBytesIn:
		return &c.BytesIn
	case CellBytesOut:
		return &c.BytesOut
	case CellChecksPassed:
		return &c.ChecksPassed
	case CellChecksFailed:
		return &c.ChecksFailed
	case CellRedirects:
		return &c.Redirects
	}
	return &c.Classes[i-CellClass0]
}

func (c *CellStats) add(o *CellStats) {
	for i := range cellCounters {
		*c.counter(i) += *o.counter(i)
	}
	for _, s := range o.Statuses {
		c.Statuses = countStatus(c.Statuses, s.Status, s.Count)
	}
	join(&c.Response, o.Response)
	join(&c.Service, o.Service)
	join(&c.FirstByte, o.FirstByte)
	join(&c.Failed, o.Failed)
}

// join merges from into the histogram at to, which is made when there is a first
// value.
func join(to **Histogram, from *Histogram) {
	if from.Count() == 0 {
		return
	}
	if *to == nil {
		*to = new(Histogram)
	}
	(*to).Merge(from)
}

// counter is the field of counter i in the order of a counter block.
func (p *PhaseStats) counter(i int) *uint64 {
	if i >= PhaseEnded0 && i < PhaseEnded0+Endings {
		return &p.Ended[i-PhaseEnded0]
	}
	return [phaseCounters]*uint64{
		PhaseIterIntended:       &p.IterIntended,
		PhaseIterCompleted:      &p.IterCompleted,
		PhaseIterAborted:        &p.IterAborted,
		PhaseConnOpened:         &p.ConnOpened,
		PhaseConnDropped:        &p.ConnDropped,
		PhaseConnFailed:         &p.ConnFailed,
		PhaseHeartbeatsSent:     &p.HeartbeatsSent,
		PhaseHeartbeatsAnswered: &p.HeartbeatsAnswered,
		PhaseTLSHandshakes:      &p.TLSHandshakes,
		PhaseTLSResumed:         &p.TLSResumed,
		PhaseConnOpen:           &p.ConnOpen,
		PhaseConnHeld:           &p.ConnHeld,
		PhaseVUs:                &p.VUs,
		PhaseInFlight:           &p.InFlight,
		PhaseQueued:             &p.Queued,
		PhaseTimeWait:           &p.TimeWait,
	}[i]
}

func (p *PhaseStats) add(o *PhaseStats) {
	for i := range PhaseConnOpen {
		*p.counter(i) += *o.counter(i)
	}
	join(&p.Connect, o.Connect)
	join(&p.TLS, o.TLS)
	join(&p.PoolWait, o.PoolWait)
	join(&p.PacerLag, o.PacerLag)
	join(&p.DropIdle, o.DropIdle)
	join(&p.DropAge, o.DropAge)
}

func (p *PhaseStats) addGauges(o *PhaseStats) {
	for i := PhaseConnOpen; i < phaseCounters; i++ {
		*p.counter(i) += *o.counter(i)
	}
}

func (p *PhaseStats) setGauges(o *PhaseStats) {
	for i := PhaseConnOpen; i < phaseCounters; i++ {
		*p.counter(i) = *o.counter(i)
	}
}
