package null

import (
	"net"
	"time"
)

const (
	answer   = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
	farewell = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
	goOn     = "HTTP/1.1 100 Continue\r\n\r\n"
	refusal  = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
)

// Buffers begin small, since many connections may be open, and grow with what comes.
const (
	smallBuffer = 2 << 10
	mostHead    = 128 << 10
	bodyBuffer  = 64 << 10
)

// A conn answers the requests of one connection.
type conn struct {
	server *Server
	tcp    net.Conn
	in     []byte
	out    []byte
	have   int     // bytes of in
	now    request // whose body is being read
	left   int64   // of that body
	ended  bool    // nothing more is answered
}

func (c *conn) serve() {
	defer c.server.leave(c.tcp)
	c.in = make([]byte, smallBuffer)
	for !c.ended {
		n, err := c.tcp.Read(c.in[c.have:])
		if err != nil {
			return
		}
		began := time.Now()
		c.have += n
		answered := c.take()
		if len(c.out) > 0 {
			if _, err := c.tcp.Write(c.out); err != nil {
				return
			}
			c.out = c.out[:0]
		}
		if answered > 0 {
			c.server.count(answered, time.Since(began))
		}
	}
}

// take goes through what was read, and gives how many requests have ended in it.
func (c *conn) take() (answered int) {
	used := 0
	for used < c.have && !c.ended {
		if c.left > 0 {
			n := min(c.left, int64(c.have-used))
			c.left, used = c.left-n, used+int(n)
		} else {
			r, size := read(c.in[used:c.have])
			if size == 0 {
				break
			}
			used += size
			c.begin(r, used == c.have)
		}
		if c.left == 0 && c.end() {
			answered++
		}
	}
	c.keep(used)
	return answered
}

// begin takes up a request. One that waits has sent nothing yet.
func (c *conn) begin(r request, nothing bool) {
	if c.now = r; r.wrong {
		return
	}
	c.left = r.length
	if r.waits && nothing && r.length > 0 {
		c.out = append(c.out, goOn...)
	}
}

// end answers a request, and says whether it counts.
func (c *conn) end() bool {
	switch r := c.now; {
	case r.wrong:
		c.out, c.ended = append(c.out, refusal...), true
	case r.probe:
		c.out, c.ended = append(c.out, c.server.tell()...), true
	case r.last:
		c.out, c.ended = append(c.out, farewell...), true
	default:
		c.out = append(c.out, answer...)
	}
	return !c.now.wrong && !c.now.probe
}

// keep moves what is left to the begin, and makes room for what comes.
func (c *conn) keep(used int) {
	c.have = copy(c.in, c.in[used:c.have])
	switch size := len(c.in); {
	case c.left > int64(size) && size < bodyBuffer:
		c.in = append(c.in, make([]byte, bodyBuffer-size)...)
	case c.have < size:
	case size >= mostHead:
		c.out, c.ended = append(c.out, refusal...), true
	default:
		c.in = append(c.in, make([]byte, size)...)
	}
}
