package loop

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/loadctl/loadctl/agent/http1"
	"github.com/loadctl/loadctl/stats"
)

func zipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return b.String()
}

// TestChecksReadDecodedBodies: only checks of the body do, bytes are counted as they
// were sent, and what cannot be read says why.
func TestChecksReadDecodedBodies(t *testing.T) {
	bomb := zipped("begin" + strings.Repeat("x", 64<<20))
	for _, c := range []struct {
		name, coding, body, check string
		class                     stats.Class
		detail                    string
	}{
		{"gzip", "gzip", zipped("hello"), "{body: {contains: hello}}", stats.OK, ""},
		{"json", "gzip", zipped(`{"id": 7}`), "{json: $.id, equals: 7}", stats.OK, ""},
		{"other text", "gzip", zipped("hello"), "{body: {contains: goodbye}}", stats.CheckFailed, `got "hello"`},
		{"br", "br", "xyz", "{body: {contains: x}}", stats.CheckFailed, string(http1.ErrBrotli)},
		{"broken", "gzip", zipped("hello")[:14], "{body: {contains: h}}", stats.CheckFailed, string(http1.ErrCoded)},
		{"not read", "br", "xyz", "{status: 200}", stats.OK, ""},
		{"bomb, early", "gzip", bomb, "{body: {contains: begin}}", stats.OK, ""},
		{"bomb, late", "gzip", bomb, "{body: {contains: end}}", stats.CheckFailed, "the check saw the first 1 MiB of a body that decodes to more"},
	} {
		answer := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\nContent-Length: %d\r\n\r\n%s", c.coding, len(c.body), c.body)
		w := newWorld(target{answer: func(request) reply { return reply{bytes: answer, pieces: 2} }})
		p, asked := played(t, "keep_bodies: needed", "{get: /x, check: ["+c.check+"]}, {get: /plain, check: [{header: Content-Length, contains: ''}]}", w)
		cell := &p.total.Cells[0]
		if cell.Classes[c.class] != 10 || cell.BytesIn != uint64(10*len(answer)) || strings.Contains(asked, "Accept-Encoding") {
			t.Errorf("%s: classes %v, %d bytes in, errors %+v", c.name, cell.Classes, cell.BytesIn, p.total.Errors)
		}
		if c.detail != "" && (len(p.total.Errors) == 0 || p.total.Errors[0].Samples[0].Detail != c.detail) {
			t.Errorf("%s: errors %+v, want %q", c.name, p.total.Errors, c.detail)
		}
		if strings.HasPrefix(c.name, "bomb") {
			wantNotices(t, p.notices, "phase load, /x: bodies longer than 1 MiB are checked on their first 1 MiB only")
		}
	}
}

// TestLiveGzip with the standard library's server, which encodes what asks for it.
func TestLiveGzip(t *testing.T) {
	addr := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") == "gzip" {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write([]byte(zipped(strings.Repeat("hello ", 100_000))))
			return
		}
		hello(w, r)
	})
	s := parse(t, inTime(steps("{get: /x, headers: {Accept-Encoding: gzip}, check: [{body: {contains: hello hello}}]}"), stats.OK))
	expect(t, run(t, s, addr), stats.OK, "")
}
