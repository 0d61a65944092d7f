package loop

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/binary"
	"encoding/hex"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loadctl/loadctl/scenarios/secure"
	"github.com/loadctl/loadctl/stats"
)

// crypto/tls has no way to send what follows after a handshake but answers, so the
// tests here seal such records themselves, with the secrets that a server may log.

// A keyLog keeps the newest secret of each label.
type keyLog struct {
	mu    sync.Mutex
	lines map[string][2][]byte // label: the client's random, the secret
}

func (k *keyLog) Write(line []byte) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	f := strings.Fields(string(line))
	random, _ := hex.DecodeString(f[1])
	secret, _ := hex.DecodeString(f[2])
	if k.lines == nil {
		k.lines = map[string][2][]byte{}
	}
	k.lines[f[0]] = [2][]byte{random, secret}
	return len(line), nil
}

// expandLabel is HKDF-Expand-Label of RFC 8446, section 7.1, without a context.
func expandLabel(secret []byte, label string, length int) []byte {
	info := append([]byte{byte(length >> 8), byte(length), byte(6 + len(label))}, "tls13 "+label...)
	b, err := hkdf.Expand(sha256.New, secret, string(append(info, 0)), length)
	if err != nil {
		panic(err)
	}
	return b
}

// A sealer13 makes records of TLS 1.3 with AES-128-GCM.
type sealer13 struct {
	secret []byte
	seq    uint64
}

func (s *sealer13) seal(kind byte, data string) []byte {
	aead := gcm(expandLabel(s.secret, "key", 16))
	nonce := expandLabel(s.secret, "iv", 12)
	binary.BigEndian.PutUint64(nonce[4:], binary.BigEndian.Uint64(nonce[4:])^s.seq)
	s.seq++
	inner := append([]byte(data), kind)
	head := []byte{23, 3, 3, 0, 0}
	binary.BigEndian.PutUint16(head[3:], uint16(len(inner)+aead.Overhead()))
	return aead.Seal(head, nonce, inner, bytes.Clone(head))
}

// update goes over to the next keys.
func (s *sealer13) update() { *s = sealer13{secret: expandLabel(s.secret, "traffic upd", 32)} }

func gcm(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return aead
}

const handshakeRecord, dataRecord = 22, 23

// TestKeysChange: a server that changes its keys with every answer, and asks for the
// client's to change too, which it then reads.
func TestKeysChange(t *testing.T) {
	addr := rawServer(t, func(c *peer) {
		raw, log := c.Conn, &keyLog{}
		config := worldTLS()
		config.KeyLogWriter, config.SessionTicketsDisabled = log, true
		privately(config, func(c *peer) {
			var s *sealer13
			for c.request() {
				if s == nil {
					s = &sealer13{secret: log.lines["SERVER_TRAFFIC_SECRET_0"][1]}
				}
				said := s.seal(handshakeRecord, "\x18\x00\x00\x01\x01")
				s.update()
				_, _ = raw.Write(append(said, s.seal(dataRecord, helloReply)...))
			}
		})(c)
	})
	s := parse(t, overHTTPS("{get: /x}", ""))
	expect(t, live(t, s, addr, overTLS(t, s), Begin{}, Drain{At: 300 * time.Millisecond, Deadline: late}), stats.OK, "")
}

// TestAnswersToNewKeysAreBounded: a server that asks for new keys without end, with a
// byte of its answer now and then, and reads nothing. The answers that TLS gives by
// itself are held no longer than there is memory for them.
func TestAnswersToNewKeysAreBounded(t *testing.T) {
	const memory = 200_000
	log, config := &keyLog{}, worldTLS()
	config.KeyLogWriter, config.SessionTicketsDisabled = log, true
	w, heard := newWorld(target{tls: config}), map[int32]int{}
	w.heard = func(fd int32, _ int) { heard[fd]++ }
	w.deaf = func(fd int32) bool { return heard[fd] == 3 } // a handshake's two flights, and a request
	w.target.answer = func(r request) reply {
		s := &sealer13{secret: log.lines["SERVER_TRAFFIC_SECRET_0"][1]}
		w.changeKeys(w.sockets[r.conn], s, s.seal(dataRecord, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"))
		return reply{never: true}
	}
	text := strings.Replace(openTLS, "executor: constant-arrival-rate, user: u, rate: 200/s, duration: 60s, arrivals: uniform", "executor: constant-vus, user: u, vus: 1, duration: 2s", 1)
	s := parse(t, text)
	p := stage(t, s, w, func(c *Config) { overTLS(t, s)(c); c.Memory = memory })
	most := watchUnsent(p)
	p.run(t, Begin{}, Drain{At: 2 * time.Second, Deadline: 40 * time.Second}).checkIdentity(t, s)
	c := p.cell(t, s, "load", "/x")
	if c.Classes[stats.Censored] != c.Intended || c.Intended < 2 {
		t.Errorf("intended %d, classes %v, want all censored", c.Intended, c.Classes)
	}
	p.wantLimit(t, kindMemory)
	if *most > memory || *most < memory/2 || p.loop.lent != 0 {
		t.Errorf("%d bytes unsent, %d allowed, %d lent at the end", *most, memory, p.loop.lent)
	}
}

// changeKeys sends records, and each millisecond more: as many changes of keys as
// crypto/tls takes in a row, and a byte.
func (w *world) changeKeys(to *socket, s *sealer13, records []byte) {
	w.at(w.clock+int64(time.Millisecond), func() {
		if w.sockets[to.fd] != to {
			return
		}
		w.arriveSealed(to, string(records), false, false)
		var more []byte
		for range 16 {
			more = append(more, s.seal(handshakeRecord, "\x18\x00\x00\x01\x01")...)
			s.update()
		}
		w.changeKeys(to, s, append(more, s.seal(dataRecord, "x")...))
	})
}

// TestTicketsWithoutEnd: a server that gives sessions instead of an answer.
func TestTicketsWithoutEnd(t *testing.T) {
	addr := rawServer(t, func(c *peer) {
		raw, log := c.Conn, &keyLog{}
		config := worldTLS()
		config.KeyLogWriter, config.SessionTicketsDisabled = log, true
		privately(config, func(c *peer) {
			if !c.request() {
				return
			}
			s := &sealer13{secret: log.lines["SERVER_TRAFFIC_SECRET_0"][1]}
			ticket := "\x00\x00\x1c\x20" + "\x00\x00\x00\x00" + "\x01n" + "\x00\x20" + strings.Repeat("t", 32) + "\x00\x00"
			for range 1000 {
				_, _ = raw.Write(s.seal(handshakeRecord, "\x04\x00\x00"+string(rune(len(ticket)))+ticket))
			}
			_, _ = c.Read(make([]byte, 1))
		})(c)
	})
	s := parse(t, overHTTPS("{get: /x}", ""))
	got := live(t, s, addr, overTLS(t, s), Begin{}, Drain{At: 300 * time.Millisecond, Deadline: late})
	expect(t, got, stats.ConnError, secure.Broken)
	if e := got.total.Errors; len(e) != 1 || !strings.Contains(e[0].Samples[0].Detail, "too many non-advancing records") {
		t.Errorf("errors %+v", e)
	}
}

// A wiretap keeps the first bytes a server says: its random is among them.
type wiretap struct {
	net.Conn
	heard []byte
}

func (w *wiretap) Write(b []byte) (int, error) {
	if len(w.heard) < 100 {
		w.heard = append(w.heard, b...)
	}
	return w.Conn.Write(b)
}

// prf is P_SHA256 of RFC 5246, section 5.
func prf(secret []byte, label string, seed []byte, length int) (b []byte) {
	mac := func(parts ...[]byte) []byte {
		h := hmac.New(sha256.New, secret)
		for _, p := range parts {
			h.Write(p)
		}
		return h.Sum(nil)
	}
	seed = append([]byte(label), seed...)
	for a := mac(seed); len(b) < length; a = mac(a) {
		b = append(b, mac(a, seed)...)
	}
	return b[:length]
}

// helloRequest is the record by which a server of TLS 1.2 asks for another handshake.
func helloRequest(master, clientRandom, serverRandom []byte) []byte {
	block := prf(master, "key expansion", append(bytes.Clone(serverRandom), clientRandom...), 40)
	aead, nonce := gcm(block[16:32]), append(bytes.Clone(block[36:40]), 0, 0, 0, 0, 0, 0, 0, 1)
	about := []byte{0, 0, 0, 0, 0, 0, 0, 1, handshakeRecord, 3, 3, 0, 4}
	body := aead.Seal(nonce[4:12:12], nonce, []byte{0, 0, 0, 0}, about)
	return append([]byte{handshakeRecord, 3, 3, 0, byte(len(body))}, body...)
}

// TestRenegotiationIsRefused: nobody may begin anew in the middle of an answer.
func TestRenegotiationIsRefused(t *testing.T) {
	addr := rawServer(t, func(c *peer) {
		raw, log := &wiretap{Conn: c.Conn}, &keyLog{}
		c.Conn = raw
		config := worldTLS()
		config.KeyLogWriter, config.MaxVersion = log, tls.VersionTLS12
		config.CipherSuites = []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}
		privately(config, func(c *peer) {
			if !c.request() {
				return
			}
			known := log.lines["CLIENT_RANDOM"]
			_, _ = raw.Write(helloRequest(known[1], known[0], raw.heard[11:43]))
			_, _ = c.Read(make([]byte, 1))
		})(c)
	})
	s := parse(t, overHTTPS("{get: /x}", ""))
	got := live(t, s, addr, overTLS(t, s), Begin{}, Drain{At: 300 * time.Millisecond, Deadline: late})
	expect(t, got, stats.ConnError, secure.Broken)
	if e := got.total.Errors; len(e) != 1 || !strings.Contains(e[0].Samples[0].Detail, "no renegotiation") {
		t.Errorf("errors %+v", e)
	}
}
