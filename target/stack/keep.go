package stack

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// A Kept is a program that knows no lifeline, with what has one in its place.
type Kept struct {
	Lifeline *os.File // at its end of file the program is to be gone
	// Presence is held open until the program is gone; whoever reads the other end knows.
	Presence *os.File
	Signals  <-chan os.Signal // each asks the program to end
	Stop     syscall.Signal   // how it is asked; 0 = TERM
	Grace    time.Duration    // it may take to end when it was asked; 0 = 15 s
	Group    bool             // its whole group is asked, and may take Grace to be gone: a shell passes nothing on to what it runs, and ends before it
	User     *syscall.Credential
	Argv     []string
}

// hurry is what a program may take to end once nobody waits for it any more.
const hurry = 2 * time.Second

// lookEvery is between two looks whether a group is gone.
const lookEvery = 20 * time.Millisecond

// Keep runs a program until it ends, and returns its exit code, or as a shell does 128 +
// the signal that ended it.
func Keep(k Kept) (int, error) {
	if k.Stop == 0 {
		k.Stop = syscall.SIGTERM
	}
	if k.Grace == 0 {
		k.Grace = defaultGrace
	}
	cmd := exec.Command(k.Argv[0], k.Argv[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: k.User}
	withParent(cmd.SysProcAttr)
	runtime.LockOSThread() // Linux takes the end of the thread that started the program for that of its parent
	defer runtime.UnlockOSThread()
	if err := cmd.Start(); err != nil {
		return 1, fmt.Errorf("starting %s: %w", k.Argv[0], err)
	}
	ended, gone := make(chan struct{}), make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }() // how it ended is in ProcessState
	go func() { _, _ = io.Copy(io.Discard, k.Lifeline); close(gone) }()
	k.watch(cmd.Process, ended, gone)
	// What it started may outlive it, and is in its group.
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal()), nil
	}
	return cmd.ProcessState.ExitCode(), nil
}

// watch returns when the program is gone, and where its group was asked to end, when that is or
// has had its time.
func (k Kept) watch(p *os.Process, ended, gone <-chan struct{}) {
	var late <-chan time.Time
	var look <-chan time.Time // whether the group is gone, once the program is
	for {
		select {
		case <-ended:
			if !k.Group || late == nil {
				return
			}
			look, ended = time.After(0), nil
		case <-look:
			if errors.Is(syscall.Kill(-p.Pid, 0), syscall.ESRCH) {
				return
			}
			look = time.After(lookEvery)
		case <-k.Signals:
			k.ask(p)
			late = time.After(k.Grace)
		case <-gone:
			k.ask(p)
			gone, late = nil, time.After(hurry)
		case <-late:
			_ = syscall.Kill(-p.Pid, syscall.SIGKILL)
			if late = nil; look != nil {
				return
			}
		}
	}
}

func (k Kept) ask(p *os.Process) {
	if k.Group {
		_ = syscall.Kill(-p.Pid, k.Stop)
		return
	}
	_ = p.Signal(k.Stop)
}

// Sweep waits for the end of the lifeline and of all that hold the other end of presence,
// and removes the folder of a stack. A folder that is none of New's is refused.
func Sweep(lifeline, presence *os.File, dir string) error {
	if !isPrivate(dir) {
		return fmt.Errorf("%s is no folder of a stack", dir)
	}
	_, err := io.Copy(io.Discard, lifeline)
	_, errs := io.Copy(io.Discard, presence)
	return errors.Join(err, errs, os.RemoveAll(dir))
}
