//go:build e2e

package cloud

import (
	_ "embed"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/loadctl/loadctl/coordinator/hosts/linode/linodetest"
	"github.com/loadctl/loadctl/coordinator/rental"
)

//go:embed guest.sh
var guestScript string

//go:embed boot.sh
var bootScript string

// A machine is an instance. Its disk outlives its namespaces, as a reboot gives it new ones.
type machine struct {
	label, space, port    string // its network namespace, and the end of its cable at the switch
	dir                   string // its disk
	public, private, here netip.Addr
	subnet                int    // 0 = it is at the switch
	at                    string // the namespace of the other end of its cable
	proc                  *exec.Cmd
	ended                 chan struct{}
}

func (m *machine) console() string { return m.dir + ".console" }

func (m *machine) upper() string { return filepath.Join(m.dir, "upper") }

// changed does what has happened to an instance of the account, before the API answers.
func (c *Cloud) changed(happened linodetest.Change) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	switch happened.What {
	case "made":
		c.fail(c.build(happened.Instance))
	case "rebooted":
		c.fail(c.reboot(happened.Label))
	case "deleted":
		c.fail(c.discard(happened.Label))
	}
}

// build lays out the disk of an instance, and boots it.
func (c *Cloud) build(i linodetest.Instance) error {
	m := &machine{
		label: i.Label, space: fmt.Sprintf("%s-%d", c.name, i.ID), port: fmt.Sprintf("i%d", i.ID), dir: filepath.Join(c.dir, strconv.Itoa(i.ID)),
		public: i.Public, private: i.Private, here: i.Public, subnet: i.Subnet,
	}
	c.alone(i.Label)
	c.machines[i.Label] = m
	if m.subnet != 0 {
		m.here = i.Private
	}
	if err := c.format(m); err != nil {
		return err
	}
	if err := c.install(m, i); err != nil {
		return err
	}
	return c.boot(m)
}

// alone fails the test if a place of a fleet has an instance already: two of them would both be paid for, and both make load.
func (c *Cloud) alone(label string) {
	place, ours := rental.ParseLabel(label)
	for other := range c.machines {
		if name, is := rental.ParseLabel(other); ours && is && name.Run == place.Run && name.Role == place.Role && name.Number == place.Number {
			c.t.Errorf("%s is made while %s has its place", label, other)
		}
	}
}

// format gives a machine a disk.
func (c *Cloud) format(m *machine) error {
	size := 512
	if c.cfg.Disk != nil {
		size = c.cfg.Disk(m.label)
	}
	if err := os.Mkdir(m.dir, 0o755); err != nil {
		return err
	}
	if err := unix.Mount("tmpfs", m.dir, "tmpfs", 0, fmt.Sprintf("size=%dm,mode=755", size)); err != nil {
		return fmt.Errorf("a disk for %s: %w", m.label, err)
	}
	for _, dir := range []string{"upper", "work", "root"} {
		if err := os.Mkdir(filepath.Join(m.dir, dir), 0o755); err != nil {
			return err
		}
	}
	return nil
}

func (c *Cloud) install(m *machine, i linodetest.Instance) error {
	if err := image(m.upper(), i.Keys); err != nil {
		return err
	}
	if c.cfg.CloudInit {
		return noCloud(m.upper(), i.Label, i.UserData, i.Keys)
	}
	if err := apply(m.upper(), i.UserData, i.Keys); err != nil {
		return err
	}
	if c.cfg.WrongKey != nil && c.cfg.WrongKey(i.Label) {
		return os.Remove(filepath.Join(m.upper(), "etc/ssh/ssh_host_ed25519_key")) // so that it makes its own
	}
	return nil
}

// boot connects a machine and starts it. It does not wait for its sshd.
func (c *Cloud) boot(m *machine) error {
	if err := c.plug(m); err != nil {
		return err
	}
	if err := c.guard(m); err != nil {
		return err
	}
	console, err := os.OpenFile(m.console(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer console.Close()
	how := "own"
	if c.cfg.CloudInit {
		how = "real"
	}
	m.proc = exec.Command("ip", "netns", "exec", m.space, "unshare", "--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child",
		"/bin/sh", "-c", guestScript, "boot", m.dir, m.label, how)
	m.proc.Stdout, m.proc.Stderr = console, console
	m.proc.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL} // a test that is killed cleans nothing up
	if err := m.proc.Start(); err != nil {
		return err
	}
	m.ended = make(chan struct{})
	go func(p *exec.Cmd, ended chan struct{}) { _ = p.Wait(); close(ended) }(m.proc, m.ended)
	return nil
}

// plug gives a machine a namespace with a cable to the switch, or to its network.
func (c *Cloud) plug(m *machine) error {
	bits, gateway := 24, c.Gateway
	m.at = c.name
	if m.subnet != 0 {
		n, err := c.join(m)
		if err != nil {
			return err
		}
		m.at, bits, gateway = n.space, n.within.Bits(), n.gateway()
	}
	return ip(
		"netns add "+m.space,
		fmt.Sprintf("link add name eth0 address %s netns %s type veth peer name %s netns %s", m.mac(), m.space, m.port, m.at),
		fmt.Sprintf("-n %s link set %s master %s up", m.at, m.port, m.home()),
		fmt.Sprintf("-n %s link set lo up", m.space),
		fmt.Sprintf("-n %s addr add %s/%d dev eth0", m.space, m.here, bits),
		fmt.Sprintf("-n %s link set eth0 up", m.space),
		fmt.Sprintf("-n %s route add default via %s", m.space, gateway),
	)
}

// mac stays the same over a reboot, as neighbours remember it.
func (m *machine) mac() string {
	a := m.public.As4()
	return fmt.Sprintf("02:4c:%02x:%02x:%02x:%02x", a[0], a[1], a[2], a[3])
}

// halt ends all that runs on a machine, and waits for it. There is nothing to do for one that does not run.
func (m *machine) halt() error {
	if m.proc == nil {
		return nil
	}
	_ = m.proc.Process.Kill() // what it has started goes with it
	select {
	case <-m.ended:
		m.proc = nil
		return nil
	case <-time.After(10 * time.Second):
		return fmt.Errorf("%s does not end", m.label)
	}
}

// unplug takes away what plug gives. The cable is taken by name: with its namespace it would be gone only some time later.
func (c *Cloud) unplug(m *machine) error {
	c.hurry(m)
	return errors.Join(ip(fmt.Sprintf("-n %s link del %s", m.at, m.port)), ip("netns del "+m.space))
}

func (c *Cloud) reboot(label string) error {
	m := c.machines[label]
	if m == nil {
		return nil
	}
	if err := m.halt(); err != nil {
		return err
	}
	if err := c.unplug(m); err != nil {
		return err
	}
	return c.boot(m)
}

// discard takes a machine away, with all that was on it.
func (c *Cloud) discard(label string) error {
	m := c.machines[label]
	if m == nil {
		return nil
	}
	delete(c.machines, label)
	errs := []error{m.halt(), c.unplug(m)}
	if m.subnet != 0 {
		errs = append(errs, c.quit(m))
	}
	if err := unix.Unmount(m.dir, unix.MNT_DETACH); err != nil {
		errs = append(errs, fmt.Errorf("the disk of %s: %w", label, err))
	}
	return errors.Join(errs...)
}

// init is the first process of a machine, as this one numbers it; false where it does not run, or not from its own disk yet.
func (m *machine) init() (pid int, runs bool) {
	if m.proc == nil {
		return 0, false
	}
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", m.proc.Process.Pid))
	pid, _ = strconv.Atoi(strings.TrimSpace(string(text)))
	_, err := os.Stat(fmt.Sprintf("/proc/%d/root/.boot", pid))
	return pid, pid != 0 && err == nil
}
