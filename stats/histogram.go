package stats

import (
	"math"
	"math/bits"
	"time"
)

// A Histogram counts durations in HdrHistogram's layout (see buckets.go). The
// zero value is empty and ready. Counts lie in pages that are made when first
// needed, so an empty or narrow histogram is small. Count, sum, least and
// largest value are exact; everything else is exact to the bucket.
//
// A histogram that came off the wire, or was packed, keeps its counts as the
// sparse bytes they came in and is unpacked by the first write. Reading never
// changes a histogram, so any number of goroutines may read one that nobody
// writes.
type Histogram struct {
	count, overflow, sum uint64
	min, max             int64
	pages                []*page // nil, or pageCount of them
	packed               []byte  // whole sparse form; nil while pages hold the counts
	body                 []byte  // the counts within packed
}

const (
	pageBits  = 8
	pageSize  = 1 << pageBits
	pageCount = buckets / pageSize
)

type page [pageSize]uint64

// Record counts one duration. Below zero it counts as zero (a clock that ran
// backwards), above MaxValue as MaxValue and in Overflow.
func (h *Histogram) Record(d time.Duration) {
	v := int64(d)
	if uint64(v) > uint64(MaxValue) {
		v = h.clamp(v)
	}
	if h.count == 0 {
		h.min, h.max = v, v
	} else if v < h.min {
		h.min = v
	} else if v > h.max {
		h.max = v
	}
	h.count++
	h.sum = addCapped(h.sum, uint64(v))
	i := bucketOf(v)
	h.writable(i >> pageBits)[i&(pageSize-1)]++
}

func (h *Histogram) clamp(v int64) int64 {
	if v < 0 {
		return 0
	}
	h.overflow++
	return int64(MaxValue)
}

// writable gives page p, made if need be.
func (h *Histogram) writable(p int) *page {
	if h.pages == nil {
		h.unpack()
	}
	if h.pages[p] == nil {
		h.pages[p] = new(page)
	}
	return h.pages[p]
}

// Merge adds the counts of o, which may be nil and is not changed.
func (h *Histogram) Merge(o *Histogram) {
	switch {
	case o == nil || o.count == 0:
		return
	case h.count == 0 && h.pages == nil && o.packed != nil:
		*h = *o // packed bytes are never written, so they may be shared
		return
	case h == o:
		o = o.Clone()
	}
	if h.pages == nil {
		h.unpack()
	}
	for p, from := range o.pages {
		if from != nil {
			h.addPage(p, from)
		}
	}
	h.addBody(o.body)
	h.mergeTotals(o)
}

func (h *Histogram) mergeTotals(o *Histogram) {
	if h.count == 0 || o.min < h.min {
		h.min = o.min
	}
	if h.count == 0 || o.max > h.max {
		h.max = o.max
	}
	h.count += o.count
	h.overflow += o.overflow
	h.sum = addCapped(h.sum, o.sum)
}

func (h *Histogram) addPage(p int, from *page) {
	to := h.writable(p)
	for i, n := range from {
		to[i] += n
	}
}

// unpack gives the histogram pages to write to.
func (h *Histogram) unpack() {
	body := h.body
	h.pages, h.packed, h.body = make([]*page, pageCount), nil, nil
	h.addBody(body)
}

// Reset empties the histogram and keeps its pages for what comes next.
func (h *Histogram) Reset() {
	pages := h.pages
	*h = Histogram{pages: pages}
	for _, p := range pages {
		if p != nil {
			clear(p[:])
		}
	}
}

// Clone is an independent copy; of nil it is nil.
func (h *Histogram) Clone() *Histogram {
	if h == nil {
		return nil
	}
	c := *h
	if h.pages == nil {
		return &c
	}
	c.pages = make([]*page, pageCount)
	for i, p := range h.pages {
		if p != nil {
			copied := *p
			c.pages[i] = &copied
		}
	}
	return &c
}

// Pack gives a copy in sparse form: a few bytes a bucket in use instead of whole
// pages, for what is kept rather than added to. Of an empty or nil histogram it
// is nil, and of a packed one itself.
func (h *Histogram) Pack() *Histogram {
	if h == nil || h.count == 0 || h.packed != nil {
		return h.orNil()
	}
	return h.packInto(nil)
}

func (h *Histogram) orNil() *Histogram {
	if h.Count() == 0 {
		return nil
	}
	return h
}

// packInto is Pack with scratch space; the result shares nothing with it.
func (h *Histogram) packInto(scratch *[]byte) *Histogram {
	var own []byte
	if scratch == nil {
		scratch = &own
	}
	*scratch = h.AppendSparse((*scratch)[:0])
	whole := make([]byte, len(*scratch))
	copy(whole, *scratch)
	_, body, _ := parseHeader(whole)
	return &Histogram{count: h.count, overflow: h.overflow, sum: h.sum, min: h.min, max: h.max, packed: whole, body: body}
}

// addCapped adds and stops at the largest number instead of wrapping, which
// keeps addition of sums associative.
func addCapped(a, b uint64) uint64 {
	s, carry := bits.Add64(a, b, 0)
	if carry != 0 {
		return math.MaxUint64
	}
	return s
}
