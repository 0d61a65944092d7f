package loop

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"testing"

	"pgregory.net/rapid"

	"github.com/loadctl/loadctl/scenarios/secure"
)

// An end is a tunnel with what it has to send and what it was told.
type end struct {
	tunnel
	out, heard []byte
	room       []byte
}

func newEnd(side func(net.Conn, *tls.Config) *tls.Conn, config *tls.Config) *end {
	e := &end{room: make([]byte, readBuffer+maxRecord)}
	e.open(func(p net.Conn) *tls.Conn { return side(p, config) }, &e.out)
	return e
}

// hear takes bytes as the loop does.
func (e *end) hear(b []byte) error {
	if !e.done {
		e.shake(b)
		if b = e.pipe.in; !e.done {
			return nil
		}
		if e.err != nil {
			return e.err
		}
	}
	n, err := e.read(b, e.room)
	e.heard = append(e.heard, e.room[:n]...)
	return err
}

func clientConfig() *tls.Config {
	target := parseTLS()
	c, _ := secure.Client(&target, secure.Files{CA: trusted().pem})
	c.ClientSessionCache = &session{}
	return c
}

// talk carries bytes between two ends, in pieces, until both are silent.
func talk(t *rapid.T, a, b *end) {
	piece := rapid.IntRange(1, 3000)
	for len(a.out)+len(b.out) > 0 {
		for _, pair := range [][2]*end{{a, b}, {b, a}} {
			from, to := pair[0], pair[1]
			for len(from.out) > 0 {
				n := min(piece.Draw(t, "piece"), len(from.out))
				said := from.out[:n:n]
				from.out = from.out[n:]
				if err := to.hear(said); err != nil && !errors.Is(err, io.EOF) {
					t.Fatal(err)
				}
			}
		}
	}
}

// TestTunnelAnySplit: however the network cuts what is sent, what is heard is what was
// said, to the last byte and no later than it can be.
func TestTunnelAnySplit(t *testing.T) {
	server := worldTLS()
	rapid.Check(t, func(t *rapid.T) {
		config := clientConfig()
		if rapid.Bool().Draw(t, "tls 1.2") {
			config.MaxVersion = tls.VersionTLS12
		}
		client, target := newEnd(tls.Client, config), newEnd(tls.Server, server)
		client.shake(nil)
		talk(t, client, target)
		if !client.done || client.err != nil || target.err != nil {
			t.Fatalf("handshake: %v, %v", client.err, target.err)
		}
		var said [2][]byte
		for range rapid.IntRange(0, 5).Draw(t, "rounds") {
			for i, e := range []*end{client, target} {
				b := bytes.Repeat([]byte{byte(i)}, rapid.IntRange(0, 40_000).Draw(t, "length"))
				said[i] = append(said[i], b...)
				_, _ = e.conn.Write(b)
			}
			talk(t, client, target)
			if !bytes.Equal(client.heard, said[1]) || !bytes.Equal(target.heard, said[0]) {
				t.Fatalf("heard %d and %d bytes of %d and %d", len(client.heard), len(target.heard), len(said[1]), len(said[0]))
			}
		}
		_ = target.conn.CloseWrite()
		if err := client.hear(target.out); !errors.Is(err, io.EOF) {
			t.Fatalf("the farewell gives %v", err)
		}
	})
}

// FuzzTunnel: whatever a server says in a handshake, it ends or waits for more, says
// little itself, and holds no more than crypto/tls allows.
func FuzzTunnel(f *testing.F) {
	target, client := newEnd(tls.Server, worldTLS()), newEnd(tls.Client, clientConfig())
	client.shake(nil)
	_ = target.hear(client.out)
	f.Add(target.out, uint16(1))
	for _, b := range []string{"HTTP/1.1 400 Bad Request\r\n\r\n", "\x16\x03\x03\xff\xff", "\x16\x03\x03\x00\x04\x02\xff\xff\xff", "\x15\x03\x01\x00\x02\x02\x28"} {
		f.Add([]byte(b), uint16(7))
	}
	f.Fuzz(func(t *testing.T, b []byte, piece uint16) {
		e := newEnd(tls.Client, clientConfig())
		defer e.close()
		e.shake(nil)
		hello := len(e.out)
		for len(b) > 0 && e.err == nil && !e.done {
			n := min(max(int(piece), 1), len(b))
			if e.hear(b[:n]) == nil && len(e.pipe.in) > 0 {
				t.Fatalf("%d bytes were left in a handshake", len(e.pipe.in))
			}
			b = b[n:]
		}
		if e.err != nil {
			if kind, _ := secure.Fault(e.err); kind == "" {
				t.Errorf("%v has no kind", e.err)
			}
		}
		if len(e.out)-hello > 2000 {
			t.Errorf("%d bytes were said to garbage", len(e.out)-hello)
		}
	})
}
