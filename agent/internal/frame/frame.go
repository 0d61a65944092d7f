// Package frame carries messages between a host and its agents over an
// inherited socket: each is prefixed by its length as a 32-bit big-endian
// number. It refuses lengths beyond Limit, so a broken peer costs no memory, and
// it never resynchronises: after an error the stream is of no further use.
package frame

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"google.golang.org/protobuf/proto"
)

// Limit bounds one message. A scenario with its tables and a snapshot of every
// row stay far below it.
const Limit = 64 << 20

const prefix = 4

// step bounds what is allocated ahead of the bytes that must fill it.
const step = 1 << 20

// ErrTooLong is wrapped by errors about a message beyond Limit.
var ErrTooLong = errors.New("message too long")

// A Writer writes messages to w, one Write call each. It is for one goroutine.
type Writer struct {
	w   io.Writer
	buf []byte
}

// NewWriter returns a Writer on w.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// Write writes one message.
func (w *Writer) Write(m proto.Message) error {
	b, err := proto.MarshalOptions{}.MarshalAppend(append(w.buf[:0], 0, 0, 0, 0), m)
	if err != nil {
		return fmt.Errorf("encoding a message: %w", err)
	}
	w.buf = b
	n := len(b) - prefix
	if n > Limit {
		return fmt.Errorf("%w: %d bytes, at most %d", ErrTooLong, n, Limit)
	}
	binary.BigEndian.PutUint32(b, uint32(n))
	if _, err := w.w.Write(b); err != nil {
		return fmt.Errorf("writing a message: %w", err)
	}
	return nil
}

// A Reader reads messages from r. It is for one goroutine.
type Reader struct {
	r    io.Reader
	head [prefix]byte
	buf  []byte
}

// NewReader returns a Reader on r.
func NewReader(r io.Reader) *Reader { return &Reader{r: r} }

// Read reads the next message into m. It returns io.EOF at a clean end, and
// io.ErrUnexpectedEOF when the peer died within a message.
func (r *Reader) Read(m proto.Message) error {
	if _, err := io.ReadFull(r.r, r.head[:]); err != nil {
		return err
	}
	n := binary.BigEndian.Uint32(r.head[:])
	if n > Limit {
		return fmt.Errorf("%w: %d bytes, at most %d", ErrTooLong, n, Limit)
	}
	if err := r.fill(int(n)); err != nil {
		return err
	}
	if err := proto.Unmarshal(r.buf, m); err != nil {
		return fmt.Errorf("decoding a message: %w", err)
	}
	return nil
}

// fill reads n bytes into buf, growing it as they arrive: a length alone
// allocates no more than one step.
func (r *Reader) fill(n int) error {
	r.buf = r.buf[:0]
	for len(r.buf) < n {
		at := len(r.buf)
		r.buf = append(r.buf, make([]byte, min(step, n-at))...)
		if _, err := io.ReadFull(r.r, r.buf[at:]); err != nil {
			return cut(err)
		}
	}
	return nil
}

// cut names an end within a message.
func cut(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
