//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loadctl/loadctl/e2e/internal/cloud"
)

// upAway starts a topology on machines of the cloud, until it is ready.
func (n *tenant) upAway(text string, more ...string) service {
	n.t.Helper()
	cmd := exec.Command(binary(n.t), append([]string{"target", "up", scenario(n.t, text), "--fleet", "linode", "--yes"}, more...)...)
	cmd.Env = append(append(os.Environ(), "XDG_STATE_HOME="+n.state), n.cloud.Env()...)
	return serveWithin(n.t, cmd, 3*time.Minute)
}

// end interrupts it, and waits for the last machine to be given back.
func (n *tenant) end(s service) {
	n.t.Helper()
	_ = s.cmd.Process.Signal(syscall.SIGINT)
	select {
	case <-s.done:
	case <-time.After(time.Minute):
		n.t.Fatalf("it does not end:\n%s", s.stderr.String())
	}
	n.gone()
}

// TestATopologyOnRentedMachines: each part on a machine of its own, in one private network; what is loaded is the balancer,
// and nothing else lets anybody in.
func TestATopologyOnRentedMachines(t *testing.T) {
	t.Parallel()
	need(t, "haproxy", "redis-server")
	n := newTenant(t, cloud.Config{})
	if n == nil {
		return
	}
	begin := time.Now()
	s := n.upAway(`
version: 1
name: away
database: {kind: postgres, settings: {fsync: off}}
cache: redis
services: {nodes: 2, settings: {workers: 2}}
balancer: {kind: haproxy, listen: 127.0.0.1:8080}
linode: {region: us-ord, ttl: 1h, max_cost_usd: 5}
`)
	t.Logf("up after %s at %s\n%s", time.Since(begin).Round(time.Second), s.url, s.stderr.String())
	for _, path := range []string{"/health", "/items/1", "/cached/items/1"} {
		if code, text := get(t, s.url+path); code != http.StatusOK {
			t.Errorf("%s: %d %s", path, code, text)
		}
	}
	for _, at := range n.letIn(8000, 5432, 6379) {
		t.Errorf("%s lets anybody in", at)
	}
	run := start(t, t.TempDir(), "run", "--ui", "none", scenario(t, fmt.Sprintf(`
version: 1
name: through
target: {base_url: %q}
allow_hosts: [%q]
users: {reader: {tasks: {look: {steps: [{get: "/items/${rand.int(1, 100)}", name: "/items/{id}"}, {get: "/cached/items/1"}]}}}}
phases: [{name: steady, executor: constant-arrival-rate, user: reader, rate: 50/s, duration: 5s}]
`, s.url, host(s.url))), "--i-am-authorised", host(s.url)).finish(time.Minute)
	survived(t, run)
	if a := run.summary.Accounting; a.OK != a.Intended || a.OK < 400 {
		t.Errorf("of %d requests %d were answered", a.Intended, a.OK)
	}
	n.cloud.Run(n.label("cache"), "pkill", "-9", "-x", "redis-server")
	eventually(t, 30*time.Second, "what dies is told, and is started again", func() bool {
		return strings.Contains(s.stderr.String(), `cache: `) && strings.Contains(s.stderr.String(), "part is back")
	})
	n.end(s)
	t.Logf("all of it %s\n%s", time.Since(begin).Round(time.Second), s.stderr.String())
}

// label is that of the machine of a role, of which there is one.
func (n *tenant) label(role string) string {
	n.t.Helper()
	for _, label := range n.cloud.Labels() {
		if strings.Contains(label, "-"+role) {
			return label
		}
	}
	n.t.Fatalf("there is no machine for a %s", role)
	return ""
}

// TestANodeBalancerBeforeRentedNodes: it is a NodeBalancer there whatever balances here, and what is kept is given back later.
func TestANodeBalancerBeforeRentedNodes(t *testing.T) {
	t.Parallel()
	need(t, "haproxy")
	n := newTenant(t, cloud.Config{})
	if n == nil {
		return
	}
	s := n.upAway(`
version: 1
name: fronted
balancer: haproxy
linode: {region: us-ord, ttl: 1h, types: {balancer: nodebalancer}}
`, "--keep")
	<-s.done
	if code, text := get(t, s.url+"/health"); code != http.StatusOK {
		t.Errorf("%d %s", code, text)
	}
	down := exec.Command(binary(t), "fleet", "down", "--all")
	down.Env = s.cmd.Env
	if said, err := down.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, said)
	}
	n.gone()
}

// TestAPartThatIsNotWellGivesAllBack: with what it said last.
func TestAPartThatIsNotWellGivesAllBack(t *testing.T) {
	t.Parallel()
	n := newTenant(t, cloud.Config{})
	if n == nil {
		return
	}
	up := exec.Command(binary(t), "target", "up", scenario(t, `
version: 1
database: {kind: postgres, settings: {shared_buffers: nonsense}}
linode: {region: us-ord, ttl: 1h}
`), "--fleet", "linode", "--yes")
	up.Env = append(append(os.Environ(), "XDG_STATE_HOME="+n.state), n.cloud.Env()...)
	said, err := up.CombinedOutput()
	if e, ok := errors.AsType[*exec.ExitError](err); !ok || e.ExitCode() != 1 {
		t.Errorf("%v", err)
	}
	for _, want := range []string{"database on lc-", "its part ended before it was through", `invalid value for parameter "shared_buffers"`, "0 resources are left"} {
		if !strings.Contains(string(said), want) {
			t.Errorf("%q is not in\n%s", want, said)
		}
	}
	n.gone()
}

// letIn are the public addresses of machines that let somebody in at these ports.
func (n *tenant) letIn(ports ...int) (open []string) {
	net4 := n.cloud.Gateway.As4()
	for net4[3] = 2; net4[3] < 10; net4[3]++ {
		for _, port := range ports {
			at := netip.AddrPortFrom(netip.AddrFrom4(net4), uint16(port)).String()
			if conn, err := net.DialTimeout("tcp", at, 200*time.Millisecond); err == nil {
				conn.Close()
				open = append(open, at)
			}
		}
	}
	return open
}

func host(at string) string {
	u, _ := url.Parse(at) // it was READY's
	return u.Hostname()
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	got, err := (&http.Client{Timeout: 5 * time.Second}).Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(got.Body, 1<<12))
	return got.StatusCode, string(text)
}
