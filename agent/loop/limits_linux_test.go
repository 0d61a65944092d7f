package loop

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/loadctl/loadctl/stats"
)

// What a process that is this test again is to do, and where the target is.
const (
	childEnv  = "LOADCTL_LOOP_TEST_CHILD"
	targetEnv = "LOADCTL_LOOP_TEST_TARGET"
)

// child runs a test again in a process of its own, whose limits may be changed, and
// fails when it does.
func child(t *testing.T, what, target string, attr *syscall.SysProcAttr) {
	t.Helper()
	c := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.count=1")
	c.Env = append(os.Environ(), childEnv+"="+what, targetEnv+"="+target)
	c.SysProcAttr = attr
	out, err := c.CombinedOutput()
	switch {
	case attr != nil && strings.Contains(string(out), "SKIP"):
		t.Skip(string(out))
	case attr != nil && err != nil && len(out) == 0:
		t.Skipf("this machine gives no network namespace: %v", err)
	case err != nil:
		t.Fatalf("%v\n%s", err, out)
	}
}

// growing opens ever more connections: each answer takes 300 ms. What finds none waits
// longer than a busy machine may stand still, and there is more of it than can wait.
const growing = `
version: 1
name: growing
target: {base_url: "http://127.0.0.1:1"}
http: {timeout: 15s}
users: {u: {tasks: {t: {steps: [{get: /x}]}}}}
phases:
  - {name: open, executor: ramping-arrival-rate, user: u, start_rate: 10/s, stages: [{target: 300/s, duration: 5s}], max_lag: 2s}
`

func slowly(c *peer) {
	for c.request() {
		time.Sleep(300 * time.Millisecond)
		c.write(helloReply)
	}
}

// grow runs the load, and fails unless what did not go well was for want of something.
func grow(t *testing.T, addr netip.AddrPort, kind string) {
	t.Helper()
	s := parse(t, growing)
	got := live(t, s, addr, nil, Begin{0, 0}, Drain{At: 5 * time.Second, Deadline: 20 * time.Second})
	got.checkIdentity(t, s)
	c := got.cell(t, s, "open", "/x")
	if c.Classes[stats.OK] == 0 || c.Classes[stats.NotSent] == 0 || c.Classes[stats.OK]+c.Classes[stats.NotSent] != c.Intended {
		t.Errorf("intended %d, classes %v: want ok and not_sent only", c.Intended, c.Classes)
	}
	for _, e := range got.total.Errors {
		if e.Kind != kind || e.Class != stats.NotSent {
			t.Errorf("error %+v, want %q", e, kind)
		}
	}
	(&play{told: got}).wantLimit(t, kind)
}

// TestFilesRunOutInMidRun: the limit is lowered under a load that goes on.
func TestFilesRunOutInMidRun(t *testing.T) {
	if os.Getenv(childEnv) == "" {
		t.Parallel()
		child(t, "files", rawServer(t, slowly).String(), nil)
		return
	}
	lower := time.AfterFunc(500*time.Millisecond, func() {
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 40, Max: 40}); err != nil {
			t.Error(err)
		}
	})
	defer lower.Stop()
	grow(t, netip.MustParseAddrPort(os.Getenv(targetEnv)), kindFiles)
}

// TestPortsRunOut: in a network of its own, whose kernel gives ten ports.
func TestPortsRunOut(t *testing.T) {
	if os.Getenv(childEnv) == "" {
		t.Parallel()
		child(t, "ports", "", &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		})
		return
	}
	if err := loopbackUp(); err != nil {
		t.Skipf("the loopback of the namespace does not come up: %v", err)
	}
	addr := rawServer(t, slowly)
	if err := os.WriteFile("/proc/sys/net/ipv4/ip_local_port_range", []byte("40000 40009"), 0); err != nil {
		t.Skipf("the namespace's ports cannot be set: %v", err)
	}
	grow(t, addr, kindPorts)
}

func loopbackUp() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	ifr, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	ifr.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, ifr); err != nil {
		return err
	}
	if ln, err := net.Listen("tcp4", "127.0.0.1:0"); err != nil {
		return fmt.Errorf("nothing can listen: %w", err)
	} else {
		return ln.Close()
	}
}
