package cache

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// A fakeMemcached knows the commands that the client uses, and no time.
type fakeMemcached struct {
	address string
	asked   atomic.Int64 // commands
	mu      sync.Mutex
	cas     int
	records map[string]fakeRecord
}

type fakeRecord struct {
	value string
	cas   int
}

func newFakeMemcached(t *testing.T) *fakeMemcached {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	f := &fakeMemcached{address: l.Addr().String(), records: map[string]fakeRecord{}}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go f.serve(conn)
		}
	}()
	return f
}

func (f *fakeMemcached) serve(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		words := strings.Fields(line)
		var value string
		if words[0] == "set" || words[0] == "add" || words[0] == "cas" {
			var n int
			fmt.Sscan(words[4], &n)
			body := make([]byte, n+2)
			if _, err := io.ReadFull(in, body); err != nil {
				return
			}
			value = string(body[:n])
		}
		fmt.Fprint(conn, f.do(words, value))
	}
}

func (f *fakeMemcached) do(words []string, value string) string {
	f.asked.Add(1)
	f.mu.Lock()
	defer f.mu.Unlock()
	if words[0] == "version" {
		return "VERSION 0\r\n"
	}
	old, found := f.records[words[1]]
	switch words[0] {
	case "gets":
		if !found {
			return "END\r\n"
		}
		return fmt.Sprintf("VALUE %s 0 %d %d\r\n%s\r\nEND\r\n", words[1], len(old.value), old.cas, old.value)
	case "delete":
		if !found {
			return "NOT_FOUND\r\n"
		}
		delete(f.records, words[1])
		return "DELETED\r\n"
	case "add":
		if found {
			return "NOT_STORED\r\n"
		}
	case "cas":
		switch {
		case !found:
			return "NOT_FOUND\r\n"
		case words[5] != fmt.Sprint(old.cas):
			return "EXISTS\r\n"
		}
	case "set":
	default:
		return "ERROR\r\n"
	}
	if len(value) > 1<<20 {
		return "SERVER_ERROR object too large for cache\r\n"
	}
	f.cas++
	f.records[words[1]] = fakeRecord{value, f.cas}
	return "STORED\r\n"
}
