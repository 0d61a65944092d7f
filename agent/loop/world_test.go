package loop

import (
	"bytes"
	"container/heap"
	"crypto/tls"
	"fmt"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/scenarios/arrival"
)

// A world is a poller without a machine: a clock that jumps from event to event,
// and a target that does what its script says. A ten-minute load is a matter of
// milliseconds, and always the same.
type world struct {
	clock   int64
	todo    happenings
	seq     int
	sockets map[int32]*socket
	lastFD  int32
	ready   []int32
	target  target
	stuck   func()
	watch   func(from netip.Addr, to netip.AddrPort) // of each connect
	skew    func(clock int64) time.Duration          // of the wall clock; nil = none

	heard func(fd int32, n int) // of bytes that come at the target
	deaf  func(fd int32) bool   // whether it takes no more of a socket's for good; nil = never
	room  int                   // of receive buffers of new sockets

	open, requests int
	sends          int // asked for, of targets that care
	waits          int // times the loop asked
	cpu            int64
	pipelined      int // requests begun before the answer before them had ended
}

// What things cost the thread, about as on a machine.
const (
	waitCost = int64(12 * time.Microsecond)
	lookCost = int64(time.Microsecond) // of a wait that does not sleep
	sendCost = int64(5 * time.Microsecond)
)

// A target says how the simulated server behaves; nil means kindly.
type target struct {
	dial   func(n int) (after time.Duration, errno syscall.Errno) // of the n-th connection; an error without delay is told by connect itself
	answer func(r request) reply
	send   func(n int) syscall.Errno // of the n-th request; 0 = it is sent
	recv   func() syscall.Errno      // 0 = as ever
	early  bool                      // it answers when it has read the head; so it does with Expect
	room   int                       // bytes a socket takes before a pause of a millisecond; 0 = all

	readTime int64       // that a receive of flowing bytes takes
	tls      *tls.Config // of an https target
	silent   bool        // says nothing in a handshake
}

type request struct {
	conn int32
	n    int // of its connection, from 0
	at   time.Duration
	text []byte // with its body, up to keptBody bytes of it
}

// keptBody is how much of a body the world remembers.
const keptBody = 1 << 10

// A reply is an answer in pieces, after some time.
type reply struct {
	after  time.Duration
	bytes  string
	pieces int           // 0 = whole
	gap    time.Duration // between pieces
	flow   int64         // bytes of anything that follow
	then   string        // what follows, some time later
	later  time.Duration // than the request
	close  bool          // afterwards
	reset  bool          // afterwards, instead
	never  bool
	again  string // sent again and again, each gap, until the loop closes
}

const helloReply = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

type socket struct {
	ref        uint64
	fd         int32
	dial       syscall.Errno
	dialed     bool
	in         []byte
	flow       int64 // to come after in
	stamp      int64
	eof, reset bool
	flags      readiness
	isReady    bool
	request    []byte // head, and the beginning of the body
	head       bool   // is whole
	owed       int64  // bytes of the body to come
	told       bool   // the target has been asked
	served     int
	answering  int
	filled     int    // of its room
	full       bool   // takes no more for now
	inner      *inner // over TLS
}

func newWorld(t target) *world {
	return &world{sockets: map[int32]*socket{}, target: t, lastFD: 2}
}

func (w *world) now() int64   { return w.clock }
func (w *world) spent() int64 { return w.cpu }
func (w *world) naps() int64  { return untold }

// boot is when the clock was zero, by a wall clock that is right.
const boot = int64(1_800_000_000_000_000_000)

func (w *world) wall() int64 {
	wall := boot + w.clock
	if w.skew != nil {
		wall += int64(w.skew(w.clock))
	}
	return wall
}

// at has something happen at a moment.
func (w *world) at(moment int64, f func()) {
	w.seq++
	heap.Push(&w.todo, happening{max(moment, w.clock), w.seq, f})
}

func (w *world) connect(ref uint64, from netip.Addr, to netip.AddrPort) (int32, syscall.Errno) {
	if w.watch != nil {
		w.watch(from, to)
	}
	var after time.Duration
	var errno syscall.Errno
	if w.target.dial != nil {
		after, errno = w.target.dial(w.open)
	}
	w.open++
	if errno != 0 && after == 0 {
		return -1, errno
	}
	w.lastFD++
	s := &socket{ref: ref, fd: w.lastFD, dial: errno}
	w.sockets[s.fd] = s
	if w.target.tls != nil {
		s.secure(w.target.tls)
	}
	if after >= 0 {
		w.at(w.clock+int64(after), func() {
			s.dialed = true
			w.signal(s, writable)
		})
	}
	return s.fd, 0
}

func (w *world) connected(fd int32) syscall.Errno {
	s := w.sockets[fd]
	if !s.dialed {
		return syscall.EINPROGRESS
	}
	return s.dial
}

func (w *world) send(fd int32, b []byte) (int, syscall.Errno) {
	s := w.sockets[fd]
	w.cpu += sendCost
	if s.reset {
		return 0, syscall.EPIPE
	}
	if w.target.send != nil {
		w.sends++
		if errno := w.target.send(w.sends - 1); errno != 0 {
			return 0, errno
		}
	}
	if b = w.fits(s, b); len(b) == 0 || w.deaf != nil && w.deaf(fd) {
		return 0, syscall.EAGAIN
	}
	if w.heard != nil {
		w.heard(fd, len(b))
	}
	n := len(b)
	if s.inner != nil {
		b = w.unseal(s, b)
	}
	for len(b) > 0 {
		b = b[w.takeUp(s, b):]
	}
	return n, 0
}

// fits is how much of b the socket takes now.
func (w *world) fits(s *socket, b []byte) []byte {
	if w.target.room == 0 {
		return b
	}
	b = b[:min(len(b), w.target.room-s.filled)]
	if s.filled += len(b); s.filled == w.target.room && !s.full {
		s.full = true
		w.at(w.clock+int64(time.Millisecond), func() {
			s.filled, s.full = 0, false
			w.signal(s, writable)
		})
	}
	return b
}

// takeUp reads a piece of a request.
func (w *world) takeUp(s *socket, b []byte) (n int) {
	if s.head {
		n = int(min(s.owed, int64(len(b))))
		s.owed -= int64(n)
		s.request = append(s.request, b[:min(n, max(keptBody-len(s.request), 0))]...)
		w.hear(s)
		return n
	}
	if len(s.request) == 0 && s.answering > 0 {
		w.pipelined++
	}
	old := len(s.request)
	s.request = append(s.request, b...)
	end := bytes.Index(s.request, []byte("\r\n\r\n"))
	if end < 0 {
		return len(b)
	}
	s.request = s.request[:end+4]
	s.head, s.owed = true, lengthOf(s.request)
	w.hear(s)
	return end + 4 - old
}

func lengthOf(head []byte) (n int64) {
	if _, rest, ok := bytes.Cut(head, []byte("Content-Length: ")); ok {
		fmt.Sscan(string(rest), &n)
	}
	return n
}

// hear has the target answer once it has read enough, and makes ready for the next
// request.
func (w *world) hear(s *socket) {
	early := w.target.early || bytes.Contains(s.request, []byte("Expect: 100-continue\r\n"))
	if !s.told && (early || s.owed == 0) {
		s.told = true
		w.serve(s, s.request)
	}
	if s.owed == 0 {
		s.request, s.head, s.told = nil, false, false
	}
}

func (w *world) serve(s *socket, text []byte) {
	w.requests++
	r := reply{after: time.Millisecond}
	if w.target.answer != nil {
		r = w.target.answer(request{conn: s.fd, n: s.served, at: time.Duration(w.clock), text: text})
	}
	s.served++
	s.answering++
	if r.never {
		return
	}
	if r.bytes == "" && !r.close && !r.reset && r.then == "" {
		r.bytes = helloReply
	}
	if r.then != "" {
		if first := r.bytes; first != "" {
			w.at(w.clock+int64(r.after), func() { w.arrive(s, first, false, false) })
		}
		r.bytes, r.after = r.then, r.later
	}
	pieces := max(r.pieces, 1)
	for i := range pieces {
		from, to := len(r.bytes)*i/pieces, len(r.bytes)*(i+1)/pieces
		last := i == pieces-1
		w.at(w.clock+int64(r.after)+int64(i)*int64(r.gap), func() {
			if last {
				s.flow += r.flow
			}
			if last && r.flow == 0 {
				s.answering--
			}
			w.arrive(s, r.bytes[from:to], last && r.close, last && r.reset)
			if last && r.again != "" {
				w.goOn(s, r)
			}
		})
	}
}

// goOn sends without end.
func (w *world) goOn(s *socket, r reply) {
	w.at(w.clock+int64(r.gap), func() {
		if w.sockets[s.fd] == s {
			w.arrive(s, r.again, false, false)
			w.goOn(s, r)
		}
	})
}

func (w *world) arrive(s *socket, b string, eof, reset bool) {
	if s.inner != nil {
		b = s.seal(b, eof)
	}
	w.arriveSealed(s, b, eof, reset)
}

func (w *world) arriveSealed(s *socket, b string, eof, reset bool) {
	s.in = append(s.in, b...)
	s.stamp = w.wall()
	s.eof = s.eof || eof
	s.reset = s.reset || reset
	flags := readable
	if eof || reset {
		flags |= hungUp
	}
	w.signal(s, flags)
}

func (w *world) recv(fd int32, b []byte) (int, int64, syscall.Errno) {
	s := w.sockets[fd]
	if w.target.recv != nil {
		if errno := w.target.recv(); errno != 0 {
			return 0, 0, errno
		}
	}
	if n := copy(b, s.in) + w.flowing(s, len(b)-min(len(s.in), len(b))); n > 0 {
		s.in = s.in[min(len(s.in), len(b)):]
		return n, s.stamp, 0
	}
	switch {
	case s.reset:
		return 0, 0, syscall.ECONNRESET
	case s.eof:
		return 0, 0, 0
	}
	return 0, 0, syscall.EAGAIN
}

// flowing is how many of the bytes that are not worth remembering find room.
func (w *world) flowing(s *socket, room int) int {
	n := int(min(s.flow, int64(room)))
	if s.flow -= int64(n); n > 0 {
		w.clock += w.target.readTime
		s.stamp = w.wall()
		if s.flow == 0 {
			s.answering--
		}
	}
	return n
}

func (w *world) close(fd int32, _ bool) {
	if w.sockets[fd] == nil {
		panic(fmt.Sprintf("file %d closed twice", fd))
	}
	if s := w.sockets[fd]; s.inner != nil {
		s.inner.tunnel.close()
	}
	delete(w.sockets, fd)
}

func (w *world) signal(s *socket, flags readiness) {
	s.flags |= flags
	if !s.isReady {
		s.isReady = true
		w.ready = append(w.ready, s.fd)
	}
}

func (w *world) wait(until int64, asleep bool, events []event) int {
	w.waits++
	if until > w.clock {
		w.cpu += waitCost
	} else {
		w.cpu += lookCost
	}
	for len(w.todo) > 0 && w.todo[0].at <= max(until, w.clock) && (asleep || len(w.ready) == 0) {
		h := heap.Pop(&w.todo).(happening)
		w.clock = max(w.clock, h.at)
		h.do()
	}
	if asleep || len(w.ready) == 0 {
		if until == 1<<63-1 {
			w.stuck()
			return 0
		}
		w.clock = max(w.clock+lookCost, until)
	}
	n := 0
	for n < len(events) && len(w.ready) > 0 {
		s := w.sockets[w.ready[0]]
		w.ready = w.ready[1:]
		if s == nil {
			continue
		}
		s.isReady = false
		events[n] = event{ref: s.ref, is: s.flags}
		s.flags = 0
		n++
	}
	return n
}

// stall holds the loop up, while the target and the kernel go on.
func (w *world) stall(d time.Duration) {
	end := w.clock + int64(d)
	for len(w.todo) > 0 && w.todo[0].at <= end {
		h := heap.Pop(&w.todo).(happening)
		w.clock = max(w.clock, h.at)
		h.do()
	}
	w.clock = end
}

func (w *world) prompt() {}
func (w *world) flush()  {}

func (w *world) narrow(bytes int) { w.room = bytes }

func (w *world) wake() {}
func (w *world) shut() {}

type happening struct {
	at  int64
	seq int
	do  func()
}

type happenings []happening

func (h happenings) Len() int { return len(h) }
func (h happenings) Less(i, j int) bool {
	return h[i].at < h[j].at || h[i].at == h[j].at && h[i].seq < h[j].seq
}
func (h happenings) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *happenings) Push(x any)   { *h = append(*h, x.(happening)) }
func (h *happenings) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}

// A play is a scenario in a world.
type play struct {
	*told
	world *world
	loop  *Loop
	out   chan Output
}

// stage makes a loop in a world, its epoch at the clock's zero.
func stage(t testing.TB, s *scenarios.Scenario, w *world, change func(*Config)) *play {
	t.Helper()
	p := &play{told: &told{}, world: w, out: make(chan Output, 10_000)}
	c := Config{
		Scenario: s, Share: arrival.Whole(), Seed: 7, Out: p.out, poller: w,
		Addrs: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:80")},
	}
	if change != nil {
		change(&c)
	}
	l, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	w.stuck = func() { panic("the loop waits for ever") }
	p.loop = l
	l.Do(Start{})
	return p
}

// run plays to the end.
func (p *play) run(t testing.TB, commands ...Command) *play {
	t.Helper()
	for _, c := range commands {
		p.loop.Do(c)
	}
	if err := p.loop.Run(); err != nil {
		t.Fatal(err)
	}
	close(p.out)
	for o := range p.out {
		p.take(o)
	}
	if n := len(p.world.sockets); n != 0 {
		t.Errorf("%d sockets left open", n)
	}
	if n := p.world.pipelined; n > 0 {
		t.Errorf("%d requests were written before the answer before them had ended", n)
	}
	return p
}

// frozen gives the moment a target that stands still from..from+length is done
// with something that takes it took.
func frozen(at, took, from, length time.Duration) time.Duration {
	switch {
	case at >= from && at < from+length:
		return from + length - at + took
	case at < from && at+took >= from:
		return took + length
	}
	return took
}
