package loop

import (
	"crypto/tls"
	"errors"
	"io"
	"iter"
	"net"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// A tunnel is the TLS of one connection: crypto/tls over memory instead of a socket.
// The loop puts in what it received, and sends what lies in out afterwards.
//
// A handshake cannot be taken up again where it ran out of bytes, so it runs in a
// coroutine, which the loop switches to and which switches back when it needs more.
// Both stay on the loop's thread, and neither runs while the other does. Afterwards
// crypto/tls is asked directly: a read that finds no more bytes fails for the moment,
// and it takes up the record where it was.
type tunnel struct {
	conn  *tls.Conn
	pipe  pipe
	began stats.Offset // of the handshake
	more  func() (struct{}, bool)
	stop  func()
	done  bool // the handshake is, with err
	err   error
	due   bool // it stands in the queue
}

// open makes the tunnel ready for a handshake; what it has to send goes to out.
func (t *tunnel) open(make func(net.Conn) *tls.Conn, out *[]byte) {
	*t = tunnel{}
	t.pipe.out = out
	t.conn = make(&t.pipe)
	t.more, t.stop = iter.Pull(func(yield func(struct{}) bool) {
		t.pipe.await = func() bool { return yield(struct{}{}) }
		t.err = t.conn.Handshake()
		t.pipe.await = nil
	})
}

// shake goes on with the handshake with the bytes that came, as far as they reach.
// Bytes behind its end stay in the pipe.
func (t *tunnel) shake(b []byte) {
	t.pipe.in = b
	if _, going := t.more(); !going {
		t.done = true
		t.more, t.stop = nil, nil
	}
}

// close ends the coroutine of a handshake that nobody waits for any longer, and lets
// go of all it holds.
func (t *tunnel) close() {
	if t.stop != nil {
		t.stop()
	}
	*t = tunnel{}
}

// read decrypts the bytes that came into to, which must have room for all of them
// and a record before. The error is io.EOF at the farewell of the other side.
func (t *tunnel) read(b, to []byte) (n int, err error) {
	t.pipe.in = b
	for err == nil && len(t.pipe.in) > 0 {
		var k int
		k, err = t.conn.Read(to[n:])
		n += k
	}
	if errors.Is(err, errNotNow) {
		err = nil
	}
	return n, err
}

// A pipe is the connection crypto/tls sees. It gives it one record at a time, so
// that none is left in its buffer when the pipe is empty: nothing need be asked for
// only to learn that there is no more.
type pipe struct {
	in    []byte  // came, and was not yet read
	out   *[]byte // to be sent; writing never fails
	await func() bool
	at    int // of the record being read: bytes of it, and the length of its body
	body  int
}

const (
	recordHeader = 5
	maxRecord    = recordHeader + 16<<10 + 256
)

// Read waits for more bytes during a handshake. Later it says that there are none
// now.
func (p *pipe) Read(b []byte) (int, error) {
	for len(p.in) == 0 {
		if p.await == nil {
			return 0, errNotNow
		}
		if !p.await() {
			return 0, errGivenUp
		}
	}
	from := p.in[:min(len(p.in), len(b))]
	n := copy(b, from[:p.pass(from)])
	p.in = p.in[n:]
	return n, nil
}

// pass goes over the bytes that belong to the record at hand.
func (p *pipe) pass(b []byte) (n int) {
	for ; p.at < recordHeader && n < len(b); n++ {
		if p.at >= recordHeader-2 {
			p.body = p.body<<8 | int(b[n])
		}
		p.at++
	}
	if p.at < recordHeader {
		return n
	}
	k := min(recordHeader+p.body-p.at, len(b)-n)
	if p.at += k; p.at == recordHeader+p.body {
		p.at, p.body = 0, 0
	}
	return n + k
}

func (p *pipe) Write(b []byte) (int, error) {
	*p.out = append(*p.out, b...)
	return len(b), nil
}

// Close is the loop's to do, and so is time.
func (p *pipe) Close() error                     { return nil }
func (p *pipe) LocalAddr() net.Addr              { return nowhere{} }
func (p *pipe) RemoteAddr() net.Addr             { return nowhere{} }
func (p *pipe) SetDeadline(time.Time) error      { return nil }
func (p *pipe) SetReadDeadline(time.Time) error  { return nil }
func (p *pipe) SetWriteDeadline(time.Time) error { return nil }

type nowhere struct{}

func (nowhere) Network() string { return "memory" }
func (nowhere) String() string  { return "memory" }

// errNotNow is an error that crypto/tls takes for a passing one: it keeps what it
// has of a record, and reads on when it is asked again.
var errNotNow error = passing{}

type passing struct{}

func (passing) Error() string   { return "no more bytes now" }
func (passing) Timeout() bool   { return true }
func (passing) Temporary() bool { return true }

// errGivenUp ends a handshake in a way that tells the other side nothing.
var errGivenUp = io.ErrClosedPipe
