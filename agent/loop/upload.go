package loop

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/stats"
)

const (
	pieceSize   = 64 << 10 // of a body that is streamed
	sliceReads  = 4        // pieces one connection may receive before others have their turn
	sliceWrites = 4        // and send
)

// unsent is the rest of a request: what the socket did not take, and a body that
// waits for its turn or is too large to be held.
type unsent struct {
	bytes []byte
	room  []byte       // of bytes, from its beginning: sending leaves it as it was
	later []byte       // the body that waits for 100 Continue
	until stats.Offset // no longer than until then; 0 = nothing waits
	file  *os.File     // nil = bytes made up
	size  int64        // of the file when the run was prepared
	at    int64        // in the file
	left  int64        // of the streamed body
	held  int          // what room and later take, as accounted

	refused syscall.Errno // why the socket takes no more; 0 = it does
}

// unsentOf is what a connection has still to send; it borrows an empty one.
func (l *Loop) unsentOf(c *conn) *unsent {
	if c.out != none {
		return l.unsent.at(c.out)
	}
	i, u := l.unsent.lend()
	*u = unsent{room: u.room[:0], later: u.later[:0]}
	c.out = i
	return u
}

// A fileError is why a file cannot be sent: never the target's fault.
type fileError string

const (
	fileChanged    fileError = "body_file changed during the run"
	fileUnreadable fileError = "body_file cannot be read"
)

// openFiles opens what steps send, once for the loop.
func (l *Loop) openFiles() error {
	l.files = map[string]*os.File{}
	for _, u := range l.config.Scenario.Uploads() {
		f, err := os.Open(u.Path)
		if err != nil {
			return fmt.Errorf("body_file: %w", err)
		}
		l.files[u.Path] = f
		if info, err := f.Stat(); err != nil || info.Size() != u.Size {
			return fmt.Errorf("body_file: %s has changed since the run was prepared", u.Path)
		}
	}
	return nil
}

func (l *Loop) closeFiles() {
	for _, f := range l.files {
		_ = f.Close()
	}
}

// withheld is how much of a request is not sent with its head.
func withheld(x *scenarios.Extra, request []byte, bare bool) int {
	if x.Await == 0 || bare {
		return 0
	}
	return len(request) - bytes.Index(request, headEnd) - len(headEnd)
}

var headEnd = []byte("\r\n\r\n")

// sendBody begins with a body that does not go with its head: at once, or when the
// target says so or does not say anything for a while.
func (l *Loop) sendBody(i int32, ci int32, c *conn, x *scenarios.Extra, held []byte) {
	if l.aids.of[i].bare || x.Await == 0 && x.Upload == nil {
		return
	}
	u := l.unsentOf(c)
	if x.Upload != nil {
		u.file, u.size, u.left = l.files[x.Upload.Path], x.Upload.Size, x.Upload.Size
	}
	if x.Await == 0 {
		l.writeRest(ci, c)
		return
	}
	u.later = append(u.later, held...)
	l.account(u)
	if l.crowdedOut(c) {
		return
	}
	u.until = l.clock() + x.Await
	l.timers.add(timer{at: u.until, index: ci, stamp: uint16(c.gen), kind: bodyWait})
}

// goAhead sends the body that waited.
func (l *Loop) goAhead(ci int32, c *conn) {
	u := l.unsent.at(c.out)
	u.until = 0
	if c.tls == none {
		l.keep(u, u.later)
	} else if len(u.later) > 0 {
		l.tasks.at(c.task).bytesOut += int32(len(u.later))
		_ = l.encrypt(c, u.later) // puts it behind what is unsent
	}
	if !l.crowdedOut(c) {
		l.writeRest(ci, c)
	}
}

// waitedEnough is where the target has not said 100 Continue in time.
func (l *Loop) waitedEnough(t timer) {
	c := l.conns.at(t.index)
	if uint16(c.gen) == t.stamp && c.state == established && c.out != none && l.unsent.at(c.out).until == t.at {
		l.goAhead(t.index, c)
	}
}

// stream sends a slice of a large body, piece by piece. What the socket does not
// take is read again, so that no connection holds any of it.
func (l *Loop) stream(ci int32, c *conn, u *unsent) {
	if u.at == 0 && u.file != nil && !u.unchanged() {
		l.fileFailed(c, fileChanged)
		return
	}
	for range sliceWrites {
		b, err := l.piece(u)
		if err != "" {
			l.fileFailed(c, err)
			return
		}
		n, errno := l.sendPiece(c, u, b)
		if errno != 0 {
			l.stoppedTaking(ci, c, errno)
			return
		}
		u.at, u.left = u.at+int64(n), u.left-int64(n)
		l.aids.of[c.task].streamed += int64(n)
		if len(u.bytes) > 0 {
			l.crowdedOut(c)
			return // until the socket takes more
		}
		if u.left == 0 {
			l.dropUnsent(c)
			return
		}
	}
	l.later(ci, c, writable)
}

// sendPiece sends what the socket takes of a piece. Over TLS the piece is taken as a
// whole, and what is left of it kept: it cannot be sealed twice.
func (l *Loop) sendPiece(c *conn, u *unsent, b []byte) (int, syscall.Errno) {
	l.fresh = false
	if c.tls == none {
		return l.poller.send(c.fd, b)
	}
	if _, err := l.tls.tunnels.at(c.tls).conn.Write(b); err != nil {
		return 0, syscall.EPIPE
	}
	sealed := l.tls.cipher
	l.tls.cipher = sealed[:0]
	n, errno := l.poller.send(c.fd, sealed)
	if errno != 0 && errno != syscall.EAGAIN {
		return 0, errno
	}
	l.keep(u, sealed[n:])
	return len(b), 0
}

func (u *unsent) unchanged() bool {
	info, err := u.file.Stat()
	return err == nil && info.Size() == u.size
}

// piece is the next of a body: of its file, or of bytes that tell where they are.
func (l *Loop) piece(u *unsent) ([]byte, fileError) {
	if l.filler == nil {
		l.filler = bytes.Repeat([]byte("0123456789abcdef"), pieceSize/16)
	}
	if u.file == nil {
		from := u.at % pieceSize
		return l.filler[from:min(pieceSize, from+u.left)], ""
	}
	if cap(l.page) == 0 {
		l.page = make([]byte, pieceSize)
	}
	b := l.page[:min(pieceSize, u.left)]
	n, err := u.file.ReadAt(b, u.at)
	switch {
	case n == len(b):
		return b, ""
	case errors.Is(err, io.EOF):
		return nil, fileChanged
	}
	return nil, fileUnreadable
}

// fileFailed ends a request whose file is not what it was: this side's doing. The
// target may have counted what it got of it.
func (l *Loop) fileFailed(c *conn, why fileError) {
	i := c.task
	t := l.tasks.at(i)
	t.notBefore = l.clock() + restAfterFailure
	if !l.fileTold {
		l.fileTold = true
		path := l.unsent.at(c.out).file.Name()
		l.tell(Output{Notice: &Notice{At: l.now, Level: stats.Severe, Kind: "generator", Text: path + ": " + string(why)}})
	}
	class := stats.NotSent
	if t.hops > 0 || t.bytesOut > 0 {
		class = stats.Censored
	}
	l.fail(i, t, class, string(why), l.now)
}

// stoppedTaking is a target that takes no more of a request. It may have said why: an answer
// that has come counts. A poller that reads by itself may not have handed it over yet, so
// that the end of what comes is waited for, which a broken connection has soon.
func (l *Loop) stoppedTaking(ci int32, c *conn, errno syscall.Errno) {
	switch {
	case errno == syscall.EAGAIN:
		return
	case limitText(errno) != "":
		l.snapped(ci, c, errno)
		return
	}
	l.unsent.at(c.out).refused = errno
	l.read(ci, c, c.gen, true)
}

// takesNoMore is why, of a connection that still has something to send; 0 of all others.
func (l *Loop) takesNoMore(c *conn) syscall.Errno {
	if c.out == none {
		return 0
	}
	return l.unsent.at(c.out).refused
}
