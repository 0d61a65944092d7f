package ssh

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A door is where talkers dial.
type door struct {
	t *testing.T
	net.Listener
}

func newDoor(t *testing.T) *door {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return &door{t, l}
}

// A caller is a host that has dialled.
type caller struct {
	t *testing.T
	net.Conn
	*bufio.Scanner
	name string
	pid  int
	rest string // of what it said first
}

// call waits for the next.
func (d *door) call() *caller {
	d.t.Helper()
	_ = d.Listener.(*net.TCPListener).SetDeadline(time.Now().Add(within))
	c, err := d.Accept()
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(within))
	k := &caller{t: d.t, Conn: c, Scanner: bufio.NewScanner(c)}
	if !k.Scan() {
		d.t.Fatalf("a caller says nothing: %v", k.Err())
	}
	words := strings.SplitN(k.Text(), " ", 3)
	k.name, k.rest = words[0], words[2]
	k.pid, _ = strconv.Atoi(words[1])
	return k
}

// echoes says whether the line holds.
func (k *caller) echoes() bool {
	_, err := fmt.Fprintln(k, "there?")
	return err == nil && k.Scan() && k.Text() == "there?"
}

func (k *caller) say(text string) {
	k.t.Helper()
	if _, err := fmt.Fprintln(k, text); err != nil {
		k.t.Fatal(err)
	}
}

func begin(t *testing.T, h *Host, to, kind string) {
	t.Helper()
	if err := h.Start(t.Context(), to, kind, []byte("CA"), certifies); err != nil {
		t.Fatal(err)
	}
}

// certifies gives what fake hosts ask for.
func certifies(request []byte) ([]byte, error) { return append([]byte("CERT-for-"), request...), nil }

// wait gives how a host has ended.
func wait(t *testing.T, h *Host) error {
	t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- h.Wait() }()
	select {
	case err := <-ended:
		return err
	case <-time.After(within):
		t.Fatal("the host does not end")
		return nil
	}
}

func gone(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || strings.Contains(string(b), ") Z ")
}

func onlyTheProgram(t *testing.T, m *machine) {
	t.Helper()
	left := m.left()
	if len(left) != 1 || !strings.HasPrefix(left[0], programs+"/") || filepath.Base(left[0]) != "loadctl" {
		t.Errorf("left there: %q", left)
	}
	if _, err := os.Stat(filepath.Join(m.home, runs)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder of runs: %v", err)
	}
}

func TestAHostIsPushedToldAndReachesUs(t *testing.T) {
	t.Parallel()
	m, d, c := newMachine(t), newDoor(t), config(t)
	pushes := 0
	c.Pushed = func(Address, int64, int64) { pushes++ }
	h := connected(t, c, m.at("a"))[0]
	begin(t, h, d.Addr().String(), talker)
	k := d.call()
	if k.name != "a" || h.Name() != "a" || k.rest != ServerName+" CA CERT-for-key-of-a" {
		t.Errorf("%s was told %q", k.name, k.rest)
	}
	for _, file := range []string{"cmdline", "environ"} {
		if b, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", k.pid, file)); err != nil || strings.Contains(string(b), "CERT-for") {
			t.Errorf("its %s tells what it was told, or %v", file, err)
		}
	}
	nothingWritten(t, m)
	if !k.echoes() {
		t.Error("it does not answer")
	}
	k.say("end")
	if err := wait(t, h); err != nil {
		t.Error(err)
	}
	onlyTheProgram(t, m)
	connected(t, c, m.at("a"))
	if pushes != 1 {
		t.Errorf("pushed %d times", pushes)
	}
}

// nothingWritten makes sure that no file there holds what the host was told, and that the program is its user's alone.
func nothingWritten(t *testing.T, m *machine) {
	t.Helper()
	for _, file := range m.left() {
		if filepath.Base(file) == "loadctl" { // which has it as a constant of this test
			if info, err := os.Stat(filepath.Join(m.home, file)); err != nil || info.Mode().Perm() != 0o700 {
				t.Errorf("%s: %v, %v", file, info.Mode(), err)
			}
			continue
		}
		if b, err := os.ReadFile(filepath.Join(m.home, file)); err != nil || strings.Contains(string(b), "CERT-for") {
			t.Errorf("%s holds it, or %v", file, err)
		}
	}
}

// What goes wrong before a host dials is told by its start.
func TestAHostThatIsNotAdmittedIsNotStarted(t *testing.T) {
	t.Parallel()
	m, d := newMachine(t), newDoor(t)
	refusal := errors.New("not that one")
	refuses := func([]byte) ([]byte, error) { return nil, refusal }
	hosts := connected(t, config(t), m.at("early"), m.at("refused"))
	err := hosts[0].Start(t.Context(), d.Addr().String(), early, nil, certifies)
	if err == nil || !strings.Contains(err.Error(), "starting host early on ") || !strings.HasSuffix(err.Error(), "exit status 3:\nnot even asked") {
		t.Error(err)
	}
	if err := hosts[1].Start(t.Context(), d.Addr().String(), talker, nil, refuses); !errors.Is(err, refusal) {
		t.Error(err)
	}
	eventually(t, "the one that was refused has ended", func() bool {
		pid, _ := strconv.Atoi(hosts[1].pid)
		return pid == 0 || gone(pid)
	})
}

// systemd cannot run here: what stands in for it starts what it is told with the same streams, as the start of a service of
// systemd does, or takes nothing.
func TestAHostIsStartedBySystemdWhereThatIs(t *testing.T) {
	t.Parallel()
	for what, by := range map[string]struct {
		manager manager
		program string
		said    []string
	}{
		"a unit": {systemManager, standIn, []string{"--system --quiet --collect --pipe --wait true",
			"--unit=loadctl-" + talker + "-a-", "LimitNOFILE=1048576", "Restart=no", "-p OOMScoreAdjust=-500 sh -c"}},
		"a unit of the user":  {userManager, standIn, []string{"--user --quiet --collect --pipe --wait true", "-p LimitNOFILE=1048576 sh -c"}},
		"one that is too old": {systemManager, "#!/bin/sh\necho \"$*\" >>\"$0.said\"; exit 1\n", []string{"--system --quiet --collect --pipe --wait true"}},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			m, d := newMachine(t), newDoor(t)
			m.write("bin/systemd-run", 0o755, by.program)
			h := connected(t, config(t), m.at("a"))[0]
			h.conn.manager = by.manager
			begin(t, h, d.Addr().String(), talker)
			k := d.call()
			b, err := os.ReadFile(m.file("bin/systemd-run.said"))
			if err != nil {
				t.Fatal(err)
			}
			says(t, string(b), by.said...)
			cutOff(t, h)
			if again := d.call(); again.pid != k.pid {
				t.Errorf("host %d became %d", k.pid, again.pid)
			} else {
				again.say("end")
			}
			if err := wait(t, h); err != nil {
				t.Error(err)
			}
			onlyTheProgram(t, m)
		})
	}
}

// standIn notes what it is told, and runs what is behind the options.
const standIn = "#!/bin/sh\necho \"$*\" >>\"$0.said\"\nwhile [ $# -gt 0 ]; do case \"$1\" in -p) shift 2;; -*) shift;; *) break;; esac; done\n\"$@\"\n"

func TestAHostThatFailsSaysWhyAndLeavesItsWords(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	h := connected(t, config(t), m.at("a"))[0]
	begin(t, h, "127.0.0.1:1", failing)
	err := wait(t, h)
	if err == nil || !strings.Contains(err.Error(), "exit status 3:\n") || !strings.HasSuffix(err.Error(), "no such luck") {
		t.Fatalf("it ended with %v", err)
	}
	if n := len(err.Error()); n > 2048+200 {
		t.Errorf("an error of %d bytes", n)
	}
	left := m.left()
	if len(left) != 2 || !slices.ContainsFunc(left, func(f string) bool { return strings.HasPrefix(f, runs+"/") && strings.HasSuffix(f, "/log") }) {
		t.Errorf("left there: %q", left)
	}
}

func TestKillEndsAHost(t *testing.T) {
	t.Parallel()
	for kind, grace := range map[string]time.Duration{talker: 10 * within, stubborn: 200 * time.Millisecond} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			m, d, c := newMachine(t), newDoor(t), config(t)
			c.Grace = min(grace, 15*time.Second)
			h := connected(t, c, m.at("a"))[0]
			begin(t, h, d.Addr().String(), kind)
			pid, _ := strconv.Atoi(h.pid)
			if kind == talker {
				d.call()
			}
			h.Kill()
			h.Kill()
			if err := wait(t, h); err == nil || !strings.Contains(err.Error(), "killed by signal") {
				t.Errorf("it ended with %v", err)
			}
			if !gone(pid) {
				t.Error("it is still there")
			}
			onlyTheProgram(t, m)
		})
	}
}

func TestAHostKilledBeforeItsStartNeverStarts(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	h := connected(t, config(t), m.at("a"))[0]
	h.Kill()
	if err := h.Start(t.Context(), "127.0.0.1:1", talker, nil, certifies); err == nil || !strings.Contains(err.Error(), "starting host a: it was given up") {
		t.Errorf("started: %v", err)
	}
	if err := wait(t, h); err != nil {
		t.Error(err)
	}
	onlyTheProgram(t, m)
}

// cutOff ends the process of sshd that serves a host, as a broken line would in the end.
func cutOff(t *testing.T, h *Host) { signalled(t, h, syscall.SIGKILL) }

func signalled(t *testing.T, h *Host, s syscall.Signal) {
	t.Helper()
	h.mu.Lock()
	session := h.conn.session
	h.mu.Unlock()
	sessionOf(t, session, s)
}

// sessionOf signals a process of sshd that serves us.
func sessionOf(t *testing.T, session string, s syscall.Signal) {
	t.Helper()
	pid, err := strconv.Atoi(session)
	if err != nil {
		t.Fatal(err)
	}
	if comm, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid)); !strings.HasPrefix(string(comm), "sshd") {
		t.Fatalf("process %d, which serves us, is %q", pid, comm)
	}
	if err := syscall.Kill(pid, s); err != nil {
		t.Fatal(err)
	}
}

func TestABrokenConnectionIsNotTheHostsEnd(t *testing.T) {
	t.Parallel()
	m, d := newMachine(t), newDoor(t)
	h := connected(t, config(t), m.at("a"))[0]
	begin(t, h, d.Addr().String(), talker)
	k := d.call()
	pid := k.pid
	for range 3 {
		cutOff(t, h)
		k = d.call() // by the same port
		if k.pid != pid || !k.echoes() {
			t.Fatalf("host %d became %d", pid, k.pid)
		}
		// It may call before the connection is followed.
		eventually(t, "followed by the new connection", func() bool {
			h.mu.Lock()
			defer h.mu.Unlock()
			select {
			case <-h.conn.gone:
				return false
			default:
				return true
			}
		})
	}
	select {
	case <-h.ended:
		t.Fatalf("taken for ended: %v", h.failed)
	default:
	}
	k.say("fail")
	if err := wait(t, h); err == nil || !strings.Contains(err.Error(), "exit status 3:\ntold to fail") {
		t.Errorf("it ended with %v", err)
	}
}

// A host that dials us itself is not led here, and what becomes of the connection does not touch what it says.
func TestAHostMayDialUsItself(t *testing.T) {
	t.Parallel()
	m, d, c := newMachine(t, "AllowTcpForwarding no"), newDoor(t), config(t)
	c.Direct = true
	h := connected(t, c, m.at("a"))[0]
	begin(t, h, d.Addr().String(), talker)
	k := d.call()
	for range 2 {
		cutOff(t, h)
		if !k.echoes() {
			t.Error("its line to us broke with the connection")
		}
		eventually(t, "followed by a new connection", func() bool {
			h.mu.Lock()
			defer h.mu.Unlock()
			select {
			case <-h.conn.gone:
				return false
			default:
				return true
			}
		})
	}
	k.Close()
	if k = d.call(); !k.echoes() {
		t.Error("it did not dial again")
	}
	k.say("end")
	if err := wait(t, h); err != nil {
		t.Error(err)
	}
	onlyTheProgram(t, m)
}

// A process of sshd that is stopped says nothing, as one behind a cable that was cut, and holds the port.
func TestAConnectionThatFallsSilentIsBroken(t *testing.T) {
	t.Parallel()
	m, d := newMachine(t), newDoor(t)
	h := connected(t, config(t), m.at("a"))[0]
	begin(t, h, d.Addr().String(), talker)
	pid := d.call().pid
	signalled(t, h, syscall.SIGSTOP)
	k := d.call()
	if k.pid != pid || !k.echoes() {
		t.Fatalf("host %d became %d", pid, k.pid)
	}
	k.say("end")
	if err := wait(t, h); err != nil {
		t.Error(err)
	}
	onlyTheProgram(t, m)
}

func TestAHostThatEndsWhileTheConnectionIsBrokenIsNotMissed(t *testing.T) {
	t.Parallel()
	m, d := newMachine(t), newDoor(t)
	h := connected(t, config(t), m.at("a"))[0]
	begin(t, h, d.Addr().String(), talker)
	k := d.call()
	cutOff(t, h)
	if err := syscall.Kill(k.pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := wait(t, h); err == nil || !strings.Contains(err.Error(), "killed by signal 9") {
		t.Errorf("it ended with %v", err)
	}
}

func TestKillReachesAHostByANewConnection(t *testing.T) {
	t.Parallel()
	m, d := newMachine(t), newDoor(t)
	h := connected(t, config(t), m.at("a"))[0]
	begin(t, h, d.Addr().String(), talker)
	k := d.call()
	cutOff(t, h)
	h.Kill()
	if err := wait(t, h); err == nil || !gone(k.pid) {
		t.Errorf("ended with %v, process gone: %v", err, gone(k.pid))
	}
	onlyTheProgram(t, m)
}

func TestAConnectionThatCannotBeMadeAgainIsGivenUp(t *testing.T) {
	t.Parallel()
	m, d, c := newMachine(t), newDoor(t), config(t)
	c.GiveUp = 300 * time.Millisecond // two tries: an sshd may lock out who is refused often
	h := connected(t, c, m.at("a"))[0]
	begin(t, h, d.Addr().String(), talker)
	k := d.call()
	m.write("authorized_keys", 0o600, "")
	cutOff(t, h)
	if err := wait(t, h); err == nil || !strings.Contains(err.Error(), "could not be made again: it lets ") {
		t.Errorf("it ended with %v", err)
	}
	eventually(t, "the host ends by itself", func() bool { return gone(k.pid) })
}

func TestAMachineThatHasAnotherKeyAllAtOnceIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	m, d, c := newMachine(t), newDoor(t), config(t)
	c.GiveUp = 10 * within
	h := connected(t, c, m.at("a"))[0]
	begin(t, h, d.Addr().String(), talker)
	k := d.call()
	m.knows("known_hosts", m.key("another"))
	cutOff(t, h)
	if err := wait(t, h); err == nil || !strings.Contains(err.Error(), "somebody is in between") {
		t.Errorf("it ended with %v", err)
	}
	_ = syscall.Kill(k.pid, syscall.SIGKILL)
}

func TestCloseEndsAHostThatRuns(t *testing.T) {
	t.Parallel()
	m, d := newMachine(t), newDoor(t)
	hosts := connected(t, config(t), m.at("a"), m.at("b"))
	for _, h := range hosts {
		begin(t, h, d.Addr().String(), talker)
	}
	one, two := d.call(), d.call()
	Close(hosts...)
	if !gone(one.pid) || !gone(two.pid) || one.pid == two.pid {
		t.Errorf("%d and %d are still there", one.pid, two.pid)
	}
	onlyTheProgram(t, m)
}
