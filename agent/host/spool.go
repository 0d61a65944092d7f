package host

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"google.golang.org/protobuf/encoding/protodelim"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/loadctl/loadctl/proto/loadctlpb"
	"github.com/loadctl/loadctl/proto/wire"
)

// A spool is a file for what the coordinator has not confirmed: while the host lives for what would take too much memory,
// and after it for all of it. Nothing is made before there is something to write. It is used by one goroutine at a time.
type spool struct {
	path  string
	limit int64 // of the file, in bytes
	head  *loadctlpb.SpoolHead

	file       *os.File
	end, taken int64 // how far it is written, and read back
}

// write appends a message. What an error leaves half written is written over by the next, or cut off.
func (s *spool) write(m proto.Message) error {
	if s.file == nil {
		if err := s.open(); err != nil {
			return err
		}
	}
	return s.append(m)
}

// open makes the file, of which nobody else can read what a target answered.
func (s *spool) open() error {
	if err := os.MkdirAll(filepath.Dir(s.path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(s.path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	s.file, s.end = f, 0
	if err := s.append(s.head); err != nil {
		return errors.Join(err, s.drop())
	}
	s.taken = s.end
	return nil
}

func (s *spool) append(m proto.Message) error {
	at := io.NewOffsetWriter(s.file, s.end)
	n, err := protodelim.MarshalTo(at, m)
	switch {
	case err != nil:
		return err
	case s.end+int64(n) > s.limit:
		return fmt.Errorf("%s is full: %d bytes are its limit", s.path, s.limit)
	}
	s.end += int64(n)
	return nil
}

// read gives back the next messages that were written and not given back before: some bytes of them, one at least.
func (s *spool) read(bytes int) (all []*loadctlpb.SessionRequest, err error) {
	section := io.NewSectionReader(s.file, s.taken, s.end-s.taken)
	in, size := bufio.NewReader(section), 0
	for size < bytes {
		m := &loadctlpb.SessionRequest{}
		if err := wire.NextSpooled(in, m); err != nil {
			return all, fmt.Errorf("reading %s: %w", s.path, err)
		}
		n := sizeOf(m)
		size, s.taken = size+n, s.taken+int64(n)
		if all = append(all, m); s.taken == s.end {
			break
		}
	}
	return all, nil
}

// sizeOf is what a message takes in a spool.
func sizeOf(m proto.Message) int {
	n := proto.Size(m)
	return n + protowire.SizeVarint(uint64(n))
}

// again begins the file anew, once all that was in it is somewhere else.
func (s *spool) again() error {
	s.end = int64(sizeOf(s.head))
	s.taken = s.end
	return s.file.Truncate(s.end)
}

// keep makes sure that the file outlives this process and its machine's power.
func (s *spool) keep() error {
	if s.file == nil {
		return nil
	}
	err := errors.Join(s.file.Truncate(s.end), s.file.Sync(), s.file.Close())
	s.file = nil
	if d, opened := os.Open(filepath.Dir(s.path)); opened == nil {
		_ = d.Sync() // not every file system can
		d.Close()
	}
	return err
}

// drop removes the file, if there is one, and its directory, if that holds nothing else.
func (s *spool) drop() error {
	if s.file == nil {
		return nil
	}
	err := errors.Join(s.file.Close(), os.Remove(s.path))
	s.file = nil
	_ = os.Remove(filepath.Dir(s.path))
	return err
}
