package target

import (
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/target/admin"
	"github.com/loadctl/loadctl/target/counts"
)

// fewFiles is what the worker of these tests may open.
const fewFiles = 128

func TestPoolsHaveFilesOfTheirOwn(t *testing.T) {
	for want, s := range map[int]settings{
		512 + 15: of(1),
		10 + 20:  of(1, "upstream_max_connections", "10", "pool_size", "20", "max_overflow", "-1"),
		10 + 3*7: of(1, "upstream_max_connections", "10", "pool_size", "5", "max_overflow", "2", "database_url", "postgres://h/x", "replicas", "postgres://i/x postgres://j/x"),
		10 + 2*6: of(1, "upstream_max_connections", "10", "pool_size", "5", "max_overflow", "1", "shards", "postgres://h/x postgres://i/x"),
	} {
		if got := others(s); got != want {
			t.Errorf("%d files, want %d", got, want)
		}
	}
}

// A pool that grows while the service runs takes its files from the clients' share.
func TestAGrowingPoolLeavesFewerPlaces(t *testing.T) {
	r, m := controlled(t, ServeConfig{Settings: of(1, "upstream_max_connections", "1", "pool_size", "1", "max_overflow", "0"), Worker: role("files")})
	kept := dial(t, r.url)
	kept.send(wholeRequest)
	kept.answered()
	m.set(t, "pool_size", "40") // of 128 files, 64 of which are kept for all else
	var held []plainConn
	for range 30 {
		c := dial(t, r.url)
		c.send(wholeRequest)
		held = append(held, c)
	}
	held[10].answered()
	if resp := held[29].answer(300 * time.Millisecond); resp != nil {
		t.Error("a connection was accepted that a pool needs the file of")
	}
}

func TestAWorkerOutOfFilesAnswersOn(t *testing.T) {
	r := serving(t, ServeConfig{Settings: of(1, "upstream_max_connections", "16"), Worker: role("files")})
	addr := strings.TrimPrefix(r.url, "http://")
	kept := &http.Client{Transport: &http.Transport{}, Timeout: 5 * time.Second}
	if status, _, err := get(kept, r.url+"/items/1"); err != nil || status != 200 {
		t.Fatal(status, err)
	}
	var held []net.Conn
	for range fewFiles {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, c)
	}
	time.Sleep(100 * time.Millisecond)
	status, body, err := get(kept, r.url+"/items/2") // needs its upstream while every place is taken
	if err != nil || status != 200 {
		t.Errorf("%d %s %v", status, body, err)
	}
	for _, c := range held {
		c.Close()
	}
	eventually(t, 30*time.Second, "new connections are served again", func() bool {
		status, _, err := get(fresh(), r.url+"/health")
		return err == nil && status == 200
	})
	if s := r.stats(); s.Starts != 1 {
		t.Errorf("the worker was started %d times", s.Starts)
	}
}

// TestFullWorkersSaySo: how many connections they may hold, that they do, and how many wait;
// those that wait in one queue of all workers are counted once.
func TestFullWorkersSaySo(t *testing.T) {
	for _, sockets := range []string{ReusePort, Shared} {
		t.Run(sockets, func(t *testing.T) {
			const places, dialed = 3, 30
			folder := filepath.Join(t.TempDir(), "places")
			r := serving(t, ServeConfig{Settings: of(2, "worker_connections", "3"), Sockets: sockets, Admin: AdminConfig{Listen: "127.0.0.1:0", Folder: folder}})
			api, err := admin.Places(folder)
			if err != nil || len(api) != 1 {
				t.Fatal(api, err)
			}
			addr := strings.TrimPrefix(r.url, "http://")
			for range dialed {
				c, err := net.Dial("tcp", addr)
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
			}
			var s counts.Stats
			eventually(t, 30*time.Second, "both are full and the others wait", func() bool {
				s, err = admin.Client{URL: api[0].Admin, Token: api[0].Token}.Stats(t.Context()) // which needs no place
				return err == nil && s.Process.Full == 2 && s.Queued == dialed-2*places
			})
			if s.Process.Cap != 2*places || s.Process.ByFiles <= s.Process.Cap || s.Process.MostFiles <= s.Process.ByFiles {
				t.Errorf("%+v", s.Process)
			}
		})
	}
}
