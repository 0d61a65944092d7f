package rented

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// lock takes a lock that ends with this process, and says in its file who has it.
func lock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	for since := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		err = flock(f, unix.LOCK_EX|unix.LOCK_NB)
		if !errors.Is(err, unix.EWOULDBLOCK) || time.Since(since) > lockPatience {
			break
		}
	}
	if err != nil {
		defer f.Close()
		return nil, heldBy(f, err)
	}
	if err := f.Truncate(0); err == nil {
		_, _ = f.WriteAt(fmt.Appendf(nil, "%d\n", os.Getpid()), 0) // for people: the lock holds without it
	}
	return f, nil
}

func heldBy(f *os.File, err error) error {
	if !errors.Is(err, unix.EWOULDBLOCK) {
		return fmt.Errorf("the lock %s: %w", f.Name(), err)
	}
	pid, _ := io.ReadAll(io.LimitReader(f, 20))
	return fmt.Errorf("%w: process %s of this machine works with it: wait until that has ended, or end it", ErrHeld, strings.TrimSpace(string(pid)))
}

// ErrHeld is of a fleet that another process holds.
var ErrHeld = errors.New("the fleet is held")

// held says whether a process holds a fleet.
func held(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	return errors.Is(flock(f, unix.LOCK_SH|unix.LOCK_NB), unix.EWOULDBLOCK)
}

func flock(f *os.File, how int) error {
	for {
		if err := unix.Flock(int(f.Fd()), how); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
