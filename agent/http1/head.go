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
	protocol = []byte("HTTP/1.")
)

// stepHead reads towards the end of a head. Normally a whole head lies in b, and
// is read where it is.
func (p *Parser) stepHead(b []byte) (int, error) {
	if p.headBytes > 0 {
		return p.stepPartial(b)
	}
	if err := begins(b); err != nil {
		return 0, err
	}
	if i := bytes.Index(b, headEnd); i >= 0 && i+len(headEnd) <= MaxHead {
		p.borrowed = true
		return i + len(headEnd), p.parseHead(b[:i+2])
	}
	return p.stepPartial(b)
}

// begins refuses what cannot become an answer as soon as that can be seen, rather
// than waiting for the end of a head that will never come. A TLS server that is
// asked in plain text answers with an alert, or goes on with its handshake.
func begins(b []byte) error {
	n := min(len(b), len(protocol))
	if bytes.Equal(b[:n], protocol[:n]) {
		return nil
	}
	if b[0] == tlsAlert || b[0] == tlsHandshake {
		return ErrTLS
	}
	return ErrNotHTTP
}

// The first bytes of TLS records.
const (
	tlsAlert     = 0x15
	tlsHandshake = 0x16
)

// endHead says what follows a head whose lines have been read.
func (p *Parser) endHead(head []byte) error {
	if p.framing.encoded && (p.framing.hasLength || p.framing.minor == '0') {
		return ErrFraming
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
	p.partial, p.lineStart, p.headBytes = p.partial[:0], 0, 0
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
		if err := p.parseLine(rest[:end]); err != nil {
			return err
		}
		rest = rest[end+1:]
	}
	return p.endHead(head)
}

// parseLine reads a header line whose line feed is cut off. Its first letter says
// whether it can matter: only connection, content-length and transfer-encoding
// decide anything. What promise refuses it refuses too, before anything else, so
// that a line is judged alike however it comes.
func (p *Parser) parseLine(line []byte) error {
	if len(line) == 0 {
		return ErrBareLF
	}
	switch line[0] {
	case 'c', 'C', 't', 'T':
		return p.parseField(line)
	case ' ', '\t':
		return ErrFold
	case ':':
		return ErrHeader
	}
	if line[len(line)-1] != '\r' {
		return ErrBareLF
	}
	return nil
}

func (p *Parser) parseStatus(line []byte) error {
	const least = len("HTTP/1.1 200\r")
	switch {
	case len(line) > MaxLine:
		return ErrStatus
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

func (p *Parser) parseField(line []byte) error {
	if len(line) > MaxLine {
		if _, which := fieldOf(line); which == badField {
			return ErrHeader
		}
	}
	if line[len(line)-1] != '\r' {
		return p.promised(line)
	}
	colon := bytes.IndexByte(line, ':')
	if colon < 1 || line[colon-1] == ' ' || line[colon-1] == '\t' {
		return ErrHeader
	}
	value := line[colon+1 : len(line)-1]
	switch fieldNamed(line[:colon]) {
	case contentLength:
		return p.framing.setLength(trim(value))
	case connection:
		p.framing.setConnection(value)
	case contentEncoding:
		p.framing.setCoding(value)
	case transferEncoding:
		return p.framing.setEncoding(value)
	}
	return nil
}

// promised is what is wrong with a line that ends wrongly: what promise refuses comes
// first.
func (p *Parser) promised(line []byte) error {
	if _, which := fieldOf(line); which == badField {
		return ErrHeader
	}
	return ErrBareLF
}

// A matter is a header that decides something.
type matter uint8

const (
	noField matter = iota
	badField
	contentLength
	connection
	contentEncoding
	transferEncoding
)

// fieldOf says which field a line holds, or the beginning of one, and where its
// colon is: -1 while it has none.
func fieldOf(line []byte) (colon int, which matter) {
	colon = bytes.IndexByte(line[:min(len(line), MaxLine)], ':')
	if colon < 0 {
		if len(line) > MaxLine {
			return colon, badField
		}
		return colon, noField
	}
	if line[colon-1] == ' ' || line[colon-1] == '\t' {
		return colon, badField
	}
	if which = fieldNamed(line[:colon]); which != noField && len(line) > MaxLine {
		which = badField
	}
	return colon, which
}

func fieldNamed(name []byte) matter {
	switch {
	case len(name) == len("connection") && is(name, "connection"):
		return connection
	case len(name) < len("content-length"):
		return noField // such as content-type
	case is(name, "content-length"):
		return contentLength
	case is(name, "content-encoding"):
		return contentEncoding
	case is(name, "transfer-encoding"):
		return transferEncoding
	}
	return noField
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
