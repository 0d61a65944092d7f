package placed

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/target/topology"
)

const whole = `version: 1
database: {kind: postgres, replicas: 1}
cache: redis
services: {nodes: 2}
balancer: {kind: haproxy, listen: 127.0.0.1:8080}
linode: {region: us-ord, ttl: 2h}
`

// TestPartsStartOneAfterTheOther: each has its order, which is nowhere any more once it was read, and the same secrets.
func TestPartsStartOneAfterTheOther(t *testing.T) {
	w := newWorld(t, whole)
	s, err := Start(t.Context(), w.config(), w)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	want := []string{"database 10.0.113.1:5432", "replica1 10.0.113.2:5432", "cache 10.0.113.3:6379", "upstream 10.0.113.4:8082",
		"node1 10.0.113.5:8000", "node2 10.0.113.6:8000", "balancer 10.0.113.7:8080"}
	if !slices.Equal(w.orders, want) {
		t.Errorf("%q, want %q", w.orders, want)
	}
	if s.URL != "http://203.0.113.7:8080" || s.Private != "http://10.0.113.7:8080" {
		t.Errorf("it is loaded at %s and %s", s.URL, s.Private)
	}
	secrets := map[string]bool{}
	for part, home := range w.homes {
		var o topology.Order
		text, err := os.ReadFile(filepath.Join(home, "order"))
		if err == nil {
			err = json.Unmarshal(text, &o)
		}
		if err != nil || o.Part != part || o.Text != whole || o.At["node2"] != "10.0.113.6:8000" || len(o.Password) < 20 {
			t.Errorf("%s: %+v, %v", part, o, err)
		}
		secrets[o.Password+o.SessionKey] = true
	}
	if len(secrets) != 1 {
		t.Errorf("parts have %d pairs of secrets", len(secrets))
	}
}

// TestAPartThatIsNotWellSaysWhy: with its machine and what it said last, and no part after it is started.
func TestAPartThatIsNotWellSaysWhy(t *testing.T) {
	w := newWorld(t, whole)
	w.does("cache", "no memory for a cache", "fail")
	_, err := Start(t.Context(), w.config(), w)
	if err == nil || !strings.Contains(err.Error(), "cache on lc-cache (203.0.113.3): its part ended before it was through\n  | ") ||
		!strings.Contains(err.Error(), "| no memory for a cache") {
		t.Errorf("%v", err)
	}
	if len(w.orders) != 2 {
		t.Errorf("started: %q", w.orders)
	}
	hung := newWorld(t, "version: 1\nlinode: {region: us-ord, ttl: 2h}\n")
	hung.does("upstream", "it thinks", "hang")
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := Start(ctx, hung.config(), hung); err == nil {
		t.Error("a part that never is well was waited for beyond the end")
	}
	hung.put("upstream", "end", "")
}

// TestWhatAMachineLacksIsInstalledOrTold: all machines are told at once.
func TestWhatAMachineLacksIsInstalledOrTold(t *testing.T) {
	w := newWorld(t, whole)
	for _, name := range []string{"redis-server", "haproxy", "initdb"} {
		if err := os.Remove(filepath.Join(w.bin, name)); err != nil {
			t.Fatal(err)
		}
	}
	_, err := Start(t.Context(), w.config(), w)
	for _, part := range []string{"redis-server", "haproxy"} {
		if _, here := os.Stat("/usr/sbin/" + part); here == nil {
			continue // where that is looked for, too
		}
		if err == nil || !strings.Contains(err.Error(), part+" is not there, and no apt-get to install it by") {
			t.Errorf("%s: %v", part, err)
		}
	}
}

// TestWhatHappensLaterIsTold: warnings of parts, and the end of one; a line that breaks is made anew.
func TestWhatHappensLaterIsTold(t *testing.T) {
	w := newWorld(t, "version: 1\nlinode: {region: us-ord, ttl: 2h}\n")
	s, err := Start(t.Context(), w.config(), w)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	node := s.seats[1]
	out := filepath.Join(w.homes["node1"], folder, "part.out")
	f, err := os.OpenFile(out, os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = f.WriteString("time=1 level=WARN msg=\"part died\" part=node1\nnode1  12  0.1s  http://x\n")
	}
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	w.breaks = 1
	var told []string
	for range 2 { // nothing is told twice
		if err := node.listen(t.Context(), func(text string) { told = append(told, text) }); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{`node1: time=1 level=WARN msg="part died" part=node1`}; !slices.Equal(told, want) {
		t.Errorf("%q, want %q", told, want)
	}
	w.put("node1", "end", "")
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if err = node.listen(t.Context(), func(string) {}); err != nil {
			break
		}
	}
	if !errors.Is(err, errEnded) {
		t.Errorf("a part that has ended: %v", err)
	}
}
