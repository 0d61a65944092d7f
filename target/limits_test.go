package target

import (
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// fewFiles is what the worker of these tests may open.
const fewFiles = 128

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
