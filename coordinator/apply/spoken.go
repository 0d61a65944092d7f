package apply

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// mostSaid bounds what is kept of what a step says: its end.
const mostSaid = 16 << 10

// Bounds of the file in which a program that runs writes.
const (
	mostOnDisk = 1 << 20
	cutEvery   = 50 * time.Millisecond
)

// A spoken is what a program says. It is a file without a name, in place of a pipe: a service
// that a hook leaves behind goes on writing when nobody reads any more, and would be ended by a
// pipe that is closed.
type spoken struct {
	file *os.File
	over chan struct{} // closed to end the cutting
	done chan struct{} // closed when it has ended
	kept []byte        // the end of what was cut off; until done, the cutting's alone
}

func newSpoken(dir string) (*spoken, error) {
	f, err := os.CreateTemp(dir, ".said-*")
	if err != nil {
		return nil, fmt.Errorf("a file for what a hook says: %w", err)
	}
	defer f.Close()
	defer os.Remove(f.Name())
	// All that write in it add to it, also after it was cut.
	to, err := os.OpenFile(filepath.Clean(f.Name()), os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return nil, fmt.Errorf("a file for what a hook says: %w", err)
	}
	s := &spoken{file: to, over: make(chan struct{}), done: make(chan struct{})}
	go s.cutting()
	return s, nil
}

// cutting keeps a program that says very much from filling the disk.
func (s *spoken) cutting() {
	defer close(s.done)
	tick := time.NewTicker(cutEvery)
	defer tick.Stop()
	for {
		select {
		case <-s.over:
			return
		case <-tick.C:
			if info, err := s.file.Stat(); err == nil && info.Size() > mostOnDisk {
				s.kept = s.last()
				_ = s.file.Truncate(0)
			}
		}
	}
}

// last is the end of what is in the file.
func (s *spoken) last() []byte {
	info, err := s.file.Stat()
	if err != nil {
		return nil
	}
	from := max(0, info.Size()-mostSaid)
	text, _ := io.ReadAll(io.NewSectionReader(s.file, from, mostSaid)) // what can be read of it is told
	return text
}

// end ends the reading, and gives the end of what was said.
func (s *spoken) end() string {
	select {
	case <-s.done:
	default:
		close(s.over)
		<-s.done
	}
	text := append(s.kept, s.last()...)
	return string(text[max(0, len(text)-mostSaid):])
}

func (s *spoken) close() {
	s.end()
	_ = s.file.Close()
}
