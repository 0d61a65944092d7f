package rented

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loadctl/loadctl/coordinator/hosts/linode"
	"github.com/loadctl/loadctl/coordinator/hosts/linode/linodetest"
	"github.com/loadctl/loadctl/coordinator/hosts/ssh"
	"github.com/loadctl/loadctl/coordinator/rental"
)

// A world is a simulated account, machines that can be logged in to by a fake, and a disk. Its clock is that of
// testing/synctest: minutes pass at once.
type world struct {
	t   *testing.T
	sim *linodetest.Simulator
	cfg Config

	mu     sync.Mutex
	said   []string
	logins map[string]int // by label
	pushed map[string]int
	from   netip.Addr // where machines see us come from; zero = us
	login  func(label string) error
	check  func(label string) error
}

// inWorld runs a test in a world of its own.
func inWorld(t *testing.T, change func(*linodetest.Config), test func(*world)) {
	t.Helper()
	cfg := linodetest.Config{Provisioning: 20 * time.Second, Booting: 15 * time.Second}
	if change != nil {
		change(&cfg)
	}
	sim := linodetest.New(t, cfg) // outside the bubble, as its server listens for ever
	dir := memory(t)
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, sim: sim, logins: map[string]int{}, pushed: map[string]int{}}
		w.cfg = Config{Dir: filepath.Join(dir, "fleets"), Cloud: w.cloud(linodetest.Token), Say: w.say, shell: w}
		test(w)
	})
}

// memory is a directory in memory where there is one: a disk takes its time for each line of a journal.
func memory(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "loadctl-rented-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func (w *world) cloud(token string) *linode.Client {
	w.t.Helper()
	c, err := linode.New(linode.Config{Token: token, URL: w.sim.URL, Base: w.sim})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func (w *world) say(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.said = append(w.said, text)
}

func (w *world) heard(words string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.ContainsFunc(w.said, func(s string) bool { return strings.Contains(s, words) })
}

// us is where machines see us come from.
var us = netip.MustParseAddr("203.0.113.9")

func (w *world) Login(_ context.Context, to ssh.Address) (netip.Addr, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.logins[to.Name]++
	if i, ok := w.sim.Instance(to.Name); !ok || i.Public.String() != to.Host {
		return netip.Addr{}, errors.New("no route to host")
	}
	if w.login != nil {
		if err := w.login(to.Name); err != nil {
			return netip.Addr{}, err
		}
	}
	if w.from.IsValid() {
		return w.from, nil
	}
	return us, nil
}

func (w *world) Install(_ context.Context, to ssh.Address) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pushed[to.Name]++
	if w.check != nil {
		return w.check(to.Name)
	}
	return nil
}

// agents is a spec of so many agents.
func agents(n int) Spec {
	return Spec{For: "checkout.yaml", TTL: 2 * time.Hour, Planned: time.Hour, Machines: []Machines{
		{Role: Agent, Region: "us-ord", Type: "g6-dedicated-4", Image: "linode/debian12", Count: n, Reach: rental.ToInstall},
	}}
}

// service is a spec of a service behind a balancer, in a network, its workers apart.
func service() Spec {
	s := agents(2)
	s.Private = true
	s.Machines = append(s.Machines,
		Machines{Role: "worker", Region: "us-ord", Type: "g6-dedicated-2", Image: "linode/debian12", Count: 3, Reach: rental.ToLogin, Apart: true},
		Machines{Role: "db", Region: "us-ord", Type: "g6-standard-2", Image: "linode/debian12", Count: 1, Reach: rental.ToRun})
	s.Balancers = []Balancer{{Role: "front", Region: "us-ord", Class: "common", Before: "worker", Port: 8080,
		Listen: linode.BalancerPort{Port: 80, Protocol: "tcp"}}}
	return s
}

func (w *world) up(id string, s Spec) *Fleet {
	w.t.Helper()
	f, err := Up(w.t.Context(), w.cfg, id, s, Offer{})
	if err != nil {
		w.t.Fatal(err)
	}
	return f
}

func (w *world) down(f *Fleet) Account {
	w.t.Helper()
	a, err := f.Down(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

func (w *world) closed(f *Fleet) {
	w.t.Helper()
	if err := f.Close(); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) empty() {
	w.t.Helper()
	if left := w.sim.Left(); len(left) > 0 {
		w.t.Errorf("%s are left", left)
	}
}

func labels(all []Machine) (labels []string) {
	for _, m := range all {
		labels = append(labels, strings.TrimPrefix(m.Label, "lc-"+m.Label[3:11]+"-"))
	}
	return labels
}

func contains(err error, words string) bool {
	return err != nil && strings.Contains(err.Error(), words)
}

func prefixes(texts ...string) (all []netip.Prefix) {
	for _, t := range texts {
		all = append(all, netip.MustParsePrefix(t))
	}
	return all
}
