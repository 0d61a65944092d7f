//go:build e2e

package cloud

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/loadctl/loadctl/coordinator/hosts/linode/linodetest"
)

// A balancer is a NodeBalancer: an haproxy in a namespace of its own.
type balancer struct {
	space, port string
	proc        *exec.Cmd
}

// balance makes the balancer that the account has by this label, or takes away the one that it has no more.
func (c *Cloud) balance(label string) error {
	b, exists := c.API.Balancer(label)
	if !exists {
		return c.unbalance(label)
	}
	l := &balancer{space: fmt.Sprintf("%s-%d", c.name, b.ID), port: fmt.Sprintf("b%d", b.ID)}
	c.balancers[label] = l
	err := ip(
		"netns add "+l.space,
		fmt.Sprintf("link add name eth0 netns %s type veth peer name %s netns %s", l.space, l.port, c.name),
		fmt.Sprintf("-n %s link set %s master pub up", c.name, l.port),
		fmt.Sprintf("-n %s link set lo up", l.space),
		fmt.Sprintf("-n %s addr add %s/24 dev eth0", l.space, b.Address),
		fmt.Sprintf("-n %s link set eth0 up", l.space),
		fmt.Sprintf("-n %s route add default via %s", l.space, c.Gateway),
	)
	if err == nil && b.Subnet != 0 {
		err = c.enter(l, b.Subnet)
	}
	if err != nil {
		return err
	}
	return l.start(filepath.Join(c.dir, l.port), b)
}

// enter gives a balancer an address in a network: one of the last, as instances have the first.
func (c *Cloud) enter(l *balancer, subnet int) error {
	n := c.networks[subnet]
	if n == nil {
		return fmt.Errorf("no instance is in subnet %d", subnet)
	}
	return ip(
		fmt.Sprintf("link add name eth1 netns %s type veth peer name %s netns %s", l.space, l.port, n.space),
		fmt.Sprintf("-n %s link set %s master vpc up", n.space, l.port),
		fmt.Sprintf("-n %s addr add %s/%d dev eth1", l.space, last(n.within), n.within.Bits()),
		fmt.Sprintf("-n %s link set eth1 up", l.space),
	)
}

// last is the last address of a network that an instance could have: the two after it are Linode's.
func last(p netip.Prefix) netip.Addr {
	a := p.Masked().Addr()
	for a.Next().Next().Next().IsValid() && p.Contains(a.Next().Next().Next()) {
		a = a.Next()
	}
	return a
}

func (l *balancer) start(dir string, b linodetest.Balancer) error {
	config := dir + ".cfg"
	if err := os.WriteFile(config, []byte(haproxy(b)), 0o600); err != nil {
		return err
	}
	l.proc = exec.Command("ip", "netns", "exec", l.space, "haproxy", "-db", "-q", "-f", config)
	l.proc.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	return l.proc.Start()
}

// haproxy is a balancer in the words of HAProxy. It holds no more connections than Linode says, and than files may be open.
func haproxy(b linodetest.Balancer) string {
	var text strings.Builder
	text.WriteString("global\n maxconn 9500\ndefaults\n timeout connect 5s\n timeout client 1h\n timeout server 1h\n retries 0\n")
	for _, c := range b.Configs {
		mode := map[string]string{"http": "http"}[c.Protocol]
		if mode == "" {
			mode = "tcp"
		}
		fmt.Fprintf(&text, "listen p%d\n mode %s\n bind %s:%d\n balance %s\n", c.Port, mode, b.Address, c.Port, algorithm(c.Algorithm))
		if c.Check != "none" && c.Check != "" {
			text.WriteString(" default-server check inter 1s\n")
		}
		for _, n := range c.Nodes {
			fmt.Fprintf(&text, " server %s %s weight %d%s\n", n.Label, n.Address, max(n.Weight, 1), map[string]string{"backup": " backup"}[n.Mode])
		}
	}
	return text.String()
}

func algorithm(name string) string {
	switch name {
	case "leastconn", "source":
		return name
	}
	return "roundrobin"
}

func (c *Cloud) unbalance(label string) error {
	l := c.balancers[label]
	if l == nil {
		return nil
	}
	delete(c.balancers, label)
	if l.proc != nil {
		_ = l.proc.Process.Kill()
		_ = l.proc.Wait()
	}
	return ip(fmt.Sprintf("-n %s link del %s", c.name, l.port), "netns del "+l.space)
}
