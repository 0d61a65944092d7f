package loop

import (
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// TestLiveBodiesOverTLS: what is streamed arrives as it is, sealed piece by piece, a
// body waits for 100 Continue, answers of any length come whole, and a Secure cookie
// is kept.
func TestLiveBodiesOverTLS(t *testing.T) {
	path, content := fileOf(t, 3<<20+17)
	want := sha256.Sum256(content)
	addr := serveTLS(t, func(w http.ResponseWriter, r *http.Request) {
		h := sha256.New()
		n, err := io.Copy(h, r.Body)
		file := r.URL.Path == "/file" && [32]byte(h.Sum(nil)) == want
		_, cookie := r.Cookie("id")
		switch {
		case err != nil || n != r.ContentLength, r.URL.Path == "/file" && !file, r.URL.Path == "/again" && cookie != nil:
			w.WriteHeader(http.StatusBadRequest)
		case r.URL.Path == "/large":
			for range 500 {
				_, _ = w.Write(content[:64<<10])
			}
		case r.URL.Path == "/login":
			http.SetCookie(w, &http.Cookie{Name: "id", Value: "7", Secure: true, Path: "/"})
			http.Redirect(w, r, "/again", http.StatusSeeOther)
		}
	}, nil)
	for _, c := range []struct {
		step    string
		out, in int
	}{
		{"{put: /file, body_file: body.bin}", len(content), 0},
		{"{put: /file, body_file: body.bin, expect_continue: true}", len(content), 0},
		{"{post: /made, body_size: 40MB}", 40e6, 0},
		{"{post: /text, body: hello, expect_continue: true}", 5, 0},
		{"{get: /large}", 0, 500 << 16},
		{"{post: /login, body: x}", 1, 0},
	} {
		for _, poller := range []string{"auto", "epoll"} {
			text := strings.Replace(fmt.Sprintf(large, c.step), `{base_url: "http://127.0.0.1:1"}`, fmt.Sprintf(`{base_url: "https://%s", tls: {ca_file: ca.pem}}`, addr), 1)
			s := parseWith(t, path, strings.Replace(text, "timeout: 60s", "timeout: 25s, cookies: true, follow_redirects: 1", 1))
			got := live(t, s, addr, func(config *Config) {
				overTLS(t, s)(config)
				config.Poller = poller
			}, Begin{}, Drain{At: 20 * time.Millisecond, Deadline: 25 * time.Second})
			got.checkIdentity(t, s)
			cell := &got.total.Cells[0]
			if cell.Classes[stats.OK] != 1 || cell.BytesOut < uint64(c.out) || cell.BytesOut > uint64(c.out+600) || cell.BytesIn < uint64(c.in) {
				t.Errorf("%s, %s: classes %v, %d bytes out, %d in, errors %+v", c.step, poller, cell.Classes, cell.BytesOut, cell.BytesIn, got.total.Errors)
			}
		}
	}
}
