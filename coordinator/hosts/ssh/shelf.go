package ssh

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
)

// A Shelf keeps the programs that machines are given: each is read once, and packed at most once, however many machines
// get it. It is safe for concurrent use.
type Shelf struct {
	exe string // this program

	mu    sync.Mutex
	known map[string]*program
}

// NewShelf makes a shelf of this program, and of those for other architectures, which lie beside it as `make dist` calls them.
func NewShelf(executable string) *Shelf {
	return &Shelf{exe: executable, known: map[string]*program{}}
}

// of is the program for a machine, by what uname says there.
func (s *Shelf) of(uname string) (*program, error) {
	arch, err := archOf(uname)
	if err != nil {
		return nil, err
	}
	path := programFor(s.exe, runtime.GOOS, runtime.GOARCH, arch)
	s.mu.Lock()
	defer s.mu.Unlock()
	if p, has := s.known[path]; has {
		return p, nil
	}
	p, err := readProgram(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, noProgram(path, arch)
	case err != nil:
		return nil, fmt.Errorf("reading the program for it: %w", err)
	}
	s.known[path] = p
	return p, nil
}

// A program is a file that hosts run.
type program struct {
	path, sum string
	size      int64
	packed    func() ([]byte, error) // by gzip
}

func readProgram(path string) (*program, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	return &program{path, hex.EncodeToString(h.Sum(nil)), n, sync.OnceValues(func() ([]byte, error) { return pack(path) })}, err
}

// pack is fast rather than thorough: a machine waits for it.
func pack(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var all bytes.Buffer
	to, err := gzip.NewWriterLevel(&all, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	if _, err = io.Copy(to, f); err == nil {
		err = to.Close()
	}
	return all.Bytes(), err
}

// open reads a program as it is, or packed.
func (p *program) open(packed bool) (io.ReadCloser, error) {
	if !packed {
		return os.Open(p.path)
	}
	b, err := p.packed()
	return io.NopCloser(bytes.NewReader(b)), err
}

func (p *program) sumText() string  { return p.sum }
func (p *program) sizeBytes() int64 { return p.size }
