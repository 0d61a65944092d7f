//go:build e2e

package e2e

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// A machine is an sshd over loopback, with keys and a home directory of its own: to loadctl another machine than this.
type machine struct {
	t                  *testing.T
	dir, home, address string
	sshd               *proc
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	if _, err := os.Stat("/usr/sbin/sshd"); err != nil {
		need(t, "sshd")
	}
	m := &machine{t: t, dir: t.TempDir()}
	m.home = filepath.Join(m.dir, "home")
	for _, d := range []string{m.home, filepath.Join(m.dir, "bin")} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	_ = os.Mkdir("/run/sshd", 0o755) // an sshd of root wants it; it stays, as other tests may run beside this one
	m.address = net.JoinHostPort(ownAddress(), "0")
	l, err := net.Listen("tcp", m.address)
	if err != nil {
		t.Fatal(err)
	}
	m.address = l.Addr().String()
	l.Close()
	m.write("known_hosts", 0o600, knownhosts.Line([]string{m.address}, m.key("host_key"))+"\n")
	m.write("authorized_keys", 0o600, string(ssh.MarshalAuthorizedKey(m.key("id"))))
	m.write("login", 0o755, fmt.Sprintf("#!/bin/sh\nHOME=%q; PATH=%q:$PATH; export HOME PATH\ncd \"$HOME\" || exit 1\nexec sh -c \"$SSH_ORIGINAL_COMMAND\"\n",
		m.home, filepath.Join(m.dir, "bin")))
	m.serve()
	return m
}

func (m *machine) serve() {
	m.t.Helper()
	host, port, _ := net.SplitHostPort(m.address)
	sftp := "/usr/lib/openssh/sftp-server"
	if _, err := os.Stat(sftp); err != nil {
		sftp = "/usr/libexec/openssh/sftp-server"
	}
	m.write("sshd_config", 0o600, strings.Join([]string{
		"Port " + port, "ListenAddress " + host, "HostKey " + m.file("host_key"), "AuthorizedKeysFile " + m.file("authorized_keys"),
		"PidFile none", "UsePAM no", "StrictModes no", "PasswordAuthentication no", "KbdInteractiveAuthentication no", "PermitRootLogin yes",
		"UseDNS no", "Subsystem sftp " + sftp, "ForceCommand exec " + m.file("login"), "",
	}, "\n"))
	m.sshd = startCommand(m.t, m.dir, exec.Command("/usr/sbin/sshd", "-D", "-e", "-f", m.file("sshd_config")))
	m.t.Cleanup(func() { // what it serves is in groups of its own
		for _, pid := range append(m.sessions(), m.residents()...) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	})
	eventually(m.t, 20*time.Second, "sshd listens", func() bool {
		m.sshd.goesOn()
		c, err := net.Dial("tcp", m.address)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
}

func (m *machine) file(name string) string { return filepath.Join(m.dir, name) }

func (m *machine) write(name string, mode os.FileMode, text string) {
	m.t.Helper()
	if err := os.WriteFile(m.file(name), []byte(text), mode); err != nil {
		m.t.Fatal(err)
	}
}

// key makes a private key in a file, and gives its public half.
func (m *machine) key(name string) ssh.PublicKey {
	m.t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		m.t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		m.t.Fatal(err)
	}
	m.write(name, 0o600, string(pem.EncodeToMemory(block)))
	key, err := ssh.NewPublicKey(public)
	if err != nil {
		m.t.Fatal(err)
	}
	return key
}

// url is the machine for --hosts.
func (m *machine) url() string {
	return fmt.Sprintf("ssh://%s?identity=%s&known_hosts=%s", m.address, m.file("id"), m.file("known_hosts"))
}

// sessions are the processes of sshd that serve a connection.
func (m *machine) sessions() (pids []int) {
	for _, pid := range descendants(m.sshd.cmd.Process.Pid) {
		if comm, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid)); strings.HasPrefix(string(comm), "sshd") {
			pids = append(pids, pid)
		}
	}
	return pids
}

// residents are the processes there that run what was pushed.
func (m *machine) residents() (pids []int) {
	all, _ := filepath.Glob("/proc/[0-9]*/exe")
	for _, exe := range all {
		var pid int
		if to, err := os.Readlink(exe); err == nil && strings.HasPrefix(to, m.home+"/") {
			if _, err := fmt.Sscanf(exe, "/proc/%d/exe", &pid); err == nil && alive(pid) {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

// left are the files below the home there.
func (m *machine) left() (files []string) {
	_ = filepath.WalkDir(m.home, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, filepath.Base(path))
		}
		return nil
	})
	return files
}

func (m *machine) onlyTheProgram() {
	m.t.Helper()
	if left := m.left(); !slices.Equal(left, []string{"loadctl"}) {
		logs, _ := filepath.Glob(filepath.Join(m.home, ".cache/loadctl/run/*/log"))
		for _, log := range logs {
			said, _ := os.ReadFile(log)
			m.t.Logf("%s: %s", log, said)
		}
		m.t.Errorf("left on a machine: %q", left)
	}
	if pids := m.residents(); len(pids) > 0 {
		m.t.Errorf("processes left on a machine: %v", pids)
	}
}

// spread is a load whose arrivals are known by the number.
const spread = `
version: 1
name: spread
target: {base_url: "%s"}
http: {timeout: 5s}
users: {reader: {tasks: {health: {steps: [{get: /health, check: [{status: 200}]}]}}}}
phases: [{name: steady, executor: constant-arrival-rate, user: reader, rate: 200/s, arrivals: uniform, duration: %s}]
slo: {response_time: [p(95)<5s]}
agents: {on_loss: fail}
`

// TestHostsOfSSH: two machines share one load, nothing is pushed twice, and nothing but the program stays.
func TestHostsOfSSH(t *testing.T) {
	one, two := newMachine(t), newMachine(t)
	target := serve(t, "serve", "--listen", "127.0.0.1:0", "--workers", "2")
	file := scenario(t, fmt.Sprintf(spread, target.url, "4s"))
	args := []string{"run", "--ui", "none", "--hosts", one.url() + "," + two.url(), file}
	f := run(t, 2*time.Minute, args...)
	survived(t, f)
	f.identity(t)
	between(t, f, target)
	if n := f.summary.Accounting.Intended; n != 800 {
		t.Errorf("intended %d, want 800", n)
	}
	var hosts []string
	for _, a := range f.summary.Agents {
		hosts = append(hosts, a.Name[:strings.LastIndex(a.Name, "-")])
		if a.Requests == 0 {
			t.Errorf("agent %s did nothing", a.Name)
		}
	}
	slices.Sort(hosts)
	if hosts = slices.Compact(hosts); len(hosts) != 2 {
		t.Errorf("agents ran on %v", hosts)
	}
	if strings.Count(f.errs, "pushed itself to") != 2 {
		t.Errorf("pushed:\n%s", f.errs)
	}
	one.onlyTheProgram()
	two.onlyTheProgram()
	if again := run(t, 2*time.Minute, args...); strings.Contains(again.errs, "pushed itself") {
		t.Errorf("pushed again:\n%s", again.errs)
	}
}

// TestHostsDialTheCoordinatorDirectly: nothing is led through the SSH connection, and its end is not heard of.
func TestHostsDialTheCoordinatorDirectly(t *testing.T) {
	m := newMachine(t)
	target := serve(t, "serve", "--listen", "127.0.0.1:0", "--workers", "2")
	l, err := net.Listen("tcp", net.JoinHostPort(ownAddress(), "0"))
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().String()
	l.Close()
	p := start(t, t.TempDir(), "run", "--ui", "none", "--hosts", m.url(), "--direct", at, scenario(t, fmt.Sprintf(spread, target.url, "10s")))
	p.into(3 * time.Second)
	if c, err := net.Dial("tcp", at); err != nil {
		t.Errorf("nobody listens where hosts dial: %v", err)
	} else {
		c.Close()
	}
	for _, pid := range m.sessions() {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	f := p.finish(2 * time.Minute)
	survived(t, f)
	f.identity(t)
	between(t, f, target)
	if n := f.summary.Accounting.Intended; n != 2000 {
		t.Errorf("intended %d, want 2000", n)
	}
	m.onlyTheProgram()
}

// TestACutConnectionLosesNothing: the process of sshd that carries a host's connection is killed in the middle of a run that
// may lose no agent, and the next one falls silent, as a cable that was cut, while it holds the port.
func TestACutConnectionLosesNothing(t *testing.T) {
	m := newMachine(t)
	target := serve(t, "serve", "--listen", "127.0.0.1:0", "--workers", "2")
	p := start(t, t.TempDir(), "run", "--ui", "none", "--hosts", m.url(), scenario(t, fmt.Sprintf(spread, target.url, "15s")))
	for i, signal := range []syscall.Signal{syscall.SIGKILL, syscall.SIGSTOP} {
		p.into(time.Duration(3+4*i) * time.Second)
		var sessions []int
		eventually(t, 20*time.Second, "somebody serves the connection", func() bool {
			sessions = m.sessions()
			return len(sessions) > 0
		})
		for _, pid := range sessions {
			_ = syscall.Kill(pid, signal)
		}
	}
	f := p.finish(2 * time.Minute)
	survived(t, f)
	f.identity(t)
	between(t, f, target)
	if n := f.summary.Accounting.Intended; n != 3000 {
		t.Errorf("intended %d, want 3000", n)
	}
	if censored := f.summary.Accounting.Censored; censored != 0 {
		t.Errorf("%d requests are censored", censored)
	}
	m.onlyTheProgram()
}

// TestAHostOutlivesNoCoordinator: a coordinator that is killed says nothing to anybody.
func TestAHostOutlivesNoCoordinator(t *testing.T) {
	m := newMachine(t)
	target := serve(t, "serve", "--listen", "127.0.0.1:0", "--workers", "2")
	p := start(t, t.TempDir(), "run", "--ui", "none", "--hosts", m.url(), scenario(t, fmt.Sprintf(spread, target.url, "60s")))
	p.into(3 * time.Second)
	if len(m.residents()) < 2 {
		t.Fatalf("processes there: %v", m.residents())
	}
	p.signal(syscall.SIGKILL)
	killed := time.Now()
	eventually(t, 30*time.Second, "nothing runs there any more", func() bool { return len(m.residents()) == 0 })
	if took := time.Since(killed); took > 15*time.Second {
		t.Errorf("it ran on for %s", took)
	}
	left, _ := filepath.Glob(filepath.Join(m.home, ".cache/loadctl/run/*/spool"))
	if len(left) != 1 {
		t.Fatalf("it left %q", left)
	}
	told, err := exec.Command(binary(t), "host", "--spooled", left[0]).CombinedOutput()
	if err != nil || !strings.Contains(string(told), "messages that its coordinator did not confirm") {
		t.Errorf("%v:\n%s", err, told)
	}
}

// TestACutOffHostLosesNothing: one of two machines is out of reach for longer than its host waits. It is lost and its share
// made up for; and what it measured until it ended is in the accounts, which are those of the target.
func TestACutOffHostLosesNothing(t *testing.T) {
	one, two := newMachine(t), newMachine(t)
	target := serve(t, "serve", "--listen", "127.0.0.1:0", "--workers", "2")
	load := strings.Replace(fmt.Sprintf(spread, target.url, "40s"), "on_loss: fail", "on_loss: redistribute", 1)
	p := start(t, t.TempDir(), "run", "--ui", "none", "--hosts", one.url()+","+two.url(), scenario(t, load))
	p.into(5 * time.Second)
	cut := append(two.sessions(), two.sshd.cmd.Process.Pid)
	signalAll := func(s syscall.Signal) {
		for _, pid := range cut {
			_ = syscall.Kill(pid, s)
		}
	}
	signalAll(syscall.SIGSTOP)
	t.Cleanup(func() { signalAll(syscall.SIGCONT) })
	eventually(t, 40*time.Second, "its host ends", func() bool { return len(two.residents()) == 0 })
	signalAll(syscall.SIGCONT)
	f := p.finish(2 * time.Minute)
	f.identity(t)
	between(t, f, target)
	if !strings.Contains(f.out+f.errs, "came late") {
		t.Errorf("nothing is said of what came late:\n%s%s", f.out, f.errs)
	}
	// Its share is 100 a second, for the 12 s that it waits; what was open at its end may be censored.
	if censored := f.summary.Accounting.Censored; censored > 5 {
		t.Errorf("%d requests are censored", censored)
	}
	if n := f.summary.Accounting.Intended; n < 8000 {
		t.Errorf("intended %d, want 8000 at least", n)
	}
	one.onlyTheProgram()
	two.onlyTheProgram()
}

// TestAMachineThatMustNotBeUsedIsNot: what is wrong is said before anything runs, and of all machines at once.
func TestAMachineThatMustNotBeUsedIsNot(t *testing.T) {
	changed, big := newMachine(t), newMachine(t)
	changed.write("known_hosts", 0o600, knownhosts.Line([]string{changed.address}, changed.key("another"))+"\n")
	big.write("bin/uname", 0o755, "#!/bin/sh\necho Linux s390x\n")
	target := serve(t, "serve", "--listen", "127.0.0.1:0", "--workers", "1")
	dir := t.TempDir()
	p := start(t, dir, "run", "--ui", "none", "--hosts", changed.url()+","+big.url(), scenario(t, fmt.Sprintf(spread, target.url, "2s")))
	if code := p.wait(time.Minute); code != 1 {
		t.Errorf("exit %d", code)
	}
	for _, want := range []string{"somebody is in between", "SHA256:", "ssh-keygen -R", "loadctl-linux-s390x is missing", "make dist"} {
		if !strings.Contains(p.stderr.String(), want) {
			t.Errorf("%q is not in:\n%s", want, p.stderr.String())
		}
	}
	if runs, _ := os.ReadDir(filepath.Join(dir, "runs")); len(runs) > 0 || len(changed.left())+len(big.left()) > 0 {
		t.Errorf("left: %v, %v, %v", runs, changed.left(), big.left())
	}
	if n := target.counted(t).Requests; n != 0 {
		t.Errorf("the target was asked %d times", n)
	}
}

// TestTrialsOfASearchRunOnHosts: each trial is a run as any other, and the study says whose machine made it.
func TestTrialsOfASearchRunOnHosts(t *testing.T) {
	m := newMachine(t)
	target := serve(t, "serve", "--listen", "127.0.0.1:0", "--workers", "1")
	dir := t.TempDir()
	file := scenario(t, fmt.Sprintf(spread, target.url, "4s"))
	p := start(t, dir, "capacity", "--start", "20/s", "--max", "20/s", "--budget", "30s", "--hosts", m.url(), file)
	if code := p.wait(2 * time.Minute); code == 1 || code == 2 {
		t.Fatalf("exit %d\n%s", code, p.stderr.String())
	}
	studies, _ := filepath.Glob(filepath.Join(dir, "runs", "*-capacity"))
	if len(studies) != 1 {
		t.Fatalf("studies: %v", studies)
	}
	var r capacityFound
	readJSON(t, filepath.Join(studies[0], "result.json"), &r)
	for _, trial := range r.Trials {
		if trial.Broken != "" {
			t.Errorf("trial %d could not be made: %s", trial.Number, trial.Broken)
		}
	}
	if len(r.Trials) == 0 {
		t.Error("no trial was made")
	}
	m.onlyTheProgram()
	set := start(t, dir, "baseline", "set", "main", studies[0])
	if code := set.wait(time.Minute); code != 2 || !strings.Contains(set.stderr.String(), "its load was made by root@") && os.Getuid() == 0 {
		t.Errorf("taken for a baseline: exit %d\n%s", code, set.stderr.String())
	}
}
