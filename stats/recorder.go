package stats

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// A Recorder counts and times what one loop does. It belongs to one goroutine.
// Counters go straight into the block it was given, which may lie in memory
// shared with another process and outlive this one; times stay in the recorder
// until Cut. Recording allocates nothing once the values' pages exist.
type Recorder struct {
	// Agent is named in the examples of errors.
	Agent string

	layout   *Layout
	counters []uint64 // since the start
	cut      []uint64 // what they were at the last Cut
	cells    []cellTimes
	phases   []phaseTimes
	errors   errorBook
	scratch  []byte
}

type cellTimes struct {
	response, service, firstByte, failed Histogram
	statuses                             []StatusCount
	bins                                 *BinBook   // nil of rows that are not recorded
	split                                *SplitBook // nil of those that are not Timed too
}

type phaseTimes struct {
	connect, tls, poolWait, pacerLag Histogram
	drops                            *drops // nil until the target closes an idle connection
}

// An IterEvent is what happened to an iteration.
type IterEvent int

// The events of an iteration. Each intended one is completed or aborted in the end.
const (
	IterIntended  IterEvent = PhaseIterIntended
	IterCompleted IterEvent = PhaseIterCompleted
	IterAborted   IterEvent = PhaseIterAborted
)

// NewRecorder makes a recorder of one loop. The counter block has
// l.CounterWords() words and is written by nobody else; nil lets the recorder
// make its own. A block of another length is a mistake of the program, and panics.
func NewRecorder(l *Layout, counters []uint64) *Recorder {
	if counters == nil {
		counters = make([]uint64, l.CounterWords())
	}
	if len(counters) != l.CounterWords() {
		panic(fmt.Sprintf("stats: counter block of %d words for a layout of %d", len(counters), l.CounterWords()))
	}
	return &Recorder{
		layout:   l,
		counters: counters,
		cut:      slices.Clone(counters),
		cells:    newCells(l),
		phases:   make([]phaseTimes, len(l.Phases)),
	}
}

func newCells(l *Layout) []cellTimes {
	cells, ladder := make([]cellTimes, len(l.Cells)), l.Ladder()
	for i := range cells {
		if l.Cells[i].Recorded {
			cells[i].bins = NewBinBook(ladder)
			if l.Cells[i].Timed {
				cells[i].split = new(SplitBook)
			}
		}
	}
	return cells
}

// Intend counts a request that has become due. It is called once for each, at
// that moment, whatever becomes of it: no class ever adds to intended.
func (r *Recorder) Intend(cell int) {
	r.counters[r.layout.CellWord(cell, CellIntended)]++
}

// Redirected counts a redirect that is followed.
func (r *Recorder) Redirected(cell int) {
	r.counters[r.layout.CellWord(cell, CellRedirects)]++
}

// Record counts and times a request that ended. s is not kept.
func (r *Recorder) Record(s *Sample) {
	word := r.layout.CellWord(s.Cell, 0)
	counters := r.counters[word : word+cellCounters]
	counters[CellClass0+int(s.Class)]++
	counters[CellBytesIn] += uint64(max(s.BytesIn, 0))
	counters[CellBytesOut] += uint64(max(s.BytesOut, 0))
	counters[CellChecksPassed] += uint64(max(s.ChecksPassed, 0))
	counters[CellChecksFailed] += uint64(max(s.ChecksFailed, 0))
	r.time(s)
	if s.Class.Failed() {
		r.errors.record(s)
	}
}

func (r *Recorder) time(s *Sample) {
	cell, phase := &r.cells[s.Cell], &r.phases[r.layout.Cells[s.Cell].Phase]
	cell.ended(s)
	if cell.bins != nil {
		cell.bins.Record(s.Intended, s.ResponseTime(), s.Class.Failed())
	}
	if s.Class.Answered() {
		cell.answered(s)
	}
	if d, ok := s.PacerLag(); ok {
		phase.pacerLag.Record(d)
	}
	if d, ok := s.PoolWait(); ok {
		phase.poolWait.Record(d)
	}
}

func (c *cellTimes) ended(s *Sample) {
	if s.Class != OK {
		c.failed.Record(s.ResponseTime())
		return
	}
	c.response.Record(s.ResponseTime())
	if c.split != nil {
		c.split.Record(s)
	}
}

func (c *cellTimes) answered(s *Sample) {
	if d, ok := s.ServiceTime(); ok {
		c.service.Record(d)
	}
	if d, ok := s.FirstByteTime(); ok {
		c.firstByte.Record(d)
	}
	if s.Status != 0 {
		c.statuses = countStatus(c.statuses, s.Status, 1)
	}
}

// countStatus adds to a list that is in order of status. Most targets give one
// or two, so the list is searched from its start.
func countStatus(list []StatusCount, status int, n uint64) []StatusCount {
	for i := range list {
		if list[i].Status == status {
			list[i].Count += n
			return list
		}
	}
	i, _ := slices.BinarySearchFunc(list, status, func(c StatusCount, s int) int { return cmp.Compare(c.Status, s) })
	return slices.Insert(list, i, StatusCount{status, n})
}

// Iteration counts an event of an iteration.
func (r *Recorder) Iteration(phase int, what IterEvent) { r.count(phase, int(what)) }

// Opened counts a connection that was opened.
func (r *Recorder) Opened(phase int) { r.count(phase, PhaseConnOpened) }

// ConnDropped counts an open connection that the target closed, or that broke,
// while it should have stayed open.
func (r *Recorder) ConnDropped(phase int) { r.count(phase, PhaseConnDropped) }

// ConnFailed counts a connection that was given up before it was open.
func (r *Recorder) ConnFailed(phase int) { r.count(phase, PhaseConnFailed) }

// HeartbeatSent counts a heartbeat written to a held connection.
func (r *Recorder) HeartbeatSent(phase int) { r.count(phase, PhaseHeartbeatsSent) }

// HeartbeatAnswered counts a heartbeat that got its whole answer.
func (r *Recorder) HeartbeatAnswered(phase int) { r.count(phase, PhaseHeartbeatsAnswered) }

// Connect times a TCP connect that succeeded.
func (r *Recorder) Connect(phase int, d time.Duration) { r.phases[phase].connect.Record(d) }

// Secured counts and times a TLS handshake that succeeded, after Connect.
func (r *Recorder) Secured(phase int, d time.Duration, resumed bool) {
	r.count(phase, PhaseTLSHandshakes)
	if resumed {
		r.count(phase, PhaseTLSResumed)
	}
	r.phases[phase].tls.Record(d)
}

// SetGauges says how many connections are open and held, virtual users active,
// and requests in flight and queued for a connection now.
func (r *Recorder) SetGauges(phase int, open, held, vus, inFlight, queued uint64) {
	word := r.layout.PhaseWord(phase, PhaseConnOpen)
	gauges := r.counters[word : word+5]
	gauges[0], gauges[1], gauges[2], gauges[3], gauges[4] = open, held, vus, inFlight, queued
}

func (r *Recorder) count(phase, counter int) {
	r.counters[r.layout.PhaseWord(phase, counter)]++
}

// Cut closes a window: it gives what was counted and timed since the last Cut,
// in a snapshot that shares nothing with the recorder. Its histograms are packed.
func (r *Recorder) Cut(window int64) *Snapshot {
	s := countersSnapshot(r.layout, r.counters)
	s.Sub(countersSnapshot(r.layout, r.cut))
	s.Window = window
	copy(r.cut, r.counters)
	for i := range r.cells {
		r.cutCell(&r.cells[i], &s.Cells[i])
	}
	for i := range r.phases {
		p := &r.phases[i]
		s.Phases[i].Connect = r.take(&p.connect)
		s.Phases[i].TLS = r.take(&p.tls)
		s.Phases[i].PoolWait = r.take(&p.poolWait)
		s.Phases[i].PacerLag = r.take(&p.pacerLag)
		if p.drops != nil {
			s.Phases[i].DropIdle, s.Phases[i].DropAge = r.take(&p.drops.idle), r.take(&p.drops.age)
		}
	}
	s.Errors = r.errors.cut(r.Agent)
	return s
}

func (r *Recorder) cutCell(from *cellTimes, to *CellStats) {
	to.Response = r.take(&from.response)
	to.Service = r.take(&from.service)
	to.FirstByte = r.take(&from.firstByte)
	to.Failed = r.take(&from.failed)
	if from.bins != nil {
		to.Bins = from.bins.Cut()
	}
	if from.split != nil {
		to.Split = from.split.Cut()
	}
	if len(from.statuses) > 0 {
		to.Statuses = slices.Clone(from.statuses)
		from.statuses = from.statuses[:0]
	}
}

// take packs a histogram and empties it; its pages stay for the next window, so
// a loop's memory does not grow and a window leaves little garbage.
func (r *Recorder) take(h *Histogram) *Histogram {
	if h.count == 0 {
		return nil
	}
	packed := h.packInto(&r.scratch)
	h.Reset()
	return packed
}
