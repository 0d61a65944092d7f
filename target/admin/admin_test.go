package admin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	otlp "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	"google.golang.org/protobuf/proto"

	"github.com/loadctl/loadctl/target/counts"
	"github.com/loadctl/loadctl/target/knobs"
)

// A fakeMaster has settings and one slot.
type fakeMaster struct {
	mu       sync.Mutex
	settings knobs.Settings
	version  int64
	master   counts.Master
	slot     counts.Slot
	reloads  int
}

func newMaster(t *testing.T) *fakeMaster {
	t.Helper()
	settings, err := knobs.Defaults().With(map[string]string{"database_url": "postgres://app:secret@db/items"})
	if err != nil {
		t.Fatal(err)
	}
	m := &fakeMaster{settings: settings, version: 1}
	m.slot.Begin(4711)
	m.slot.Answered[counts.RouteItems][2].Add(3)
	m.slot.Took[counts.RouteItems].Add(5 * time.Millisecond)
	m.slot.Databases[0].Calls.Add(2)
	m.slot.Databases[0].Waited(time.Second)
	m.slot.Cache.Hits.Add(9)
	return m
}

func (m *fakeMaster) Settings() (knobs.Settings, int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.settings, m.version
}

func (m *fakeMaster) Change(_ context.Context, values map[string]string) (Change, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	next, err := m.settings.With(values)
	if err != nil {
		return Change{}, fmt.Errorf("%w: %w", ErrWrong, err)
	}
	done := Change{Version: m.version + 1, Changed: knobs.Changed(m.settings, next), Workers: 1}
	m.settings, m.version = next, done.Version
	return done, nil
}

func (m *fakeMaster) Reload(context.Context) error { m.reloads++; return nil }
func (m *fakeMaster) Stats() counts.Stats          { return counts.Read(&m.master, []*counts.Slot{&m.slot}) }

func serve(t *testing.T, m Master) Client {
	t.Helper()
	s := httptest.NewServer(Handler(Config{Master: m, Token: "word"}))
	t.Cleanup(s.Close)
	return Client{URL: s.URL, Token: "word"}
}

func TestSettingsAreShownAndChanged(t *testing.T) {
	m := newMaster(t)
	c := serve(t, m)
	all, err := c.Settings(t.Context())
	if err != nil || len(all.Settings) != len(knobs.All()) {
		t.Fatalf("%v: %d settings", err, len(all.Settings))
	}
	if text := fmt.Sprint(all); strings.Contains(text, "secret") || !strings.Contains(text, "postgres://app:") {
		t.Error("passwords are shown, or nothing is")
	}
	done, err := c.Change(t.Context(), map[string]string{"pool_size": "20", "pool_timeout": "200ms"})
	if err != nil || done.Version != 2 || strings.Join(done.Changed, " ") != "pool_size pool_timeout" || m.settings.PoolSize != 20 {
		t.Errorf("%v: %+v", err, done)
	}
	_, err = c.Change(t.Context(), map[string]string{"pool_siz": "20", "cache": "redis", "workers": "x", "pool_size": "30"})
	if !errors.Is(err, ErrWrong) || !strings.Contains(err.Error(), "did you mean pool_size?") || !strings.Contains(err.Error(), "workers: must be a whole number") {
		t.Errorf("%v", err)
	}
	if m.settings.PoolSize != 20 {
		t.Error("half of a change was made")
	}
	if err := c.Reload(t.Context()); err != nil || m.reloads != 1 {
		t.Errorf("%v, %d reloads", err, m.reloads)
	}
}

func TestFormsChangeSettingsToo(t *testing.T) {
	m := newMaster(t)
	c := serve(t, m)
	for body, status := range map[string]int{"pool_size=9": 200, "": 400, "pool_size=1&pool_size=2": 400, "pool_size=0": 422} {
		r, _ := http.NewRequest("POST", c.URL+"/-/settings", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Authorization", "Bearer word")
		if resp, err := http.DefaultClient.Do(r); err != nil || resp.StatusCode != status {
			t.Errorf("%q: %v %v", body, err, resp.Status)
		}
	}
	if m.settings.PoolSize != 9 {
		t.Errorf("pool_size %d", m.settings.PoolSize)
	}
}

func TestNothingWithoutTheToken(t *testing.T) {
	c := serve(t, newMaster(t))
	for _, token := range []string{"", "Word", "word2"} {
		c.Token = token
		if _, err := c.Settings(t.Context()); err == nil || !strings.Contains(err.Error(), "token") {
			t.Errorf("settings with %q: %v", token, err)
		}
		if err := c.Reload(t.Context()); err == nil {
			t.Errorf("reload with %q", token)
		}
		if _, err := c.Stats(t.Context()); err != nil {
			t.Errorf("stats: %v", err)
		}
	}
	open := httptest.NewServer(Handler(Config{Master: newMaster(t)}))
	defer open.Close()
	if _, err := (Client{URL: open.URL}).Settings(t.Context()); err == nil {
		t.Error("an empty token opened the API")
	}
}

func TestMetricsForPrometheus(t *testing.T) {
	c := serve(t, newMaster(t))
	resp, err := http.Get(c.URL + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	for _, line := range []string{
		`loadctl_target_requests_total{route="/items/{id}"} 3`, `loadctl_target_responses_total{class="2xx"} 3`,
		`loadctl_target_request_seconds_count{route="/items/{id}"} 1`, `loadctl_target_request_seconds_sum{route="/items/{id}"} 0.005`,
		`loadctl_target_pool_calls_total{pool="primary"} 2`, `loadctl_target_pool_wait_seconds_bucket{pool="primary",le="+Inf"} 1`,
		`loadctl_target_cache_requests_total{how="hit"} 9`, `loadctl_target_workers_alive 1`, "loadctl_target_listen_overflows_total",
	} {
		if !strings.Contains(string(body), line) {
			t.Errorf("no %s", line)
		}
	}
	if resp.StatusCode != 200 {
		t.Errorf("%s: %s", resp.Status, body)
	}
}

func TestMetricsAreExported(t *testing.T) {
	got := make(chan *otlp.ExportMetricsServiceRequest, 10)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var all otlp.ExportMetricsServiceRequest
		if err := proto.Unmarshal(body, &all); err != nil {
			t.Error(err)
		}
		got <- &all
	}))
	defer receiver.Close()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- Export(ctx, newMaster(t), ExportConfig{URL: receiver.URL + "/v1/metrics", Every: 20 * time.Millisecond})
	}()
	all := <-got
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	metrics := map[string]bool{}
	for _, m := range all.ResourceMetrics[0].ScopeMetrics[0].Metrics {
		metrics[m.Name] = true
		if m.Name == "loadctl_target_request_seconds" {
			if p := m.GetHistogram().DataPoints[0]; p.Count != 1 || len(p.BucketCounts) != len(p.ExplicitBounds)+1 {
				t.Errorf("%v", p)
			}
		}
		if m.Name == "loadctl_target_requests_total" && !m.GetSum().IsMonotonic {
			t.Error("requests_total may fall")
		}
	}
	if !metrics["loadctl_target_requests_total"] || !metrics["loadctl_target_pool_open"] {
		t.Errorf("%v", metrics)
	}
}

func TestProfilesOfMasterAndWorkers(t *testing.T) {
	worker := httptest.NewServer(Profiles("word"))
	defer worker.Close()
	at, _ := url.Parse(worker.URL)
	_, port, _ := net.SplitHostPort(at.Host)
	m := newMaster(t)
	n, _ := strconv.Atoi(port)
	m.slot.Process.Port.Store(int64(n))
	c := serve(t, m)
	for path, status := range map[string]int{"heap": 200, "goroutine?worker=0": 200, "heap?worker=7": 404, "heap?worker=x": 422, "none": 404} {
		r, _ := http.NewRequest("GET", c.URL+"/-/debug/pprof/"+path, nil)
		if resp, err := http.DefaultClient.Do(r); err != nil || resp.StatusCode != 401 {
			t.Errorf("%s without a token: %v", path, resp.Status)
		}
		r.Header.Set("Authorization", "Bearer word")
		if resp, err := http.DefaultClient.Do(r); err != nil || resp.StatusCode != status {
			t.Errorf("%s: %v", path, resp.Status)
		}
	}
}
