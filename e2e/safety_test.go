//go:build e2e

package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// A pair is two hosts made of network namespaces, joined by one cable, with
// addresses that look public (they are set aside for documentation).
type pair struct{ generator, server string }

const (
	generatorIP = "203.0.113.1"
	serverIP    = "203.0.113.2"
)

func newPair(t *testing.T) pair {
	t.Helper()
	need(t, "ip", "nft")
	id := fmt.Sprintf("lc%d", os.Getpid())
	p := pair{id + "g", id + "s"}
	t.Cleanup(func() {
		_ = exec.Command("ip", "netns", "del", p.generator).Run()
		_ = exec.Command("ip", "netns", "del", p.server).Run()
	})
	for _, line := range []string{
		"netns add " + p.generator,
		"netns add " + p.server,
		fmt.Sprintf("link add %s netns %s type veth peer name %s netns %s", id+"a", p.generator, id+"b", p.server),
		fmt.Sprintf("-n %s addr add %s/24 dev %sa", p.generator, generatorIP, id),
		fmt.Sprintf("-n %s addr add %s/24 dev %sb", p.server, serverIP, id),
		fmt.Sprintf("-n %s link set %sa up", p.generator, id),
		fmt.Sprintf("-n %s link set %sb up", p.server, id),
		fmt.Sprintf("-n %s link set lo up", p.generator),
		fmt.Sprintf("-n %s link set lo up", p.server),
	} {
		command(t, "ip", strings.Fields(line)...)
	}
	p.in(t, p.server, "nft", "add table inet watch")
	p.in(t, p.server, "nft", "add chain inet watch in { type filter hook input priority 0; }")
	p.in(t, p.server, "nft", "add rule inet watch in ip saddr "+generatorIP+" counter")
	return p
}

// waysToRoot start a command as somebody who may make network namespaces: as root of
// a user namespace, with a /run of its own for their names, or by sudo.
var waysToRoot = [][]string{
	{"unshare", "-rnm", "sh", "-c", `mount -t tmpfs none /run && ip link set lo up && exec "$0" "$@"`},
	{"sudo", "-n"},
}

// asRoot says that the test may go on, as root. Whoever is not has it run once more
// as one, and is told how that ended; the test fails in CI, and is skipped elsewhere,
// when there is no way to be one.
func asRoot(t *testing.T) bool {
	t.Helper()
	return asRootBy(t, waysToRoot)
}

func asRootBy(t *testing.T, ways [][]string) bool {
	t.Helper()
	if os.Geteuid() == 0 {
		return true
	}
	t.Setenv("PATH", os.Getenv("PATH")+":/usr/sbin:/sbin")
	var why []string
	for _, way := range ways {
		if err := mayMakeNamespaces(way); err != nil {
			why = append(why, err.Error())
			continue
		}
		t.Logf("again by %s", way[0])
		out, err := by(way, os.Args[0], "-test.v", "-test.count=1", "-test.run=^"+t.Name()+"$").CombinedOutput()
		t.Logf("%s", out)
		if err != nil || !bytes.Contains(out, []byte("--- PASS: "+t.Name())) {
			t.Errorf("by %s: %v", way[0], err)
		}
		return false
	}
	lacking(t, "it needs root, and there is no way to it:\n"+strings.Join(why, "\n"))
	return false
}

func by(way []string, args ...string) *exec.Cmd {
	return exec.Command(way[0], append(way[1:len(way):len(way)], args...)...)
}

func mayMakeNamespaces(way []string) error {
	name := fmt.Sprintf("lc%dtry", os.Getpid())
	out, err := by(way, "sh", "-c", "ip netns add "+name+" && ip netns exec "+name+" nft list ruleset; r=$?; ip netns del "+name+"; exit $r").CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(way, " "), err, bytes.TrimSpace(out))
	}
	return nil
}

func command(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return string(out)
}

func (p pair) in(t *testing.T, ns string, args ...string) string {
	t.Helper()
	return command(t, "ip", append([]string{"netns", "exec", ns}, args...)...)
}

// packets is how many IP packets have come from the generator.
func (p pair) packets(t *testing.T) (n int) {
	t.Helper()
	out := p.in(t, p.server, "nft", "list chain inet watch in")
	_, after, _ := strings.Cut(out, "counter packets ")
	fmt.Sscan(after, &n)
	return n
}

func (p pair) loadctl(t *testing.T, args ...string) (code int, text string) {
	t.Helper()
	return p.loadctlIn(t, t.TempDir(), args...)
}

func (p pair) loadctlIn(t *testing.T, dir string, args ...string) (code int, text string) {
	t.Helper()
	cmd := exec.Command("ip", append([]string{"netns", "exec", p.generator, binary(t)}, args...)...)
	cmd.Dir = dir
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	_ = cmd.Run()
	return cmd.ProcessState.ExitCode(), out.String()
}

// mayLoad fails unless a run is made.
func (p pair) mayLoad(t *testing.T, args ...string) {
	t.Helper()
	again(t, func() []string {
		dir := t.TempDir()
		code, text := p.loadctlIn(t, dir, args...)
		return passed(t, dir, code, strings.Join(args, " ")+"\n"+text)
	})
}

const public = `
version: 1
name: public
target: {base_url: "http://203.0.113.2:8080"}
%s
users: {reader: {tasks: {health: {steps: [{get: /health}]}}}}
phases:
  - {name: steady, executor: constant-arrival-rate, user: reader, rate: 50/s, duration: 2s}
`

// TestPublicTarget: a load generator aimed at the wrong host is a weapon.
func TestPublicTarget(t *testing.T) {
	if !asRoot(t) {
		return
	}
	p := newPair(t)
	serveBy(t, exec.Command("ip", "netns", "exec", p.server, binary(t), "target", "serve",
		"--listen", serverIP+":8080", "--workers", "2", "--auth-token", "we-agree"))

	bare := scenario(t, fmt.Sprintf(public, ""))
	allowed := scenario(t, fmt.Sprintf(public, "allow_hosts: [203.0.113.2]"))

	code, text := p.loadctl(t, "run", "--ui", "none", bare)
	if code != 2 || !strings.Contains(text, "allow_hosts") {
		t.Errorf("not allowed: exit %d\n%s", code, text)
	}
	if n := p.packets(t); n != 0 {
		t.Errorf("a refused target was sent %d packets", n)
	}
	code, text = p.loadctl(t, "run", "--ui", "none", "--i-am-authorised", "203.0.113.9", bare)
	if code != 2 || p.packets(t) != 0 {
		t.Errorf("authorised for another host: exit %d, %d packets\n%s", code, p.packets(t), text)
	}
	code, text = p.loadctl(t, "run", "--ui", "none", allowed)
	if code != 2 || !strings.Contains(text, "well-known") {
		t.Errorf("allowed but unproven: exit %d\n%s", code, text)
	}
	p.mayLoad(t, "run", "--ui", "none", "--i-am-authorised", "203.0.113.2", allowed)
	p.mayLoad(t, "run", "--ui", "none", "--target-token", "we-agree", allowed)
	code, text = p.loadctl(t, "run", "--ui", "none", "--target-token", "we-do-not", allowed)
	if code != 2 {
		t.Errorf("allowed with the wrong token: exit %d\n%s", code, text)
	}
}
