package loop

import (
	"fmt"
	"strconv"

	"github.com/loadctl/loadctl/agent/http1"
	"github.com/loadctl/loadctl/stats"
)

// A target that sends more than it was asked for, or without end, must take neither
// the loop's time nor its memory from other connections.
const (
	// maxRounds bounds the batches of events before what is due has its turn.
	maxRounds = 16
	// defaultMemory is what answers and requests in pieces may take of a Config that
	// does not say.
	defaultMemory = 256 << 20
	// keepRoom is what a record for requests in pieces keeps for the next.
	keepRoom = 4 << 10
	// maxBegin is how much of what is no answer its example shows.
	maxBegin = 40
)

// heldBy is what a parser holds that was lent to a connection.
func (l *Loop) heldBy(c *conn, parser *http1.Parser) int {
	if c.parser == none {
		return 0
	}
	return parser.Size()
}

// crowded says whether answers and requests in pieces take all the memory they may.
func (l *Loop) crowded() bool { return l.lent > l.config.Memory }

// crowdedOut gives up the request on a connection that has something unsent, where that
// is more than there is memory for.
func (l *Loop) crowdedOut(c *conn) bool {
	if c.out == none || !l.awaits(c) || !l.crowded() {
		return false
	}
	l.starve(c.task, l.tasks.at(c.task), kindMemory)
	return true
}

// keep puts bytes behind what is unsent. Where nothing is, they begin at the beginning
// of its room.
func (l *Loop) keep(u *unsent, b []byte) {
	if len(u.bytes) == 0 {
		u.bytes = u.room[:0]
	}
	room := cap(u.bytes)
	if u.bytes = append(u.bytes, b...); cap(u.bytes) != room {
		u.room = u.bytes // it had to move
	}
	l.account(u)
}

// account has what a request in pieces holds count as lent.
func (l *Loop) account(u *unsent) {
	held := cap(u.room) + cap(u.later)
	l.lent += held - u.held
	u.held = held
}

// unkeep gives up what a request in pieces held, and the room for it where that is
// more than ordinary ones need.
func (l *Loop) unkeep(u *unsent) {
	l.lent -= u.held
	u.held = 0
	u.bytes = nil
	if cap(u.room) > keepRoom {
		u.room = nil
	}
	if cap(u.later) > keepRoom {
		u.later = nil
	}
}

// describe keeps the beginning of what is no answer for the example of the error.
func (l *Loop) describe(b []byte) {
	l.why = append(l.why[:0], "came "...)
	l.why = strconv.AppendQuoteToASCII(l.why, string(b[:min(len(b), maxBegin)]))
}

// excess counts bytes that nobody asked for. They harm nobody, as their connection
// is closed, but should be known.
type excess struct{ after, idle uint64 }

func (l *Loop) sawExcess(n *uint64, what string) {
	if *n++; *n == 1 {
		l.tellExcess(what)
	}
}

// tellAllExcess says at the end how often it was.
func (l *Loop) tellAllExcess() {
	if n := l.excess.after; n > 1 {
		l.tellExcess(fmt.Sprintf("%s, %d times in all", afterAnswer, n))
	}
	if n := l.excess.idle; n > 1 {
		l.tellExcess(fmt.Sprintf("%s, %d times in all", whileIdle, n))
	}
}

const (
	afterAnswer = "the target sent bytes after the end of an answer; the connection was closed"
	whileIdle   = "the target sent bytes on a connection that waited for no answer; it was closed"
)

func (l *Loop) tellExcess(text string) {
	l.tell(Output{Notice: &Notice{At: l.clock(), Level: stats.Warning, Kind: "note", Text: text}})
}
