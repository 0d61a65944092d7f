package target

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/target/admin"
	"github.com/loadctl/loadctl/target/counts"
	"github.com/loadctl/loadctl/target/knobs"
)

// administered is a service with an admin API, and a client of it found by its place.
func administered(t *testing.T, settings knobs.Settings) (running, admin.Client, string) {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "places")
	r := serving(t, ServeConfig{Settings: settings, Admin: AdminConfig{Listen: "127.0.0.1:0", Folder: folder}})
	places, err := admin.Places(folder)
	if err != nil || len(places) != 1 || places[0].Service != r.url {
		t.Fatalf("%v: %+v", err, places)
	}
	return r, admin.Client{URL: places[0].Admin, Token: places[0].Token}, folder
}

func TestSettingsChangeWhileItRuns(t *testing.T) {
	r, api, folder := administered(t, of(2))
	done, err := api.Change(t.Context(), map[string]string{"pool_size": "7", "cache": "memory"})
	if err != nil || done.Workers != 2 || strings.Join(done.Changed, " ") != "pool_size cache" {
		t.Fatalf("%v: %+v", err, done)
	}
	for _, w := range r.stats().Workers {
		if w.Process.Settings != done.Version {
			t.Errorf("worker %d goes by version %d, not %d", w.Worker, w.Process.Settings, done.Version)
		}
	}
	for range 2 {
		if status, body, err := get(fresh(), r.url+"/cached/items/5/detail"); err != nil || status != 200 {
			t.Errorf("%v %d %s", err, status, body)
		}
	}
	done, err = api.Change(t.Context(), map[string]string{"workers": "3"})
	if err != nil || done.Workers != 3 || len(servingNow(r.stats())) != 3 {
		t.Errorf("%v: %+v, and %d serve", err, done, len(servingNow(r.stats())))
	}
	_, err = api.Change(t.Context(), map[string]string{"pool_size": "0"})
	if !errors.Is(err, admin.ErrWrong) {
		t.Errorf("%v", err)
	}
	if err := r.stop(); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(folder); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// Shards that hold items cannot become more: workers refuse, and all is as it was.
func TestWhatAWorkerRefusesIsTakenBack(t *testing.T) {
	folder := t.TempDir()
	file := func(name string) string { return "sqlite:" + filepath.Join(folder, name) }
	two := file("a") + " " + file("b")
	r, api, _ := administered(t, of(2, "shards", two, "items", "20"))
	if status, body, err := get(fresh(), r.url+"/items/5/detail"); err != nil || status != 200 {
		t.Fatalf("%v %d %s", err, status, body)
	}
	_, err := api.Change(t.Context(), map[string]string{"shards": two + " " + file("c")})
	if err == nil || !strings.Contains(err.Error(), "cannot go by these settings") {
		t.Fatalf("%v", err)
	}
	all, err := api.Settings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all.Settings {
		if s.Name == "shards" && s.Value != two {
			t.Errorf("shards are %s", s.Value)
		}
	}
	for id := range 20 {
		if status, body, err := get(fresh(), r.url+"/items/"+string(rune('1'+id%9))+"/detail"); err != nil || status != 200 {
			t.Errorf("%v %d %s", err, status, body)
		}
	}
}

// What a signal changed while workers were asked is not taken back with what they refused.
func TestOnlyWhatIsRefusedIsTakenBack(t *testing.T) {
	folder := t.TempDir()
	file := func(name string) string { return "sqlite:" + filepath.Join(folder, name) }
	two := file("a") + " " + file("b")
	r, m := controlled(t, ServeConfig{Settings: of(1, "shards", two, "items", "20")})
	if status, body, err := get(fresh(), r.url+"/items/5/detail"); err != nil || status != 200 {
		t.Fatalf("%v %d %s", err, status, body)
	}
	refused := make(chan error)
	go func() {
		api := controls{m: m}
		_, err := api.Change(context.Background(), map[string]string{"shards": two + " " + file("c")})
		refused <- err
	}()
	for len(m.Settings().Shards) != 3 {
		time.Sleep(time.Millisecond)
	}
	if err := m.Scale(2); err != nil {
		t.Fatal(err)
	}
	if err := <-refused; err == nil {
		t.Error("other shards were taken")
	}
	if now := m.Settings(); now.Workers != 2 || len(now.Shards) != 2 {
		t.Errorf("%d workers, %d shards", now.Workers, len(now.Shards))
	}
}

func TestReloadByTheAPI(t *testing.T) {
	r, api, _ := administered(t, of(2))
	before := map[int64]bool{}
	for _, w := range r.stats().Workers {
		before[w.PID] = true
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := api.Reload(ctx); err != nil {
		t.Fatal(err)
	}
	for _, w := range servingNow(r.stats()) {
		for ; before[w.PID]; time.Sleep(5 * time.Millisecond) { // it was asked to leave, and is about to
			if ctx.Err() != nil {
				t.Fatalf("worker %d still serves", w.PID)
			}
			before[w.PID] = slices.ContainsFunc(servingNow(r.stats()), func(now counts.Worker) bool { return now.PID == w.PID })
		}
	}
}

func TestEachWorkerTellsItsProfile(t *testing.T) {
	r, api, _ := administered(t, of(2))
	stats := r.stats()
	for _, w := range stats.Workers {
		req, _ := http.NewRequest("GET", api.URL+"/-/debug/pprof/goroutine?debug=1&worker="+string(rune('0'+w.Worker)), nil)
		req.Header.Set("Authorization", "Bearer "+api.Token)
		resp, err := http.DefaultClient.Do(req)
		if err != nil || resp.StatusCode != 200 {
			t.Errorf("worker %d: %v %v", w.Worker, err, resp)
		}
	}
	for r.stats().Process.RSS == 0 || r.stats().Process.CPUSeconds == 0 {
		time.Sleep(10 * time.Millisecond)
	}
	var shape map[string]any
	if _, body, err := get(fresh(), r.url+"/-/stats"); err != nil || json.Unmarshal([]byte(body), &shape) != nil {
		t.Errorf("%v %s", err, body)
	}
}
