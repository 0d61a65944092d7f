package service

import (
	"context"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"strconv"
	"time"
)

// mostBytes bounds a body that is asked for or sent.
const mostBytes = 1 << 30

// bytes answers GET /bytes/{n} with n bytes, after `?delay`, at `?rate` bytes a second,
// and POST /bytes with how many it was sent.
func (s *Service) bytes(x *exchange) {
	if x.r.Method == http.MethodPost {
		s.swallow(x)
		return
	}
	n, err := strconv.ParseInt(x.id, 10, 64)
	slow, faults := slowness(x.r)
	if err != nil || n < 0 || n > mostBytes {
		faults = append(faults, fault{[]string{"path"}, fmt.Sprintf("must be /bytes/N, N between 0 and %d", mostBytes), "range"})
	}
	if len(faults) > 0 {
		s.fail(x, http.StatusUnprocessableEntity, faults)
		return
	}
	if !rest(x.r.Context(), slow.delay) {
		s.fail(x, statusGone, "Client Closed Request")
		return
	}
	h := x.w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Length", strconv.FormatInt(n, 10))
	s.count(x, http.StatusOK)
	slow.write(x.r.Context(), x.w, n)
}

// swallow reads a body of any size.
func (s *Service) swallow(x *exchange) {
	sum := crc32.NewIEEE()
	n, err := io.Copy(sum, http.MaxBytesReader(x.w, x.r.Body, mostBytes))
	switch {
	case n >= mostBytes && err != nil:
		s.fail(x, http.StatusRequestEntityTooLarge, fmt.Sprintf("Body is larger than %d bytes", mostBytes))
	case err != nil:
		s.fail(x, http.StatusBadRequest, "The body broke off")
	default:
		s.answerJSON(x, http.StatusOK, map[string]any{"received": n, "crc32": fmt.Sprintf("%08x", sum.Sum32())})
	}
}

// A slow is how a body is kept back.
type slow struct {
	delay time.Duration // before the first byte of the answer
	rate  int64         // bytes a second; 0 = as fast as it goes
}

const longestDelay = 10 * time.Minute

func slowness(r *http.Request) (s slow, faults []fault) {
	q := r.URL.Query()
	var err error
	if s.delay, err = time.ParseDuration(orElse(q.Get("delay"), "0s")); err != nil || s.delay < 0 || s.delay > longestDelay {
		faults = append(faults, fault{[]string{"query", "delay"}, fmt.Sprintf("must be between 0s and %s", longestDelay), "range"})
	}
	if s.rate, err = strconv.ParseInt(orElse(q.Get("rate"), "0"), 10, 64); err != nil || s.rate < 0 {
		faults = append(faults, fault{[]string{"query", "rate"}, "must be bytes a second, 0 or more", "range"})
	}
	return s, faults
}

// write writes n bytes: at a rate, in pieces of a twentieth of a second.
func (s slow) write(ctx context.Context, w http.ResponseWriter, n int64) {
	piece := int64(32 << 10)
	if s.rate > 0 {
		piece = max(1, min(piece, s.rate/20))
	}
	out, chunk, began := http.NewResponseController(w), make([]byte, piece), time.Now()
	for i := range chunk {
		chunk[i] = byte('a' + i%26)
	}
	for sent := int64(0); sent < n; {
		k := min(piece, n-sent)
		if _, err := w.Write(chunk[:k]); err != nil {
			return
		}
		sent += k
		if s.rate == 0 {
			continue
		}
		due := time.Duration(float64(sent) / float64(s.rate) * float64(time.Second))
		if out.Flush() != nil || !rest(ctx, due-time.Since(began)) {
			return
		}
	}
}

// rest says whether the client is still there after d.
func rest(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
