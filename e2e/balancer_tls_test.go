//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	big "encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestBalancerTLS: it ends TLS, offers HTTP/2 unless told not to, and tells backends.
func TestBalancerTLS(t *testing.T) {
	bothBalancers(t, func(t *testing.T, kind string) {
		i := newIssuer(t)
		i.of = "127.0.0.1"
		i.issue("site", time.Now().Add(time.Hour))
		cert := []string{"--tls-cert", filepath.Join(i.dir, "site.pem"), "--tls-key", filepath.Join(i.dir, "site.key")}
		backends := newBackends(t, 0)
		for proto, args := range map[string][]string{"HTTP/2.0": nil, "HTTP/1.1": {"--no-http2"}} {
			b := balance(t, kind, backends, append(args, cert...)...)
			roots := x509.NewCertPool()
			if ca, err := os.ReadFile(filepath.Join(i.dir, "ca.pem")); err != nil || !roots.AppendCertsFromPEM(ca) {
				t.Fatal("no authority", err)
			}
			client := &http.Client{Transport: &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: roots}}}
			answer, err := client.Get(b.url + "/headers")
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(answer.Body)
			answer.Body.Close()
			if answer.Proto != proto || !strings.Contains(string(body), `"X-Forwarded-Proto":["https"]`) {
				t.Errorf("%s, want %s; the backend saw %s", answer.Proto, proto, body)
			}
			client.CloseIdleConnections()
		}
	})
}

// TestBalancerAdmin: its settings change through the admin address for who has the token,
// and a bad one changes nothing.
func TestBalancerAdmin(t *testing.T) {
	bothBalancers(t, func(t *testing.T, kind string) {
		backends := newBackends(t, 0, 0)
		b := balance(t, kind, backends[:1], "--admin-token", "secret")
		put := func(token, text string) (int, string) {
			t.Helper()
			r, err := http.NewRequest(http.MethodPut, b.admin+"/-/balancer", strings.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+token)
			return answerOf(t, r)
		}
		file := "balancer:\n  backends: [{name: new, address: " + backends[1].address + "}]\n"
		if code, said := put("guessed", file); code != http.StatusForbidden {
			t.Errorf("without the token: %d %s", code, said)
		}
		if code, said := put("secret", file+"  algorithm: fastest\n"); code != http.StatusBadRequest || !strings.Contains(said, "request:3:14: algorithm: must be round_robin") {
			t.Errorf("a bad file: %d %s", code, said)
		}
		if code, said := put("secret", file+"  listen: 127.0.0.1:1\n"); code != http.StatusBadRequest || !strings.Contains(said, "cannot become 127.0.0.1:1 by a reload") {
			t.Errorf("another address: %d %s", code, said)
		}
		if code, said := put("secret", file); code != http.StatusOK {
			t.Fatalf("a good file: %d %s", code, said)
		}
		eventually(t, 10*time.Second, "the new backend answers", func() bool {
			r, _ := http.NewRequest(http.MethodGet, b.url+"/x", nil)
			_, said := answerOf(t, r)
			return said == "b"
		})
		r, _ := http.NewRequest(http.MethodGet, b.admin+"/metrics", nil)
		if _, said := answerOf(t, r); !strings.Contains(said, "\nloadctl_balancer_reloads_total 1\n") || !strings.Contains(said, `loadctl_balancer_backend_up{backend="new"} 1`) {
			t.Errorf("the metrics are of something else:\n%s", said)
		}
	})
}

func answerOf(t *testing.T, r *http.Request) (code int, body string) {
	t.Helper()
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// TestBalancerAccepts: whatever can be configured, the real programs take.
func TestBalancerAccepts(t *testing.T) {
	bothBalancers(t, func(t *testing.T, kind string) {
		i := newIssuer(t)
		i.issue("site", time.Now().Add(time.Hour))
		const odd = "1503ms" // no whole second
		text := strings.NewReplacer("TIME", odd, "DIR", i.dir).Replace(`balancer:
  listen: "[::1]:8443"
  backends:
    - {name: a, address: "127.0.0.1:8001", weight: 256, max_connections: 7}
    - {name: b, address: "[::1]:8002", weight: 3}
    - {name: c.d_e-f, address: "localhost:8003"}
  check: {method: GET, path: "/health?deep=1&x=%20", interval: TIME, timeout: TIME, fall: 1, rise: 1}
  passive: {max_fails: 2, fail_timeout: TIME}
  keep_alive: {connections: 1}
  timeouts: {connect: TIME, read: TIME, send: TIME, idle: TIME, tunnel: TIME, drain: TIME}
  tls: {certificate: DIR/site.pem, key: DIR/site.key, min_version: 1.3}
  rate_limit: {requests: 0.7, burst: 1, connections: 1, status: 503}
  workers: 3
  connections: 100
`)
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "b.yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{
			{"--algorithm", "round_robin", "--no-keep-alive"}, {"--algorithm", "least_connections", "--no-websocket"},
			{"--algorithm", "source", "--no-http2"}, {"--algorithm", "random_two", "--no-check"},
			{"--backend", "127.0.0.1:1", "--backend", "127.0.0.1:2,backup", "--listen", ":8080"},
		} {
			p := start(t, dir, append([]string{"target", "balancer", kind, "-f", "b.yaml", "--check"}, args...)...)
			if code := p.wait(20 * time.Second); code != 0 || !strings.Contains(p.stdout.String(), "accepts the configuration") {
				t.Errorf("%v: exit %d: %s", args, code, p.stderr.String())
			}
		}
	})
}

// TestBalancerBadConfiguration: the message says what is wrong and where.
func TestBalancerBadConfiguration(t *testing.T) {
	bothBalancers(t, func(t *testing.T, kind string) {
		p := start(t, t.TempDir(), "target", "balancer", kind, "--backend", "127.0.0.1:8001", "--tls-cert", "/no/such.pem", "--tls-key", "/no/such.key")
		if code := p.wait(20 * time.Second); code != 1 || !strings.Contains(p.stderr.String(), "/no/such.pem") {
			t.Errorf("exit %d: %s", code, p.stderr.String())
		}
		busy, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer busy.Close()
		p = start(t, t.TempDir(), "target", "balancer", kind, "--backend", "127.0.0.1:8001", "--listen", busy.Addr().String())
		if code := p.wait(20 * time.Second); code != 1 || !strings.Contains(p.stderr.String(), busy.Addr().String()+": the port is in use") {
			t.Errorf("exit %d: %s", code, p.stderr.String())
		}
	})
}

// TestBalancerWebSocket: frames of all lengths go through and come back.
func TestBalancerWebSocket(t *testing.T) {
	bothBalancers(t, func(t *testing.T, kind string) {
		b := balance(t, kind, newBackends(t, 0))
		w := dialWebSocket(t, strings.TrimPrefix(b.url, "http://"))
		for _, size := range []int{0, 1, 125, 126, 65535, 65536, 300_000} {
			sent := make([]byte, size)
			_, _ = rand.Read(sent)
			if got := w.echo(sent); !bytes.Equal(got, sent) {
				t.Fatalf("%d bytes came back as %d others", size, len(got))
			}
		}
		// A connection that is open at a reload stays open.
		b.signal(syscall.SIGHUP)
		eventually(t, 20*time.Second, "a reload", func() bool { return b.stats().Reloads == 1 })
		if got := w.echo([]byte("still there")); string(got) != "still there" {
			t.Errorf("after a reload %q came back", got)
		}
	})
}

// A webSocket is the client side of RFC 6455, as far as an echo needs it.
type webSocket struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

func dialWebSocket(t *testing.T, address string) *webSocket {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	w := &webSocket{t: t, conn: conn, in: bufio.NewReader(conn)}
	const key = "dGhlIHNhbXBsZSBub25jZQ==" // section 1.3, with the answer it must have
	_, _ = io.WriteString(conn, "GET /ws HTTP/1.1\r\nHost: "+address+"\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: "+key+"\r\nSec-WebSocket-Version: 13\r\n\r\n")
	answer, err := http.ReadResponse(w.in, nil)
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != http.StatusSwitchingProtocols || answer.Header.Get("Sec-WebSocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		t.Fatalf("%s %v", answer.Status, answer.Header)
	}
	return w
}

func (w *webSocket) echo(sent []byte) []byte {
	w.t.Helper()
	if _, err := w.conn.Write(frame(sent, []byte{1, 2, 3, 4})); err != nil {
		w.t.Fatal(err)
	}
	got, err := readFrame(w.in)
	if err != nil {
		w.t.Fatal(err)
	}
	return got
}

// frame is one whole binary message, masked unless mask is nil.
func frame(payload, mask []byte) []byte {
	f := []byte{0x82}
	masked := byte(0)
	if mask != nil {
		masked = 0x80
	}
	switch n := len(payload); {
	case n < 126:
		f = append(f, masked|byte(n))
	case n < 1<<16:
		f = big.BigEndian.AppendUint16(append(f, masked|126), uint16(n))
	default:
		f = big.BigEndian.AppendUint64(append(f, masked|127), uint64(n))
	}
	at := len(f) + len(mask)
	f = append(append(f, mask...), payload...)
	for i := range payload {
		if mask != nil {
			f[at+i] ^= mask[i%4]
		}
	}
	return f
}

// readFrame is the payload of one frame, unmasked.
func readFrame(in *bufio.Reader) ([]byte, error) {
	var head [2]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return nil, err
	}
	n := uint64(head[1] & 0x7f)
	if n >= 126 {
		wide := make([]byte, map[uint64]int{126: 2, 127: 8}[n])
		if _, err := io.ReadFull(in, wide); err != nil {
			return nil, err
		}
		n = big.BigEndian.Uint64(append(make([]byte, 8-len(wide)), wide...))
	}
	if n > 1<<20 {
		return nil, errors.New("a frame of more than a megabyte")
	}
	rest := make([]byte, uint64(head[1]>>7)*4+n)
	if _, err := io.ReadFull(in, rest); err != nil {
		return nil, err
	}
	if head[1]>>7 == 0 {
		return rest, nil
	}
	mask, payload := rest[:4], rest[4:]
	for i := range payload {
		payload[i] ^= mask[i%4]
	}
	return payload, nil
}

// echo is the server side: it sends every message back.
func echo(w http.ResponseWriter, r *http.Request) {
	if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		http.Error(w, "no upgrade", http.StatusBadRequest)
		return
	}
	conn, buffered, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "+base64.StdEncoding.EncodeToString(sum[:])+"\r\n\r\n")
	for {
		payload, err := readFrame(buffered.Reader)
		if err != nil {
			return
		}
		if _, err := conn.Write(frame(payload, nil)); err != nil {
			return
		}
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, b, 0o755); err != nil {
		t.Fatal(err)
	}
}

// startAsNobody starts a command as a user without rights; only root can.
func startAsNobody(t *testing.T, dir string, args ...string) *proc {
	t.Helper()
	need(t, "setpriv")
	cmd := exec.Command("setpriv", append([]string{"--reuid", "65534", "--regid", "65534", "--clear-groups"}, args...)...)
	cmd.Env = append(os.Environ(), "TMPDIR="+dir)
	return startCommand(t, dir, cmd)
}
