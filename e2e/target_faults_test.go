//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestSettingsThatCannotBe: whoever starts or changes a target is told what is wrong, by
// name, and nothing of it is done.
func TestSettingsThatCannotBe(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "service.yaml")
	if err := os.WriteFile(file, []byte("workers: 2\npool_sise: 3\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args, env []string
		want      []string
	}{
		{args: []string{"--pool-sise", "3"}, want: []string{"--pool-sise"}},
		{args: []string{"--config", file}, want: []string{file, "pool_sise", "pool_size", "2"}},
		{args: []string{"--pool-size", "many"}, want: []string{"pool_size", "many"}},
		{args: []string{"--pool-size", "0"}, want: []string{"pool_size", "1"}},
		{args: []string{"--cache", "redis"}, want: []string{"cache", "cache_url", "redis://"}},
		{args: []string{"--max-requests-jitter", "3", "--upstream-max-idle", "513"}, want: []string{"max_requests_jitter", "upstream_max_idle", "upstream_max_connections (512)"}},
		{args: []string{"--store", "kv"}, want: []string{"kv_url"}},
		{env: []string{"LOADCTL_TARGET_POOL_TIMEOUT=soon"}, want: []string{"LOADCTL_TARGET_POOL_TIMEOUT", "soon"}},
		{args: []string{"--replicas", "postgres://127.0.0.1:1/a"}, want: []string{"replicas", "database_url"}},
	} {
		cmd := exec.Command(binary(t), append([]string{"target", "serve"}, c.args...)...)
		cmd.Env = append(os.Environ(), c.env...)
		p := startCommand(t, t.TempDir(), cmd)
		if code := p.wait(20 * time.Second); code != 2 {
			t.Errorf("%v: exit %d", c.args, code)
		}
		for _, want := range c.want {
			if !strings.Contains(p.stderr.String(), want) {
				t.Errorf("%v %v: no %q in %s", c.args, c.env, want, p.stderr.String())
			}
		}
	}
	target := serve(t, "serve", "--listen", "127.0.0.1:0", "--workers", "1")
	for assignments, want := range map[string]string{
		"pool_sise=3":                                "pool_size",
		"pool_size=7 upstream_max_idle=513":          "upstream_max_connections (512)",
		"pool_size=7 cache=memcached":                "memcached://",
		"pool_size=7 upstream=":                      "", // it was started with a simulator
		"pool_size=8 pool_size=9":                    "twice",
		"pool_size":                                  "NAME=VALUE",
		"workers=0 pool_size=8 upstream_timeout=-1s": "upstream_timeout",
	} {
		code, said := target.trySet(t, strings.Fields(assignments)...)
		if want != "" && (code != 2 || !strings.Contains(said, want)) || want == "" && code != 0 {
			t.Errorf("%s: exit %d, want %q: %s", assignments, code, want, said)
		}
	}
	if version, _ := target.versions(t); version != 2 {
		t.Errorf("%d versions of the settings, of which one change is right", version)
	}
}

// An answered is one answer of a service.
type answered struct {
	status int
	body   string
}

// ask gets a page; as a probe it is in no count of requests.
func ask(t *testing.T, url string, probe bool) (a answered) {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if probe {
		r.Header.Set("Loadctl-Probe", "1")
	}
	client := http.Client{Timeout: 20 * time.Second}
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answered{resp.StatusCode, string(body)}
}

// awaitHealth waits until the service says that it is well, or what is not.
func (s service) awaitHealth(t *testing.T, says ...string) {
	t.Helper()
	var got answered
	defer func() {
		if t.Failed() {
			t.Logf("/health says %+v", got)
		}
	}()
	eventually(t, 30*time.Second, fmt.Sprintf("/health says %q", says), func() bool {
		for range 4 { // of its workers, as chance has it
			got = ask(t, s.url+"/health", true)
			for _, want := range says {
				if got.status != http.StatusOK || !strings.Contains(got.body, want) || strings.Contains(got.body, password) {
					return false
				}
			}
		}
		return true
	})
}

const detailLoad = `
version: 1
name: details
target: {base_url: "%s", monitor: none}
http: {timeout: 10s}
users: {u: {tasks: {t: {steps: [{get: "%s", name: item, check: [{status: 200}]}]}}}}
phases: [{name: load, executor: constant-arrival-rate, user: u, rate: 100/s, arrivals: uniform, duration: %s}]
`

// failing is from when to when requests of a run failed, and what with.
func failing(t *testing.T, f finished) (from, until float64, kinds map[string]int64) {
	t.Helper()
	from, kinds = 1e9, map[string]int64{}
	for _, e := range records[struct {
		Class, Kind string
		Count       int64
		First       float64 `json:"first_s"`
		Last        float64 `json:"last_s"`
	}](t, filepath.Join(f.dir, "errors.jsonl.gz")) {
		from, until, kinds[e.Class+": "+e.Kind] = min(from, e.First), max(until, e.Last), e.Count
	}
	return from, until, kinds
}

// TestDatabaseDownAtTheStartAndUnderLoad: what needs no database is answered as ever, the
// rest says 503 and /health why, and all is well by itself once the database is there.
func TestDatabaseDownAtTheStartAndUnderLoad(t *testing.T) {
	t.Parallel()
	pg := postgres(t, "fsync=on")
	url := pg.database("items")
	pg.stop()
	target := serve(t, "serve", "--listen", "127.0.0.1:0", "--workers", "2", "--items", "200", "--database-url", url)
	target.awaitHealth(t, `"status":"degraded"`, `"name":"primary"`)
	if a := ask(t, target.url+"/items/1", false); a.status != http.StatusOK {
		t.Errorf("/items/1 without a database: %+v", a)
	}
	if a := ask(t, target.url+"/items/1/detail", false); a.status != http.StatusServiceUnavailable || !strings.Contains(a.body, "The database is unavailable") {
		t.Errorf("/items/1/detail without a database: %+v", a)
	}
	pg.start("fsync=on")
	target.awaitHealth(t, `{"status":"ok"}`)
	if a := ask(t, target.url+"/items/1/detail", false); a.status != http.StatusOK {
		t.Errorf("/items/1/detail with a database: %+v", a)
	}

	before := target.counted(t).Requests
	p := start(t, t.TempDir(), "run", "--ui", "none", "--agents", "1", scenario(t, fmt.Sprintf(detailLoad, target.url, "/items/${rand.int(1, 100)}/detail", "9s")))
	zero := p.into(2 * time.Second)
	down := time.Since(zero).Seconds()
	pg.stop()
	target.awaitHealth(t, `"status":"degraded"`, `"name":"primary"`)
	pg.start("fsync=on")
	target.awaitHealth(t, `{"status":"ok"}`)
	up := time.Since(zero).Seconds()
	p.goesOn()
	f := p.finish(time.Minute)
	f.identity(t)
	a := f.summary.Accounting
	if counted := target.counted(t).Requests - before; counted != a.answered() {
		t.Errorf("the service counted %d requests, the run %d", counted, a.answered())
	}
	from, until, kinds := failing(t, f)
	t.Logf("down from %.2f s, well at %.2f s: %+v, failures from %.2f to %.2f s: %v", down, up, a, from, until, kinds)
	if a.HTTPError == 0 || a.OK+a.HTTPError != a.Intended || len(kinds) != 1 {
		t.Errorf("%+v, %v: want nothing but answers, some of them 503\n%s", a, kinds, target.stderr.String())
	}
	if from < down || until > up {
		t.Errorf("requests failed from %.2f to %.2f s; it was down from %.2f s and well at %.2f s", from, until, down, up)
	}
	if !strings.Contains(f.out, "503") {
		t.Errorf("the summary does not say 503:\n%s", f.out)
	}
	if strings.Contains(target.stderr.String(), password) {
		t.Error("the service tells the password")
	}
}

// TestCacheKilledUnderLoad: no request fails for want of a cache, /health says that it is
// gone, and it is used again once it is there.
func TestCacheKilledUnderLoad(t *testing.T) {
	t.Parallel()
	redis := redisServer(t)
	target := serve(t, "serve", "--listen", "127.0.0.1:0", "--workers", "2", "--items", "200", "--cache", "redis", "--cache-url", "redis://"+redis.address)
	p := start(t, t.TempDir(), "run", "--ui", "none", "--agents", "1", scenario(t, fmt.Sprintf(detailLoad, target.url, "/cached/items/${rand.int(1, 100)}/detail", "9s")))
	p.into(1500 * time.Millisecond)
	redis.kill()
	target.awaitHealth(t, `"status":"degraded"`, `"caches":`)
	before := target.cacheHits(t)
	redis.again(t)
	target.awaitHealth(t, `{"status":"ok"}`)
	eventually(t, 10*time.Second, "the cache answers again", func() bool { return target.cacheHits(t) > before })
	p.goesOn()
	f := p.finish(time.Minute)
	f.identity(t)
	between(t, f, target)
	if a := f.summary.Accounting; a.OK != a.Intended || a.OK == 0 {
		t.Errorf("%+v\n%s\n%s", a, f.out, target.stderr.String())
	}
}

func (s service) cacheHits(t *testing.T) int64 {
	t.Helper()
	var all struct{ Cache struct{ Hits int64 } }
	getJSON(t, s.admin+"/-/stats", &all)
	return all.Cache.Hits
}

// TestDiskFullUnderPosts: what does not fit is answered 507, and whatever was answered 201
// is there after the service was killed and started on the same file.
func TestDiskFullUnderPosts(t *testing.T) {
	t.Parallel()
	disk := smallDisk(t, "size=3m")
	args := []string{"serve", "--listen", "127.0.0.1:0", "--workers", "2", "--items", "100", "--database-url", "sqlite:" + filepath.Join(disk, "items.db")}
	target := serve(t, args...)
	created := &posting{t: t, url: target.url + "/items"}
	created.post(40)
	free := fill(t, disk)
	eventually(t, 30*time.Second, "the disk is full", func() bool { created.post(40); return created.other[http.StatusInsufficientStorage] > 10 })
	if a := ask(t, target.url+"/items/1/detail", false); a.status != http.StatusOK {
		t.Errorf("reading from a full disk: %+v", a)
	}
	eventually(t, 30*time.Second, "/health says that the disk is full", func() bool {
		created.post(4)
		a := ask(t, target.url+"/health", true)
		return a.status == http.StatusOK && strings.Contains(a.body, "degraded") && strings.Contains(a.body, "no room for new items")
	})
	free()
	eventually(t, 30*time.Second, "items are taken again", func() bool { had := len(created.ids); created.post(40); return len(created.ids) == had+40 })
	target.awaitHealth(t, `{"status":"ok"}`)
	for status := range created.other {
		if status != http.StatusInsufficientStorage {
			t.Errorf("POST /items answered %d %d times", status, created.other[status])
		}
	}
	for _, pid := range append(target.workers(t), target.cmd.Process.Pid) {
		kill(t, pid)
	}
	target.wait(10 * time.Second)
	again := serve(t, args...)
	for _, id := range created.ids {
		if a := ask(t, again.url+"/items/"+id+"/detail", false); a.status != http.StatusOK {
			t.Errorf("item %s was answered 201, and now %+v", id, a)
		}
	}
	t.Logf("%d items were taken, %v", len(created.ids), created.other)
}

func kill(t *testing.T, pid int) {
	t.Helper()
	if p, err := os.FindProcess(pid); err != nil || p.Kill() != nil {
		t.Logf("process %d had ended", pid)
	}
}

// A posting posts items and keeps the ids of those that were taken.
type posting struct {
	t   *testing.T
	url string

	mu    sync.Mutex
	ids   []string
	other map[int]int // by status
}

// post posts so many, four at a time.
func (p *posting) post(n int) {
	p.t.Helper()
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range n / 4 {
				p.one()
			}
		})
	}
	all.Wait()
}

func (p *posting) one() {
	r, err := http.NewRequest(http.MethodPost, p.url, strings.NewReader(fmt.Sprintf(`{"name":%q,"price_cents":1}`, strings.Repeat("x", 190))))
	if err != nil {
		p.t.Error(err)
		return
	}
	r.Close = true // so that each worker gets some
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Error(err)
		return
	}
	defer resp.Body.Close()
	var item struct{ ID string }
	err = json.NewDecoder(resp.Body).Decode(&item)
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case err != nil:
		p.t.Error(err)
	case resp.StatusCode == http.StatusCreated:
		p.ids = append(p.ids, item.ID)
	default:
		if p.other == nil {
			p.other = map[int]int{}
		}
		p.other[resp.StatusCode]++
	}
}
