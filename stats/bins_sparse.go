package stats

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// The sparse form of bin counts, for the wire and for files:
//
//	none   = no bytes
//	counts = first-bin bin…                     first-bin is a signed varint, the others unsigned
//	bin    = gap entries entry…                 gap from the bin before, 0 of the first; entries > 0
//	entry  = rungs-between count                count > 0
//
// There is one form for each list.

// maxRung bounds a rung of any ladder.
const maxRung = math.MaxUint16

// AppendSparse appends the sparse form to dst.
func (b BinCounts) AppendSparse(dst []byte) []byte {
	if len(b) == 0 {
		return dst
	}
	last := b[0].Bin
	dst = binary.AppendVarint(dst, last)
	for len(b) > 0 {
		n := b.sameBin()
		dst = binary.AppendUvarint(dst, uint64(b[0].Bin-last))
		dst = binary.AppendUvarint(dst, uint64(n))
		last = b[0].Bin
		rung := -1
		for _, c := range b[:n] {
			dst = binary.AppendUvarint(dst, uint64(c.Rung-rung-1))
			dst = binary.AppendUvarint(dst, c.Count)
			rung = c.Rung
		}
		b = b[n:]
	}
	return dst
}

// sameBin is how many of the first counts are of one bin.
func (b BinCounts) sameBin() int {
	for i := range b {
		if b[i].Bin != b[0].Bin {
			return i
		}
	}
	return len(b)
}

// ParseBins reads a sparse form. Bytes that are not exactly one are an error.
func ParseBins(b []byte) (counts BinCounts, err error) {
	if len(b) == 0 {
		return nil, nil
	}
	folded, n := uvarint(b)
	if n <= 0 {
		return nil, errors.New("bins: broken header")
	}
	r := binReader{b: b[n:], bin: int64(folded>>1) ^ -int64(folded&1)} // as AppendVarint folds it
	counts = make(BinCounts, 0, len(r.b)/2)                            // an entry takes two bytes at least
	for len(r.b) > 0 && !r.bad {
		counts = r.next(counts)
	}
	if r.bad || len(counts) == 0 {
		return nil, fmt.Errorf("bins: broken counts near bin %d", r.bin)
	}
	return counts, nil
}

// A binReader reads bin after bin.
type binReader struct {
	b   []byte
	bin int64
	bad bool
}

func (r *binReader) uvarint() uint64 {
	v, n := uvarint(r.b)
	if n <= 0 {
		r.bad = true
		return 0
	}
	r.b = r.b[n:]
	return v
}

// next reads one bin. An entry takes two bytes at least, which bounds how many may be said.
func (r *binReader) next(counts BinCounts) BinCounts {
	gap, entries := r.uvarint(), r.uvarint()
	first := len(counts) == 0
	if gap > math.MaxInt64/2 || (gap == 0) != first || entries == 0 || entries > uint64(len(r.b)/2) {
		r.bad = true
		return counts
	}
	if r.bin > math.MaxInt64/4 || r.bin < math.MinInt64/4 {
		r.bad = true
		return counts
	}
	r.bin += int64(gap)
	return r.entries(counts, entries)
}

// entries reads those of a bin. Nearly all of their numbers are a byte long.
func (r *binReader) entries(counts BinCounts, entries uint64) BinCounts {
	rung := -1
	for range entries {
		var between, count uint64
		if b := r.b; len(b) > 1 && b[0] < 0x80 && b[1] < 0x80 {
			between, count, r.b = uint64(b[0]), uint64(b[1]), b[2:]
		} else {
			between, count = r.uvarint(), r.uvarint()
		}
		if r.bad || count == 0 || between > maxRung || rung+1+int(between) > maxRung {
			r.bad = true
			return counts
		}
		rung += 1 + int(between)
		counts = append(counts, BinCount{r.bin, rung, count})
	}
	return counts
}

// MarshalText writes the sparse form in base64, for JSON lines.
func (b BinCounts) MarshalText() ([]byte, error) {
	return base64.StdEncoding.AppendEncode(nil, b.AppendSparse(nil)), nil
}

// UnmarshalText reads what MarshalText wrote.
func (b *BinCounts) UnmarshalText(text []byte) error {
	raw, err := base64.StdEncoding.AppendDecode(nil, text)
	if err != nil {
		return fmt.Errorf("bins: %w", err)
	}
	*b, err = ParseBins(raw)
	return err
}

// Fit says whether every count lies on a rung of the ladder.
func (b BinCounts) Fit(l *Ladder) bool {
	for _, c := range b {
		if c.Rung < 0 || c.Rung > l.Infinite() {
			return false
		}
	}
	return true
}
