package loop

import (
	"github.com/loadctl/loadctl/agent/vu"
	"github.com/loadctl/loadctl/stats"
)

// none is no record.
const none int32 = -1

// never is a moment that does not come.
const never stats.Offset = 1<<63 - 1

// A task is an iteration in the works: of an arrival, a closed user, or a
// heartbeat. It holds no pointers, so the collector does not look at it.
type task struct {
	cursor vu.Cursor

	intended, scheduled, connected, written, firstByte stats.Offset

	connectTime stats.Offset
	notBefore   stats.Offset // rest after a connection that could not be opened
	deadline    stats.Offset // when the request at hand times out
	armed       stats.Offset // when its timer fires: at the deadline or before
	bytesIn     int64
	bytesOut    int32

	conn     int32 // in use, or owned by a closed user; none
	seat     int32 // in a queue; none
	phase    int16
	stamp    uint16 // of its timers
	state    taskState
	kind     taskKind
	begun    bool  // an iteration is counted and not yet ended
	reused   bool  // the connection was open before
	retiring bool  // a closed user that ends with the request at hand
	aided    bool  // it has an aid
	hops     uint8 // redirects followed for the request at hand
}

type taskState uint8

const (
	unused  taskState = iota
	pausing           // until a timer wakes it
	parked            // its moment came while the run was paused
	queued            // due, waiting for a connection
	dialing           // due, its connection is being opened
	asked             // written, waiting for the answer
)

// open says whether a request is due and has not ended.
func (s taskState) open() bool { return s >= queued }

type taskKind uint8

const (
	arriving taskKind = iota // one iteration, then gone
	resident                 // a closed user
	beating                  // a heartbeat
)

// A conn is one connection: 56 bytes, whatever it does. What needs more for a
// while (an answer or a request in pieces) borrows it.
type conn struct {
	began      stats.Offset // of connecting
	fd         int32
	gen        uint32 // tells it from others that had its place
	task       int32  // that uses or owns it; none
	parser     int32  // borrowed for an answer in pieces; none
	out        int32  // borrowed for a request in pieces; none
	next, prev int32  // among the idle of its pool; of one that is not, next is the heartbeat that waits for it
	place      int32  // of a held connection among those of its phase; none
	tls        int32  // its tunnel; none with plain HTTP
	rested     uint32 // since when nothing is asked on it, in milliseconds of the run
	requests   uint16 // written on it; counting ends at the most there can be
	phase      int16  // that opened it
	state      connState
	idle       bool      // in its pool's list
	more       readiness // what the next slice is for
	slow       bool      // it has or had a request of a slow network
}

type connState uint8

const (
	closed connState = iota
	connecting
	established
	parting // of no more use: the target, which said so, is to close it first
)

// ref is what a connection's events carry.
func ref(index int32, gen uint32) uint64 { return uint64(gen)<<32 | uint64(uint32(index)) }

// A slab holds records that do not move. The zero slab is ready.
type slab[T any] struct {
	pages []*[slabPage]T
	free  []int32
	used  int32
}

const slabPage = 256

func (s *slab[T]) at(i int32) *T { return &s.pages[uint32(i)/slabPage][uint32(i)%slabPage] }

// take gives a record that nobody uses, as it was left.
func (s *slab[T]) take() (int32, *T) {
	if n := len(s.free); n > 0 {
		i := s.free[n-1]
		s.free = s.free[:n-1]
		return i, s.at(i)
	}
	if int(s.used) == len(s.pages)*slabPage {
		s.pages = append(s.pages, new([slabPage]T))
	}
	s.used++
	return s.used - 1, s.at(s.used - 1)
}

func (s *slab[T]) give(i int32) { s.free = append(s.free, i) }
