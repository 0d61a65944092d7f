package apply

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// A forgetful service has a pool of 8 after each start, whatever was set before. It was started
// as often as the file starts has lines, and nobody answers while there is a file down.
type forgetful struct {
	dir, url string

	mu     sync.Mutex
	pool   string
	starts string
}

const ofEveryStart = "8"

func newForgetful(t *testing.T, pool string) *forgetful {
	f := &forgetful{dir: t.TempDir(), pool: pool}
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	f.url = s.URL
	fake(t, "systemctl", f.start("unit"))
	return f
}

// start is shell that starts it anew. A file stuck-NAME beside it has that fail once, and leaves it down.
func (f *forgetful) start(name string) string {
	return fmt.Sprintf("cd %s && touch down && if rm stuck-%s 2>/dev/null; then exit 1; fi; echo %[2]s >> starts; rm down\n", f.dir, name)
}

// stick has the next start fail.
func (f *forgetful) stick(t *testing.T, name string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(f.dir, "stuck-"+name), nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (f *forgetful) down() bool { return exists(filepath.Join(f.dir, "down")) }

// held is the pool in force, after a look at whether it was started anew.
func (f *forgetful) held() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if starts, _ := os.ReadFile(filepath.Join(f.dir, "starts")); string(starts) != f.starts {
		f.starts, f.pool = string(starts), ofEveryStart
	}
	return f.pool
}

func (f *forgetful) set(pool string) {
	f.held()
	f.mu.Lock()
	f.pool = pool
	f.mu.Unlock()
}

func (f *forgetful) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if f.down() {
		panic(http.ErrAbortHandler)
	}
	if req.Method == "POST" {
		f.set(req.FormValue("pool"))
	}
	fmt.Fprintf(w, `{"pool": %q}`, f.held())
}

// A forgetfulTarget is one that forgets its knobs with a start.
type forgetfulTarget struct{ f *forgetful }

func (k forgetfulTarget) Settings(context.Context) (map[string]string, error) {
	return map[string]string{"pool_size": k.f.held()}, nil
}

func (k forgetfulTarget) Change(_ context.Context, values map[string]string) error {
	if k.f.down() {
		return errors.New("nobody is there")
	}
	k.f.set(values["pool_size"])
	return nil
}

func (k forgetfulTarget) Reload(context.Context) error { return errors.New("not wanted") }

const byRequest = `{http: {url: "{url}/", form: {pool: "${value}"}}}, read: {http: {url: "{url}/", json: pool}}`

// memoryFile has a pool that is in memory only, and workers that start the service anew.
func (f *forgetful) memoryFile(pool, workers, top string) string {
	src := top + `
scenario: a.yaml
params:
  - {name: pool, values: [16, 32], apply: ` + pool + `}
  - {name: workers, values: [2, 4], apply: ` + workers + `}
`
	return strings.ReplaceAll(src, "{url}", f.url)
}

func (f *forgetful) room(t *testing.T, pool, workers, top string) *room {
	return newRoom(t, f.memoryFile(pool, workers, top), func(c *Config) {
		c.Target = forgetfulTarget{f}
		if err := os.WriteFile(filepath.Join(c.Base, "web.env"), []byte("WORKERS=2\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	})
}

func (f *forgetful) want(t *testing.T, pool string) {
	t.Helper()
	if got := f.held(); got != pool || f.down() {
		t.Errorf("pool %s, want %s; down: %v", got, pool, f.down())
	}
}

const byUnit = `{env_file: {path: web.env, key: WORKERS}, unit: web.service}`
