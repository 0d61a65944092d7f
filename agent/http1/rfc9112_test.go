package http1

import (
	"strings"
	"testing"
)

// rfc9112 is what RFC 9112 asks of a client that reads answers, section by section,
// and what is done where it leaves a choice: what two readers could understand
// differently is refused. want.close is whether the connection is of no more use.
var rfc9112 = []struct {
	name    string
	request string // GET unless it says HEAD
	text    string
	want    result
}{
	{"2.1 an answer is a status line, header lines, an empty line and a body", "", "HTTP/1.1 200 OK\r\nX-Kind: a\r\nContent-Length: 1\r\n\r\nx", result{status: 200, body: "x", size: 1, kind: "a"}},
	{"2.2 octets, not characters, are parsed", "", "HTTP/1.1 200 \xff\xfe\r\nX-Kind: \xe4\r\nContent-Length: 2\r\n\r\n\x00\xff", result{status: 200, body: "\x00\xff", size: 2, kind: "\xe4"}},
	{"2.2 a lone LF MAY end a line: here it is refused", "", "HTTP/1.1 200 OK\nContent-Length: 0\n\n", result{err: string(ErrBareLF)}},
	{"2.2 a lone LF among header lines is refused alike", "", "HTTP/1.1 200 OK\r\nA: b\nContent-Length: 0\r\n\r\n", result{err: string(ErrBareLF)}},
	{"2.2 a bare CR in a framing header is no line end", "", "HTTP/1.1 200 OK\r\nContent-Length: 1\rX: y\r\n\r\nx", result{err: string(ErrLength)}},
	{"2.2 space before the first header line MUST be refused or dropped", "", "HTTP/1.1 200 OK\r\n X: y\r\nContent-Length: 0\r\n\r\n", result{err: string(ErrFold)}},
	{"2.3 a higher minor version is not this parser's", "", "HTTP/1.2 200 OK\r\nContent-Length: 0\r\n\r\n", result{err: string(ErrStatus)}},
	{"2.3 another major version MUST NOT be taken for this one", "", "HTTP/2.0 200 OK\r\n\r\n", result{err: string(ErrNotHTTP)}},
	{"2.3 the name of the protocol is case-sensitive", "", "http/1.1 200 OK\r\n\r\n", result{err: string(ErrNotHTTP)}},

	{"4 the reason is ignored", "", "HTTP/1.1 200 Not Found: 404\r\nContent-Length: 0\r\n\r\n", result{status: 200}},
	{"4 the reason may be empty", "", "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", result{status: 200}},
	{"4 and even its space may be missing", "", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", result{status: 200}},
	{"4 a status has three digits", "", "HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n", result{err: string(ErrStatus)}},
	{"4 one space stands before the status", "", "HTTP/1.1  200 OK\r\nContent-Length: 0\r\n\r\n", result{err: string(ErrStatus)}},

	{"5 names of headers have no case", "", "HTTP/1.1 200 OK\r\ncOnTeNt-LeNgTh: 1\r\nx-kind: a\r\n\r\nx", result{status: 200, body: "x", size: 1, kind: "a"}},
	{"5 space around a value is not part of it", "", "HTTP/1.1 200 OK\r\nContent-Length: \t 1 \t\r\nX-Kind:a\r\n\r\nx", result{status: 200, body: "x", size: 1, kind: "a"}},
	{"5 a value may be empty", "", "HTTP/1.1 200 OK\r\nX-Kind:\r\nContent-Length: 0\r\n\r\n", result{status: 200}},
	{"5.1 space before the colon is refused where it frames", "", "HTTP/1.1 200 OK\r\nContent-Length : 1\r\n\r\nx", result{err: string(ErrHeader)}},
	{"5.1 of transfer-encoding too", "", "HTTP/1.1 200 OK\r\nTransfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n", result{err: string(ErrHeader)}},
	{"5.2 a folded line, which nobody may send, is refused", "", "HTTP/1.1 200 OK\r\nX-Kind: a\r\n b\r\nContent-Length: 0\r\n\r\n", result{err: string(ErrFold)}},

	{"6.1 chunked is found in any case", "", "HTTP/1.1 200 OK\r\nTRANSFER-ENCODING: CHUNKED\r\n\r\n1\r\nx\r\n0\r\n\r\n", result{status: 200, body: "x", size: 1}},
	{"6.1 encodings in several lines are one list", "", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", result{status: 200, body: "x", size: 1}},
	{"6.1 chunked MUST NOT come twice", "", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", result{err: string(ErrEncoding)}},
	{"6.1 with HTTP/1.0 it MUST be taken for faulty framing", "", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", result{err: string(ErrFraming)}},
	{"6.1 a 304 may name the encoding that it does not have", "", "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n", result{status: 304}},
	{"6.2 a length may be larger than any body", "", "HTTP/1.1 200 OK\r\nContent-Length: 999999999999999999\r\n\r\n", result{err: string(ErrClosedWithin)}},
	{"6.2 and larger than any number is refused", "", "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551617\r\n\r\nx", result{err: string(ErrLength)}},

	{"6.3.1 an answer to HEAD has no body, whatever it says", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", result{status: 200}},
	{"6.3.1 nor chunks", "HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", result{status: 200}},
	{"6.3.1 nor does one without a length wait for the end", "HEAD", "HTTP/1.1 200 OK\r\n\r\n", result{status: 200}},
	{"6.3.1 204 has no body", "", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", result{status: 204}},
	{"6.3.1 304 has no body", "", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", result{status: 304}},
	{"6.3.1 1xx has no body and is no answer", "", "HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", result{status: 200, body: "x", size: 1}},
	{"6.3.3 length and encoding together ought to be an error", "", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n1\r\nx\r\n0\r\n\r\n", result{err: string(ErrFraming)}},
	{"6.3.3 in either order", "", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nx", result{err: string(ErrFraming)}},
	{"6.3.4 chunked ends the body", "", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", result{status: 200, body: "x", size: 1}},
	{"6.3.4 where it is not last, the end of the connection does", "", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nxyz", result{status: 200, body: "xyz", size: 3, close: true}},
	{"6.3.5 unequal lengths MUST end the connection", "", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", result{err: string(ErrLengths)}},
	{"6.3.5 equal ones may be taken for one: here they are refused", "", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", result{err: string(ErrLengths)}},
	{"6.3.5 as in one line", "", "HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\nx", result{err: string(ErrLength)}},
	{"6.3.5 a length is digits alone", "", "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\nx", result{err: string(ErrLength)}},
	{"6.3.5 and not empty", "", "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\nx", result{err: string(ErrLength)}},
	{"6.3.6 a length ends the body", "", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP", result{status: 200, body: "ok", size: 2}},
	{"6.3.8 without either the end of the connection does", "", "HTTP/1.1 200 OK\r\n\r\nxyz", result{status: 200, body: "xyz", size: 3, close: true}},
	{"6.3.8 of an empty body too", "", "HTTP/1.1 200 OK\r\n\r\n", result{status: 200, close: true}},

	{"7.1 a size is hexadecimal in any case, with zeros before it", "", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n00A\r\n0123456789\r\n0b\r\n0123456789a\r\n000\r\n\r\n",
		result{status: 200, body: "01234567890123456789a", size: 21}},
	{"7.1 a size that overflows is refused", "", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000001\r\nx\r\n0\r\n\r\n", result{err: string(ErrChunk)}},
	{"7.1 a chunk's data ends with CR LF", "", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\n0\r\n\r\n", result{err: string(ErrChunk)}},
	{"7.1 a size is not signed, and no 0x stands before it", "", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\nx\r\n0\r\n\r\n", result{err: string(ErrChunk)}},
	{"7.1.1 extensions that nobody knows MUST be ignored", "", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;a=\"b;c\" ; d\r\nx\r\n0;e\r\n\r\n", result{status: 200, body: "x", size: 1}},
	{"7.1.2 trailers are dropped, and do not frame", "", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nContent-Length: 9\r\nX-Kind: b\r\n\r\n", result{status: 200, body: "x", size: 1}},

	{"8 what ends before its length is incomplete", "", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nxyz", result{err: string(ErrClosedWithin)}},
	{"8 and before its last chunk", "", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n", result{err: string(ErrClosedWithin)}},
	{"8 and before the empty line behind that", "", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n", result{err: string(ErrClosedWithin)}},
	{"8 and within the head", "", "HTTP/1.1 200 OK\r\nContent-Le", result{err: string(ErrClosedWithin)}},

	{"9.3 close ends the connection", "", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx", result{status: 200, body: "x", size: 1, close: true}},
	{"9.3 in any case, within a list, beside keep-alive", "", "HTTP/1.1 200 OK\r\nConnection: keep-alive , CLOSE\r\nContent-Length: 1\r\n\r\nx", result{status: 200, body: "x", size: 1, close: true}},
	{"9.3 and in a line of its own", "", "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx", result{status: 200, body: "x", size: 1, close: true}},
	{"9.3 but not as part of another word", "", "HTTP/1.1 200 OK\r\nConnection: closed, x-close\r\nContent-Length: 1\r\n\r\nx", result{status: 200, body: "x", size: 1}},
	{"9.3 HTTP/1.1 persists without a word", "", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", result{status: 200}},
	{"9.3 HTTP/1.0 does not", "", "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", result{status: 200, close: true}},
	{"9.3 unless it says keep-alive", "", "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 0\r\n\r\n", result{status: 200}},
	{"9.3 close goes before keep-alive there too", "", "HTTP/1.0 200 OK\r\nConnection: keep-alive, close\r\nContent-Length: 0\r\n\r\n", result{status: 200, close: true}},

	{"RFC 9110, 15.2 interim answers that were not asked for are skipped", "", strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 5) + "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", result{status: 200}},
	{"RFC 9110, 15.2.2 nobody asked for another protocol", "", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", result{err: string(ErrUpgrade)}},
	{"RFC 9110, 15.3.6 205 is framed like others", "", "HTTP/1.1 205 Reset\r\nContent-Length: 0\r\n\r\n", result{status: 205}},
}

// TestRFC9112 reads each whole, in halves and byte by byte.
func TestRFC9112(t *testing.T) {
	for _, c := range rfc9112 {
		t.Run(c.name, func(t *testing.T) {
			o := keepAll
			o.NoBody = c.request == "HEAD"
			want := wanted(c.text, c.want)
			half := len(c.text) / 2
			for _, pieces := range [][]string{{c.text}, {c.text[:half], c.text[half:]}, strings.Split(c.text, "")} {
				if got := read(new(Parser), o, pieces...); got != want {
					t.Errorf("in %d pieces:\ngot  %+v\nwant %+v", len(pieces), got, want)
				}
			}
		})
	}
}

// TestInterimAnswersAreNotCookies: what an interim answer says is not the answer's.
func TestInterimAnswersAreNotCookies(t *testing.T) {
	var p Parser
	p.Reset(Options{KeepHead: true})
	text := "HTTP/1.1 100 Continue\r\nSet-Cookie: a=1\r\n\r\nHTTP/1.1 200 OK\r\nSet-Cookie: b=1\r\nset-cookie: c=1\r\nContent-Length: 0\r\n\r\n"
	var got []string
	if _, done, err := p.Feed([]byte(text)); !done || err != nil || !p.Continued {
		t.Fatal(done, err, p.Continued)
	}
	p.Headers("Set-Cookie", func(v []byte) { got = append(got, string(v)) })
	if strings.Join(got, " ") != "b=1 c=1" {
		t.Errorf("got %q", got)
	}
}
