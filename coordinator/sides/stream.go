package sides

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// drain is how long what is left of what a side wrote is waited for.
const drain = time.Second

// A stream is what a side writes: its end is kept, and all of it goes to its log. It is read as
// long as anybody writes, also a daemon that start has left behind: a pipe that is closed would
// end that in the middle of a trial.
type stream struct {
	*tail
	from *os.File
	log  *os.File // nil = none
	done chan struct{}

	mu   sync.Mutex
	lost error // the first error of the log
}

// newStream gives the end to write to, which is the caller's to close.
func newStream(log string) (s *stream, to *os.File, err error) {
	s = &stream{tail: &tail{}, done: make(chan struct{})}
	if log != "" {
		if s.log, err = os.OpenFile(log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644); err != nil {
			return nil, nil, err
		}
	}
	if s.from, to, err = os.Pipe(); err != nil {
		return nil, nil, errors.Join(err, s.closeLog())
	}
	go s.read() // ends when nobody writes any more, or with close
	return s, to, nil
}

func (s *stream) read() {
	defer close(s.done)
	_, _ = io.Copy(s, s.from)
	s.lose(s.closeLog())
}

func (s *stream) closeLog() error {
	if s.log == nil {
		return nil
	}
	return s.log.Close()
}

// Write never fails: a full disk must not end the side.
func (s *stream) Write(p []byte) (int, error) {
	_, _ = s.tail.Write(p)
	if s.log != nil {
		_, err := s.log.Write(p)
		s.lose(err)
	}
	return len(p), nil
}

func (s *stream) lose(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lost == nil && err != nil {
		s.lost = fmt.Errorf("its log is not whole: %w", err)
	}
}

// incomplete is what went wrong with the log, nil = nothing.
func (s *stream) incomplete() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lost
}

// drained waits a moment for the rest of what ended programs wrote.
func (s *stream) drained() {
	late := time.NewTimer(drain)
	defer late.Stop()
	select {
	case <-s.done:
	case <-late.C:
	}
}

// close ends the reading, of what is left after a moment too.
func (s *stream) close() {
	s.drained()
	_ = s.from.Close()
	<-s.done
}
