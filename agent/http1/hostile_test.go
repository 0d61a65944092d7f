package http1

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"
)

// hostile are answers of servers that mean harm, and what is made of them. None may
// take more memory than an ordinary one; TestHostileMemory sees to that.
var hostile = []struct {
	name string
	text string
	want result
}{
	{"http/0.9", "<html>hello</html>", result{err: string(ErrNotHTTP)}},
	{"nul bytes", "\x00\x00\x00\x00", result{err: string(ErrNotHTTP)}},
	{"nul in the protocol", "HTTP/1\x00.1 200 OK\r\n\r\n", result{err: string(ErrNotHTTP)}},
	{"nul in the status", "HTTP/1.1 2\x000 OK\r\n\r\n", result{err: string(ErrStatus)}},
	{"nul in a length", "HTTP/1.1 200 OK\r\nContent-Length: 5\x00\r\n\r\nhello", result{err: string(ErrLength)}},
	{"nul in a header that decides nothing", "HTTP/1.1 200 OK\r\nX-Kind: a\x00b\r\nContent-Length: 1\r\n\r\nx",
		result{status: 200, body: "x", size: 1, kind: "a\x00b"}},
	{"tls alert", "\x15\x03\x01\x00\x02\x02\x46", result{err: string(ErrTLS)}},
	{"tls handshake", "\x16\x03\x03\x00\x7a\x02", result{err: string(ErrTLS)}},
	{"http/2 settings", "\x00\x00\x12\x04\x00\x00\x00\x00\x00", result{err: string(ErrNotHTTP)}},
	{"status 000", "HTTP/1.1 000 Nothing\r\n\r\n", result{err: string(ErrStatus)}},
	{"status 999", "HTTP/1.1 999 Denied\r\nContent-Length: 0\r\n\r\n", result{status: 999}},
	{"status with a sign", "HTTP/1.1 -20 OK\r\n\r\n", result{err: string(ErrStatus)}},
	{"reason endless", "HTTP/1.1 200 " + strings.Repeat("O", MaxLine), result{err: string(ErrStatus)}},
	{"reason endless, and ended", "HTTP/1.1 200 " + strings.Repeat("O", MaxLine) + "\r\n\r\n", result{err: string(ErrStatus)}},
	{"one header endless", "HTTP/1.1 200 OK\r\nX-A: " + strings.Repeat("b", MaxHead), result{err: string(ErrHeadSize)}},
	{"name endless", "HTTP/1.1 200 OK\r\n" + strings.Repeat("c", MaxLine+1), result{err: string(ErrHeader)}},
	{"name endless, and ended", "HTTP/1.1 200 OK\r\n" + strings.Repeat("t", MaxLine+1) + ": x\r\n\r\n", result{err: string(ErrHeader)}},
	{"length endless", "HTTP/1.1 200 OK\r\nContent-Length: " + strings.Repeat("0", MaxLine), result{err: string(ErrHeader)}},
	{"connection endless, and ended", "HTTP/1.1 200 OK\r\nConnection: " + strings.Repeat("x,", MaxLine) + "\r\n\r\n", result{err: string(ErrHeader)}},
	{"large header that decides nothing", "HTTP/1.1 200 OK\r\nCookies: " + strings.Repeat("x", 2*MaxLine) + "\r\nContent-Length: 1\r\n\r\nx",
		result{status: 200, body: "x", size: 1}},
	{"header bomb", "HTTP/1.1 200 OK\r\n" + strings.Repeat("a:\r\n", MaxHead/4), result{err: string(ErrHeadSize)}},
	{"header bomb that ends in time", "HTTP/1.1 200 OK\r\n" + strings.Repeat("a:\r\n", MaxHead/4-10) + "Content-Length: 1\r\n\r\nx",
		result{status: 200, body: "x", size: 1}},
	{"fold endless", "HTTP/1.1 200 OK\r\nA: b\r\n " + strings.Repeat("x", MaxHead), result{err: string(ErrFold)}},
	{"carriage returns", "HTTP/1.1 200 OK\r\n" + strings.Repeat("\r", MaxHead), result{err: string(ErrHeadSize)}},
	{"line feeds", "HTTP/1.1 200 OK\r\n\n\n\n", result{err: string(ErrBareLF)}},
	{"length beyond 2^63", "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775808\r\n\r\n", result{err: string(ErrLength)}},
	{"length of an exabyte", "HTTP/1.1 200 OK\r\nContent-Length: 999999999999999999\r\n\r\nx", result{err: string(ErrClosedWithin)}},
	{"chunk of 2^64", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000000\r\n", result{err: string(ErrChunk)}},
	{"chunk of 2^64 + 5", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000005\r\nhello\r\n0\r\n\r\n", result{err: string(ErrChunk)}},
	{"chunk of minus one", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", result{err: string(ErrChunk)}},
	{"chunk extension endless", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;" + strings.Repeat("a=b;", MaxLine), result{err: string(ErrChunkLine)}},
	{"trailer endless", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: " + strings.Repeat("b", MaxHead), result{err: string(ErrTrailer)}},
	{"trailers that stop", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n", result{err: string(ErrClosedWithin)}},
	{"interim after interim", strings.Repeat("HTTP/1.1 103 Hints\r\nLink: a\r\n\r\n", maxInterim+1), result{err: string(ErrInterim)}},
	{"interim endless", "HTTP/1.1 100 Continue\r\nX: " + strings.Repeat("b", MaxHead), result{err: string(ErrHeadSize)}},
	{"answer in an answer", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 200\r\n\r\n", result{err: string(ErrLengths)}},
}

// TestHostile: each is judged alike whole, in halves, and byte by byte, whether or
// not its head and body are to be kept.
func TestHostile(t *testing.T) {
	var p Parser
	for _, h := range hostile {
		want := wanted(h.text, h.want)
		for name, pieces := range map[string][]string{
			"whole": {h.text}, "halves": {h.text[:len(h.text)/2], h.text[len(h.text)/2:]}, "bytes": strings.Split(h.text, ""),
		} {
			if got := read(&p, keepAll, pieces...); got != want {
				t.Errorf("%s, %s:\ngot  %.200v\nwant %.200v", h.name, name, got, want)
			}
			if got := read(&p, Options{}, pieces...); got.err != want.err || got.status != want.status || got.size != want.size {
				t.Errorf("%s, %s, nothing kept:\ngot  %.200v\nwant %.200v", h.name, name, got, want)
			}
		}
	}
}

// An endless is a server that sends the same without end after a beginning.
type endless struct{ begin, again string }

var endlessly = map[string]endless{
	"head of one line":      {"HTTP/1.1 200 OK\r\nX: ", strings.Repeat("x", 1000)},
	"head of many lines":    {"HTTP/1.1 200 OK\r\n", "A: b\r\n"},
	"line that may matter":  {"HTTP/1.1 200 OK\r\n", "c"},
	"status line":           {"HTTP/1.1 200 ", "K"},
	"interim answers":       {"", "HTTP/1.1 102 Processing\r\nA: b\r\n\r\n"},
	"chunk line":            {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", strings.Repeat("e", 1000)},
	"chunks of one byte":    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n"},
	"chunks with extension": {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1;" + strings.Repeat("e", MaxLine-10) + "\r\nx\r\n"},
	"trailers":              {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "A: b\r\n"},
	"body":                  {"HTTP/1.1 200 OK\r\n\r\n", strings.Repeat("x", 1000)},
	"body of a length":      {"HTTP/1.1 200 OK\r\nContent-Length: 999999999999999999\r\n\r\n", strings.Repeat("x", 1000)},
}

// TestHostileMemory: what a connection keeps is bounded, however long it is sent to:
// a line when nothing is asked for, a head and the beginning of a body when they are.
func TestHostileMemory(t *testing.T) {
	const sent = 8 << 20
	for name, e := range endlessly {
		for _, o := range []Options{{}, {KeepHead: true}, {KeepBody: true}, keepAll} {
			bound := 2 * MaxLine
			if o.KeepHead {
				bound += MaxHead * 3 / 2
			}
			if o.KeepBody {
				bound += MaxKeptBody * 3 / 2
			}
			for _, size := range []int{64 << 10, 1000} {
				if got := e.most(o, size, sent); got > bound {
					t.Errorf("%s in pieces of %d, %+v: keeps %d bytes, want at most %d", name, size, o, got, bound)
				}
			}
		}
	}
}

// most is the most a parser keeps while it is sent so much, or until it refuses.
func (e endless) most(o Options, piece, all int) (most int) {
	var p Parser
	p.Reset(o)
	again := strings.Repeat(e.again, max(piece/len(e.again), 1))
	for at, b := 0, []byte(e.begin+again); at < all; at, b = at+len(b), []byte(again) {
		_, done, err := p.Feed(b)
		most = max(most, p.Size())
		if err != nil || done {
			break
		}
	}
	return most
}

// TestShrink: buffers of large answers are not kept for the next, those of ordinary
// ones are.
func TestShrink(t *testing.T) {
	var p Parser
	_ = read(&p, keepAll, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", "defghi")
	p.Shrink()
	if p.Size() == 0 {
		t.Error("gave up buffers of an ordinary answer")
	}
	_ = read(&p, keepAll, "HTTP/1.1 200 OK\r\n\r\n", strings.Repeat("x", MaxKeptBody))
	if p.Shrink(); p.Size() != 0 {
		t.Errorf("keeps %d bytes", p.Size())
	}
}

// FuzzPieces: bytes cut anywhere, as often as one likes, are the same answer, or are
// refused for the same reason, whatever is kept of them; and what is kept is bounded.
// The corpus holds an answer of each kind that parser_test.go and this file know.
func FuzzPieces(f *testing.F) {
	f.Add("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", []byte{1, 2, 3}, uint8(3))
	f.Fuzz(func(t *testing.T, text string, cuts []byte, flags uint8) {
		o := Options{NoBody: flags&4 != 0, KeepHead: flags&2 != 0, KeepBody: flags&1 != 0}
		var p Parser
		whole, pieces := read(&p, o, text), read(&p, o, cut(text, cuts)...)
		if !o.KeepHead {
			whole.kind, pieces.kind = "", "" // not to be asked for
		}
		if !o.KeepBody {
			whole.body, pieces.body = "", ""
		}
		if pieces != whole {
			t.Fatalf("%q cut by %v, %+v:\npieces %+v\nwhole  %+v", text, cuts, o, pieces, whole)
		}
		if kept := read(&p, Options{NoBody: o.NoBody, KeepHead: true, KeepBody: true}, text); kept.err != whole.err || kept.status != whole.status || kept.size != whole.size {
			t.Fatalf("%q:\nall kept %+v\n%+v %+v", text, kept, o, whole)
		}
		if p.Size() > 2*(MaxLine+MaxHead+len(text)) {
			t.Fatalf("%q: keeps %d bytes", text, p.Size())
		}
	})
}

// cut takes pieces as long as the bytes say, and the rest.
func cut(text string, by []byte) (pieces []string) {
	for _, n := range by {
		if len(text) == 0 {
			break
		}
		k := min(int(n)+1, len(text))
		pieces, text = append(pieces, text[:k]), text[k:]
	}
	return append(pieces, text)
}

// TestEveryErrorIsTried: errors are told by their words, so each has a test that
// brings it about.
func TestEveryErrorIsTried(t *testing.T) {
	tried := map[string]bool{}
	for _, h := range hostile {
		tried[h.want.err] = true
	}
	for _, a := range answers {
		tried[a.want.err] = true
	}
	file, err := parser.ParseFile(token.NewFileSet(), "parser.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	ast.Inspect(file, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if ok && strings.HasPrefix(spec.Names[0].Name, "Err") {
			text, _ := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if n++; !tried[text] {
				t.Errorf("no test brings %q about", text)
			}
		}
		return true
	})
	if n < 18 {
		t.Errorf("%d errors found in parser.go", n)
	}
}
