package http1

import "bytes"

// A framing is how the end of a body is known, as far as the head has said.
type framing struct {
	minor     byte // of the version: '0' or '1'
	length    int64
	hasLength bool
	encoded   bool // there is a transfer-encoding
	chunked   bool // and chunked is its last
	close     bool
	keep      bool
	coding    Coding
}

var (
	headEnd  = []byte("\r\n\r\n")
	bareEnd  = []byte("\n\n")
	protocol = []byte("HTTP/1.")
)

// stepHead reads towards the end of a head. Normally a whole head lies in b, and
// is read where it is.
func (p *Parser) stepHead(b []byte) (int, error) {
	if len(p.partial) > 0 {
		return p.stepPartial(b)
	}
	if err := begins(b); err != nil {
		return 0, err
	}
	if i := bytes.Index(b, headEnd); i >= 0 && i+len(headEnd) <= MaxHead {
		p.borrowed = true
		return i + len(headEnd), p.endHead(b[:i+2])
	}
	return p.stepPartial(b)
}

// stepPartial gathers a head that comes in pieces.
func (p *Parser) stepPartial(b []byte) (int, error) {
	old := len(p.partial)
	p.partial = append(p.partial, b[:min(len(b), MaxHead+1-old)]...)
	if err := begins(p.partial); err != nil {
		return 0, err
	}
	from := max(old-len(headEnd)+1, 0)
	if i := bytes.Index(p.partial[from:], headEnd); i >= 0 && from+i+len(headEnd) <= MaxHead {
		end := from + i + len(headEnd)
		p.partial = p.partial[:end]
		return end - old, p.endHead(p.partial[:end-2])
	}
	switch {
	case bytes.Contains(p.partial, bareEnd):
		return 0, ErrBareLF
	case len(p.partial) > MaxHead:
		return 0, ErrHeadSize
	}
	return len(b), nil
}

// begins refuses what cannot become an answer as soon as that can be seen, rather
// than waiting for the end of a head that will never come.
func begins(b []byte) error {
	n := min(len(b), len(protocol))
	if !bytes.Equal(b[:n], protocol[:n]) {
		return ErrNotHTTP
	}
	return nil
}

// endHead reads a whole head and says what follows it.
func (p *Parser) endHead(head []byte) error {
	if err := p.parseHead(head); err != nil {
		if bytes.Contains(head, bareEnd) {
			return ErrBareLF // what a head in pieces would have been refused for
		}
		return err
	}
	if p.Status < 200 {
		return p.skipInterim()
	}
	p.head = head
	p.frame()
	return nil
}

// skipInterim drops a 1xx head: the answer proper follows.
func (p *Parser) skipInterim() error {
	if p.Status == 101 {
		return ErrUpgrade
	}
	if p.interim++; p.interim > maxInterim {
		return ErrInterim
	}
	p.Continued = p.Continued || p.Status == 100
	p.borrowed = false
	p.partial = p.partial[:0]
	p.Status, p.framing = 0, framing{}
	return nil
}

// frame decides how the body ends: RFC 9112, section 6.3.
func (p *Parser) frame() {
	f := &p.framing
	p.Coding = f.coding
	p.Close = f.close || f.minor == '0' && !f.keep
	switch {
	case p.options.NoBody || p.Status == 204 || p.Status == 304:
		p.state = finished
	case f.chunked:
		p.state = chunkSize
	case f.encoded || !f.hasLength:
		p.state, p.Close = untilEOF, true
	case f.length == 0:
		p.state = finished
	default:
		p.state, p.remaining = inBody, f.length
	}
}

// parseHead reads the status line and of the header lines those that matter. The
// head ends with the line end of its last line.
func (p *Parser) parseHead(head []byte) error {
	end := bytes.IndexByte(head, '\n')
	if err := p.parseStatus(head[:end]); err != nil {
		return err
	}
	for rest := head[end+1:]; len(rest) > 0; {
		end := bytes.IndexByte(rest, '\n')
		if end < 1 || rest[end-1] != '\r' {
			return ErrBareLF
		}
		line := rest[:end-1]
		rest = rest[end+1:]
		if err := p.parseLine(line); err != nil {
			return err
		}
	}
	if p.framing.encoded && (p.framing.hasLength || p.framing.minor == '0') {
		return ErrFraming
	}
	return nil
}

func (p *Parser) parseStatus(line []byte) error {
	const least = len("HTTP/1.1 200\r")
	switch {
	case len(line) < 1 || line[len(line)-1] != '\r':
		return ErrBareLF
	case len(line) < least || line[7] != '0' && line[7] != '1' || line[8] != ' ':
		return ErrStatus
	case len(line) > least && line[12] != ' ':
		return ErrStatus
	}
	status := 0
	for _, c := range line[9:12] {
		if c < '0' || c > '9' {
			return ErrStatus
		}
		status = status*10 + int(c-'0')
	}
	if status < 100 {
		return ErrStatus
	}
	p.Status = status
	p.framing.minor = line[7]
	return nil
}

// parseLine looks at the first letter: only connection, content-length and
// transfer-encoding decide anything.
func (p *Parser) parseLine(line []byte) error {
	if len(line) == 0 {
		return ErrHeader
	}
	switch line[0] {
	case 'c', 'C', 't', 'T':
		return p.parseField(line)
	case ' ', '\t':
		return ErrFold
	case ':':
		return ErrHeader
	}
	return nil
}

func (p *Parser) parseField(line []byte) error {
	colon := bytes.IndexByte(line, ':')
	if colon < 1 || line[colon-1] == ' ' || line[colon-1] == '\t' {
		return ErrHeader
	}
	name, value := line[:colon], line[colon+1:]
	switch {
	case is(name, "content-length"):
		return p.framing.setLength(trim(value))
	case is(name, "connection"):
		p.framing.setConnection(value)
	case is(name, "content-encoding"):
		p.framing.setCoding(value)
	case is(name, "transfer-encoding"):
		return p.framing.setEncoding(value)
	}
	return nil
}

func (f *framing) setLength(value []byte) error {
	if f.hasLength {
		return ErrLengths
	}
	if len(value) == 0 || len(value) > 18 {
		return ErrLength
	}
	for _, c := range value {
		if c < '0' || c > '9' {
			return ErrLength
		}
		f.length = f.length*10 + int64(c-'0')
	}
	f.hasLength = true
	return nil
}

func (f *framing) setConnection(value []byte) {
	for token, rest := nextToken(value); token != nil; token, rest = nextToken(rest) {
		f.close = f.close || is(token, "close")
		f.keep = f.keep || is(token, "keep-alive")
	}
}

// setEncoding accepts any encodings of which chunked, if it is there, is the last.
func (f *framing) setEncoding(value []byte) error {
	for token, rest := nextToken(value); token != nil; token, rest = nextToken(rest) {
		if f.chunked || len(token) == 0 {
			return ErrEncoding
		}
		f.encoded = true
		f.chunked = is(token, "chunked")
	}
	if !f.encoded {
		return ErrEncoding
	}
	return nil
}
