package ssh

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	xssh "golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// within is how long anything may take before a test gives up: it says nothing about how long things take.
const within = 30 * time.Second

// A machine is an sshd of this test alone: with keys, a port and a home directory of its own.
type machine struct {
	t         *testing.T
	dir, home string
	address   string
	hostKey   xssh.PublicKey
}

// newMachine starts an sshd, or skips the test where there is none. It and all that it serves end with the test.
func newMachine(t *testing.T, settings ...string) *machine {
	t.Helper()
	program, err := exec.LookPath("sshd")
	if err != nil {
		program = "/usr/sbin/sshd"
	}
	sftp := sftpServer()
	if _, err := os.Stat(program); err != nil || sftp == "" {
		t.Skip("openssh-server is not installed")
	}
	if _, err := os.Stat(sshdFolder); err != nil && os.Getuid() == 0 {
		t.Skipf("sshd cannot run here: %v", err)
	}
	m := &machine{t: t, dir: t.TempDir()}
	m.home = filepath.Join(m.dir, "home")
	for _, d := range []string{m.home, filepath.Join(m.dir, "bin")} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	m.hostKey = m.key("host_key")
	m.write("authorized_keys", 0o600, string(xssh.MarshalAuthorizedKey(m.key("id"))))
	// Its own home, whoever the user is; what is in bin is found first.
	m.write("login", 0o755, fmt.Sprintf("#!/bin/sh\nHOME=%q; PATH=%q:$PATH; export HOME PATH\ncd \"$HOME\" || exit 1\nexec sh -c \"$SSH_ORIGINAL_COMMAND\"\n",
		m.home, filepath.Join(m.dir, "bin")))
	m.address = freeAddress(t)
	host, port, _ := net.SplitHostPort(m.address)
	m.write("sshd_config", 0o600, strings.Join(append([]string{
		"Port " + port, "ListenAddress " + host, "HostKey " + m.file("host_key"), "AuthorizedKeysFile " + m.file("authorized_keys"),
		"PidFile none", "UsePAM no", "StrictModes no", "PasswordAuthentication no", "KbdInteractiveAuthentication no", "PermitRootLogin yes",
		"UseDNS no", "MaxStartups 100", "Subsystem sftp " + sftp, "ForceCommand exec " + m.file("login"), "",
	}, settings...), "\n"))
	m.knows("known_hosts", m.hostKey)
	m.serve(program)
	return m
}

func sftpServer() string {
	for _, path := range []string{"/usr/lib/openssh/sftp-server", "/usr/libexec/openssh/sftp-server", "/usr/lib/ssh/sftp-server"} {
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	return ""
}

// freeAddress is a port of a loopback address that no other test uses.
func freeAddress(t *testing.T) string {
	var b [2]byte
	_, _ = rand.Read(b[:])
	l, err := net.Listen("tcp", fmt.Sprintf("127.%d.%d.1:0", 64+b[0]%128, b[1]))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (m *machine) serve(program string) {
	m.t.Helper()
	cmd := exec.Command(program, "-D", "-e", "-f", m.file("sshd_config"))
	log := &tail{}
	cmd.Stderr = log
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	m.t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		<-ended
	})
	m.t.Cleanup(func() { // sessions outlive the sshd that started them
		for _, pid := range childrenOf(cmd.Process.Pid) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	})
	eventually(m.t, "sshd listens", func() bool {
		select {
		case <-ended:
			m.t.Fatalf("sshd has ended: %s", log)
		default:
		}
		c, err := net.Dial("tcp", m.address)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
}

func childrenOf(parent int) (pids []int) {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", parent, parent))
	for _, f := range strings.Fields(string(b)) {
		pid, _ := strconv.Atoi(f)
		pids = append(pids, pid)
	}
	return pids
}

func (m *machine) file(name string) string { return filepath.Join(m.dir, name) }

func (m *machine) write(name string, mode os.FileMode, text string) string {
	m.t.Helper()
	if err := os.WriteFile(m.file(name), []byte(text), mode); err != nil {
		m.t.Fatal(err)
	}
	return m.file(name)
}

// key makes a private key in a file, and gives its public half.
func (m *machine) key(name string) xssh.PublicKey {
	m.t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		m.t.Fatal(err)
	}
	block, err := xssh.MarshalPrivateKey(private, "")
	if err != nil {
		m.t.Fatal(err)
	}
	m.write(name, 0o600, string(pem.EncodeToMemory(block)))
	key, err := xssh.NewPublicKey(public)
	if err != nil {
		m.t.Fatal(err)
	}
	return key
}

// knows writes a file of known hosts that says which key this machine has.
func (m *machine) knows(name string, key xssh.PublicKey) string {
	return m.write(name, 0o600, knownhosts.Line([]string{m.address}, key)+"\n")
}

// at is how the machine is reached.
func (m *machine) at(name string) Address {
	m.t.Helper()
	u, err := user.Current()
	if err != nil {
		m.t.Fatal(err)
	}
	host, text, _ := net.SplitHostPort(m.address)
	port, _ := strconv.Atoi(text)
	return Address{Name: name, User: u.Username, Host: host, Port: port, Identity: m.file("id"), KnownHosts: m.file("known_hosts")}
}

// left are the files below the home there.
func (m *machine) left() (files []string) {
	_ = filepath.WalkDir(m.home, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(m.home, path)
			files = append(files, rel)
		}
		return nil
	})
	return files
}

// config runs this test's program as hosts.
func config(t *testing.T) Config {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return Config{Who: Who{User: "nobody", Home: t.TempDir()}, Executable: exe, Programs: itself()}
}

// itself is packed once for all tests.
var itself = sync.OnceValue(func() *Shelf { return NewShelf(os.Args[0]) })

func connected(t *testing.T, c Config, to ...Address) []*Host {
	t.Helper()
	hosts, err := Connect(t.Context(), c, to)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { Close(hosts...) })
	return hosts
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for until := time.Now().Add(within); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("not within %s: %s", within, what)
		}
	}
}
