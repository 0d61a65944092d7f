package http1

// stepChunk reads the data of a chunk.
func (p *Parser) stepChunk(b []byte) int {
	n := int(min(p.remaining, int64(len(b))))
	p.keep(b[:n])
	if p.remaining -= int64(n); p.remaining == 0 {
		p.state = chunkDataCR
	}
	return n
}

// stepByte reads one byte between the data of chunks: size lines and trailers,
// which are short, so that they need no memory of their own.
func (p *Parser) stepByte(c byte) error {
	switch p.state {
	case chunkSize:
		return p.inSize(c)
	case chunkExtension:
		return p.inExtension(c)
	case chunkSizeEnd:
		return p.endSize(c)
	case chunkDataCR:
		return p.expect(c, '\r', chunkDataLF)
	case chunkDataLF:
		return p.expect(c, '\n', chunkSize)
	default:
		return p.inTrailer(c)
	}
}

func (p *Parser) expect(c, want byte, next state) error {
	if c != want {
		return ErrChunk
	}
	p.state, p.line, p.digits, p.remaining = next, 0, 0, 0
	return nil
}

// inSize reads the size of a chunk. Fifteen digits hold any body there is, and
// cannot overflow.
func (p *Parser) inSize(c byte) error {
	if v, ok := hex(c); ok {
		if p.digits++; p.digits > 15 {
			return ErrChunk
		}
		p.remaining = p.remaining<<4 | v
		return nil
	}
	switch {
	case p.digits == 0:
		return ErrChunk
	case c == '\r':
		p.state = chunkSizeEnd
	case c == ';' || c == ' ' || c == '\t':
		p.state = chunkExtension
	default:
		return ErrChunk
	}
	return nil
}

func (p *Parser) inExtension(c byte) error {
	if p.line++; p.line > MaxLine {
		return ErrChunkLine
	}
	switch c {
	case '\r':
		p.state = chunkSizeEnd
	case '\n':
		return ErrBareLF
	}
	return nil
}

func (p *Parser) endSize(c byte) error {
	if c != '\n' {
		return ErrChunk
	}
	p.state, p.line = chunkData, 0
	if p.remaining == 0 {
		p.state = trailerStart
	}
	return nil
}

// inTrailer skips trailers; an empty line ends the answer.
func (p *Parser) inTrailer(c byte) error {
	if p.line++; p.line > MaxHead {
		return ErrTrailer
	}
	switch {
	case p.state == trailerEnd && c == '\n':
		p.state = trailerStart
	case p.state == lastLF && c == '\n':
		p.state, p.body = finished, p.kept
	case p.state == trailerEnd || p.state == lastLF:
		return ErrChunk
	case p.state == trailerStart && c == '\r':
		p.state = lastLF
	case c == '\r':
		p.state = trailerEnd
	case c == '\n':
		return ErrBareLF
	default:
		p.state = trailerLine
	}
	return nil
}

func hex(c byte) (int64, bool) {
	switch {
	case c >= '0' && c <= '9':
		return int64(c - '0'), true
	case c >= 'a' && c <= 'f':
		return int64(c-'a') + 10, true
	case c >= 'A' && c <= 'F':
		return int64(c-'A') + 10, true
	}
	return 0, false
}
