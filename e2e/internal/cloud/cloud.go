//go:build e2e

package cloud

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/loadctl/loadctl/coordinator/hosts/linode/linodetest"
)

// Config is how a cloud behaves. Zero is the default that is named.
type Config struct {
	API       linodetest.Config           // its hooks are the cloud's
	Disk      func(label string) (mb int) // of an instance: 512
	WrongKey  func(label string) bool     // such instances show another host key than they were told to: none
	CloudInit bool                        // user data is applied by the real cloud-init, which has to be installed
}

// A Cloud is an account, and what there is of it. Its methods are safe for concurrent use; those that do
// something to an instance fail the test where there is none of the label.
type Cloud struct {
	API     *linodetest.Simulator
	Gateway netip.Addr // of this machine, as instances see it: where targets listen

	t    testing.TB
	cfg  Config
	name string // of the cloud: namespaces and the link to it begin with it
	dir  string

	mu        sync.Mutex // one thing is made or deleted at a time
	closed    bool
	used      byte // last byte of the last address given
	addresses sync.Mutex
	machines  map[string]*machine
	networks  map[int]*network // by subnet
	balancers map[string]*balancer
	relays    map[string]*relay
}

// New starts a cloud that ends with the test. It needs root, ip, nft and sshd.
func New(t testing.TB, cfg Config) *Cloud {
	t.Helper()
	c := &Cloud{
		t: t, cfg: cfg, used: 1,
		machines: map[string]*machine{}, networks: map[int]*network{}, balancers: map[string]*balancer{}, relays: map[string]*relay{},
	}
	var err error
	if c.dir, err = os.MkdirTemp("", "cloud"); err != nil { // t.TempDir may have a comma, which parts the options of a mount
		t.Fatal(err)
	}
	cfg.API.Public, cfg.API.Changed, cfg.API.Rewired = c.public, c.changed, c.rewired
	c.API = linodetest.New(t, cfg.API)
	if err := c.found(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.close)
	return c
}

// Env is what a process needs to use this cloud in place of the real one.
func (c *Cloud) Env() []string {
	return []string{"LINODE_URL=" + c.API.URL, "LINODE_TOKEN=" + linodetest.Token}
}

// found takes a name that no other cloud has, by making the link to it, and gives the cloud a switch: a namespace with a
// bridge that all public addresses are at.
func (c *Cloud) found() error {
	n, err := c.link()
	if err != nil {
		return err
	}
	c.Gateway = netip.AddrFrom4([4]byte{198, 18, byte(n), 1})
	return ip(
		"netns add "+c.name,
		fmt.Sprintf("-n %s link add name pub type bridge", c.name),
		fmt.Sprintf("-n %s link set pub up", c.name),
		fmt.Sprintf("link set %sp netns %s", c.name, c.name),
		fmt.Sprintf("-n %s link set %sp name here master pub up", c.name, c.name),
		fmt.Sprintf("addr add %s/24 dev %s", c.Gateway, c.name),
		fmt.Sprintf("link set %s up", c.name),
	)
}

func (c *Cloud) link() (n int, err error) {
	for n = range 255 {
		c.name = fmt.Sprintf("lc%d", n)
		if err = run("ip", "link", "add", "name", c.name, "type", "veth", "peer", "name", c.name+"p"); err == nil {
			return n, nil
		}
	}
	return 0, fmt.Errorf("no name for a cloud is free, or none may be made: %w", err)
}

// public is the next address at the switch.
func (c *Cloud) public() netip.Addr {
	c.addresses.Lock()
	defer c.addresses.Unlock()
	if c.used++; c.used == 255 {
		c.t.Error("the cloud has no address left")
	}
	a := c.Gateway.As4()
	a[3] = c.used
	return netip.AddrFrom4(a)
}

// Empty fails the test if anything of the account is left, or costs in its place.
func (c *Cloud) Empty() {
	c.t.Helper()
	if left := c.API.Left(); len(left) > 0 {
		c.t.Errorf("the account still has %v", left)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for label := range c.machines {
		c.t.Errorf("%s is left, although it was deleted", label)
	}
}

// close ends all, and looks whether that was all.
func (c *Cloud) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	if c.t.Failed() {
		c.tell()
	}
	namespaces := c.inodes()
	defer keep(namespaces)() // or those of another cloud could soon have their numbers, as they may have its name
	for label := range c.machines {
		c.fail(c.discard(label))
	}
	for label := range c.balancers {
		c.fail(c.unbalance(label))
	}
	for _, n := range c.networks {
		c.fail(run("ip", "netns", "del", n.space))
	}
	c.fail(run("ip", "netns", "del", c.name))
	c.fail(ignore(run("ip", "link", "del", c.name), "Cannot find device"))
	c.nothingLeft(namespaces)
	c.fail(os.RemoveAll(c.dir))
}

// tell shows what the consoles of instances say.
func (c *Cloud) tell() {
	for label, m := range c.machines {
		text, _ := os.ReadFile(m.console())
		if len(text) > 4096 {
			text = text[len(text)-4096:]
		}
		c.t.Logf("console of %s (%s):\n%s", label, m.public, text)
	}
}

// inodes are the network namespaces of the cloud, as processes name theirs.
func (c *Cloud) inodes() map[string]string {
	all := map[string]string{}
	paths, _ := filepath.Glob("/run/netns/" + c.name + "*")
	for _, path := range paths {
		if name := filepath.Base(path); name == c.name || strings.HasPrefix(name, c.name+"-") {
			all[inode(path)] = name
		}
	}
	return all
}

func inode(path string) string {
	var s unix.Stat_t
	if unix.Stat(path, &s) != nil {
		return ""
	}
	return fmt.Sprintf("net:[%d]", s.Ino)
}

// keep holds namespaces open until it is told to let go.
func keep(namespaces map[string]string) (release func()) {
	var held []*os.File
	for _, name := range namespaces {
		if f, err := os.Open("/run/netns/" + name); err == nil {
			held = append(held, f)
		}
	}
	return func() {
		for _, f := range held {
			f.Close()
		}
	}
}

func (c *Cloud) nothingLeft(namespaces map[string]string) {
	for number, name := range c.inodes() {
		if namespaces[number] == name {
			c.t.Errorf("the namespace %s is left", name)
		}
	}
	if mounts, _ := os.ReadFile("/proc/self/mounts"); strings.Contains(string(mounts), c.dir) {
		c.t.Errorf("mounts of %s are left:\n%s", c.dir, mounts)
	}
	late := time.Now().Add(5 * time.Second) // a process that is killed is not gone at once
	for left := inhabitants(namespaces); len(left) > 0; left = inhabitants(namespaces) {
		if time.Now().After(late) {
			c.t.Errorf("processes are left: %v", left)
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// inhabitants are the processes in any of these network namespaces.
func inhabitants(namespaces map[string]string) (pids []string) {
	all, _ := filepath.Glob("/proc/[0-9]*/ns/net")
	for _, path := range all {
		if at, err := os.Readlink(path); err == nil && namespaces[at] != "" {
			pids = append(pids, strings.Split(path, "/")[2])
		}
	}
	return pids
}

func (c *Cloud) fail(err error) {
	if err != nil {
		c.t.Errorf("the cloud: %v", err)
	}
}

// ip runs commands of ip one after another.
func ip(lines ...string) error {
	for _, line := range lines {
		if err := run("ip", strings.Fields(line)...); err != nil {
			return err
		}
	}
	return nil
}

// run runs a command that takes no time.
func run(name string, args ...string) error { return feed("", name, args...) }

// feed does so with an input.
func feed(input, name string, args ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdin = strings.NewReader(input)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}

// ignore forgives what is so already.
func ignore(err error, text string) error {
	if err != nil && strings.Contains(err.Error(), text) {
		return nil
	}
	return err
}
