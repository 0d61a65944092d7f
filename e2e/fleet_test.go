//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/e2e/internal/cloud"
)

// A tenant is somebody with an account at a cloud, a state directory, and a target that the cloud's machines reach.
type tenant struct {
	t          *testing.T
	cloud      *cloud.Cloud
	dir, state string
	target     service
}

// newTenant gives a cloud whose machines take half a second to run, as far as the API tells; nil where the test goes on as
// root in another process.
func newTenant(t *testing.T, cfg cloud.Config) *tenant {
	t.Helper()
	need(t, "ip", "nft", "unshare", "nsenter", "/usr/sbin/sshd")
	if !asRootBy(t, waysToRoot[1:]) { // in a user namespace nobody makes devices
		return nil
	}
	cfg.API.Provisioning = max(cfg.API.Provisioning, 200*time.Millisecond)
	cfg.API.Booting = max(cfg.API.Booting, 300*time.Millisecond)
	n := &tenant{t: t, cloud: cloud.New(t, cfg), dir: t.TempDir(), state: t.TempDir()}
	n.target = serve(t, "serve", "--listen", n.cloud.Gateway.String()+":0", "--workers", "2")
	return n
}

// start starts loadctl with the tenant's account.
func (n *tenant) start(args ...string) *proc {
	n.t.Helper()
	cmd := exec.Command(binary(n.t), args...)
	cmd.Env = append(append(os.Environ(), "XDG_STATE_HOME="+n.state), n.cloud.Env()...)
	return startCommand(n.t, n.dir, cmd)
}

// rented is a load from so many machines, whose arrivals are known by the number.
const rented = `
version: 1
name: rented
target: {base_url: "%[1]s"}
allow_hosts: [%[2]s]
http: {timeout: 5s}
users: {reader: {tasks: {health: {steps: [{get: /health, check: [{status: 200}]}]}}}}
phases: [{name: steady, executor: constant-arrival-rate, user: reader, rate: 200/s, arrivals: uniform, duration: %[3]s}]
slo: {response_time: [p(95)<5s]}
agents: {on_loss: %[4]s}
fleet: {provider: linode, type: g6-nanode-1, region: us-ord, count: %[5]d, ttl: 1h, max_cost_usd: 5, from: [%[2]s]}
`

func (n *tenant) file(machines int, duration, onLoss string) string {
	n.t.Helper()
	return scenario(n.t, fmt.Sprintf(rented, n.target.url, n.cloud.Gateway, duration, onLoss, machines))
}

// run starts a run of a file on a fleet that is rented for it, or on another.
func (n *tenant) run(file, fleet string, more ...string) *proc {
	n.t.Helper()
	args := append([]string{"run", "--ui", "none", "--i-am-authorised", n.cloud.Gateway.String()}, more...)
	if fleet != "" {
		args = append(args, "--fleet", fleet, "--no-null-run") // which would measure what the tests beside it leave
	}
	return n.start(append(args, file)...)
}

// gone fails the test if anything of a fleet is left.
func (n *tenant) gone() {
	n.t.Helper()
	n.cloud.Empty()
	left, _ := filepath.Glob(filepath.Join(n.state, "loadctl/fleets/*/key"))
	if len(left) > 0 {
		n.t.Errorf("keys of fleets that are gone are left: %v", left)
	}
}

// TestFleetOfTen: one command takes a load from this machine to ten others and back to none, and what it reports is what a
// run from here reports.
func TestFleetOfTen(t *testing.T) {
	n := newTenant(t, cloud.Config{})
	if n == nil {
		return
	}
	file := n.file(10, "10s", "fail")
	p := n.run(file, "linode")
	f := p.finish(5 * time.Minute)
	t.Logf("ten machines, from nothing to nothing: %s\n%s", f.took.Round(time.Second), f.errs)
	survived(t, f)
	f.identity(t)
	between(t, f, n.target)
	if a := f.summary.Accounting; a.Intended != 2000 || a.OK != 2000 {
		t.Errorf("accounting %+v, want 2000", a)
	}
	n.gone()
	if made := len(n.cloud.API.Calls("POST /linode/instances")); made != 10 {
		t.Errorf("%d machines were asked for", made)
	}
	if !strings.Contains(f.errs, "0 resources are left") {
		t.Errorf("what is left is not told:\n%s", f.errs)
	}
	local := n.run(file, "").finish(2 * time.Minute)
	// What a machine tells of itself depends on the machine: here, whether it has control groups. Why a run is no pass, and how
	// much longer it had to be to be sure, is told where it is so.
	own := func(path string) bool {
		return strings.HasPrefix(path, ".agents[].vitals.") || path == ".reason" || strings.HasSuffix(path, ".longer_s")
	}
	far, near := slices.DeleteFunc(keys(t, f), own), slices.DeleteFunc(keys(t, local), own)
	if !slices.Equal(far, near) {
		t.Errorf("summary of the fleet has\n%v\nand of this machine\n%v", far, near)
	}
	if len(f.summary.Hosts) != 10 {
		t.Errorf("%d hosts", len(f.summary.Hosts))
	}
}

// keys are those of a run's summary.json, as paths.
func keys(t *testing.T, f finished) (paths []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(f.dir, "summary.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all any
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	walk("", all, func(path string) { paths = append(paths, path) })
	slices.Sort(paths)
	return slices.Compact(paths)
}

func walk(at string, v any, tell func(string)) {
	switch v := v.(type) {
	case map[string]any:
		for key, inner := range v {
			tell(at + "." + key)
			walk(at+"."+key, inner, tell)
		}
	case []any:
		for _, inner := range v {
			walk(at+"[]", inner, tell)
		}
	}
}
