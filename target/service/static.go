package service

import (
	"bytes"
	"embed"
	"net/http"
	"time"
)

//go:embed static
var files embed.FS

// static answers a file: index.html, style.css, app.js or logo.svg, with an ETag,
// ranges and conditional requests as net/http does them.
func (s *Service) static(x *exchange) {
	body, err := files.ReadFile("static/" + x.id)
	if err != nil {
		s.fail(x, http.StatusNotFound, "Not Found")
		return
	}
	h := x.w.Header()
	h.Set("Cache-Control", "public, max-age=3600")
	h.Set("ETag", etag(body))
	http.ServeContent(&counted{ResponseWriter: x.w, s: s, x: x}, x.r, x.id, time.Time{}, bytes.NewReader(body))
}

// etag names the version of a file.
func etag(body []byte) string {
	sum := uint64(len(body))
	for _, c := range body {
		sum = sum*1099511628211 ^ uint64(c)
	}
	return `"` + hex(sum) + `"`
}

func hex(n uint64) string {
	const digits = "0123456789abcdef"
	var b [16]byte
	for i := range b {
		b[15-i] = digits[n>>(4*i)&15]
	}
	return string(b[:])
}

// counted counts an answer that net/http writes, when its status is known.
type counted struct {
	http.ResponseWriter
	s       *Service
	x       *exchange
	already bool
}

func (c *counted) WriteHeader(status int) {
	if !c.already {
		c.already = true
		c.s.count(c.x, status)
	}
	c.ResponseWriter.WriteHeader(status)
}

func (c *counted) Write(p []byte) (int, error) {
	if !c.already {
		c.WriteHeader(http.StatusOK)
	}
	return c.ResponseWriter.Write(p)
}
