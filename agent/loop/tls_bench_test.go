package loop

import (
	"crypto/tls"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"unsafe"
)

// A vault is an echo behind TLS. Its own crypto is part of what a benchmark shows:
// half of what both ends take.
type vault struct {
	echo
	config *tls.Config
	ends   []*inner // by file
}

func (w *vault) connect(ref uint64, from netip.Addr, to netip.AddrPort) (int32, syscall.Errno) {
	s := &socket{}
	s.secure(w.config)
	s.inner.plain = nil
	w.ends = append(w.ends, s.inner)
	return w.echo.connect(ref, from, to)
}

func (w *vault) send(fd int32, b []byte) (int, syscall.Errno) {
	e, n := w.ends[fd], len(b)
	if e.tunnel.done {
		w.read(e, b)
	} else if e.tunnel.shake(b); len(e.tunnel.pipe.in) > 0 {
		w.read(e, e.tunnel.pipe.in)
	}
	if len(e.out) > 0 {
		w.owed = append(w.owed, owed{at: w.clock + int64(w.after), fd: fd})
	}
	return n, 0
}

func (w *vault) read(e *inner, b []byte) {
	if n, _ := e.tunnel.read(b, vaultRoom[:]); n > 0 {
		w.requests++
		_, _ = e.tunnel.conn.Write(w.answer)
	}
}

var vaultRoom [readBuffer + maxRecord]byte

// wait has come what was to come by now.
func (w *vault) wait(until int64, asleep bool, events []event) int {
	n := w.echo.wait(until, asleep, events)
	for _, o := range w.owed[:w.told] {
		e := w.ends[o.fd]
		e.come = append(e.come, e.out...)
		e.out = e.out[:0]
	}
	return n
}

func (w *vault) recv(fd int32, b []byte) (int, int64, syscall.Errno) {
	e := w.ends[fd]
	n := copy(b, e.come)
	e.come = e.come[:copy(e.come, e.come[n:])]
	if n == 0 {
		return 0, 0, syscall.EAGAIN
	}
	return n, w.clock, 0
}

// heatTLS is heat over TLS.
func heatTLS(t testing.TB, phase string) *hot {
	t.Helper()
	w := &vault{config: worldTLS()}
	h := hotIn(&w.echo)
	s := parse(t, strings.Replace(hotScenario+phase, `"http://127.0.0.1:1"}`, `"https://127.0.0.1:1", tls: {ca_file: ca.pem}}`, 1))
	c := Config{Scenario: s, poller: w}
	overTLS(t, s)(&c)
	h.start(t, c)
	return h
}

func BenchmarkRequestTLSOpen(b *testing.B)   { benchmarkHot(b, heatTLS(b, openPhase)) }
func BenchmarkRequestTLSClosed(b *testing.B) { benchmarkHot(b, heatTLS(b, closedPhase)) }

// TestAllocationPerRequestTLS: crypto/tls makes a reader of 24 bytes for each record
// it reads, at both ends here; the loop adds nothing to it.
func TestAllocationPerRequestTLS(t *testing.T) {
	if testing.Short() {
		t.Skip("under the race detector pools lose things on purpose")
	}
	for name, phase := range map[string]string{"open": openPhase, "closed": closedPhase} {
		h := heatTLS(t, phase)
		const n = 400_000 // more than a second of either
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		h.requests(n)
		runtime.ReadMemStats(&after)
		each, size := float64(after.Mallocs-before.Mallocs)/n, float64(after.TotalAlloc-before.TotalAlloc)/n
		t.Logf("%s: %.4f allocations and %.1f bytes a request, both ends", name, each, size)
		if each > 2.05 || size > 60 {
			t.Errorf("%s: %.4f allocations of %.1f bytes a request, want one a record", name, each, size)
		}
		if h.failed > 0 || h.ok == 0 {
			t.Errorf("%s: %d requests ok, %d failed", name, h.ok, h.failed)
		}
	}
}

// TestMemoryOfTLS says what a connection takes at rest, after small answers and after
// those that fill a record, and holds it to what plan counts (tlsMemory, tlsMostMemory),
// less the half as much again that the heap may grow by.
func TestMemoryOfTLS(t *testing.T) {
	if size := unsafe.Sizeof(conn{}); size > 56 {
		t.Errorf("a connection without TLS takes %d bytes", size)
	}
	for size, planned := range map[int]uint64{200: 10 << 10, 16 << 10: 46 << 10} {
		each := memoryAfter(t, size)
		t.Logf("%d bytes a connection at rest, after answers of %d bytes", each, size)
		if each*3/2 > planned {
			t.Errorf("%d bytes a connection at rest after answers of %d bytes: with half as much again plan counts %d", each, size, planned)
		}
	}
}

// memoryAfter is what a connection at rest takes after an answer of so many bytes.
func memoryAfter(t *testing.T, size int) uint64 {
	t.Helper()
	const n = 500
	config, server := clientConfig(), worldTLS()
	ends := make([]*tunnel, n)
	answer, room := make([]byte, size), make([]byte, 2*maxRecord)
	var out []byte
	base := heapNow()
	for i := range ends {
		e := newEnd(tls.Server, server)
		ends[i] = &tunnel{}
		handshake(t, ends[i], config, &out, e)
		e.out = e.out[:0]
		_, _ = e.conn.Write(answer)
		if n, err := ends[i].read(append([]byte(nil), e.out...), room); n != size || err != nil {
			t.Fatal(n, err)
		}
		e.close()
	}
	each := (heapNow() - base) / n
	runtime.KeepAlive(ends)
	return each
}

// handshake takes a client through a handshake and one answer of 200 bytes.
func handshake(t testing.TB, c *tunnel, config *tls.Config, out *[]byte, server *end) {
	t.Helper()
	c.open(func(p net.Conn) *tls.Conn { return tls.Client(p, config) }, out)
	c.shake(nil)
	for !c.done {
		_ = server.hear(*out)
		*out = (*out)[:0]
		c.shake(server.out)
		server.out = server.out[:0]
	}
	_ = server.hear(*out)
	*out = (*out)[:0]
	_, _ = server.conn.Write(make([]byte, 200))
	if n, err := c.read(append(c.pipe.in, server.out...), server.room); n != 200 || err != nil || c.err != nil {
		t.Fatal(n, err, c.err)
	}
	c.pipe.in = nil
}

func heapNow() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}

// BenchmarkHandshake is a connection's handshake with one answer of 200 bytes, both
// ends.
func BenchmarkHandshake(b *testing.B) {
	for name, resume := range map[string]bool{"full": false, "resumed": true} {
		b.Run(name, func(b *testing.B) {
			config, server := clientConfig(), worldTLS()
			config.SessionTicketsDisabled = !resume
			var out []byte
			b.ReportAllocs()
			for b.Loop() {
				e, c := newEnd(tls.Server, server), &tunnel{}
				handshake(b, c, config, &out, e)
				c.close()
				e.close()
			}
		})
	}
}
