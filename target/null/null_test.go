package null

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// serving is a server in this process, and a connection to it.
func serving(t *testing.T) (*Server, net.Conn, *bufio.Reader) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s, served := New(), make(chan error, 1)
	go func() { served <- s.Serve(ln) }()
	c, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	t.Cleanup(func() {
		_ = ln.Close()
		s.Close()
		_ = c.Close()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return s, c, bufio.NewReader(c)
}

func statuses(t *testing.T, in *bufio.Reader, n int) (got []int) {
	t.Helper()
	for range n {
		resp, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatalf("after %v: %v", got, err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		got = append(got, resp.StatusCode)
	}
	return got
}

var five = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n" +
	"POST /b HTTP/1.1\r\ncontent-length: 10\r\n\r\n0123\r\n\r\n89" +
	"HEAD /c HTTP/1.1\r\nContent-Type: text/plain\r\n\r\n" +
	"PUT /d HTTP/1.1\r\nContent-Length: 100000\r\n\r\n" + strings.Repeat("x", 100000) +
	"GET /e HTTP/1.1\r\nX-Long: " + strings.Repeat("y", 50000) + "\r\n\r\n"

// TestEveryRequestIsAnswered however it comes: as a whole, byte by byte, behind others.
func TestEveryRequestIsAnswered(t *testing.T) {
	for name, from := range map[string]io.Reader{
		"as a whole": strings.NewReader(five), "in halves": iotest.HalfReader(strings.NewReader(five)), "byte by byte": iotest.OneByteReader(strings.NewReader(five)),
	} {
		s, c, in := serving(t)
		if _, err := io.Copy(struct{ io.Writer }{c}, from); err != nil {
			t.Fatal(name, err)
		}
		if got := statuses(t, in, 5); fmt.Sprint(got) != "[200 200 200 200 200]" {
			t.Errorf("%s: %v", name, got)
		}
		fmt.Fprint(c, "GET /-/null HTTP/1.1\r\n\r\n")
		resp, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatal(name, err)
		}
		var told struct {
			Requests uint64
			Took     int64 `json:"took_ns"`
		}
		if err := json.NewDecoder(resp.Body).Decode(&told); err != nil || told.Requests != 5 || told.Took <= 0 {
			t.Errorf("%s: told %+v, %v; counted %d", name, told, err, s.requests.Load())
		}
	}
}

// TestABodyThatWaits is asked for.
func TestABodyThatWaits(t *testing.T) {
	_, c, in := serving(t)
	fmt.Fprint(c, "PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
	if got := statuses(t, in, 1); got[0] != 100 {
		t.Fatal(got)
	}
	fmt.Fprint(c, "ab")
	if got := statuses(t, in, 1); got[0] != 200 {
		t.Error(got)
	}
}

// TestTheLastOfAConnection: who says that it is the last, or what nobody can tell the
// end of, is answered and left.
func TestTheLastOfAConnection(t *testing.T) {
	for text, want := range map[string]int{
		"GET / HTTP/1.1\r\nConnection: close\r\n\r\n":                    200,
		"GET / HTTP/1.0\r\n\r\n":                                         200,
		"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n":           400,
		"PUT / HTTP/1.1\r\nContent-Length: many\r\n\r\n":                 400,
		"PUT / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n": 400,
		"GET / HTTP/1.1\r\nX: " + strings.Repeat("x", mostHead-19):       400,
	} {
		_, c, in := serving(t)
		_, _ = io.WriteString(c, text)
		if got := statuses(t, in, 1); got[0] != want {
			t.Errorf("%.30q: %v, want %d", text, got, want)
		}
		if _, err := in.ReadByte(); err == nil {
			t.Errorf("%.30q: it goes on", text)
		}
	}
}
