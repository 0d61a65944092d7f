// Package http1 reads HTTP/1.1 answers as they come off the wire. Its parser is
// fed bytes in pieces of any size and comes to the same result whatever the
// pieces were. It is a client's parser that trusts nobody: what two readers could
// understand differently is refused, and what a target may send without end is
// read in constant memory. It neither reads nor writes a socket, and it builds no
// requests: those are frozen with the scenario.
package http1

// Bounds of what is read before an answer is refused or no longer kept.
const (
	MaxHead     = 64 << 10 // of a head, and of all trailers together
	MaxLine     = 4 << 10  // of a status line, a header that frames the body, a chunk's size line
	MaxKeptBody = 1 << 20  // of a body for checks; the rest is counted only
	maxInterim  = 32       // 1xx heads before the answer proper
)

// An Error says why bytes are not an answer. Its text is one of a few constants,
// so that errors can be grouped.
type Error string

func (e Error) Error() string { return string(e) }

// What can be wrong with an answer.
const (
	ErrClosedBefore Error = "closed before answer"
	ErrClosedWithin Error = "closed within answer"
	ErrNotHTTP      Error = "bad http: not an HTTP/1 answer"
	ErrTLS          Error = "bad http: TLS on a plain port"
	ErrStatus       Error = "bad http: malformed status line"
	ErrHeader       Error = "bad http: malformed header line"
	ErrFold         Error = "bad http: folded header line"
	ErrBareLF       Error = "bad http: line feed without carriage return"
	ErrHeadSize     Error = "bad http: head above 64 KiB"
	ErrLength       Error = "bad http: malformed content-length"
	ErrLengths      Error = "bad http: more than one content-length"
	ErrFraming      Error = "bad http: content-length and transfer-encoding"
	ErrEncoding     Error = "bad http: malformed transfer-encoding"
	ErrChunk        Error = "bad http: malformed chunk"
	ErrChunkLine    Error = "bad http: chunk line above 4 KiB"
	ErrTrailer      Error = "bad http: trailers above 64 KiB"
	ErrInterim      Error = "bad http: too many interim answers"
	ErrUpgrade      Error = "bad http: protocol switched unasked"
)

// Options say what is known of the request and wanted of its answer.
type Options struct {
	NoBody   bool // the request was HEAD
	KeepHead bool // Header will be asked
	KeepBody bool // Body will be asked
}

// A Parser reads one answer after Reset. Status, Close and BodyBytes hold once
// Feed or EOF said done. The zero Parser is ready for a GET.
type Parser struct {
	Status    int
	Continued bool  // 100 Continue has come
	Close     bool  // no further request may be sent on the connection
	BodyBytes int64 // of the body after de-chunking, kept or not
	Coding    Coding
	Truncated bool // the body is longer than MaxKeptBody, Body is its beginning

	options   Options
	state     state
	framing   framing
	remaining int64 // of the body or chunk
	line      int   // bytes of the chunk line, or of the trailers
	interim   int
	digits    int

	headBytes int  // of a head in pieces, read so far
	lineStart int  // in partial, of the line at hand
	skipping  bool // the line at hand does not matter
	last      byte // of it

	head     []byte // of the answer, without the last empty line; the caller's bytes or partial
	body     []byte // the caller's bytes or kept
	partial  []byte // of a head in pieces the line at hand, or all of it
	kept     []byte // a body that came in pieces
	borrowed bool   // head lies in the caller's bytes
}

type state uint8

const (
	inHead state = iota
	inBody
	untilEOF
	chunkSize
	chunkExtension
	chunkSizeEnd
	chunkData
	chunkDataCR
	chunkDataLF
	trailerStart
	trailerLine
	trailerEnd
	lastLF
	finished
)

// Reset forgets everything and makes ready for the next answer.
func (p *Parser) Reset(o Options) {
	*p = Parser{options: o, partial: recycle(p.partial), kept: recycle(p.kept)}
}

// Pristine says whether no byte of the answer has been read.
func (p *Parser) Pristine() bool {
	return p.state == inHead && p.headBytes == 0 && p.interim == 0
}

// Feed reads from b and gives how many bytes belong to the answer. With done the
// answer is whole and b[n:] is not part of it; without, all of b was read. After
// an error the parser is of no use until Reset.
//
// What Header and Body give may lie in b: it holds until b is written again.
func (p *Parser) Feed(b []byte) (n int, done bool, err error) {
	for n < len(b) && p.state != finished {
		used, err := p.step(b[n:])
		if err != nil {
			return n, false, err
		}
		n += used
	}
	if p.state == finished {
		return n, true, nil
	}
	p.settle()
	return n, false, nil
}

// EOF says that the other side has closed. It ends an answer that has no other
// end, and is an error within any other.
func (p *Parser) EOF() (done bool, err error) {
	switch {
	case p.state == untilEOF:
		p.state, p.body = finished, p.kept
		return true, nil
	case p.state == finished:
		return true, nil
	case p.Pristine():
		return false, ErrClosedBefore
	}
	return false, ErrClosedWithin
}

// Header gives the first value of a header of the answer, trimmed, or nil. The
// name is compared without regard to case. Needs Options.KeepHead.
func (p *Parser) Header(name string) []byte { return find(p.head, name) }

// Headers hands every value of a header of the answer to f, in order: those of
// Set-Cookie cannot be joined into one. Needs Options.KeepHead.
func (p *Parser) Headers(name string, f func(value []byte)) { each(p.head, name, f) }

// Body gives the body as it was sent, at most MaxKeptBody of it. Needs Options.KeepBody.
func (p *Parser) Body() []byte { return p.body }

func (p *Parser) step(b []byte) (int, error) {
	switch p.state {
	case inHead:
		return p.stepHead(b)
	case inBody:
		return p.stepBody(b), nil
	case untilEOF:
		p.keep(b)
		return len(b), nil
	case chunkData:
		return p.stepChunk(b), nil
	default:
		return 1, p.stepByte(b[0])
	}
}

// stepBody reads a body of known length. A body that lies in b as a whole is not
// copied.
func (p *Parser) stepBody(b []byte) int {
	n := int(min(p.remaining, int64(len(b))))
	p.remaining -= int64(n)
	if p.remaining == 0 {
		p.state = finished
	}
	if p.state == finished && p.BodyBytes == 0 && n <= MaxKeptBody {
		p.BodyBytes = int64(n)
		p.body = b[:n]
		return n
	}
	p.keep(b[:n])
	if p.state == finished {
		p.body = p.kept
	}
	return n
}

// keep counts a piece of the body, and copies it if it is wanted.
func (p *Parser) keep(b []byte) {
	p.BodyBytes += int64(len(b))
	if !p.options.KeepBody {
		return
	}
	room := MaxKeptBody - len(p.kept)
	if len(b) > room {
		b, p.Truncated = b[:room], true
	}
	p.kept = append(p.kept, b...)
}

// settle copies what lies in the caller's bytes and will still be asked for.
func (p *Parser) settle() {
	if !p.borrowed {
		return
	}
	p.borrowed = false
	if !p.options.KeepHead {
		p.head = nil
		return
	}
	p.partial = append(p.partial[:0], p.head...)
	p.head = p.partial
}

// Size is how much memory the parser's own buffers take: at most about 1.5 times
// MaxLine, MaxHead if the head is kept, and MaxKeptBody if the body is.
func (p *Parser) Size() int { return cap(p.partial) + cap(p.kept) }

// Shrink gives up buffers that are larger than those of ordinary answers. The
// parser is of no use until Reset.
func (p *Parser) Shrink() {
	p.head, p.body = nil, nil
	if p.Size() > MaxLine {
		p.partial, p.kept = nil, nil
	}
}

// recycle keeps a buffer for the next answer unless it is large.
func recycle(b []byte) []byte {
	if cap(b) > MaxHead {
		return nil
	}
	return b[:0]
}
