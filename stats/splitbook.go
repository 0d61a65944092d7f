package stats

import (
	"slices"
	"time"
)

// A Told is a part of its own time that a target told in an answer.
type Told struct {
	Name []byte // read during Record alone
	Took time.Duration
}

// A SplitBook makes the Split of one row of one loop. It belongs to one goroutine.
// Recording allocates only when a page or a name is first needed.
type SplitBook struct {
	names  []string // by column, in the order in which they came
	folded bool
	pages  [splitPages]*splitPage
}

type splitPage [splitOctave]SplitSums

// Record adds an OK request.
func (b *SplitBook) Record(s *Sample) {
	at := splitBucket(s.ResponseTime())
	page := b.pages[at>>splitBits]
	if page == nil {
		page = new(splitPage)
		b.pages[at>>splitBits] = page
	}
	sums := &page[at&(splitOctave-1)]
	sums.sent(s)
	told := time.Duration(0)
	for i := range s.Told {
		sums.Told[b.column(s.Told[i].Name)] += s.Told[i].Took
		told += s.Told[i].Took
	}
	service, written := s.ServiceTime()
	sums.Untold += oneIf(len(s.Told) == 0)
	sums.Odd += oneIf(s.ToldOddly)
	sums.Over += oneIf(written && told > service)
}

// sent counts a request, with what it took until it was written.
func (s *SplitSums) sent(x *Sample) {
	s.Count++
	s.Response += x.ResponseTime()
	if d, ok := x.PacerLag(); ok {
		s.Lag += d
	}
	if d, ok := x.PoolWait(); ok {
		s.Waiting += d
	}
	if x.Written != Never && x.Connected != Never {
		s.Connecting += x.Written - x.Connected + x.ConnectTime
	}
}

func oneIf(is bool) uint64 {
	if is {
		return 1
	}
	return 0
}

// column is where a name's part is added. Of too many names the first in order have one,
// as Merge has it.
func (b *SplitBook) column(name []byte) int {
	if len(name) > MaxToldName {
		b.folded = true
		return MaxTold
	}
	for i := range b.names {
		if b.names[i] == string(name) {
			return i
		}
	}
	if len(b.names) < MaxTold {
		b.names = append(b.names, string(name))
		return len(b.names) - 1
	}
	b.folded = true
	last := b.lastName()
	if string(name) > b.names[last] {
		return MaxTold
	}
	b.fold(last)
	b.names[last] = string(name)
	return last
}

// lastName is the column whose name is the last in order.
func (b *SplitBook) lastName() (last int) {
	for i := range b.names {
		if b.names[i] > b.names[last] {
			last = i
		}
	}
	return last
}

// fold frees a column.
func (b *SplitBook) fold(column int) {
	for _, page := range b.pages {
		for i := 0; page != nil && i < len(page); i++ {
			page[i].Told[MaxTold] += page[i].Told[column]
			page[i].Told[column] = 0
		}
	}
}

// Cut gives what was recorded since the last Cut, nil for nothing.
func (b *SplitBook) Cut() *Split {
	s := &Split{Names: slices.Sorted(slices.Values(b.names)), Folded: b.folded}
	columns := b.sorted(s.Names)
	for p, page := range b.pages {
		if page == nil {
			continue
		}
		for i := range page {
			if page[i].Count > 0 {
				s.Buckets = append(s.Buckets, SplitBucket{p<<splitBits + i, page[i].remapped(&columns)})
			}
		}
		clear(page[:])
	}
	b.names, b.folded = b.names[:0], false
	if len(s.Buckets) == 0 {
		return nil
	}
	return s
}

// sorted says where the columns are once names are in order.
func (b *SplitBook) sorted(names []string) columns { return columnsIn(b.names, names) }
