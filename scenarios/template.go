package scenarios

import (
	"strconv"
	"strings"

	"github.com/loadctl/loadctl/scenarios/arrival"
)

// A Template is text with expressions such as ${rand.int(1,100)} in it, compiled
// to a flat list. It is read by many loops at once.
type Template struct {
	parts []part
}

// Values are what templates draw from: one iteration of one virtual user.
type Values struct {
	Rand      *arrival.Rand
	VU        uint64 // ${vu.id}
	Iteration uint64 // ${vu.iteration}, from 0
}

// A part is literal text or one expression.
type part struct {
	kind    partKind
	literal []byte
	source  string // an expression as written, without ${}
	low     int64  // randInt: least value
	span    uint64 // randInt: how many values
	zipf    *zipf
}

type partKind uint8

const (
	literal partKind = iota
	randInt
	randZipf
	randUUID
	vuID
	vuIteration
	encodeFrom // what follows is sent in base64
	encodeTo   // to here
)

// literalTemplate is a template without expressions.
func literalTemplate(text string) *Template {
	t := &Template{}
	t.literal(text)
	return t
}

// String is the template as written, with ${vars.x} put in.
func (t *Template) String() string {
	var b strings.Builder
	for _, p := range t.parts {
		if p.kind == literal {
			b.Write(p.literal)
		} else {
			b.WriteString("${" + p.source + "}")
		}
	}
	return b.String()
}

// Static says whether every expansion is the same.
func (t *Template) Static() bool {
	return len(t.parts) == 0 || len(t.parts) == 1 && t.parts[0].kind == literal
}

// Append expands the template at the end of dst. It allocates nothing if dst has
// the room.
func (t *Template) Append(dst []byte, v *Values) []byte {
	from := 0
	for i := range t.parts {
		p := &t.parts[i]
		switch p.kind {
		case literal:
			dst = append(dst, p.literal...)
		case randInt:
			dst = strconv.AppendInt(dst, p.low+int64(v.Rand.Uint64N(p.span)), 10)
		case encodeFrom:
			from = len(dst)
		case encodeTo:
			dst = encode(dst, from)
		default:
			dst = p.append(dst, v)
		}
	}
	return dst
}

// append expands the rarer expressions.
func (p *part) append(dst []byte, v *Values) []byte {
	switch p.kind {
	case randZipf:
		return strconv.AppendUint(dst, p.zipf.draw(v.Rand), 10)
	case randUUID:
		return appendUUID(dst, v.Rand)
	case vuID:
		return strconv.AppendUint(dst, v.VU, 10)
	case vuIteration:
		return strconv.AppendUint(dst, v.Iteration, 10)
	}
	return dst
}

// appendUUID draws a version 4 UUID.
func appendUUID(dst []byte, r *arrival.Rand) []byte {
	const hex = "0123456789abcdef"
	high, low := r.Uint64(), r.Uint64()
	high = high&^0xF000 | 0x4000
	low = low&^(0xC<<60) | 0x8<<60
	for i := range 32 {
		if i == 8 || i == 12 || i == 16 || i == 20 {
			dst = append(dst, '-')
		}
		word := high
		if i >= 16 {
			word = low
		}
		dst = append(dst, hex[word>>(60-4*(i%16))&0xF])
	}
	return dst
}
