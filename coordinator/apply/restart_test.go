package apply

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestServiceThatForgetsIsSetAgain: what HTTP has set is gone with a service that is started anew.
func TestServiceThatForgetsIsSetAgain(t *testing.T) {
	pool := "8"
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		switch {
		case req.URL.Path == "/restart":
			pool = "8"
		case req.Method == "POST":
			pool = req.FormValue("pool")
		}
		fmt.Fprintf(w, `{"pool": %q}`, pool)
	}))
	defer s.Close()
	r := newRoom(t, `
scenario: a.yaml
restart: {http: {method: POST, url: "`+s.URL+`/restart"}}
params:
  - name: pool
    values: [8, 32]
    apply: {http: {url: "`+s.URL+`/", form: {pool: "${value}"}}}
    read: {http: {url: "`+s.URL+`/", json: pool}}
`)
	for _, fresh := range []bool{false, true} {
		if err := r.Apply(t.Context(), map[string]string{"pool": "32"}, fresh); err != nil || pool != "32" {
			t.Errorf("fresh start %v: pool %s, %v", fresh, pool, err)
		}
	}
	r.restore()
	if pool != "8" {
		t.Errorf("pool %s is left", pool)
	}
}

// TestServiceThatWentDownAmidAFreshStartIsStarted by Restore, and by the commands that it tells where it cannot.
func TestServiceThatWentDownAmidAFreshStartIsStarted(t *testing.T) {
	r := newRoom(t, `
scenario: a.yaml
restart: {command: 'rm -f up; test ! -e stuck && touch up'}
params:
  - {name: pool, values: [a, b], current: a, apply: {command: 'echo $value >> pools'}}
`)
	up := func() bool { return exists(filepath.Join(r.dir, "up")) }
	r.write("up", "", 0o644)
	r.write("stuck", "", 0o644)
	if err := r.Apply(t.Context(), map[string]string{"pool": "a"}, true); err == nil || up() {
		t.Fatalf("%v, up %v", err, up())
	}
	if err := r.Restore(t.Context()); err == nil || !strings.Contains(err.Error(), "touch up") {
		t.Errorf("%v", err)
	}
	if err := os.Remove(filepath.Join(r.dir, "stuck")); err != nil {
		t.Fatal(err)
	}
	r.restore()
	if !up() {
		t.Error("the service is down still")
	}
	r.journalIs(false)
}
