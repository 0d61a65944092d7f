package http1

import (
	"fmt"
	"strings"
	"testing"
)

// A result is all a reader learns of one answer.
type result struct {
	status    int
	close     bool
	body      string
	size      int64
	truncated bool
	kind      string // the header x-kind
	used      int
	err       string
}

var keepAll = Options{KeepHead: true, KeepBody: true}

// read feeds the pieces one after another, then the end of the stream.
func read(p *Parser, o Options, pieces ...string) (r result) {
	p.Reset(o)
	for _, piece := range pieces {
		// A buffer that is overwritten after each piece, as a loop's is.
		b := []byte(piece)
		n, done, err := p.Feed(b)
		r.used += n
		if err != nil {
			return result{err: err.Error()}
		}
		if done {
			return r.fill(p)
		}
		clear(b)
	}
	if _, err := p.EOF(); err != nil {
		return result{err: err.Error()}
	}
	return r.fill(p)
}

func (r result) fill(p *Parser) result {
	r.status, r.close, r.size, r.truncated = p.Status, p.Close, p.BodyBytes, p.Truncated
	r.body, r.kind = string(p.Body()), string(p.Header("X-Kind"))
	return r
}

var answers = []struct {
	name   string
	noBody bool
	text   string
	want   result // used is filled in: all but what lies behind the answer
}{
	{"length", false, "HTTP/1.1 200 OK\r\nX-Kind: a\r\nContent-Length: 5\r\n\r\nhello",
		result{status: 200, body: "hello", size: 5, kind: "a"}},
	{"no reason", false, "HTTP/1.1 404\r\ncontent-length:0\r\n\r\n", result{status: 404}},
	{"empty", false, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", result{status: 200}},
	{"more behind it", false, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP", result{status: 200, body: "ok", size: 2}},
	{"head", true, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", result{status: 200}},
	{"204", false, "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", result{status: 204}},
	{"304", false, "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n", result{status: 304}},
	{"interim", false, "HTTP/1.1 100 Continue\r\nContent-Length: 9\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
		result{status: 200, body: "x", size: 1}},
	{"chunked", false, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Kind:\tb \r\n\r\n5\r\nhello\r\n00a;ext=\"1\"\r\n, 10 bytes\r\n0\r\n\r\n",
		result{status: 200, body: "hello, 10 bytes", size: 15, kind: "b"}},
	{"trailers", false, "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n1 \r\nx\r\n0\r\nA: b\r\nC: d\r\n\r\n",
		result{status: 200, body: "x", size: 1}},
	{"until the end", false, "HTTP/1.1 200 OK\r\nX-Kind: c\r\n\r\nall there is", result{status: 200, body: "all there is", size: 12, kind: "c", close: true}},
	{"encoding not chunked", false, "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nxyz", result{status: 200, body: "xyz", size: 3, close: true}},
	{"close", false, "HTTP/1.1 200 OK\r\nConnection: foo, Close\r\nContent-Length: 1\r\n\r\nx", result{status: 200, body: "x", size: 1, close: true}},
	{"http/1.0", false, "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", result{status: 200, body: "x", size: 1, close: true}},
	{"http/1.0 kept", false, "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx", result{status: 200, body: "x", size: 1}},

	{"nothing", false, "", result{err: string(ErrClosedBefore)}},
	{"half a head", false, "HTTP/1.1 200 OK\r\nContent", result{err: string(ErrClosedWithin)}},
	{"half a body", false, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", result{err: string(ErrClosedWithin)}},
	{"only interim", false, "HTTP/1.1 100 Continue\r\n\r\n", result{err: string(ErrClosedWithin)}},
	{"half a chunk", false, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", result{err: string(ErrClosedWithin)}},
	{"no last chunk", false, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n", result{err: string(ErrClosedWithin)}},
	{"another protocol", false, "SSH-2.0-OpenSSH_9.2\r\n", result{err: string(ErrNotHTTP)}},
	{"http/2", false, "HTTP/2.0 200 OK\r\n\r\n", result{err: string(ErrNotHTTP)}},
	{"status of letters", false, "HTTP/1.1 2x0 OK\r\n\r\n", result{err: string(ErrStatus)}},
	{"status of four", false, "HTTP/1.1 2000 OK\r\n\r\n", result{err: string(ErrStatus)}},
	{"status 099", false, "HTTP/1.1 099 OK\r\n\r\n", result{err: string(ErrStatus)}},
	{"line feeds alone", false, "HTTP/1.1 200 OK\nContent-Length: 0\n\n", result{err: string(ErrBareLF)}},
	{"one line feed alone", false, "HTTP/1.1 200 OK\r\nA: b\nContent-Length: 0\r\n\r\n", result{err: string(ErrBareLF)}},
	{"folded", false, "HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 0\r\n\r\n", result{err: string(ErrFold)}},
	{"space before colon", false, "HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n", result{err: string(ErrHeader)}},
	{"no colon", false, "HTTP/1.1 200 OK\r\nContent-Length 0\r\n\r\n", result{err: string(ErrHeader)}},
	{"length twice", false, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", result{err: string(ErrLengths)}},
	{"length of letters", false, "HTTP/1.1 200 OK\r\nContent-Length: 0x5\r\n\r\n", result{err: string(ErrLength)}},
	{"length negative", false, "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", result{err: string(ErrLength)}},
	{"length absurd", false, "HTTP/1.1 200 OK\r\nContent-Length: 9999999999999999999\r\n\r\n", result{err: string(ErrLength)}},
	{"length of two", false, "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\n", result{err: string(ErrLength)}},
	{"length and chunked", false, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", result{err: string(ErrFraming)}},
	{"chunked twice", false, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n", result{err: string(ErrEncoding)}},
	{"chunked in 1.0", false, "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", result{err: string(ErrFraming)}},
	{"chunk of letters", false, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", result{err: string(ErrChunk)}},
	{"chunk absurd", false, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", result{err: string(ErrChunk)}},
	{"chunk too long", false, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxyz", result{err: string(ErrChunk)}},
	{"chunk line endless", false, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;" + strings.Repeat("e", MaxLine+1), result{err: string(ErrChunkLine)}},
	{"trailers endless", false, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + strings.Repeat("a: b\r\n", MaxHead/6+1), result{err: string(ErrTrailer)}},
	{"head endless", false, "HTTP/1.1 200 OK\r\n" + strings.Repeat("a: b\r\n", MaxHead/6+1) + "\r\n", result{err: string(ErrHeadSize)}},
	{"interim endless", false, strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", maxInterim+1), result{err: string(ErrInterim)}},
	{"switched", false, "HTTP/1.1 101 Switching Protocols\r\n\r\n", result{err: string(ErrUpgrade)}},
}

// behind is what does not belong to the answer of the case "more behind it".
const behind = "HTTP"

func wanted(text string, r result) result {
	if r.err == "" {
		r.used = len(strings.TrimSuffix(text, behind))
	}
	return r
}

func TestAnswers(t *testing.T) {
	var p Parser
	for _, a := range answers {
		o := keepAll
		o.NoBody = a.noBody
		if got := read(&p, o, a.text); got != wanted(a.text, a.want) {
			t.Errorf("%s:\ngot  %+v\nwant %+v", a.name, got, a.want)
		}
	}
}

// TestSplitAnywhere: answers in two pieces, and byte by byte, are the same answers.
func TestSplitAnywhere(t *testing.T) {
	var p Parser
	for _, a := range answers {
		o := keepAll
		o.NoBody = a.noBody
		for i := range min(len(a.text), 300) {
			if got := read(&p, o, a.text[:i], a.text[i:]); got != wanted(a.text, a.want) {
				t.Errorf("%s split at %d:\ngot  %+v\nwant %+v", a.name, i, got, a.want)
			}
		}
		if got := read(&p, o, strings.Split(a.text, "")...); got != wanted(a.text, a.want) {
			t.Errorf("%s byte by byte:\ngot  %+v\nwant %+v", a.name, got, a.want)
		}
	}
}

// TestLongBody: what is kept of a body is bounded, what is counted is not.
func TestLongBody(t *testing.T) {
	const size = MaxKeptBody + 100_000
	body := strings.Repeat("x", size)
	var p Parser
	for _, head := range []string{fmt.Sprintf("Content-Length: %d\r\n\r\n", size), "\r\n", fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n", size)} {
		text := "HTTP/1.1 200 OK\r\n" + head + body
		if strings.Contains(head, "chunked") {
			text += "\r\n0\r\n\r\n"
		}
		for _, pieces := range [][]string{{text}, {text[:5000], text[5000:500_000], text[500_000:]}} {
			got := read(&p, keepAll, pieces...)
			if got.size != size || len(got.body) != MaxKeptBody || !got.truncated || got.err != "" {
				t.Errorf("%.20q in %d pieces: size %d, kept %d, truncated %v, %s", head, len(pieces), got.size, len(got.body), got.truncated, got.err)
			}
		}
	}
}

// TestNothingKept: without being asked, the parser copies no body at all.
func TestNothingKept(t *testing.T) {
	var p Parser
	got := read(&p, Options{}, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhel", "lo", "world")
	if got.size != 10 || len(p.kept) != 0 || got.err != "" {
		t.Errorf("size %d, kept %d, %s", got.size, len(p.kept), got.err)
	}
}

func FuzzSplit(f *testing.F) {
	for _, a := range answers {
		if len(a.text) < 500 {
			f.Add(a.text, uint16(7), uint16(30), a.noBody)
		}
	}
	f.Fuzz(func(t *testing.T, text string, first, second uint16, noBody bool) {
		o := keepAll
		o.NoBody = noBody
		i := int(first) % (len(text) + 1)
		j := i + int(second)%(len(text)-i+1)
		var p Parser
		whole := read(&p, o, text)
		if pieces := read(&p, o, text[:i], text[i:j], text[j:]); pieces != whole {
			t.Fatalf("%q at %d and %d:\npieces %+v\nwhole  %+v", text, i, j, pieces, whole)
		}
		if whole.err == "" && (whole.status < 200 || whole.status > 999 || whole.used > len(text)) {
			t.Fatalf("%q: %+v", text, whole)
		}
	})
}

var typical = []byte("HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Mon, 01 Jan 2026 00:00:00 GMT\r\n" +
	"Content-Type: application/json\r\nContent-Length: 20\r\nConnection: keep-alive\r\n\r\n{\"id\":1,\"name\":\"ab\"}")

func BenchmarkWhole(b *testing.B) {
	var p Parser
	b.ReportAllocs()
	for b.Loop() {
		p.Reset(Options{})
		if _, done, err := p.Feed(typical); !done || err != nil {
			b.Fatal(done, err)
		}
	}
}

func BenchmarkPieces(b *testing.B) {
	var p Parser
	b.ReportAllocs()
	for b.Loop() {
		p.Reset(keepAll)
		_, _, _ = p.Feed(typical[:50])
		_, _, _ = p.Feed(typical[50:160])
		if _, done, err := p.Feed(typical[160:]); !done || err != nil {
			b.Fatal(done, err)
		}
	}
}

func TestNoAllocations(t *testing.T) {
	var p Parser
	n := testing.AllocsPerRun(100, func() {
		p.Reset(keepAll)
		_, _, _ = p.Feed(typical)
	})
	if n != 0 {
		t.Errorf("%v allocations an answer, want none", n)
	}
}
