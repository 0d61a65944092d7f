package http1

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
)

// A Coding is a content-encoding of an answer.
type Coding uint8

// The codings told apart; those that cannot be decoded are named in errors.
const (
	Plain Coding = iota
	Gzip
	Deflate
	Brotli
	Zstd
	Unknown // or more than one
)

// Why a body cannot be read.
const (
	ErrCoded  Error = "content-encoding: malformed body"
	ErrBrotli Error = "content-encoding br cannot be decoded: do not ask for it with Accept-Encoding"
	ErrZstd   Error = "content-encoding zstd cannot be decoded: do not ask for it with Accept-Encoding"
	ErrCoding Error = "content-encoding is neither gzip nor deflate"
)

// setCoding reads a content-encoding. More than one is Unknown.
func (f *framing) setCoding(value []byte) {
	for token, rest := nextToken(value); token != nil; token, rest = nextToken(rest) {
		switch c := codingOf(token); {
		case c == Plain:
		case f.coding == Plain:
			f.coding = c
		default:
			f.coding = Unknown
		}
	}
}

func codingOf(token []byte) Coding {
	switch {
	case len(token) == 0, is(token, "identity"):
		return Plain
	case is(token, "gzip"), is(token, "x-gzip"):
		return Gzip
	case is(token, "deflate"):
		return Deflate
	case is(token, "br"):
		return Brotli
	case is(token, "zstd"):
		return Zstd
	}
	return Unknown
}

// A Decoder decodes one body at a time, in memory that does not grow beyond
// MaxKeptBody whatever a body unfolds to. The zero Decoder is ready.
type Decoder struct {
	source bytes.Reader
	gzip   *gzip.Reader
	zlib   io.ReadCloser
	flate  io.ReadCloser
	text   []byte
}

// Decode gives a body decoded, which holds until the next. more says that text is
// only the beginning, because it is longer than MaxKeptBody or body is itself but
// the beginning of what was sent (cut).
func (d *Decoder) Decode(c Coding, body []byte, cut bool) (text []byte, more bool, err error) {
	if len(body) == 0 {
		return nil, false, nil
	}
	d.source.Reset(body)
	from, err := d.reader(c, body)
	if err == nil {
		more, err = d.read(from)
	}
	var known Error
	switch {
	case err == nil:
		return d.text, more, nil
	case cut && errors.Is(err, io.ErrUnexpectedEOF):
		return d.text, true, nil
	case errors.As(err, &known):
		return nil, false, known
	}
	return nil, false, ErrCoded
}

func (d *Decoder) reader(c Coding, body []byte) (io.Reader, error) {
	switch c {
	case Gzip:
		return d.gunzip()
	case Deflate:
		return d.inflate(isZlib(body))
	case Brotli:
		return nil, ErrBrotli
	case Zstd:
		return nil, ErrZstd
	}
	return nil, ErrCoding
}

func (d *Decoder) gunzip() (io.Reader, error) {
	if d.gzip == nil {
		d.gzip = new(gzip.Reader)
	}
	return d.gzip, d.gzip.Reset(&d.source)
}

// inflate reads deflate, which is zlib's format by RFC 9110, section 8.4.1.2, and
// without its frame by many servers.
func (d *Decoder) inflate(framed bool) (io.Reader, error) {
	var err error
	switch {
	case framed && d.zlib == nil:
		d.zlib, err = zlib.NewReader(&d.source)
		return d.zlib, err
	case framed:
		return d.zlib, d.zlib.(zlib.Resetter).Reset(&d.source, nil)
	case d.flate == nil:
		d.flate = flate.NewReader(&d.source)
		return d.flate, nil
	}
	return d.flate, d.flate.(flate.Resetter).Reset(&d.source, nil)
}

// isZlib says whether a body begins as RFC 1950 has it: method 8, and a check.
func isZlib(b []byte) bool {
	return len(b) >= 2 && b[0]&0x0f == 8 && (int(b[0])<<8|int(b[1]))%31 == 0
}

// read fills text; a body that is longer is not read to its end.
func (d *Decoder) read(from io.Reader) (more bool, err error) {
	d.text = d.text[:0]
	for {
		if len(d.text) == MaxKeptBody {
			return hasMore(from)
		}
		if len(d.text) == cap(d.text) {
			room := min(max(2*cap(d.text), 16<<10), MaxKeptBody)
			d.text = append(make([]byte, 0, room), d.text...)
		}
		n, err := from.Read(d.text[len(d.text):min(cap(d.text), MaxKeptBody)])
		d.text = d.text[:len(d.text)+n]
		if err != nil {
			return false, unlessEnd(err)
		}
	}
}

func hasMore(from io.Reader) (bool, error) {
	var one [1]byte
	n, err := io.ReadFull(from, one[:])
	return n > 0, unlessEnd(err)
}

func unlessEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
