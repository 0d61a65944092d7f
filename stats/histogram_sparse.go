package stats

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
)

// The sparse form of a histogram, for the wire and for what is kept in memory:
//
//	empty histogram = no bytes
//	histogram = min max-min sum overflow token…     all unsigned varints
//	token     = n<<1      the next bucket holds n > 0 values
//	          | n<<1 | 1  the next n > 0 buckets are empty
//
// Least, largest and sum are exact nanoseconds. There is one form for each
// histogram: no token is zero, no two runs of empty buckets follow each other,
// and none ends the list.

// AppendSparse appends the sparse form to dst.
func (h *Histogram) AppendSparse(dst []byte) []byte {
	if h.Count() == 0 {
		return dst
	}
	if h.packed != nil {
		return append(dst, h.packed...)
	}
	dst = binary.AppendUvarint(dst, uint64(h.min))
	dst = binary.AppendUvarint(dst, uint64(h.max-h.min))
	dst = binary.AppendUvarint(dst, h.sum)
	dst = binary.AppendUvarint(dst, h.overflow)
	next := 0
	for p, from := range h.pages {
		if from != nil {
			dst, next = appendPage(dst, p, from, next)
		}
	}
	return dst
}

func appendPage(dst []byte, p int, from *page, next int) ([]byte, int) {
	for i, n := range from {
		if n == 0 {
			continue
		}
		at := p<<pageBits + i
		if at > next {
			dst = binary.AppendUvarint(dst, uint64(at-next)<<1|1)
		}
		dst = binary.AppendUvarint(dst, n<<1)
		next = at + 1
	}
	return dst, next
}

// Sparse is the sparse form. It is not copied when the histogram is packed, so
// the bytes must not be changed.
func (h *Histogram) Sparse() []byte {
	if h != nil && h.packed != nil {
		return h.packed
	}
	return h.AppendSparse(nil)
}

// ParseSparse reads a sparse form and keeps b, which must not change any more.
// No bytes give nil. Bytes that are not exactly a sparse form are an error.
func ParseSparse(b []byte) (*Histogram, error) {
	if len(b) == 0 {
		return nil, nil
	}
	h, body, err := parseHeader(b)
	if err != nil {
		return nil, err
	}
	h.packed, h.body = b[:len(b):len(b)], body
	if err := h.checkBody(); err != nil {
		return nil, err
	}
	return &h, nil
}

// MergeSparse adds the counts of a sparse form. On an error h is unchanged.
func (h *Histogram) MergeSparse(b []byte) error {
	o, err := ParseSparse(b)
	if err != nil {
		return err
	}
	if h.count == 0 && h.pages == nil {
		o = o.ownBytes()
	}
	h.Merge(o)
	return nil
}

// ownBytes is a copy that shares no bytes.
func (h *Histogram) ownBytes() *Histogram {
	if h == nil {
		return nil
	}
	c := *h
	c.packed = append([]byte(nil), h.packed...)
	c.body = c.packed[len(c.packed)-len(c.body):]
	return &c
}

func parseHeader(b []byte) (h Histogram, body []byte, err error) {
	var fields [4]uint64
	for i := range fields {
		n := 0
		if fields[i], n = uvarint(b); n <= 0 {
			return h, nil, errors.New("histogram: broken header")
		}
		b = b[n:]
	}
	least, spread := fields[0], fields[1]
	if least > uint64(MaxValue) || spread > uint64(MaxValue)-least {
		return h, nil, errors.New("histogram: values out of range")
	}
	return Histogram{min: int64(least), max: int64(least + spread), sum: fields[2], overflow: fields[3]}, b, nil
}

// checkBody counts the body of a packed histogram and holds it against its header.
func (h *Histogram) checkBody() error {
	c := countBody(h.body)
	h.count = c.count
	switch {
	case c.tooMany:
		return errors.New("histogram: more values than a number holds")
	case c.bad || h.count == 0:
		return fmt.Errorf("histogram: broken counts near bucket %d", c.last)
	case bucketOf(h.min) != c.first || bucketOf(h.max) != c.last:
		return errors.New("histogram: least or largest value is not in its bucket")
	case h.overflow > c.lastCount || h.overflow > 0 && h.max != int64(MaxValue):
		return errors.New("histogram: overflow without values")
	case !h.sumFits():
		return errors.New("histogram: sum does not fit its values")
	}
	return nil
}

// A bodyCount is what the tokens of a body say.
type bodyCount struct {
	first, last      int // buckets in use; -1 for none
	count, lastCount uint64
	bad, tooMany     bool
}

// countBody walks a body as tokens does, in one loop and nearly without branches that nobody can foresee: a coordinator
// checks every histogram of every host each second.
func countBody(body []byte) (c bodyCount) {
	var at, gap, wrong, over, carry uint64
	for i := 0; i < len(body); {
		v := uint64(body[i])
		i++
		if v >= 0x80 {
			long, n := uvarint(body[i-1:])
			if v, i = long, i-1+n; n <= 0 || v&1 == 1 && v>>1 >= buckets {
				return bodyCount{bad: true, last: int(at)}
			}
		}
		n, isGap := v>>1, v&1
		wrong |= (n-1)>>63 | isGap&gap // a token that says nothing, or two gaps
		c.count, carry = bits.Add64(c.count, n&(isGap-1), 0)
		over |= carry
		at += n&-isGap + 1 - isGap
		gap, c.lastCount = isGap, n
	}
	c.first, c.last = firstOf(body), int(at)-1
	c.tooMany = over == 1
	c.bad = wrong|gap == 1 || at > buckets
	return c
}

// firstOf is the first bucket in use of a body that begins with a whole token.
func firstOf(body []byte) int {
	if v, _ := binary.Uvarint(body); v&1 == 1 {
		return int(v >> 1)
	}
	return 0
}

// addBody adds the counts of a body that was checked or made here.
func (h *Histogram) addBody(body []byte) {
	at := 0
	for i := 0; i < len(body); {
		v := uint64(body[i])
		i++
		if v >= 0x80 {
			long, n := binary.Uvarint(body[i-1:])
			v, i = long, i-1+n
		}
		if v&1 == 1 {
			at += int(v >> 1)
			continue
		}
		p := h.pages[at>>pageBits]
		if p == nil {
			p = h.writable(at >> pageBits)
		}
		p[at&(pageSize-1)] += v >> 1
		at++
	}
}

// sumFits says whether count values between min and max can have this sum.
func (h *Histogram) sumFits() bool {
	return mulCapped(h.count, uint64(h.min)) <= h.sum && h.sum <= mulCapped(h.count, uint64(h.max))
}

func mulCapped(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	if hi != 0 {
		return 1<<64 - 1
	}
	return lo
}

// tokens walks the counts of a sparse form: after next returned true, bucket
// index holds n values.
type tokens struct {
	b     []byte
	index int
	n     uint64
	at    int // the next bucket
	bad   bool
}

func (t *tokens) next() bool {
	if len(t.b) == 0 {
		return false
	}
	v := t.token()
	if v&1 == 1 {
		if v>>1 == 0 || v>>1 >= uint64(buckets-t.at) {
			return t.broken()
		}
		t.at += int(v >> 1)
		v = t.token()
	}
	if v == 0 || v&1 == 1 || t.at >= buckets {
		return t.broken()
	}
	t.index, t.n = t.at, v>>1
	t.at++
	return true
}

// token takes one token off the bytes; a broken one is 0, which none is.
func (t *tokens) token() (v uint64) {
	if len(t.b) > 0 && t.b[0] < 0x80 {
		v = uint64(t.b[0])
		t.b = t.b[1:]
		return v
	}
	v, n := uvarint(t.b)
	t.b = t.b[max(n, 0):]
	return v
}

func (t *tokens) broken() bool {
	t.bad = true
	return false
}

// uvarint is binary.Uvarint that refuses a form longer than it need be.
func uvarint(b []byte) (uint64, int) {
	v, n := binary.Uvarint(b)
	if n > 1 && b[n-1] == 0 {
		return 0, -1
	}
	return v, n
}
