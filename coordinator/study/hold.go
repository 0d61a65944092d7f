package study

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// ErrBusy is of a study that another loadctl goes on with.
var ErrBusy = errors.New("another loadctl goes on with this search")

// Hold takes a study to go on with it, with the trials that it has by now: ErrBusy where another loadctl
// does. The lock ends with the process, so that a kill leaves nothing to clear away.
func (s *Study) Hold() error {
	if s.held != nil {
		return nil
	}
	if err := s.hold(); err != nil {
		return fmt.Errorf("study %s: %w", s.dir, err)
	}
	return nil
}

func (s *Study) hold() error {
	f, err := os.OpenFile(filepath.Join(s.dir, lockFile), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = ErrBusy
		}
		return errors.Join(err, f.Close())
	}
	if err := s.read(); err != nil {
		return errors.Join(err, f.Close())
	}
	s.held = f
	return nil
}

// open opens the journal to append to it. Half a line at its end would spoil the next one.
func (s *Study) open() error {
	if s.file != nil {
		return nil
	}
	f, err := os.OpenFile(filepath.Join(s.dir, trialsFile), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	if err := f.Truncate(s.whole); err != nil {
		return errors.Join(err, f.Close())
	}
	s.file = f
	return nil
}

// Close gives the study back to others.
func (s *Study) Close() (err error) {
	for _, f := range []*os.File{s.file, s.held} {
		if f != nil {
			err = errors.Join(err, f.Close())
		}
	}
	s.file, s.held = nil, nil
	return err
}
