package stats

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// The sparse form of a split, for the wire and for files. All numbers are varints; times,
// which may be below 0, are signed ones.
//
//	none   = no bytes
//	split  = names (length byte…)… folded bucket…      names is how many
//	bucket = gap count untold odd over                 gap from the bucket before, less 1
//	         response lag waiting connecting told…     told of each name, and of the others if folded

// AppendSparse appends the sparse form to dst.
func (s *Split) AppendSparse(dst []byte) []byte {
	if s == nil || len(s.Buckets) == 0 {
		return dst
	}
	dst = binary.AppendUvarint(dst, uint64(len(s.Names)))
	for _, name := range s.Names {
		dst = binary.AppendUvarint(dst, uint64(len(name)))
		dst = append(dst, name...)
	}
	dst = binary.AppendUvarint(dst, oneIf(s.Folded))
	next := 0
	for i := range s.Buckets {
		b := &s.Buckets[i]
		dst = binary.AppendUvarint(dst, uint64(b.Bucket-next))
		next = b.Bucket + 1
		dst = s.appendSums(dst, &b.SplitSums)
	}
	return dst
}

func (s *Split) appendSums(dst []byte, sums *SplitSums) []byte {
	for _, n := range [...]uint64{sums.Count, sums.Untold, sums.Odd, sums.Over} {
		dst = binary.AppendUvarint(dst, n)
	}
	for _, d := range [...]time.Duration{sums.Response, sums.Lag, sums.Waiting, sums.Connecting} {
		dst = binary.AppendVarint(dst, int64(d))
	}
	for i := range s.Columns() {
		dst = binary.AppendVarint(dst, int64(s.ToldBy(sums, i)))
	}
	return dst
}

// ParseSplit reads a sparse form; no bytes give nil. Bytes that are not exactly one are an
// error.
func ParseSplit(b []byte) (*Split, error) {
	if len(b) == 0 {
		return nil, nil
	}
	r := splitReader{b: b}
	s := &Split{Names: r.names()}
	folded := r.uvarint()
	s.Folded = folded == 1
	if r.bad || folded > 1 {
		return nil, errors.New("split: broken header")
	}
	for next := 0; len(r.b) > 0 && !r.bad; next++ {
		gap := r.uvarint()
		if gap >= uint64(splitBuckets-next) {
			return nil, fmt.Errorf("split: no bucket %d", gap)
		}
		next += int(gap)
		s.Buckets = append(s.Buckets, SplitBucket{next, r.sums(s)})
	}
	if r.bad || len(s.Buckets) == 0 {
		return nil, errors.New("split: broken sums")
	}
	return s, nil
}

type splitReader struct {
	b   []byte
	bad bool
}

func (r *splitReader) uvarint() uint64 {
	v, n := uvarint(r.b)
	if n <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

// time reads a signed number, as AppendVarint folds it.
func (r *splitReader) time() time.Duration {
	folded := r.uvarint()
	return time.Duration(int64(folded>>1) ^ -int64(folded&1))
}

// names are in rising order, and none is empty.
func (r *splitReader) names() (names []string) {
	n := r.uvarint()
	r.bad = r.bad || n > MaxTold
	for i := 0; uint64(i) < n && !r.bad; i++ {
		size := r.uvarint()
		if size == 0 || size > MaxToldName || size > uint64(len(r.b)) {
			r.bad = true
			return nil
		}
		names = append(names, string(r.b[:size]))
		r.b = r.b[size:]
		r.bad = i > 0 && names[i] <= names[i-1]
	}
	return names
}

func (r *splitReader) sums(s *Split) (sums SplitSums) {
	for _, n := range [...]*uint64{&sums.Count, &sums.Untold, &sums.Odd, &sums.Over} {
		*n = r.uvarint()
	}
	for _, d := range [...]*time.Duration{&sums.Response, &sums.Lag, &sums.Waiting, &sums.Connecting} {
		*d = r.time()
	}
	for i := range s.Names {
		sums.Told[i] = r.time()
	}
	if s.Folded {
		sums.Told[MaxTold] = r.time()
	}
	r.bad = r.bad || sums.Count == 0 || max(sums.Untold, sums.Odd, sums.Over) > sums.Count
	return sums
}

// MarshalText writes the sparse form in base64, for JSON lines.
func (s *Split) MarshalText() ([]byte, error) {
	return base64.StdEncoding.AppendEncode(nil, s.AppendSparse(nil)), nil
}

// UnmarshalText reads what MarshalText wrote.
func (s *Split) UnmarshalText(text []byte) error {
	raw, err := base64.StdEncoding.AppendDecode(nil, text)
	if err != nil {
		return fmt.Errorf("split: %w", err)
	}
	read, err := ParseSplit(raw)
	if err == nil && read == nil {
		err = errors.New("split: empty")
	}
	if err != nil {
		return err
	}
	*s = *read
	return nil
}
