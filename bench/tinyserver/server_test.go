package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestEndsAreCountedHoweverTheyCome: split anywhere, requests stay as many as they are.
func TestEndsAreCountedHoweverTheyCome(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.SampledFrom([]rune("\r\na")), 0, 60, -1).Draw(t, "text")
		cut := rapid.IntRange(0, len(text)).Draw(t, "cut")
		n, rest := ends(0, []byte(text[:cut]))
		m, _ := ends(rest, []byte(text[cut:]))
		if want := strings.Count(text, end); n+m != want {
			t.Fatalf("%q cut at %d: %d, want %d", text, cut, n+m, want)
		}
	})
}

// serving starts a server in this process.
func serving(t *testing.T, o options) (string, *memory) {
	t.Helper()
	file, err := newMemory(2)
	if err != nil {
		t.Fatal(err)
	}
	m, err := openMemory(file)
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := bind(0)
	if err != nil {
		t.Fatal(err)
	}
	o.port, o.loops = port, 2
	if err := serveAll(o, m); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("127.0.0.1:%d", port), m
}

// ask sends a request in two pieces, cut within its end, and reads the answer.
func ask(t *testing.T, c net.Conn, r *bufio.Reader) {
	t.Helper()
	for _, piece := range []string{"GET /x HTTP/1.1\r\nHost: a\r\n\r", "\n"} {
		if _, err := io.WriteString(c, piece); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Millisecond)
	}
	resp, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(resp.Body); err != nil || string(b) != body {
		t.Fatalf("%q, %v", b, err)
	}
}

func TestEveryRequestAndConnectionIsCounted(t *testing.T) {
	addr, m := serving(t, options{})
	var conns []net.Conn
	for range 5 {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, c)
		r := bufio.NewReader(c)
		for range 3 {
			ask(t, c, r)
		}
	}
	for path, told := range map[string]string{"/-/stats": "", "/-/count": "15"} { // loadctl asks for the first
		resp, err := http.Get("http://" + addr + path)
		if err != nil {
			t.Fatal(err)
		}
		if b, _ := io.ReadAll(resp.Body); string(b) != told {
			t.Errorf("%s told %q", path, b)
		}
	}
	conns[0].Close()
	waitFor(t, m, func(x tally) bool { return x.Requests == 15 && x.Accepts == 5 && x.Open == 4 })
}

// TestAnEndThatComesWithARequestIsSeen: one event tells both.
func TestAnEndThatComesWithARequestIsSeen(t *testing.T) {
	addr, m := serving(t, options{})
	for range 20 {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(c, "GET / HTTP/1.1\r\n\r\n")
		c.(*net.TCPConn).CloseWrite()
		if b, err := io.ReadAll(c); err != nil || !strings.HasSuffix(string(b), body) {
			t.Fatalf("%q, %v", b, err)
		}
		c.Close()
	}
	waitFor(t, m, func(x tally) bool { return x.Accepts == 20 && x.Open == 0 })
}

// TestAnOldClientKeepsItsConnection: ab speaks HTTP/1.0 and wants to be told.
func TestAnOldClientKeepsItsConnection(t *testing.T) {
	addr, _ := serving(t, options{})
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	for _, version := range []string{"1.0", "1.1", "1.0"} {
		io.WriteString(c, "GET / HTTP/"+version+"\r\nConnection: Keep-Alive\r\n\r\n")
		resp, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		if told := resp.Header.Get("Connection") == "keep-alive"; told != (version == "1.0") {
			t.Errorf("HTTP/%s is told %q", version, resp.Header.Get("Connection"))
		}
	}
}

func waitFor(t *testing.T, m *memory, is func(tally) bool) {
	t.Helper()
	for range 100 {
		if is(m.tally()) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%+v", m.tally())
}

// TestDelaysAreToldAsTheyWere: a client cannot have waited less than the server held
// its answers back.
func TestDelaysAreToldAsTheyWere(t *testing.T) {
	addr, m := serving(t, options{delay: 3 * time.Millisecond, jitter: time.Millisecond})
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(c)
	begin := time.Now()
	for range 10 {
		ask(t, c, r)
	}
	took := time.Since(begin)
	d := m.tally().Delay
	if d.Count != 10 || d.P50 < 2 || d.P99 < d.P50 || d.Mean*10 > took.Seconds()*1e3 {
		t.Errorf("%+v in %v", d, took)
	}
}
