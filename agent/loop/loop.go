package loop

import (
	"fmt"
	"os"
	"runtime"

	"github.com/loadctl/loadctl/agent/http1"
	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/scenarios/arrival"
	"github.com/loadctl/loadctl/stats"
)

// A Loop drives its share of a run on one thread. Make it with New.
type Loop struct {
	config Config
	poller poller
	mail   mailbox

	epoch   int64 // on the poller's clock
	started bool
	sundial sundial
	now     stats.Offset // as last read
	fresh   bool         // nothing that takes time has happened since
	window  int64        // the one being filled
	agenda  agenda
	reshare []Reshare // all there were, for phases that begin later
	share   arrival.Share

	phases  []*phase
	tasks   slab[task]
	conns   slab[conn]
	seats   slab[seat]
	timers  timers
	pace    pace
	sight   sight
	leisure leisure

	recorder *stats.Recorder
	tap      *tap // nil: nobody looks at single requests
	sample   stats.Sample
	timings  timings
	values   scenarios.Values
	pending  []Output
	limits   limits

	in      []byte // shared read buffer
	out     []byte // shared write buffer
	detail  []byte
	why     []byte        // for the example of the next error
	parser  *http1.Parser // for an answer that comes whole
	parsers lender[http1.Parser]
	lent    int // bytes that those and unsent hold
	unsent  lender[unsent]
	judged  *http1.Parser
	answer  scenarios.Answer // what checks see of it
	cutTold []bool           // rows of which it was said that bodies are cut for checks

	tls    privacy
	slow   map[int32]*slowness // by connection
	narrow int                 // receive buffer of connections opened now; 0 = the kernel's choice

	dialing  int          // connections being opened
	nearest  stats.Offset // the shortest connect: about as long as a packet there and back
	dials    int          // opened so far: turns through addresses and sources
	dialAt   stats.Offset // when a pool that must wait may open a connection again
	unserved bool
	paused   bool
	pausedAt stats.Offset
	waiting  []postponable // for the end of the pause
	owed     []Reshare     // the same
	draining bool
	drainAt  stats.Offset
	deadline stats.Offset
	stopped  bool
	excess   excess
	tight    int  // closed phases running whose users do not pause
	behind   bool // more is due than was taken up

	aids    aids
	home    home
	decoder http1.Decoder

	more     []uint64 // connections that had their slice of a turn
	files    map[string]*os.File
	fileTold bool
	filler   []byte // of bodies that are made up
	page     []byte // of a file
}

const (
	readBuffer = 64 << 10
	eventBatch = 128
	maxBurst   = 256 // arrivals taken up before sockets are looked at again
	maxDialing = 512 // more does not open any faster
)

// New makes a loop. It opens nothing but the poller.
func New(c Config) (*Loop, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("loop: %w", err)
	}
	if c.Memory == 0 {
		c.Memory = defaultMemory
	}
	l := &Loop{
		config: c, poller: c.poller, share: c.Share, deadline: never, dialAt: never,
		recorder: stats.NewRecorder(c.Scenario.Layout, c.Counters),
		in:       make([]byte, readBuffer),
		parser:   new(http1.Parser),
		cutTold:  make([]bool, len(c.Scenario.Layout.Cells)),
		pace:     newPace(&c),
		tls:      newPrivacy(&c),
		tap:      newTap(&c),
		sundial:  newSundial(),
	}
	l.recorder.Agent = c.Agent
	l.answer.Header = func(name string) []byte { return l.judged.Header(name) }
	l.makePhases()
	if l.poller == nil {
		var err error
		if l.poller, err = newPoller(l.pollerKind(), l.paced()); err != nil {
			return nil, fmt.Errorf("loop: %w", err)
		}
	}
	if c.WallShift != nil {
		l.poller = &falsified{l.poller, func() int64 { return l.epoch }, c.WallShift}
	}
	l.home = newHome(c.Scenario, l.poller)
	if err := l.openFiles(); err != nil {
		l.closeFiles()
		l.poller.shut()
		return nil, fmt.Errorf("loop: %w", err)
	}
	return l, nil
}

// Do gives the loop an order, from any goroutine.
func (l *Loop) Do(c Command) {
	l.mail.put(c)
	l.poller.wake()
}

// Run drives the load until it is drained or stopped. It locks its thread.
func (l *Loop) Run() error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer l.poller.shut()
	if l.paced() {
		l.poller.prompt()
	}
	events := make([]event, eventBatch)
	for !l.finished() {
		l.turn(events)
	}
	l.end()
	return nil
}

// turn does what is due, waits for what is next, and takes up what came.
func (l *Loop) turn(events []event) {
	l.cycle()
	if l.finished() {
		return
	}
	until, asleep := l.nap()
	looked := l.now
	n := l.poller.wait(until, asleep, events)
	l.fresh = false
	l.compareClocks()
	end := stats.Offset(until - l.epoch)
	l.leisure.wait(looked, l.clock(), end, n)
	if l.now >= end {
		looked = max(looked, end)
	}
	taken := l.handle(events[:n], events)
	l.sight.look(looked, taken, int(l.conns.used))
}

// cycle does everything that is due.
func (l *Loop) cycle() {
	for _, c := range l.mail.take() {
		l.obey(c)
	}
	if !l.started {
		return
	}
	l.clock()
	l.cut()
	for e, ok := l.agenda.next(l.now); ok; e, ok = l.agenda.next(l.now) {
		l.do(e)
	}
	l.fire()
	l.issue()
	l.expire()
	l.shake()
	l.serve()
	l.resume()
	l.finish()
	l.judgePace()
}

// handle takes up events, and those that did not fit in the first batch. It says how
// many they were.
func (l *Loop) handle(first, room []event) (taken int) {
	for _, e := range first {
		l.event(e)
		l.serve()
	}
	n := len(first)
	taken = n
	for round := 1; n == len(room) && round < maxRounds; round++ {
		n = l.poller.wait(0, false, room)
		l.fresh = false
		l.compareClocks()
		taken += n
		for _, e := range room[:n] {
			l.event(e)
			l.serve()
		}
		if l.clock(); l.now >= l.windowEnd() {
			break // what is left is told again: edges are kept by the kernel
		}
	}
	return taken
}

// clock reads the clock unless nothing has happened since it was read.
func (l *Loop) clock() stats.Offset {
	if !l.fresh {
		l.now = stats.Offset(l.poller.now() - l.epoch)
		l.fresh = true
	}
	return l.now
}

// compareClocks makes stamps of what is read next worth something.
func (l *Loop) compareClocks() {
	if !l.started {
		return
	}
	now := l.clock() // before the other, whose moment it is
	if wall := l.poller.wall(); wall != 0 {
		l.sundial.look(now, wall)
	}
}

func (l *Loop) finished() bool {
	if l.stopped {
		return true
	}
	if !l.draining || l.now < l.drainAt || l.agenda.due() <= l.now {
		return false
	}
	for _, p := range l.phases {
		if p.state == running || p.state == draining {
			return false
		}
	}
	return true
}

// end censors what is open, tells the rest of the counts, and waits until all
// was taken.
func (l *Loop) end() {
	if l.started {
		l.censor()
		l.tellAllExcess()
		l.flushTap()
		l.cut()
		l.tell(Output{Snapshot: l.counted()})
		l.tellDropped()
	}
	l.closeAll()
	l.closeFiles()
	for _, o := range l.pending {
		l.config.Out <- o
	}
	l.pending = nil
}
