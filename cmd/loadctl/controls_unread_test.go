package main

import (
	"context"
	"errors"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/loadctl/loadctl/coordinator/hosts/rented"
)

// unreadOutput has standard output be a pipe that nobody reads, for a test.
func unreadOutput(t *testing.T) {
	t.Helper()
	was, err := syscall.Dup(1)
	if err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	if err := syscall.Dup3(int(w.Fd()), 1, 0); err != nil {
		t.Fatal(err)
	}
	w.Close()
	t.Cleanup(func() {
		_ = syscall.Dup3(was, 1, 0)
		_ = syscall.Close(was)
	})
}

// TestWhoeverStoppedReadingDoesNotInsist: output that nobody reads ends what is under way, as an interrupt does; but each
// further line of it is not one more, by which what is rented would be left.
func TestWhoeverStoppedReadingDoesNotInsist(t *testing.T) {
	c := newControls(t.Context())
	defer c.close()
	c.untilUnread()
	said := make(chan struct{}, 16)
	c.then(func() { said <- struct{}{} })
	unreadOutput(t)
	for range 3 {
		if _, err := syscall.Write(1, []byte("x")); err == nil {
			t.Error("it was written")
		}
		time.Sleep(20 * time.Millisecond)
	}
	heard(t, c.early.Done())
	select {
	case <-c.hurry:
		t.Error("it counts as a person who insists")
	default:
	}
	if len(said) > 1 {
		t.Errorf("answered %d times, to nobody", len(said))
	}
	for len(said) > 0 {
		<-said
	}
	send(t, syscall.SIGINT) // of a person: the first of them
	heard(t, said)
	send(t, syscall.SIGINT)
	heard(t, c.hurry)
}

// TestAHangupDoesNotInsist: who closes a terminal hangs up twice, by the kernel and by the shell, and what is rented is given
// back all the same.
func TestAHangupDoesNotInsist(t *testing.T) {
	c := newControls(t.Context())
	defer c.close()
	said := make(chan struct{}, 16)
	r := &renting{controls: c, errw: writes(func() { said <- struct{}{} })}
	err := r.down("abcd2345", func(ctx context.Context) (rented.Account, error) {
		for range 2 {
			send(t, syscall.SIGHUP)
			heard(t, said)
		}
		time.Sleep(50 * time.Millisecond)
		return rented.Account{}, ctx.Err()
	})
	if err != nil {
		t.Errorf("it was left: %v", err)
	}
	select {
	case <-c.hurry:
		t.Error("it counts as a person who insists")
	default:
	}
}

// writes tells of each write.
type writes func()

func (w writes) Write(p []byte) (int, error) { w(); return len(p), nil }

// TestOutputThatNobodyReadsDoesNotLeaveAFleet: the line ended the process, and what was rented stayed.
func TestOutputThatNobodyReadsDoesNotLeaveAFleet(t *testing.T) {
	c := newControls(t.Context())
	defer c.close()
	j := &job{runOptions: runOptions{fleet: "linode"}, controls: c}
	unreadOutput(t)
	err := j.onFleet(time.Minute, func() error {
		_, err := os.Stdout.WriteString("held\n") // ends the process where nobody listens
		return err
	})
	if !errors.Is(err, syscall.EPIPE) {
		t.Errorf("%v", err)
	}
}
