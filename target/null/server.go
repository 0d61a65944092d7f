package null

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// A Server answers everything with nothing. Its counts leave out questions about it.
type Server struct {
	requests atomic.Uint64
	took     atomic.Int64 // ns from reading requests to having written their answers

	mu     sync.Mutex
	conns  map[net.Conn]bool
	closed bool
	done   sync.WaitGroup
}

// New makes a server that nobody has come to.
func New() *Server { return &Server{conns: map[net.Conn]bool{}} }

// Serve accepts connections until the listener is closed.
func (s *Server) Serve(ln net.Listener) error {
	for {
		tcp, err := ln.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return nil
		case err != nil: // such as no file left: who comes next waits in the socket's queue
			time.Sleep(10 * time.Millisecond)
		default:
			s.welcome(tcp)
		}
	}
}

func (s *Server) welcome(tcp net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		_ = tcp.Close()
		return
	}
	s.conns[tcp] = true
	s.done.Go((&conn{server: s, tcp: tcp}).serve)
}

func (s *Server) leave(tcp net.Conn) {
	_ = tcp.Close()
	s.mu.Lock()
	delete(s.conns, tcp)
	s.mu.Unlock()
}

// Close ends all connections and waits for what served them. The listener must be
// closed.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	for tcp := range s.conns {
		_ = tcp.Close()
	}
	s.mu.Unlock()
	s.done.Wait()
}

func (s *Server) count(requests int, took time.Duration) {
	s.requests.Add(uint64(requests))
	s.took.Add(int64(took))
}

// tell answers a question about the server.
func (s *Server) tell() string {
	text := fmt.Sprintf(`{"requests": %d, "took_ns": %d}`+"\n", s.requests.Load(), s.took.Load())
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(text), text)
}
