package ssh

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	xssh "golang.org/x/crypto/ssh"
)

// refusedBy connects to one machine, which must fail, and gives why.
func refusedBy(t *testing.T, c Config, to ...Address) string {
	t.Helper()
	hosts, err := Connect(t.Context(), c, to)
	if err == nil {
		Close(hosts...)
		t.Fatal("connected")
	}
	return err.Error()
}

func says(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("%q is not in:\n%s", p, text)
		}
	}
}

func TestAMachineIsTrustedByItsKeyAlone(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	unknown, changed, kind := m.at("unknown"), m.at("changed"), m.at("kind")
	unknown.KnownHosts = m.write("nothing_known", 0o600, "")
	changed.KnownHosts = m.knows("another_known", m.key("another"))
	kind.KnownHosts = m.knows("kind_known", rsaKey(t))
	shown := xssh.FingerprintSHA256(m.hostKey)
	says(t, refusedBy(t, config(t), unknown), "host unknown (", shown, "nothing_known does not know", "ssh-keyscan -p ", ">> "+unknown.KnownHosts)
	says(t, refusedBy(t, config(t), changed), "host changed (", shown, "another_known:1 says that its key is SHA256:", "ssh-keygen -R '[127.")
	says(t, refusedBy(t, config(t), kind), "no key of a kind that is known")
	lost := m.at("lost")
	lost.KnownHosts = m.file("is_not_there")
	says(t, refusedBy(t, config(t), lost), "is_not_there: no such file", "?known_hosts=FILE")
	if len(m.left()) > 0 {
		t.Errorf("something was sent to it: %q", m.left())
	}
}

// rsaKey is a key of another kind.
func rsaKey(t *testing.T) xssh.PublicKey {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	key, err := xssh.NewPublicKey(private.Public())
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestALoginIsByKeysAlone(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	stranger, missing, usual := m.at("stranger"), m.at("missing"), m.at("usual")
	key := m.key("stranger")
	stranger.Identity, missing.Identity, usual.Identity = m.file("stranger"), m.file("no_file"), ""
	says(t, refusedBy(t, config(t), stranger), "by none of our keys ("+xssh.FingerprintSHA256(key)+")", "ssh-copy-id")
	says(t, refusedBy(t, config(t), missing), "?identity=", "no_file: no such file")
	says(t, refusedBy(t, config(t), usual), "there is no key to log in with: no ssh-agent runs", "id_ed25519 is not there", "ssh-add")

	c := config(t)
	folder := filepath.Join(c.Home, ".ssh")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(m.file("id"), filepath.Join(folder, "id_ed25519")); err != nil {
		t.Fatal(err)
	}
	connected(t, c, usual)
}

func TestAKeyWithAPassphraseComesFromTheAgent(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"ssh-agent", "ssh-add", "ssh-keygen"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(tool + " is not installed")
		}
	}
	m, c := newMachine(t), config(t)
	socket := filepath.Join(c.Home, "agent")
	keeper := exec.Command("ssh-agent", "-D", "-a", socket)
	if err := keeper.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = keeper.Process.Signal(syscall.SIGTERM)
		_ = keeper.Wait()
	})
	eventually(t, "ssh-agent listens", func() bool {
		l, err := net.Dial("unix", socket) // which is there before anybody listens
		if err == nil {
			l.Close()
		}
		return err == nil
	})
	add := exec.Command("ssh-add", "-q", m.file("id"))
	add.Env = append(os.Environ(), "SSH_AUTH_SOCK="+socket)
	if out, err := add.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if out, err := exec.Command("ssh-keygen", "-q", "-p", "-P", "", "-N", "secret", "-f", m.file("id")).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	says(t, refusedBy(t, c, m.at("a")), "it has a passphrase, which nobody is asked for: ssh-add it")
	c.Agent = socket
	whichever := m.at("whichever")
	whichever.Identity = ""
	connected(t, c, m.at("a"), whichever)
}

func TestAllThatIsWrongIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	fine, closed, stranger := m.at("fine"), m.at("closed"), m.at("stranger")
	closed.Host, closed.Port = nobodyThere(t)
	m.key("stranger")
	stranger.Identity = m.file("stranger")
	text := refusedBy(t, config(t), closed, fine, stranger)
	says(t, text, "host closed (", "connection refused: is its sshd there", "host stranger (")
	if strings.Contains(text, "host fine") {
		t.Errorf("nothing is wrong with fine:\n%s", text)
	}
}

func nobodyThere(t *testing.T) (host string, port int) {
	a := freeAddress(t)
	tcp, err := net.ResolveTCPAddr("tcp", a)
	if err != nil {
		t.Fatal(err)
	}
	return tcp.IP.String(), tcp.Port
}

func TestAMachineThatSaysNothingIsNotWaitedForLong(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	a := newMachine(t).at("mute")
	a.Host, a.Port = "127.0.0.1", l.Addr().(*net.TCPAddr).Port
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := Connect(ctx, config(t), []Address{a}); err == nil || !strings.Contains(err.Error(), "did not let us in") {
		t.Error(err)
	}
}

func TestAnotherArchitectureNeedsItsOwnProgram(t *testing.T) {
	t.Parallel()
	m, c := newMachine(t), config(t)
	m.write("bin/uname", 0o755, "#!/bin/sh\necho Linux s390x\n")
	text := refusedBy(t, c, m.at("big"))
	says(t, text, "host big (", "linux/s390x", filepath.Join(filepath.Dir(c.Executable), "loadctl-linux-s390x")+" is missing", "make dist")

	m.write("bin/uname", 0o755, "#!/bin/sh\necho FreeBSD amd64\n")
	says(t, refusedBy(t, c, m.at("bsd")), `it runs "FreeBSD amd64", and hosts run on Linux`)

	// What lies beside this program is taken.
	m.write("bin/uname", 0o755, "#!/bin/sh\necho Linux s390x\n")
	c.Executable, c.Programs = m.write("loadctl", 0o755, "this"), nil
	m.write("loadctl-linux-s390x", 0o755, "that")
	connected(t, c, m.at("big"))
	if left := m.left(); len(left) != 1 {
		t.Errorf("left there: %q", left)
	} else if b, err := os.ReadFile(filepath.Join(m.home, left[0])); err != nil || string(b) != "that" {
		t.Errorf("pushed %q, %v", b, err)
	}
}

func TestAProgramThatWasSpoiltIsPushedAgain(t *testing.T) {
	t.Parallel()
	m, c := newMachine(t), config(t)
	c.Executable, c.Programs = m.write("loadctl", 0o755, "program"), nil
	m.write("bin/uname", 0o755, "#!/bin/sh\necho Linux $(/bin/uname -m)\n")
	pushes := 0
	c.Pushed = func(Address, int64, int64) { pushes++ }
	connected(t, c, m.at("a"))
	there := filepath.Join(m.home, m.left()[0])
	if err := os.WriteFile(there, []byte("progrum"), 0o700); err != nil {
		t.Fatal(err)
	}
	connected(t, c, m.at("a"))
	if b, err := os.ReadFile(there); err != nil || string(b) != "program" || pushes != 2 {
		t.Errorf("%q, %v after %d pushes", b, err, pushes)
	}
}

func TestAHomeThatCannotBeWrittenToIsNamed(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.write("home/.cache", 0o600, "a file where a folder is wanted")
	says(t, refusedBy(t, config(t), m.at("a")), "making room for the program: ", ".cache")
}

func TestAnSshdWithoutForwardingIsNamed(t *testing.T) {
	t.Parallel()
	m := newMachine(t, "AllowTcpForwarding no")
	h := connected(t, config(t), m.at("a"))[0]
	err := h.Start(t.Context(), "127.0.0.1:1", talker, nil, certifies)
	if err == nil || !strings.Contains(err.Error(), "AllowTcpForwarding") {
		t.Errorf("started: %v", err)
	}
	if err := wait(t, h); err != nil {
		t.Error(err)
	}
	onlyTheProgram(t, m)
}

func TestConnectEndsWithItsContext(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Connect(ctx, config(t), []Address{m.at("a")}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
