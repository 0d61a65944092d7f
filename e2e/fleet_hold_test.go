//go:build e2e

package e2e

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/loadctl/loadctl/e2e/internal/cloud"
)

// rentedHold is hold-50k.yaml for machines that are rented, held for long enough to lose one of them.
const rentedHold = `
version: 1
name: rented-hold
target: {base_url: "%[1]s"}
allow_hosts: [%[2]s]
http: {timeout: 10s, connect_timeout: 10s}
users: {client: {tasks: {beat: {steps: [{get: /health, check: [{status: 200}]}]}}}}
phases:
  - name: hold
    executor: held-connections
    connections: 50000
    connect_rate: 2500/s
    hold: 120s
    heartbeat: {task: beat, every: 30s, jitter: 20%%}
    on_close: reconnect
slo: {"failed{phase:hold,name:/health}": [rate<5%%]}
agents: {on_loss: redistribute}
fleet: {provider: linode, type: g6-dedicated-4, region: us-ord, count: 4, ttl: 1h, max_cost_usd: 5, from: [%[2]s]}
`

// TestRentedMachinesHold50k: four machines, whose processes may each open 20,000 files, hold 50,000 connections for a minute;
// one is lost, and the others hold all of them again. The target counts the same.
func TestRentedMachinesHold50k(t *testing.T) {
	if testing.Short() {
		t.Skip("three minutes of load")
	}
	n := newTenant(t, cloud.Config{})
	if n == nil {
		return
	}
	n.target = serve(t, "serve", "--listen", n.cloud.Gateway.String()+":0", "--workers", "4")
	p := n.run(scenario(t, fmt.Sprintf(rentedHold, n.target.url, n.cloud.Gateway)), "linode")
	n.into(p, time.Second)
	open := func(limit time.Duration, what string) {
		t.Helper()
		eventually(t, limit, what, func() bool {
			p.goesOn()
			now, err := openNow(n.target.url)
			return err == nil && now == manyHeld
		})
	}
	open(2*time.Minute, "50,000 connections are open")
	first := time.Now()
	time.Sleep(62 * time.Second)
	lost := n.cloud.Labels()[0]
	for _, word := range []string{"host", "agent"} {
		for _, pid := range n.cloud.Processes(lost, word) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	at := time.Now()
	eventually(t, 20*time.Second, "the target sees the loss", func() bool {
		now, err := openNow(n.target.url)
		return err == nil && now < manyHeld
	})
	open(40*time.Second, "50,000 connections are open again")
	t.Logf("all open again %s after the loss", time.Since(at).Round(time.Second))
	f := p.finish(5 * time.Minute)
	t.Logf("exit %d, %s %v; connections %+v\n%s", f.code, f.summary.Validity.Verdict, f.summary.Validity.Reasons, f.summary.Connections, f.errs)
	f.identity(t)
	zero, hold := f.zero(t), f.phase(t, "hold")
	from, lostAt, end := first.Sub(zero).Seconds(), at.Sub(zero).Seconds(), *hold.End
	series := f.series(t)
	held, again := 0, 0
	for i, s := range series {
		switch second := float64(i); {
		case second > from && second+1 < lostAt:
			if held++; s.Held != manyHeld {
				t.Errorf("second %d: %d held", i, s.Held)
			}
		case second > lostAt && second+1 < end && s.Held == manyHeld:
			again++
		}
	}
	if held < 60 || again < 10 {
		t.Errorf("held for %d seconds, and for %d after the loss", held, again)
	}
	if len(f.summary.Hosts) < 3 {
		t.Errorf("%d hosts", len(f.summary.Hosts))
	}
	n.gone()
}
