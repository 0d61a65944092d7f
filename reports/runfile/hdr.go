package runfile

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"math"
	"math/bits"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// Cookies of HdrHistogram's V2 encoding, and of its compressed form.
const (
	cookieV2           = 0x1c849303 | 0x10
	cookieV2Compressed = 0x1c849304 | 0x10
)

// A coder writes histograms in HdrHistogram's compressed V2 form. The library
// has an encoder too; this one walks only the buckets in use and keeps its
// compressor, which makes it some fifty times cheaper at our sizes. A test reads
// it back with the library.
type coder struct {
	plain []byte
	out   bytes.Buffer
	zip   *zlib.Writer
}

// encode gives the text of one histogram.
func (c *coder) encode(h *stats.Histogram) string {
	c.plain = c.plain[:0]
	c.plain = binary.BigEndian.AppendUint32(c.plain, cookieV2)
	c.plain = append(c.plain, make([]byte, 8)...) // payload length, set below; normalizing offset 0
	c.plain = binary.BigEndian.AppendUint32(c.plain, stats.Digits)
	c.plain = binary.BigEndian.AppendUint64(c.plain, uint64(stats.LowestValue))
	c.plain = binary.BigEndian.AppendUint64(c.plain, uint64(stats.MaxValue))
	c.plain = binary.BigEndian.AppendUint64(c.plain, math.Float64bits(1))
	head := len(c.plain)
	c.counts(h)
	binary.BigEndian.PutUint32(c.plain[4:], uint32(len(c.plain)-head))
	return c.compress()
}

// counts appends the counts as zigzag LEB128 numbers; a negative one is a run of
// empty buckets.
func (c *coder) counts(h *stats.Histogram) {
	next := 0
	h.Each(func(low, _ time.Duration, n uint64) {
		i := slot(int64(low))
		switch gap := i - next; {
		case gap == 1:
			c.plain = append(c.plain, 0)
		case gap > 1:
			c.plain = binary.AppendVarint(c.plain, -int64(gap))
		}
		c.plain = binary.AppendVarint(c.plain, int64(n))
		next = i + 1
	})
}

// slot is where HdrHistogram(1000, 1 h, 3) counts a value: sub-buckets of 512 ns,
// 1024 to each half bucket.
func slot(v int64) int {
	shift := bits.Len64(uint64(v)|1<<19) - 11
	return (shift-9)<<10 + int(v>>shift)
}

func (c *coder) compress() string {
	c.out.Reset()
	c.out.Write(make([]byte, 8))
	if c.zip == nil {
		c.zip = zlib.NewWriter(&c.out)
	} else {
		c.zip.Reset(&c.out)
	}
	_, _ = c.zip.Write(c.plain) // a bytes.Buffer takes everything
	_ = c.zip.Close()
	b := c.out.Bytes()
	binary.BigEndian.PutUint32(b, cookieV2Compressed)
	binary.BigEndian.PutUint32(b[4:], uint32(len(b)-8))
	return base64.StdEncoding.EncodeToString(b)
}
