package ssh

import (
	"context"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func served(t *testing.T) *Machine {
	t.Helper()
	m, err := Login(t.Context(), config(t), newMachine(t).at("m"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

const serving = `echo "ready $$ $1"; echo more; exec cat >/dev/null`

func pidIn(t *testing.T, said string) int {
	t.Helper()
	f := strings.Fields(said)
	if len(f) != 3 || f[0] != "ready" || f[2] != "ab" {
		t.Fatalf("it said %q", said)
	}
	pid, err := strconv.Atoi(f[1])
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

func endsOf(pid int) func() bool { return func() bool { return syscall.Kill(pid, 0) != nil } }

// TestAServiceEndsWhenItIsStopped, and when the login ends.
func TestAServiceEndsWhenItIsStopped(t *testing.T) {
	t.Parallel()
	m := served(t)
	said, stop, err := m.Serve(t.Context(), serving, "ab")
	if err != nil {
		t.Fatal(err)
	}
	pid := pidIn(t, said)
	if endsOf(pid)() {
		t.Error("it did not go on")
	}
	stop()
	stop()
	eventually(t, "it ends with stop", endsOf(pid))
	if said, _, err = m.Serve(t.Context(), serving, "ab"); err != nil {
		t.Fatal(err)
	}
	m.Close()
	eventually(t, "it ends with the login", endsOf(pidIn(t, said)))
}

// TestAServiceThatNeverBeginsSaysWhy, and one that says nothing is not waited for longer than the context.
func TestAServiceThatNeverBeginsSaysWhy(t *testing.T) {
	t.Parallel()
	m := served(t)
	if _, _, err := m.Serve(t.Context(), `echo "no such luck" >&2; exit 3`); err == nil || !strings.Contains(err.Error(), "no such luck") {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, _, err := m.Serve(ctx, `exec cat >/dev/null`); err == nil || !strings.Contains(err.Error(), "deadline") {
		t.Errorf("%v", err)
	}
}
