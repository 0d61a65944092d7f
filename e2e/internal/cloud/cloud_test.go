//go:build e2e

package cloud

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	xssh "golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/loadctl/loadctl/coordinator/hosts/linode"
	"github.com/loadctl/loadctl/coordinator/hosts/linode/linodetest"
	"github.com/loadctl/loadctl/coordinator/hosts/ssh"
	"github.com/loadctl/loadctl/coordinator/rental"
)

// A tenant is somebody who rents machines, with one key for all of them.
type tenant struct {
	t      *testing.T
	c      *Cloud
	client *linode.Client
	dir    string
	public string // half of the key to log in with
}

func newTenant(t *testing.T, cfg Config) *tenant {
	t.Helper()
	for _, tool := range []string{"ip", "nft", "unshare", "nsenter", "/usr/sbin/sshd"} {
		if _, err := exec.LookPath(tool); err != nil || os.Geteuid() != 0 {
			if os.Getenv("LOADCTL_E2E_REQUIRED") != "" {
				t.Fatalf("CI skips nothing: %s, as root", tool)
			}
			t.Skipf("%s is needed, as root", tool)
		}
	}
	c := New(t, cfg)
	client, err := linode.New(linode.Config{URL: c.API.URL, Token: linodetest.Token, Every: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	n := &tenant{t: t, c: c, client: client, dir: t.TempDir()}
	private, public := key(t)
	n.public = public
	n.write("id", private)
	return n
}

// key makes a key, in OpenSSH's PEM and as a line of authorized_keys.
func key(t *testing.T) (private, public string) {
	t.Helper()
	half, whole, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := xssh.MarshalPrivateKey(whole, "")
	if err != nil {
		t.Fatal(err)
	}
	other, err := xssh.NewPublicKey(half)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(block)), strings.TrimSpace(string(xssh.MarshalAuthorizedKey(other)))
}

func (n *tenant) write(name, text string) string {
	n.t.Helper()
	path := filepath.Join(n.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		n.t.Fatal(err)
	}
	return path
}

// rent makes an instance, and says how to log in.
func (n *tenant) rent(label string, firewall, subnet int) ssh.Address {
	n.t.Helper()
	private, public := key(n.t)
	data, err := linode.Seed{HostKey: private, HostPublic: public, Keys: []string{n.public}, Sysctl: map[string]string{"net.ipv4.tcp_tw_reuse": "1"}}.UserData()
	if err != nil {
		n.t.Fatal(err)
	}
	seen, err := n.client.MakeInstance(n.t.Context(), linode.InstanceSpec{
		Label: label, Region: "us-ord", Type: "g6-nanode-1", Image: "linode/debian12", Keys: []string{n.public}, UserData: data,
		Generation: linode.Legacy, Firewall: firewall, Subnet: subnet,
	})
	if err != nil {
		n.t.Fatal(err)
	}
	known, _, _, _, err := xssh.ParseAuthorizedKey([]byte(public))
	if err != nil {
		n.t.Fatal(err)
	}
	at := seen.Public.String()
	return ssh.Address{Name: label, User: "root", Host: at, Port: 22, Identity: filepath.Join(n.dir, "id"),
		KnownHosts: n.write("known-"+label, knownhosts.Line([]string{at}, known)+"\n")}
}

// login tries until the machine's sshd is there.
func (n *tenant) login(a ssh.Address) *ssh.Machine {
	n.t.Helper()
	ctx, cancel := context.WithTimeout(n.t.Context(), 20*time.Second)
	defer cancel()
	exe, err := os.Executable()
	if err != nil {
		n.t.Fatal(err)
	}
	for {
		m, err := ssh.Login(ctx, ssh.Config{Executable: exe}, a)
		if err == nil {
			n.t.Cleanup(m.Close)
			return m
		}
		if ctx.Err() != nil {
			n.t.Fatal(err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func (n *tenant) ask(m *ssh.Machine, script string, args ...string) string {
	n.t.Helper()
	out, err := m.Run(n.t.Context(), script, args...)
	if err != nil {
		n.t.Fatalf("%s: %v", script, err)
	}
	return strings.TrimSpace(out)
}

func (n *tenant) delete(kind rental.Kind, label string) {
	n.t.Helper()
	all, err := n.client.List(n.t.Context(), kind, linode.Query{Prefix: label})
	if err != nil || len(all) != 1 {
		n.t.Fatalf("%s: %v, %v", label, all, err)
	}
	if err := n.client.Delete(n.t.Context(), kind, all[0].ID); err != nil {
		n.t.Fatal(err)
	}
}

// reaches says whether an instance can open a connection.
func (n *tenant) reaches(m *ssh.Machine, to string) bool {
	n.t.Helper()
	host, port, _ := net.SplitHostPort(to)
	return n.ask(m, `if timeout 1 bash -c "exec 3<>/dev/tcp/$1/$2" 2>/dev/null; then echo yes; else echo no; fi`, host, port) == "yes"
}

// listen opens a port of this machine that the cloud sees.
func (n *tenant) listen() string {
	n.t.Helper()
	l, err := net.Listen("tcp", netip.AddrPortFrom(n.c.Gateway, 0).String())
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() { l.Close() })
	return l.Addr().String()
}

// TestInstancesAreMachines: each is told apart, keeps what was pushed over a reboot and nothing over its deletion, has the
// kernel settings of its user data for itself, and shows nothing of this machine.
func TestInstancesAreMachines(t *testing.T) {
	began := time.Now()
	n := newTenant(t, Config{})
	var machines []*ssh.Machine
	var addresses []ssh.Address
	for _, label := range []string{"lc-a", "lc-b", "lc-c"} {
		addresses = append(addresses, n.rent(label, 0, 0))
	}
	for _, a := range addresses {
		m := n.login(a)
		machines = append(machines, m)
		if got := n.ask(m, "hostname"); got != a.Name {
			t.Errorf("%s calls itself %s", a.Name, got)
		}
		if got := n.ask(m, "cat /proc/sys/net/ipv4/tcp_tw_reuse; ls -A /home /tmp; pidof -x sshd >/dev/null; cat /proc/1/comm"); got != "1\n/home:\n\n/tmp:\nsshd" {
			t.Errorf("%s has %q", a.Name, got)
		}
	}
	path, err := machines[0].Push(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := n.ask(machines[0], `"$1" -test.list Instances`, path); !strings.Contains(got, "TestInstancesAreMachines") {
		t.Errorf("what was pushed says %q", got)
	}
	t.Logf("three machines after %s", time.Since(began))
	a, _ := n.c.API.Instance("lc-a")
	if err := n.client.Reboot(t.Context(), a.ID); err != nil {
		t.Fatal(err)
	}
	if got := n.ask(n.login(addresses[0]), `ls "$1"; cat /proc/sys/net/ipv4/tcp_tw_reuse`, path); got != path+"\n1" {
		t.Errorf("after a reboot: %q", got)
	}
	for _, a := range addresses {
		n.delete(rental.Instance, a.Name)
	}
	n.c.Empty()
}

// TestFirewallsAndNetworks: rules hold in both directions, new ones at once; in a network machines have private addresses, and
// are called from outside by public ones.
func TestFirewallsAndNetworks(t *testing.T) {
	n := newTenant(t, Config{})
	here := netip.PrefixFrom(n.c.Gateway, 32)
	open, closed := n.listen(), n.listen()
	_, port, _ := net.SplitHostPort(open)
	out := []linode.Rule{{Label: "target", Protocol: "TCP", Ports: port, Addresses: []netip.Prefix{here}}}
	f, err := n.client.MakeFirewall(t.Context(), linode.FirewallSpec{Label: "lc-f", In: []linode.Rule{linode.SSH(here)}, Out: out})
	if err != nil {
		t.Fatal(err)
	}
	v, err := n.client.MakeNetwork(t.Context(), linode.NetworkSpec{Label: "lc-v", Region: "us-ord", Range: netip.MustParsePrefix("10.0.0.0/24")})
	if err != nil {
		t.Fatal(err)
	}
	subnet, err := n.client.Subnet(t.Context(), v.ID)
	if err != nil {
		t.Fatal(err)
	}
	guarded, one, two := n.login(n.rent("lc-guarded", f.ID, 0)), n.login(n.rent("lc-one", 0, subnet)), n.login(n.rent("lc-two", 0, subnet))
	second, _ := n.c.API.Instance("lc-two")
	for what, got := range map[string]bool{
		"the target that is named":                   n.reaches(guarded, open),
		"another port":                               !n.reaches(guarded, closed),
		"a neighbour that is not named":              !n.reaches(guarded, second.Public.String()+":22"),
		"a neighbour by its private address":         n.reaches(one, second.Private.String()+":22"),
		"a neighbour by its public address":          n.reaches(one, second.Public.String()+":22"),
		"this machine, from a network":               n.reaches(two, closed),
		"only the private address is the machine's":  n.ask(two, "hostname -I") == second.Private.String(),
		"a private address is nobody's from outside": !n.reaches(guarded, second.Private.String()+":22"),
	} {
		if !got {
			t.Errorf("it is otherwise: %s", what)
		}
	}
	if err := n.client.SetRules(t.Context(), f.ID, []linode.Rule{linode.SSH(here)}, nil); err != nil {
		t.Fatal(err)
	}
	if n.reaches(guarded, open) {
		t.Error("new rules are not in force")
	}
	for _, label := range []string{"lc-guarded", "lc-one", "lc-two"} {
		n.delete(rental.Instance, label)
	}
}

// TestBalancersBalance: a balancer has a public address, and its backends are machines of a network.
func TestBalancersBalance(t *testing.T) {
	if _, err := exec.LookPath("haproxy"); err != nil {
		t.Skip("haproxy is needed")
	}
	n := newTenant(t, Config{})
	v, err := n.client.MakeNetwork(t.Context(), linode.NetworkSpec{Label: "lc-v", Region: "us-ord", Range: netip.MustParsePrefix("10.0.0.0/24")})
	if err != nil {
		t.Fatal(err)
	}
	subnet, err := n.client.Subnet(t.Context(), v.ID)
	if err != nil {
		t.Fatal(err)
	}
	n.login(n.rent("lc-one", 0, subnet))
	one, _ := n.c.API.Instance("lc-one")
	b, err := n.client.MakeBalancer(t.Context(), linode.BalancerSpec{Label: "lc-b", Region: "us-ord", Class: "common", Subnet: subnet, Ports: []linode.BalancerPort{{
		Port: 2222, Protocol: "tcp", Backends: []linode.Backend{{Label: "one", Address: netip.AddrPortFrom(one.Private, 22)}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	var said string
	for end := time.Now().Add(10 * time.Second); said == "" && time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		said = greeting(netip.AddrPortFrom(b.Public, 2222).String())
	}
	if !strings.HasPrefix(said, "SSH-2.0") {
		t.Errorf("behind the balancer somebody says %q", said)
	}
	n.delete(rental.Balancer, "lc-b")
	if said := greeting(netip.AddrPortFrom(b.Public, 2222).String()); said != "" {
		t.Errorf("a balancer that is gone says %q", said)
	}
}

func greeting(at string) string {
	conn, err := net.DialTimeout("tcp", at, time.Second)
	if err != nil {
		return ""
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(2 * time.Second))
	b := make([]byte, 64)
	k, _ := conn.Read(b)
	return string(b[:k])
}

// TestWhatMayBefallAMachine: each misfortune is what it says it is, and over when it is mended.
func TestWhatMayBefallAMachine(t *testing.T) {
	n := newTenant(t, Config{Disk: func(string) int { return 64 }, WrongKey: func(label string) bool { return label == "lc-false" }})
	a := n.rent("lc-a", 0, 0)
	m := n.login(a)
	target := n.listen()
	for what, hand := range map[string]func(string){
		"cut": n.c.Cut, "partition": n.c.Partition, "loss": func(label string) { n.c.Lose(label, 99) },
	} {
		hand(a.Name)
		if c, err := net.DialTimeout("tcp", a.Host+":22", 300*time.Millisecond); err == nil {
			c.Close()
			t.Errorf("%s: it can be reached", what)
		}
		n.c.Mend(a.Name)
		if m = n.login(a); !n.reaches(m, target) {
			t.Errorf("%s: mended, it reaches nobody", what)
		}
	}
	n.c.Delay(a.Name, 40*time.Millisecond)
	n.ask(m, "true")
	began := time.Now()
	n.ask(m, "true")
	if took := time.Since(began); took < 80*time.Millisecond {
		t.Errorf("with 40 ms each way an answer comes after %s", took)
	}
	n.c.Mend(a.Name)
	free := n.c.FullDisk(a.Name)
	if _, err := m.Run(t.Context(), "head -c 8192 /dev/zero >~/file"); err == nil || !strings.Contains(err.Error(), "No space left") {
		t.Errorf("a full disk: %v", err)
	}
	free()
	n.ask(m, "echo something >~/file")
	if b, err := os.ReadFile(n.c.Path(a.Name, "file")); err != nil || string(b) != "something\n" {
		t.Errorf("the file is %q, %v", b, err)
	}
	if pids := n.c.Processes(a.Name, ""); len(pids) < 2 {
		t.Errorf("processes there: %v", pids)
	}
	n.c.Kill(a.Name)
	if pids := n.c.Processes(a.Name, ""); len(pids) > 0 {
		t.Errorf("without power there are processes: %v", pids)
	}
	wrong := n.rent("lc-false", 0, 0)
	for end := time.Now().Add(20 * time.Second); greeting(wrong.Host+":22") == "" && time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
	}
	if _, err := ssh.Login(t.Context(), ssh.Config{}, wrong); err == nil || !strings.Contains(err.Error(), "somebody is in between") {
		t.Errorf("another key: %v", err)
	}
}

// TestTheRealCloudInitReadsOurUserData: what the cloud's own reader makes of user data is what an image makes of it.
func TestTheRealCloudInitReadsOurUserData(t *testing.T) {
	if _, err := os.Stat("/usr/bin/cloud-init"); err != nil {
		if os.Getenv("LOADCTL_E2E_REQUIRED") != "" {
			t.Fatal("CI skips nothing: cloud-init is not installed")
		}
		t.Skip("cloud-init is not installed")
	}
	n := newTenant(t, Config{CloudInit: true})
	m := n.login(n.rent("lc-a", 0, 0))
	if got := n.ask(m, "hostname; cat /proc/sys/net/ipv4/tcp_tw_reuse; sshd -T | grep -c -e \"^passwordauthentication no\" -e \"^kbdinteractiveauthentication no\""); got != "lc-a\n1\n2" {
		t.Errorf("it has %q", got)
	}
}
