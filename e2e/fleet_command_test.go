//go:build e2e

package e2e

import (
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loadctl/loadctl/e2e/internal/cloud"
)

var fleetLine = regexp.MustCompile(`(?m)^FLEET ([a-z2-7]{8})$`)

// ends waits for a command's exit code and what it has to say.
func (n *tenant) ends(p *proc, code int, want ...string) (out string) {
	n.t.Helper()
	got := p.wait(5 * time.Minute)
	out = p.stdout.String() + p.stderr.String()
	if got != code {
		n.t.Errorf("%v: exit %d, want %d\n%s", p.cmd.Args[1:], got, code, out)
	}
	for _, w := range want {
		if !strings.Contains(out, w) {
			n.t.Errorf("%v: no %q in\n%s", p.cmd.Args[1:], w, out)
		}
	}
	return out
}

// TestAKeptFleetServesRuns: it is used twice, not by a file that means another, and is there until somebody gives it back.
func TestAKeptFleetServesRuns(t *testing.T) {
	t.Parallel()
	n := newTenant(t, cloud.Config{})
	if n == nil {
		return
	}
	file := n.file(2, "3s", "fail")
	vouch := []string{"--i-am-authorised", n.cloud.Gateway.String()}
	out := n.ends(n.start(append([]string{"fleet", "up", file, "--keep"}, vouch...)...), 0, "2 machines are ready", "worst case", "max_cost_usd: $5.00 covers the worst case")
	m := fleetLine.FindStringSubmatch(out)
	if m == nil {
		t.Fatalf("no FLEET line in\n%s", out)
	}
	n.ends(n.start("fleet", "ls"), 0, m[1], "2 resources still cost $0.015 per hour")
	for range 2 {
		p := n.run(file, m[1])
		f := p.finish(3 * time.Minute)
		survived(t, f)
		f.identity(t)
		if len(f.summary.Hosts) != 2 || !strings.Contains(f.errs, "paid until") || !strings.Contains(f.errs, "stays up") || !strings.Contains(f.errs, "loadctl fleet down "+m[1]) {
			t.Errorf("%d hosts\n%s", len(f.summary.Hosts), f.errs)
		}
	}
	n.ends(n.run(file, m[1], "--target", "http://10.9.9.9:8080"), 2, "is not the one that", "are not let reach [10.9.9.9:8080]")
	if n.machines() != 2 {
		t.Errorf("%d machines are left, want 2", n.machines())
	}
	n.ends(n.start("fleet", "down", m[1]), 0, "0 resources are left; $0.015 so far")
	n.gone()
}

// TestAnInterruptGivesTheFleetBack, whatever the command is about; a second one leaves it, and says how to give it back.
func TestAnInterruptGivesTheFleetBack(t *testing.T) {
	t.Parallel()
	n := newTenant(t, cloud.Config{})
	if n == nil {
		return
	}
	file := n.file(2, "60s", "fail")
	rented := func() bool { return n.machines() == 2 }
	p := n.run(file, "linode")
	eventually(t, time.Minute, "machines are made", rented)
	p.signal(syscall.SIGINT)
	n.ends(p, 130, "interrupted", "given back")
	n.gone()

	p = n.run(file, "linode")
	n.into(p, 2*time.Second)
	p.signal(syscall.SIGINT)
	n.ends(p, 130, "0 resources are left")
	n.gone()

	p = n.start("fleet", "up", file, "--i-am-authorised", n.cloud.Gateway.String()) // without --keep it stays, and takes the fleet with it
	eventually(t, time.Minute, "it is up", func() bool { p.goesOn(); return fleetLine.MatchString(p.stdout.String()) })
	p.signal(syscall.SIGINT)
	n.ends(p, 0, "0 resources are left")
	n.gone()
}

// TestTwoInterruptsLeaveAFleet, and say what is left and how it is given back.
func TestTwoInterruptsLeaveAFleet(t *testing.T) {
	t.Parallel()
	n := newTenant(t, cloud.Config{})
	if n == nil {
		return
	}
	p := n.run(n.file(2, "60s", "fail"), "linode")
	eventually(t, time.Minute, "machines are made", func() bool { return n.machines() == 2 })
	id := n.fleetID()
	p.signal(syscall.SIGINT)
	time.Sleep(100 * time.Millisecond) // two of one kind that wait are one
	p.signal(syscall.SIGINT)
	n.ends(p, 130, "loadctl fleet down "+id)
	n.ends(n.start("fleet", "down", id), 0, "0 resources are left")
	n.gone()
}
