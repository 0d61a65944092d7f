package apply

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/loadctl/loadctl/tuning"
)

// fakeNodes rents nothing, and keeps what it was asked for.
type fakeNodes struct {
	asked []string
	fails error
	there bool
}

func (f *fakeNodes) Fresh(_ context.Context, of tuning.Node, plan string) (Node, error) {
	f.asked = append(f.asked, "fresh "+plan+" in "+of.Region)
	f.there = true // even of one that fails something may be there
	return Node{Address: "127.0.0.1", User: "root", Identity: "key", KnownHosts: "known"}, f.fails
}

func (f *fakeNodes) GiveBack(context.Context) error {
	if f.asked = append(f.asked, "give back"); f.fails != nil {
		return f.fails
	}
	f.there = false
	return nil
}

// planRoom is a room whose file rents, with a service that listens.
func planRoom(t *testing.T) (*room, *fakeNodes) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	nodes := &fakeNodes{}
	port := l.Addr().(*net.TCPAddr).Port
	return newRoom(t, fmt.Sprintf(`
version: 1
scenario: a.yaml
params:
  - name: plan
    values: [g6-dedicated-2, g6-dedicated-4]
    current: g6-dedicated-2
    apply:
      linode-plan: {region: us-ord, port: %d, from: [127.0.0.1/32], target: "http://${node.address}:%d", setup: 'echo "$value $plan $node_address $node_user $node_identity $node_known_hosts" >>{dir}/said'}
`, port, port), func(c *Config) { c.Nodes = nodes }), nodes
}

func setting(plan string) map[string]string { return map[string]string{"plan": plan} }

// TestEachPlanHasAFreshMachine: the incumbent's too, as nothing of it is there; what is in force already is left alone, and
// at the end nothing is.
func TestEachPlanHasAFreshMachine(t *testing.T) {
	r, nodes := planRoom(t)
	ctx := t.Context()
	for _, plan := range []string{"g6-dedicated-2", "g6-dedicated-2", "g6-dedicated-4"} {
		if err := r.Apply(ctx, setting(plan), false); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(r.Service(), "http://127.0.0.1:") {
			t.Errorf("the service is at %q", r.Service())
		}
	}
	if want := []string{"fresh g6-dedicated-2 in us-ord", "fresh g6-dedicated-4 in us-ord"}; !slices.Equal(nodes.asked, want) {
		t.Errorf("asked %q", nodes.asked)
	}
	if got, want := r.read("said"), "g6-dedicated-2 g6-dedicated-2 127.0.0.1 root key known\ng6-dedicated-4 g6-dedicated-4 127.0.0.1 root key known\n"; got != want {
		t.Errorf("setup was told %q", got)
	}
	if !r.Changed() {
		t.Error("nothing is to be given back")
	}
	if err := r.Restore(ctx); err != nil || nodes.there || r.Service() != "" || r.Changed() {
		t.Errorf("%v, there %t, service %q", err, nodes.there, r.Service())
	}
}

// TestAMachineOfAKilledTuningIsGivenBack by the next one, of what the journal says alone.
func TestAMachineOfAKilledTuningIsGivenBack(t *testing.T) {
	r, nodes := planRoom(t)
	if err := r.Apply(t.Context(), setting("g6-dedicated-4"), false); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil { // and no more: killed
		t.Fatal(err)
	}
	if needed, err := NeedsNodes(r.cfg.Dir); err != nil || !needed {
		t.Fatalf("needed %t, %v", needed, err)
	}
	if _, err := Recover(t.Context(), Config{Dir: r.cfg.Dir}); err == nil || !nodes.there {
		t.Errorf("recovered without asking anybody: %v", err)
	}
	if put, err := Recover(t.Context(), Config{Dir: r.cfg.Dir, Nodes: nodes}); err != nil || nodes.there || put == "" {
		t.Errorf("%q, %v, there %t", put, err, nodes.there)
	}
}

// TestAMachineThatIsNotToBeHadIsAskedForAgain, what failed may be there nevertheless, and what cannot be given back is said.
func TestAMachineThatIsNotToBeHadIsAskedForAgain(t *testing.T) {
	r, nodes := planRoom(t)
	nodes.fails = errors.New("sold out")
	if err := r.Apply(t.Context(), setting("g6-dedicated-4"), false); err == nil || !strings.Contains(err.Error(), "sold out") || r.Service() != "" {
		t.Errorf("%v, service %q", err, r.Service())
	}
	left, ok := errors.AsType[*LeftError](r.Restore(t.Context()))
	if !ok || !strings.Contains(left.Error(), "may still be there, and costs money") || !strings.Contains(left.Error(), "loadctl fleet down") {
		t.Errorf("%v", left)
	}
	nodes.fails = nil
	if err := r.Apply(t.Context(), setting("g6-dedicated-4"), false); err != nil {
		t.Error(err)
	}
	if err := r.Restore(t.Context()); err != nil || nodes.there {
		t.Errorf("%v, there %t", err, nodes.there)
	}
	if steps := Steps(r.cfg.File, "x.yaml", false); !slices.ContainsFunc(steps, func(s string) bool { return strings.Contains(s, "plan: linode-plan: us-ord") }) {
		t.Errorf("%q", steps)
	}
}
