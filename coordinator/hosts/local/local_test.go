package local

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// within is how long anything may take before a test gives up: it says nothing
// about how long things take.
const within = 30 * time.Second

// start starts a host of a kind that tells what it sees. Whatever the test does,
// nothing of it is left.
func start(t *testing.T, kind string, change ...func(*Config)) (*Host, *bufio.Scanner) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	c := Config{Name: "a", Command: command(kind, w)}
	for _, f := range change {
		f(&c)
	}
	h := New(c)
	t.Cleanup(func() { nothingIsLeft(t, h, r) })
	if err := h.Start(t.Context(), "127.0.0.1:1", "r1", []byte("CA"), certifies); err != nil {
		t.Fatal(err)
	}
	return h, bufio.NewScanner(r)
}

func nothingIsLeft(t *testing.T, h *Host, out *os.File) {
	h.Kill()
	_ = wait(t, h)
	if err := syscall.Kill(h.PID(), 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the host is still there: %v", err)
	}
	// The last process that has its output gone, it ends.
	_ = out.SetReadDeadline(time.Now().Add(within))
	if _, err := io.Copy(io.Discard, out); err != nil {
		t.Errorf("somebody outlives the host: %v", err)
	}
	out.Close()
}

// wait gives how the host ended.
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

func line(t *testing.T, s *bufio.Scanner) string {
	t.Helper()
	if !s.Scan() {
		t.Fatalf("the host says nothing: %v", s.Err())
	}
	return s.Text()
}

func TestAHostIsToldAllByItsSocketAndNothingElsewhere(t *testing.T) {
	t.Parallel()
	h, out := start(t, obedient)
	if got, want := line(t, out), "told 127.0.0.1:1 "+ServerName+" r1 a CA CERT-for-key-of-a"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if seen := line(t, out); strings.Contains(seen, "CERT-for") || !strings.HasPrefix(seen, "seen ") {
		t.Errorf("what it was told is in %s", seen)
	}
	if h.Name() != "a" || h.PID() == 0 {
		t.Errorf("name %q, pid %d", h.Name(), h.PID())
	}
}

func TestAnotherServerNameIsTold(t *testing.T) {
	t.Parallel()
	_, out := start(t, obedient, func(c *Config) { c.ServerName = "elsewhere" })
	if got := line(t, out); !strings.Contains(got, " elsewhere ") {
		t.Errorf("told %q", got)
	}
}

func TestKillEndsAHostByItsLifeline(t *testing.T) {
	t.Parallel()
	h, out := start(t, obedient, func(c *Config) { c.Grace = 10 * within })
	line(t, out)
	h.Kill()
	h.Kill()
	if err := wait(t, h); err != nil {
		t.Errorf("it ended with %v", err)
	}
}

func TestAHostThatIgnoresItsLifelineIsKilledAfterTheGrace(t *testing.T) {
	t.Parallel()
	h, out := start(t, stubborn, func(c *Config) { c.Grace = 200 * time.Millisecond })
	line(t, out)
	h.Kill()
	if err := wait(t, h); err == nil || !strings.Contains(err.Error(), "host a: signal: killed") {
		t.Errorf("it ended with %v", err)
	}
}

func TestAHostThatEndsWellHasNoError(t *testing.T) {
	t.Parallel()
	h, _ := start(t, brief)
	if err := wait(t, h); err != nil {
		t.Error(err)
	}
	if err := wait(t, h); err != nil {
		t.Errorf("waiting again: %v", err)
	}
}

func TestAHostThatFailsSaysWhyInShort(t *testing.T) {
	t.Parallel()
	h, _ := start(t, failing)
	err := wait(t, h)
	if err == nil || !strings.Contains(err.Error(), "host a: exit status 3:\n") || !strings.HasSuffix(err.Error(), "no such luck") {
		t.Fatalf("it ended with %v", err)
	}
	if n := len(err.Error()); n > tailBytes+100 {
		t.Errorf("an error of %d bytes", n)
	}
}

func TestAHostOutsideTheTerminalsGroupHearsNoInterrupt(t *testing.T) {
	t.Parallel()
	h, out := start(t, obedient)
	line(t, out)
	if group, err := syscall.Getpgid(h.PID()); err != nil || group != h.PID() {
		t.Errorf("group %d of host %d: %v", group, h.PID(), err)
	}
}

func TestAHostEndsWithAParentThatWasKilled(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	p := command(parent, w)()
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	out := bufio.NewScanner(r)
	for said := ""; !strings.Contains(said, "pid") || !strings.Contains(said, "told"); {
		said += line(t, out)
	}
	if err := p.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = p.Wait()
	_ = r.SetReadDeadline(time.Now().Add(within))
	if _, err := io.Copy(io.Discard, r); err != nil {
		t.Errorf("the host outlives its parent: %v", err)
	}
}

func TestAHostKilledBeforeItsStartNeverStarts(t *testing.T) {
	t.Parallel()
	h := New(Config{Name: "a", Command: func() *exec.Cmd { t.Error("it was started"); return exec.Command("false") }})
	h.Kill()
	if err := h.Start(t.Context(), "x", "r1", nil, certifies); err == nil || !strings.Contains(err.Error(), "starting host a: it was given up") {
		t.Errorf("started: %v", err)
	}
	if err := wait(t, h); err != nil || h.PID() != 0 {
		t.Errorf("ended with %v, pid %d", err, h.PID())
	}
}

func TestAHostThatCannotBeStartedIsAnError(t *testing.T) {
	t.Parallel()
	h := New(Config{Name: "a", Command: func() *exec.Cmd { return exec.Command("/nonexistent/loadctl") }})
	if err := h.Start(t.Context(), "x", "r1", nil, certifies); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("started: %v", err)
	}
	h.Kill()
	if err := wait(t, h); err != nil {
		t.Error(err)
	}
}

// Neither a host that says nothing nor one that reads nothing is waited for: only ctx, or the host's end, ends Start.
func TestStartDoesNotWaitForAHostThatSaysNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		command *exec.Cmd
		much    int
		limit   time.Duration
		want    string
	}{
		"that hangs":         {exec.Command("sleep", fmt.Sprint(int(within/time.Second))), 1, 2 * time.Second, context.DeadlineExceeded.Error()},
		"that reads nothing": {exec.Command("sleep", fmt.Sprint(int(within/time.Second))), 1 << 20, 2 * time.Second, context.DeadlineExceeded.Error()},
		"that ends":          {exec.Command("false"), 1, within, "host a: exit status 1"},
		"that says why":      {command(early, nil)(), 1, within, "host a: exit status 3:\nnot even asked"},
		"that babbles":       {exec.Command("sh", "-c", "echo what >&3; cat <&3 >/dev/null"), 1, within, `"what\n" is none`},
		"of many words":      {exec.Command("sh", "-c", "yes | tr -d '\\n' >&3"), 1, within, "EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), c.limit)
			defer cancel()
			h := New(Config{Name: "a", Command: func() *exec.Cmd { return c.command }, Grace: time.Second})
			if err := h.Start(ctx, "x", "r1", bytes.Repeat([]byte("x"), c.much), certifies); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("started: %v", err)
			}
		})
	}
}

func TestAHostThatIsRefusedIsNotStarted(t *testing.T) {
	t.Parallel()
	refusal := errors.New("not that one")
	h := New(Config{Name: "a", Command: command(obedient, nil)})
	if err := h.Start(t.Context(), "x", "r1", nil, func([]byte) ([]byte, error) { return nil, refusal }); !errors.Is(err, refusal) {
		t.Errorf("started: %v", err)
	}
	if err := syscall.Kill(h.PID(), 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the host is still there: %v", err)
	}
}

// TestAHostThatAsksForNothingIsNotWaitedForForEver: a coordinator hears nobody while its hosts start.
func TestAHostThatAsksForNothingIsNotWaitedForForEver(t *testing.T) {
	t.Parallel()
	h := New(Config{Name: "a", Command: command(mute, io.Discard), StartWithin: 200 * time.Millisecond, Grace: 200 * time.Millisecond})
	started := make(chan error, 1)
	go func() { started <- h.Start(t.Context(), "127.0.0.1:1", "r1", nil, certifies) }()
	select {
	case err := <-started:
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "telling host a where to dial") {
			t.Errorf("%v", err)
		}
	case <-time.After(within / 3):
		t.Error("it is waited for still")
		h.Kill()
		<-started
	}
}
