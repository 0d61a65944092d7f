package loop

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/stats"
)

// parseWith reads a scenario that names one file.
func parseWith(t *testing.T, path, text string) *scenarios.Scenario {
	t.Helper()
	s, err := scenarios.Parse("test.yaml", []byte(text), scenarios.Options{File: func(string) (string, int64, error) {
		info, err := os.Stat(path)
		return path, info.Size(), err
	}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// fileOf makes a file of so many random bytes.
func fileOf(t *testing.T, size int) (path string, content []byte) {
	t.Helper()
	content = make([]byte, size)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range content {
		content[i] = byte(r.Uint32())
	}
	path = filepath.Join(t.TempDir(), "body.bin")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path, content
}

// once plays the phase of one large request, and gives what it allocated.
func once(t *testing.T, s *scenarios.Scenario, addr netip.AddrPort, poller string) (got *told, allocated uint64) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got = live(t, s, addr, func(c *Config) { c.Poller = poller }, Begin{}, Drain{At: 20 * time.Millisecond, Deadline: 20 * time.Second})
	runtime.ReadMemStats(&after)
	got.checkIdentity(t, s)
	return got, after.TotalAlloc - before.TotalAlloc
}

// TestLiveLargeAnswers: 300 MB, in whatever way they end, are read in little memory.
func TestLiveLargeAnswers(t *testing.T) {
	const size = 300 << 20
	page := bytes.Repeat([]byte("x"), 64<<10)
	for name, send := range map[string]func(c *peer){
		"by length": func(c *peer) {
			c.write(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", size))
			for range size / len(page) {
				_, _ = c.Write(page)
			}
		},
		"chunked": func(c *peer) {
			c.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
			for range size / len(page) {
				c.write("10000\r\n")
				_, _ = c.Write(page)
				c.write("\r\n")
			}
			c.write("0\r\n\r\n")
		},
		"until close": func(c *peer) {
			c.write("HTTP/1.1 200 OK\r\n\r\n")
			for range size / len(page) {
				_, _ = c.Write(page)
			}
			c.Close()
		},
	} {
		for _, poller := range []string{"auto", "epoll"} {
			addr := rawServer(t, func(c *peer) {
				for c.request() {
					send(c)
				}
			})
			got, allocated := once(t, parse(t, fmt.Sprintf(large, "{get: /large}")), addr, poller)
			c := &got.total.Cells[0]
			if c.Intended != 1 || c.Classes[stats.OK] != 1 || c.BytesIn < size {
				t.Errorf("%s, %s: classes %v, %d bytes, errors %+v", name, poller, c.Classes, c.BytesIn, got.total.Errors)
			}
			t.Logf("%s, %s: %d KiB allocated, %v", name, poller, allocated>>10, c.Response.Max())
			if allocated > 8<<20 {
				t.Errorf("%s, %s: %d MiB allocated", name, poller, allocated>>20)
			}
		}
	}
}

// TestLiveUploads: a file arrives as it is, and 200 MB of made up bytes, in little memory.
func TestLiveUploads(t *testing.T) {
	path, content := fileOf(t, 3<<20+17)
	want := sha256.Sum256(content)
	var received atomic.Int64
	addr := serve(t, func(w http.ResponseWriter, r *http.Request) {
		h := sha256.New()
		into := io.Writer(h)
		if r.URL.Path == "/made" {
			into = io.Discard
		}
		n, err := io.Copy(into, r.Body)
		received.Add(n)
		if err != nil || n != r.ContentLength || r.URL.Path == "/file" && [32]byte(h.Sum(nil)) != want {
			w.WriteHeader(http.StatusBadRequest)
		}
	})
	for _, c := range []struct {
		step string
		size int64
	}{
		{"{put: /file, body_file: body.bin}", int64(len(content))},
		{"{put: /file, body_file: body.bin, expect_continue: true}", int64(len(content))},
		{"{put: /made, body_size: 200MB}", 200e6},
	} {
		for _, poller := range []string{"auto", "epoll"} {
			received.Store(0)
			got, allocated := once(t, parseWith(t, path, fmt.Sprintf(large, c.step)), addr, poller)
			cell := &got.total.Cells[0]
			if cell.Classes[stats.OK] != 1 || received.Load() != c.size || cell.BytesOut < uint64(c.size) {
				t.Errorf("%s, %s: classes %v, %d bytes arrived, %d counted, errors %+v", c.step, poller, cell.Classes, received.Load(), cell.BytesOut, got.total.Errors)
			}
			t.Logf("%s, %s: %d KiB allocated, %v", c.step, poller, allocated>>10, cell.Response.Max())
			if allocated > 8<<20 {
				t.Errorf("%s, %s: %d MiB allocated", c.step, poller, allocated>>20)
			}
		}
	}
}

// TestLiveUploadRefused: a target that answers before it has read the body, and breaks the
// connection, is believed, whether its answer or that no more can be sent is noticed first. One
// that says nothing has broken it.
func TestLiveUploadRefused(t *testing.T) {
	for _, test := range []struct {
		answer, kind string
		class        stats.Class
	}{
		{"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n", "status 413", stats.HTTPError},
		{"", kindReset, stats.ConnError},
	} {
		addr := rawServer(t, func(c *peer) {
			for c.request() {
				c.write(test.answer)
				c.reset()
			}
		})
		for _, poller := range machinePollers(t) {
			for _, step := range []string{"{put: /x, body_size: 50MB}", "{put: /x, body_size: 50MB, network: {write_rate: 4MB/s}}", `{put: /x, body: "` + strings.Repeat("y", 900<<10) + `"}`} {
				s := parse(t, inTime(steps(step), test.class))
				got := live(t, s, addr, func(c *Config) { c.Poller = poller }, Begin{}, Drain{At: 300 * time.Millisecond, Deadline: late})
				got.checkIdentity(t, s)
				expect(t, got, test.class, test.kind)
			}
		}
	}
}

// TestFileThatChanges is this side's fault, whenever it does: the target is not blamed,
// and the run is told. The target may have counted what it got, so that these are not
// among those never sent.
func TestFileThatChanges(t *testing.T) {
	for name, change := range map[string]func(path string) error{
		"shorter": func(path string) error { return os.Truncate(path, 100_000) },
		"longer":  func(path string) error { return os.Truncate(path, 900_000) },
	} {
		path, _ := fileOf(t, 500_000)
		s := parseWith(t, path, fmt.Sprintf(`
version: 1
name: changing
target: {base_url: "http://127.0.0.1:1"}
users: {u: {tasks: {t: {steps: [%s]}}}}
phases: [{name: load, executor: constant-arrival-rate, user: u, rate: 10/s, duration: 1s, arrivals: uniform}]
`, "{put: /x, body_file: body.bin}"))
		w := newWorld(target{room: 50_000})
		w.at(int64(205*time.Millisecond), func() { // the third request is being sent
			if err := change(path); err != nil {
				t.Error(err)
			}
		})
		p := stage(t, s, w, nil).run(t, Begin{}, Drain{At: time.Second, Deadline: 3 * time.Second})
		p.checkIdentity(t, s)
		c := &p.total.Cells[0]
		ok := map[string]uint64{"shorter": 2, "longer": 3}[name]
		if c.Classes[stats.OK] != ok || c.Classes[stats.Censored] != 10-ok || p.total.Errors[0].Kind != string(fileChanged) {
			t.Errorf("%s: classes %v, errors %+v", name, c.Classes, p.total.Errors)
		}
		if len(p.notices) != 1 || p.notices[0].Kind != "generator" || p.notices[0].Level != stats.Severe || p.notices[0].Text != path+": body_file changed during the run" {
			t.Errorf("%s: notices %+v", name, p.notices)
		}
	}
}

// TestFileThatIsGone before the loop begins keeps it from beginning.
func TestFileThatIsGone(t *testing.T) {
	path, _ := fileOf(t, 10)
	s := parseWith(t, path, fmt.Sprintf(large, "{put: /large, body_file: body.bin}"))
	for change, want := range map[string]string{"longer": "has changed since the run was prepared", "gone": "no such file"} {
		if change == "gone" {
			_ = os.Remove(path)
		} else if err := os.WriteFile(path, make([]byte, 11), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := New(Config{Scenario: s, Addrs: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:1")}, Out: make(chan Output)})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", change, err)
		}
		if change == "longer" {
			_ = os.WriteFile(path, make([]byte, 10), 0o600)
		}
	}
}

// TestRedirectSendsTheFileAgain after 307, and not after 303.
func TestRedirectSendsTheFileAgain(t *testing.T) {
	for status, want := range map[int]uint64{307: 2, 303: 1} {
		w := newWorld(byPath(map[string]string{"/base/a": moved(status, "/b", "")}))
		p, _ := played(t, "follow_redirects: 1", "{put: /a, body_size: 200kB}", w)
		c := &p.total.Cells[0]
		if c.Classes[stats.OK] != 10 || c.BytesOut/10 < want*200_000 || c.BytesOut/10 > want*200_000+500 {
			t.Errorf("%d: classes %v, %d bytes out", status, c.Classes, c.BytesOut)
		}
	}
}
