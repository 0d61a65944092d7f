package ssh

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"runtime"
	"sync"
	"time"

	"github.com/pkg/sftp"
)

// pushWithin bounds a push by a slow line; one that does not move ends long before, with the connection.
const pushWithin = 10 * time.Minute

// A program is a file that hosts run.
type program struct {
	path, sum string
	size      int64
}

// A shelf keeps what is known of the programs for all machines: each is read once.
type shelf struct {
	exe string // this program

	mu    sync.Mutex
	known map[string]program
}

// of is the program for a machine, by what uname says there.
func (s *shelf) of(uname string) (program, error) {
	arch, err := archOf(uname)
	if err != nil {
		return program{}, err
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
		return p, noProgram(path, arch)
	case err != nil:
		return p, fmt.Errorf("reading the program for it: %w", err)
	}
	if s.known == nil {
		s.known = map[string]program{}
	}
	s.known[path] = p
	return p, nil
}

func readProgram(path string) (program, error) {
	f, err := os.Open(path)
	if err != nil {
		return program{}, err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	return program{path, hex.EncodeToString(h.Sum(nil)), n}, err
}

// push has a program lie where programAt says; not pushed when it lay there already.
func (c *conn) push(ctx context.Context, p program) (pushed bool, err error) {
	at := programAt(p.sum)
	out, err := c.run(ctx, ready, at)
	if err != nil {
		return false, fmt.Errorf("making room for the program: %w", err)
	}
	if text, _ := told(out, "sum"); sumIn(text) == p.sum {
		return false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, pushWithin)
	defer cancel()
	stop := context.AfterFunc(ctx, c.hangUp)
	defer stop()
	if err := c.upload(ctx, p, at); err != nil {
		return false, fmt.Errorf("pushing the program (%d MiB) to ~/%s there: %w", p.size>>20, path.Dir(at), errors.Join(err, ctx.Err()))
	}
	return true, nil
}

// upload writes the program beside its place, and puts it there once it is whole.
func (c *conn) upload(ctx context.Context, p program, at string) error {
	s, err := sftp.NewClient(c.client, sftp.UseConcurrentWrites(true))
	if err != nil {
		return fmt.Errorf("its sshd has no sftp: %w", err)
	}
	defer closing(s)
	part := fmt.Sprintf("%s.%s.part", at, rand.Text()[:8])
	err = write(s, p, part)
	if err == nil {
		err = c.compare(ctx, p, part)
	}
	if err == nil {
		err = s.PosixRename(part, at)
	}
	if err != nil {
		_ = s.Remove(part) // what cannot be removed now is a day later
	}
	return err
}

func write(s *sftp.Client, p program, part string) error {
	from, err := os.Open(p.path)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := s.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL)
	if err != nil {
		return explained(s, err, p, part)
	}
	_, err = to.ReadFrom(from)
	if err == nil {
		err = to.Chmod(0o700)
	}
	if closed := to.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return explained(s, err, p, part)
	}
	return nil
}

func explained(s *sftp.Client, err error, p program, part string) error {
	disk, unknown := s.StatVFS(path.Dir(part))
	free := uint64(0)
	if unknown == nil {
		free = disk.Frsize * disk.Bavail
	}
	return noRoom(err, p.size, free, unknown == nil)
}

// compare makes sure that what was written is what was meant.
func (c *conn) compare(ctx context.Context, p program, part string) error {
	out, err := c.run(ctx, sum, part)
	if err != nil {
		return err
	}
	if text, _ := told(out, "sum"); sumIn(text) != p.sum {
		return fmt.Errorf("what lies there has the SHA-256 %q, and %s was sent: did its disk or line fail?", text, p.sum)
	}
	return nil
}
