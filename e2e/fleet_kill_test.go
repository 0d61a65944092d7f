//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loadctl/loadctl/coordinator/hosts/linode/linodetest"
	"github.com/loadctl/loadctl/coordinator/rental"
	"github.com/loadctl/loadctl/e2e/internal/cloud"
)

// A moment is when the coordinator is killed.
type moment struct {
	name     string
	api      linodetest.Config
	fault    linodetest.Fault // that keeps it there
	duration string           // of the load
	reached  func(*tenant, *proc) bool
}

const long = 10 * time.Minute // more than any test waits

func moments() []moment {
	return []moment{
		{name: "looking what there is", fault: linodetest.Fault{On: "GET /networking/firewalls", Hang: true}, reached: func(n *tenant, _ *proc) bool {
			return n.noted(rental.NoteBegin) == 1
		}},
		// What was asked for and not answered is made after the death of who asked.
		{name: "creating", fault: linodetest.Fault{On: "POST /linode/instances", From: 2, Hang: true, Done: true}, reached: func(n *tenant, _ *proc) bool {
			return n.noted(rental.NoteCreate) == 3 && n.machines() == 1 // the firewall, too
		}},
		{name: "provisioning", api: linodetest.Config{Provisioning: long}, reached: func(n *tenant, _ *proc) bool { return n.machines() == 2 }},
		{name: "booting", api: linodetest.Config{Booting: long}, reached: func(n *tenant, _ *proc) bool { return n.machines() == 2 }},
		{name: "logged in", reached: func(n *tenant, _ *proc) bool { return n.has(".cache") }},
		{name: "installed", reached: func(n *tenant, _ *proc) bool { return n.has(".cache/loadctl/bin/*/loadctl") }},
		{name: "running", duration: "60s", reached: func(n *tenant, p *proc) bool {
			n.into(p, 2*time.Second)
			return true
		}},
		{name: "giving back", fault: linodetest.Fault{On: "DELETE /linode/instances/{id}", From: 2, Hang: true, Done: true}, reached: func(n *tenant, _ *proc) bool {
			return n.noted(rental.NoteDelete) > 0 && n.machines() == 1
		}},
	}
}

// TestNothingIsLeftOfAKilledCoordinator: it is killed at any moment, and what it has rented is given back by its journal, or
// without one, by another process. The load ends by itself.
func TestNothingIsLeftOfAKilledCoordinator(t *testing.T) {
	t.Parallel()
	for _, journal := range []string{"by the journal", "without the journal"} {
		for _, m := range moments() {
			t.Run(m.name+", "+journal, func(t *testing.T) {
				t.Parallel()
				killed(t, m, journal == "without the journal")
			})
		}
	}
}

func killed(t *testing.T, m moment, blind bool) {
	n := newTenant(t, cloud.Config{API: m.api})
	if n == nil {
		return
	}
	if m.fault.On != "" {
		n.cloud.API.Befall(m.fault)
	}
	if m.duration == "" {
		m.duration = "2s"
	}
	p := n.run(n.file(2, m.duration, "fail"), "linode")
	eventually(t, 3*time.Minute, m.name, func() bool {
		select {
		case <-p.done:
			t.Fatalf("it ended before: %s", p.stderr.String())
		default:
		}
		return m.reached(n, p)
	})
	p.signal(syscall.SIGKILL)
	at := time.Now()
	p.wait(time.Minute)
	eventually(t, 30*time.Second, "the load ends", func() bool { return len(n.hosts()) == 0 })
	if took := time.Since(at); took > 15*time.Second {
		t.Errorf("the load went on for %s", took)
	}
	id := n.fleetID()
	if blind {
		if err := os.RemoveAll(filepath.Join(n.state, "loadctl")); err != nil {
			t.Fatal(err)
		}
	}
	down := n.start("fleet", "down", id)
	if code := down.wait(5 * time.Minute); code != 0 || !strings.Contains(down.stderr.String(), "0 resources are left") {
		t.Errorf("exit %d\n%s", code, down.stderr.String())
	}
	t.Logf("given back after %s", time.Since(at).Round(time.Second))
	n.gone()
}

// into waits until a run on rented machines has come so far into its load.
func (n *tenant) into(p *proc, offset time.Duration) {
	n.t.Helper()
	eventually(n.t, 3*time.Minute, "machines make load", func() bool {
		p.goesOn()
		return len(n.hosts()) > 0
	})
	p.into(offset)
}

// noted is how many lines of the journal tell of this.
func (n *tenant) noted(what rental.Happening) (count int) {
	n.t.Helper()
	paths, _ := filepath.Glob(filepath.Join(n.state, "loadctl/fleets/*/journal.jsonl"))
	for _, path := range paths {
		text, _ := os.ReadFile(path)
		lines, _, err := rental.Decode(text)
		if err != nil {
			n.t.Fatal(err)
		}
		for _, l := range lines {
			if l.What == what {
				count++
			}
		}
	}
	return count
}

func (n *tenant) machines() int { return len(n.cloud.API.Left(rental.Instance)) }

// has says whether a machine has such a file.
func (n *tenant) has(pattern string) bool {
	for _, label := range n.cloud.Labels() {
		if found, _ := filepath.Glob(n.cloud.Path(label, pattern)); len(found) > 0 {
			return true
		}
	}
	return false
}

// hosts are the processes of loadctl on machines.
func (n *tenant) hosts() (pids []int) {
	for _, label := range n.cloud.Labels() {
		pids = append(pids, n.cloud.Processes(label, "host")...)
		pids = append(pids, n.cloud.Processes(label, "agent")...)
	}
	return pids
}

// fleetID is the name of the one fleet that this machine knows.
func (n *tenant) fleetID() string {
	n.t.Helper()
	dirs, _ := filepath.Glob(filepath.Join(n.state, "loadctl/fleets/*"))
	if len(dirs) != 1 {
		n.t.Fatalf("fleets: %v", dirs)
	}
	return filepath.Base(dirs[0])
}
