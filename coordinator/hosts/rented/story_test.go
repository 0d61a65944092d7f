package rented

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestFleetComesAndGoes: it comes up, is left, taken up again, and gone.
func TestFleetComesAndGoes(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		f := w.up("", service())
		id := f.ID()
		if got := labels(f.Machines("")); !slices.Equal(got, []string{"agent001", "agent002", "worker001", "worker002", "worker003", "db001"}) {
			t.Errorf("%s", got)
		}
		for _, m := range f.Machines("") {
			i, _ := w.sim.Instance(m.Label)
			if m.Public != i.Public || m.Private != i.Private || m.ID != i.ID || !m.Private.IsValid() || i.Watchdog || m.SSH.User != "root" || i.Firewall == 0 || (i.Placement != 0) != (m.Role == "worker") {
				t.Errorf("%+v\n%+v", m, i)
			}
		}
		b, _ := w.sim.Balancer("lc-" + id + "-front001")
		if a, ok := f.Balancer("front"); !ok || !a.IsValid() || len(b.Configs) != 1 || len(b.Configs[0].Nodes) != 3 || b.Subnet == 0 {
			t.Errorf("%s, %+v", a, b)
		}
		if !w.heard("port 22 is open to 203.0.113.9 only") {
			t.Errorf("%q", w.said)
		}
		before := f.Machines("")
		w.closed(f)
		f, err := Open(w.t.Context(), w.cfg, id)
		if err != nil {
			t.Fatal(err)
		}
		if got := f.Machines(""); !reflect.DeepEqual(got, before) || len(w.sim.Calls("POST /linode/instances")) != 6 || !reflect.DeepEqual(f.Spec(), service()) {
			t.Errorf("%+v, want %+v", got, before)
		}
		a := w.down(f)
		w.empty()
		if a.Bill.Alive != 0 || len(a.Bill.Items) != 7 || len(a.Bill.Unknown) > 0 || a.Bill.Total == 0 {
			t.Errorf("%+v", a.Bill)
		}
		files, _ := filepath.Glob(filepath.Join(w.cfg.Dir, id, "*"))
		for i := range files {
			files[i] = filepath.Base(files[i])
		}
		if !slices.Equal(files, []string{"journal.jsonl", "lock", "spec.json"}) {
			t.Errorf("%s", files)
		}
	})
}

// TestAFleetThatIsCompletedLivesNoLonger: its machines bear the tags that they were made with, and anybody goes by these.
func TestAFleetThatIsCompletedLivesNoLonger(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		f := w.up("", service())
		id, expires := f.ID(), f.Expires()
		if left := time.Until(expires); left <= 0 || left > service().TTL {
			t.Errorf("it expires in %s", left)
		}
		w.closed(f)
		time.Sleep(time.Minute)
		f = w.up(id, service())
		if !f.Expires().Equal(expires) {
			t.Errorf("it expires %s, and was to %s", f.Expires(), expires)
		}
		w.closed(f)
		f, err := Open(w.t.Context(), w.cfg, id)
		if err != nil || !f.Expires().Equal(expires) {
			t.Fatalf("%v, %v", f, err)
		}
		w.down(f)
	})
}

// TestDiskHasNoSecrets but the fleet's own key, and nobody else can read any of it.
func TestDiskHasNoSecrets(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		s := service()
		s.Balancers[0].Listen.Protocol, s.Balancers[0].Listen.Certificate, s.Balancers[0].Listen.Key = "https", "A CERTIFICATE", "A SECRET"
		f := w.up("", s)
		files, _ := filepath.Glob(filepath.Join(w.cfg.Dir, f.ID(), "*"))
		for _, file := range files {
			info, _ := os.Stat(file)
			text, _ := os.ReadFile(file)
			secret := strings.Contains(string(text), "PRIVATE KEY") || strings.Contains(string(text), "SECRET")
			if info.Mode().Perm() != 0o600 || secret != (filepath.Base(file) == keyFile) {
				t.Errorf("%s: %s, a secret: %t", file, info.Mode(), secret)
			}
		}
		if info, _ := os.Stat(filepath.Dir(files[0])); info.Mode().Perm() != 0o700 {
			t.Error(info.Mode())
		}
		w.down(f)
	})
}
