//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loadctl/loadctl/coordinator/rental"
	"github.com/loadctl/loadctl/e2e/internal/cloud"
)

// planScenario names a target that nobody ever asks: each trial is at the machine that was rented for it.
const planScenario = `
version: 1
name: planned
target: {base_url: "http://127.0.0.1:9"}
users: {reader: {tasks: {health: {steps: [{get: /health, check: [{status: 200}]}]}}}}
phases: [{name: steady, executor: constant-arrival-rate, user: reader, rate: 50/s, duration: 5s}]
slo: {failed: ["rate<1%"]}
`

const planTuning = `
version: 1
name: planned
scenario: scenario.yaml
load: {users: 4}
length: 2s
settle: 500ms
budget: {trials: 3}
params:
  - name: plan
    values: [g6-nanode-1, g6-standard-2]
    current: g6-nanode-1
    apply:
      linode-plan: {region: us-ord, port: 8080, from: [%s/32], setup: ./setup, target: "http://${node.address}:8080", max_cost_usd: 1}
`

// planSetup starts the program that lies on the machine as its service.
const planSetup = `#!/bin/sh
exec ssh -i "$node_identity" -o IdentitiesOnly=yes -o BatchMode=yes -o UserKnownHostsFile="$node_known_hosts" "$node_user@$node_address" \
  'p=$(ls "$HOME"/.cache/loadctl/bin/*/loadctl | head -n 1); setsid "$p" target serve --listen 0.0.0.0:8080 --workers 1 </dev/null >/dev/null 2>&1 &'
`

func newPlanned(t *testing.T) *tenant {
	n := newTenant(t, cloud.Config{})
	if n == nil {
		return nil
	}
	need(t, "ssh")
	for name, text := range map[string]string{"scenario.yaml": planScenario, "tuning.yaml": fmt.Sprintf(planTuning, n.cloud.Gateway), "setup": planSetup} {
		if err := os.WriteFile(filepath.Join(n.dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

// TestATuningOfPlans: each plan is tried on a fresh machine, one at a time, and none is left.
func TestATuningOfPlans(t *testing.T) {
	n := newPlanned(t)
	if n == nil {
		return
	}
	p := n.start("tune", "--ui", "none", filepath.Join(n.dir, "tuning.yaml"))
	code := p.wait(5 * time.Minute)
	if code == 1 || code == 2 {
		t.Fatalf("exit %d\n%s%s", code, p.stdout.String(), p.stderr.String())
	}
	studies, _ := filepath.Glob(filepath.Join(n.dir, "runs", "*-tune"))
	if len(studies) != 1 {
		t.Fatalf("studies: %v", studies)
	}
	var r tuningFound
	readJSON(t, filepath.Join(studies[0], "result.json"), &r)
	if len(r.Trials) == 0 {
		t.Errorf("no trial was made:\n%s", p.stderr.String())
	}
	for _, size := range []string{" is a g6-nanode-1 in us-ord", " is a g6-standard-2 in us-ord"} {
		if !strings.Contains(p.stderr.String(), size) {
			t.Errorf("%q is not in:\n%s", size, p.stderr.String())
		}
	}
	n.gone()
}

// TestAKilledTuningOfPlansLeavesAMachine, which the next one gives back first.
func TestAKilledTuningOfPlansLeavesAMachine(t *testing.T) {
	n := newPlanned(t)
	if n == nil {
		return
	}
	file := filepath.Join(n.dir, "tuning.yaml")
	p := n.start("tune", "--ui", "none", file)
	eventually(t, time.Minute, "a machine is rented", func() bool {
		p.goesOn()
		return len(n.cloud.API.Left(rental.Instance)) > 0
	})
	p.signal(syscall.SIGKILL)
	left := n.cloud.API.Left(rental.Instance)
	if len(left) != 1 {
		t.Fatalf("left: %q", left)
	}
	again := n.start("tune", "--ui", "none", file)
	if code := again.wait(5 * time.Minute); code == 1 || code == 2 {
		t.Fatalf("exit %d\n%s", code, again.stderr.String())
	}
	if !strings.Contains(again.stderr.String(), "an earlier tuning was cut off") {
		t.Errorf("what was found is not told:\n%s", again.stderr.String())
	}
	n.gone()
}
