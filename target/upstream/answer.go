package upstream

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"time"
)

// The bodies that never change.
const (
	okBody         = `{"status":"ok"}` + "\n"
	notFoundBody   = `{"detail":"Not Found"}` + "\n"
	notAllowedBody = `{"detail":"Method Not Allowed"}` + "\n"
	failedBody     = `{"detail":"the simulator was told to fail this one"}` + "\n"
	limitedBody    = `{"detail":"Too Many Requests"}` + "\n"
	refusedBody    = `{"detail":"Service Unavailable: the queue is full"}` + "\n"
)

// answer counts and writes one complete response. It counts first: whoever has
// read an answer finds it counted.
func (s *Simulator) answer(w http.ResponseWriter, status int, body string) {
	s.counts.answered[status/100].Add(1)
	writeJSON(w, status, []byte(body))
}

func writeJSON(w http.ResponseWriter, status int, body []byte) {
	head(w, status, len(body))
	_, _ = w.Write(body) // the client may have gone; its answer is counted all the same
}

func head(w http.ResponseWriter, status, size int) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(size))
	w.WriteHeader(status)
}

// serve answers with an item, at once or bit by bit.
func (s *Simulator) serve(ctx context.Context, w http.ResponseWriter, r ruling, b *body) {
	s.counts.answered[2].Add(1)
	size := b.size()
	head(w, http.StatusOK, size)
	if r.set.SlowBytes == 0 {
		b.send(w)
		return
	}
	s.counts.dribbled.Add(1)
	r.dribble(ctx, w, b, size)
}

// dribble writes a body so that byte k leaves k/SlowBytes after the answer was due, in
// the time of the line: none leaves in a freeze. The head leaves at once.
func (r ruling) dribble(ctx context.Context, w http.ResponseWriter, b io.Reader, size int) {
	const most = 20 // pieces a second
	rate := r.set.SlowBytes
	out := http.NewResponseController(w)
	for sent := 0; sent < size; {
		if out.Flush() != nil {
			return
		}
		n := min(max(1, rate/most), size-sent)
		sent += n
		if !r.place.until(ctx, time.Duration(float64(sent)/float64(rate)*float64(time.Second))) {
			return
		}
		if _, err := io.CopyN(w, b, int64(n)); err != nil {
			return
		}
	}
}

// reset ends the connection of a request so that its client is told of an error rather
// than of an end: with SO_LINGER 0 the kernel sends RST.
func reset(w http.ResponseWriter) {
	c, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // no answer either
	}
	if tcp, ok := c.(interface{ SetLinger(int) error }); ok {
		_ = tcp.SetLinger(0)
	}
	_ = c.Close()
}

// seconds rounds up to whole ones, as Retry-After has them.
func seconds(d time.Duration) string {
	return strconv.Itoa(max(1, int((d+time.Second-1)/time.Second)))
}

// A body is an item with as many bytes of padding as make it as large as it is to be. It
// is made while it is read, so that many large ones at once need no memory.
type body struct {
	text, tail string
	padding    int
}

// newItem is an item of about 100 bytes, the same for the same id, or of exactly size
// if that is more.
func newItem(kind, id string, size int) *body {
	quoted, _ := json.Marshal(id) // a string always marshals
	b := append(make([]byte, 0, 160), `{"id":`...)
	b = append(b, quoted...)
	b = append(b, `,"kind":"`...)
	b = append(b, kind...)
	b = append(b, `","name":"Item of the catalogue","price":"19.90","stock":`...)
	b = strconv.AppendUint(b, hash(id)%1000, 10)
	const open, shut, end = `,"padding":"`, "\"}\n", "}\n"
	if short := size - len(b) - len(open) - len(shut); short >= 0 {
		return &body{text: string(append(b, open...)), padding: short, tail: shut}
	}
	for len(b)+len(end) < size { // too little for a field; JSON has room for spaces
		b = append(b, ' ')
	}
	return &body{text: string(append(b, end...))}
}

func (b *body) size() int { return len(b.text) + b.padding + len(b.tail) }

// send writes all of it. Small items, which most are, need no buffer for that.
func (b *body) send(w io.Writer) {
	_, err := io.WriteString(w, b.text)
	if b.text = ""; err == nil && b.size() > 0 {
		_, _ = io.Copy(w, b)
	}
}

// Read is io.Reader's.
func (b *body) Read(p []byte) (n int, err error) {
	switch {
	case b.text != "":
		n = copy(p, b.text)
		b.text = b.text[n:]
	case b.padding > 0:
		n = min(len(p), b.padding)
		for i := range n {
			p[i] = 'x'
		}
		b.padding -= n
	case b.tail != "":
		n = copy(p, b.tail)
		b.tail = b.tail[n:]
	default:
		err = io.EOF
	}
	return n, err
}

// hash gives an id its made-up properties.
func hash(id string) uint64 {
	h := uint64(len(id))
	for i := range len(id) {
		h = mix(h ^ uint64(id[i]))
	}
	return h
}

// mix is the finaliser of splitmix64: every bit of x reaches every bit of the result.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
