package http1

import "bytes"

// stepPartial reads a head that comes in pieces, line by line. Unless the head
// will be asked for, no more of it is kept than the beginning of one line, and of
// that no more than MaxLine: however many connections stay in the middle of heads
// that do not end, they take little memory.
func (p *Parser) stepPartial(b []byte) (n int, err error) {
	for n < len(b) {
		piece := b[n:min(len(b), n+p.room())]
		if len(piece) == 0 {
			return n, ErrHeadSize
		}
		end := bytes.IndexByte(piece, '\n')
		if end >= 0 {
			piece = piece[:end+1]
		}
		p.headBytes += len(piece)
		n += len(piece)
		switch {
		case end < 0:
			err = p.beginLine(piece)
		case p.isLast(piece):
			return n, p.endPartial()
		default:
			err = p.endLine(piece)
		}
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// room is how many bytes may be looked at: what is left of the head's limit, and
// where a line is kept that may yet be dropped, of the line's.
func (p *Parser) room() int {
	left := MaxHead - p.headBytes
	if p.options.KeepHead || p.skipping {
		return left
	}
	return min(left, MaxLine+1-len(p.partial))
}

// beginLine takes a piece of a line whose end has not come.
func (p *Parser) beginLine(piece []byte) error {
	if p.skipping {
		p.last = piece[len(piece)-1]
		return nil
	}
	p.partial = append(p.partial, piece...)
	line := p.partial[p.lineStart:]
	matters, err := p.promise(line)
	if err == nil && !matters && !p.options.KeepHead {
		p.skipping, p.last = true, line[len(line)-1]
		p.partial = p.partial[:0]
	}
	return err
}

// promise says of the beginning of a line whether the rest can matter, and refuses
// what no rest can mend.
func (p *Parser) promise(line []byte) (matters bool, err error) {
	if p.Status == 0 {
		if len(line) > MaxLine {
			err = ErrStatus
		}
		if wrong := begins(line); wrong != nil {
			err = wrong
		}
		return true, err
	}
	switch line[0] {
	case 'c', 'C', 't', 'T':
		colon, which := fieldOf(line)
		if which == badField {
			return false, ErrHeader
		}
		return colon < 0 || which != noField, nil
	case ' ', '\t':
		return false, ErrFold
	case ':':
		return false, ErrHeader
	case '\r':
		return len(line) == 1, nil // the head may end with it
	}
	return false, nil
}

// isLast says whether a piece with a line feed ends the line that ends a head.
func (p *Parser) isLast(piece []byte) bool {
	if p.skipping || p.Status == 0 {
		return false
	}
	held := p.partial[p.lineStart:]
	return len(held) == 0 && string(piece) == "\r\n" || string(held) == "\r" && len(piece) == 1
}

// endLine takes the piece that ends a line.
func (p *Parser) endLine(piece []byte) error {
	if p.skipping {
		if len(piece) > 1 {
			p.last = piece[len(piece)-2]
		}
		p.skipping = false
		if p.last != '\r' {
			return ErrBareLF
		}
		return nil
	}
	p.partial = append(p.partial, piece...)
	err := p.parseHeld(p.partial[p.lineStart:])
	p.nextLine()
	return err
}

func (p *Parser) parseHeld(line []byte) error {
	if p.Status != 0 {
		return p.parseLine(line[:len(line)-1])
	}
	if err := begins(line); err != nil {
		return err
	}
	return p.parseStatus(line[:len(line)-1])
}

// nextLine makes ready for the line after the one that has ended.
func (p *Parser) nextLine() {
	if !p.options.KeepHead {
		p.partial = p.partial[:0]
	}
	p.lineStart = len(p.partial)
}

// endPartial ends the head, whose lines have all been read.
func (p *Parser) endPartial() error {
	var head []byte
	if p.options.KeepHead {
		head = p.partial[:p.lineStart]
	}
	return p.endHead(head)
}
