package rented

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	xssh "golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/loadctl/loadctl/coordinator/rental"
)

// Files of a fleet's directory.
const (
	journalFile = "journal.jsonl"
	specFile    = "spec.json"
	keyFile     = "key"
	hostsFile   = "hostkeys" // a line for each host key that was made: label, kind, key
	knownFile   = "known_hosts"
	lockFile    = "lock"
)

// A store is the directory of one fleet, while this process holds it. It is safe for concurrent use.
type store struct {
	dir  string
	lock *os.File

	mu      sync.Mutex
	journal *os.File
	size    int64 // of what of the journal is whole
	lines   []rental.Line
	public  map[string][]string // by label: its host keys, as in authorized_keys
	private map[string]string   // by label: of those that this process has made, in PEM
}

// hold takes a fleet's directory, which is made, for this process alone.
func hold(dir string) (*store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("the directory of the fleet: %w", err)
	}
	s := &store{dir: dir, public: map[string][]string{}, private: map[string]string{}}
	var err error
	if s.lock, err = lock(s.at(lockFile)); err != nil {
		return nil, err
	}
	if err := s.readHosts(); err != nil {
		s.release()
		return nil, err
	}
	return s, nil
}

func (s *store) at(name string) string { return filepath.Join(s.dir, name) }

// release lets other processes hold the fleet. What is not on the disk is forgotten.
func (s *store) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.journal != nil {
		s.journal.Close()
		s.journal = nil
	}
	if s.lock != nil {
		s.lock.Close()
		s.lock = nil
	}
}

// read reads the journal, and cuts off what a process that was killed has left half written.
func (s *store) read() ([]rental.Line, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := os.OpenFile(s.at(journalFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the journal: %w", err)
	}
	text, err := io.ReadAll(f)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("the journal: %w", err)
	}
	lines, whole, err := rental.Decode(text)
	if err == nil {
		_, err = rental.Know(lines)
	}
	if err == nil {
		err = errors.Join(f.Truncate(int64(whole)), syncDir(s.dir))
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", s.at(journalFile), err)
	}
	s.journal, s.size, s.lines = f, int64(whole), lines
	return slices.Clone(lines), nil
}

// aside puts away a journal that is of no use, and begins another.
func (s *store) aside(suffix string) error {
	s.mu.Lock()
	if s.journal != nil {
		s.journal.Close()
		s.journal = nil
	}
	err := os.Rename(s.at(journalFile), s.at(journalFile)+suffix)
	s.mu.Unlock()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	_, err = s.read()
	return err
}

// note has a line on the disk when it returns. What could be written of one that could not is cut off again.
func (s *store) note(l rental.Line) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.journal == nil {
		return errors.New("the journal: it is not open")
	}
	text := l.Encode()
	_, err := s.journal.WriteAt(text, s.size)
	if err == nil {
		err = s.journal.Sync()
	}
	if err != nil {
		return fmt.Errorf("the journal: %w", errors.Join(err, s.journal.Truncate(s.size)))
	}
	s.size += int64(len(text))
	s.lines = append(s.lines, l)
	return nil
}

// noted are the lines so far.
func (s *store) noted() []rental.Line {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.lines)
}

// key makes the fleet's key to log in with unless it is there, and gives its public half.
func (s *store) key() (string, error) {
	text, err := os.ReadFile(s.at(keyFile))
	if err == nil {
		k, err := xssh.ParsePrivateKey(text)
		if err != nil {
			return "", fmt.Errorf("%s: %w: remove it, and its machines are set up anew", s.at(keyFile), err)
		}
		return authorized(k.PublicKey()), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	private, public, err := newKey("loadctl")
	if err != nil {
		return "", err
	}
	return public, write(s.at(keyFile), []byte(private))
}

// hostKey is the key of a machine that is about to be made: the one that this process has made for its label, so that
// asking twice asks for the same, or a new one. Its public half is on the disk when this returns.
func (s *store) hostKey(label string) (private, public string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if key, has := s.private[label]; has {
		all := s.public[label]
		return key, all[len(all)-1], nil
	}
	private, public, err = newKey(label)
	if err == nil {
		err = appendLine(s.at(hostsFile), label+" "+public)
	}
	if err != nil {
		return "", "", fmt.Errorf("its host key: %w", err)
	}
	s.private[label], s.public[label] = private, append(s.public[label], public)
	return private, public, nil
}

// knows says whether the host key of a machine is known.
func (s *store) knows(label string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.public[label]) > 0
}

func (s *store) readHosts() error {
	text, err := os.ReadFile(s.at(hostsFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for line := range strings.Lines(string(text)) {
		label, key, _ := strings.Cut(strings.TrimSpace(line), " ")
		if _, _, _, _, err := xssh.ParseAuthorizedKey([]byte(key)); strings.HasSuffix(line, "\n") && err == nil {
			s.public[label] = append(s.public[label], key)
		}
	}
	return nil
}

// know writes the file of known hosts: which machine is at which address now. Of a label that was asked for by two
// processes both keys are good, as nobody knows which of the two made it.
func (s *store) know(at map[string]netip.Addr) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	for _, label := range slices.Sorted(maps.Keys(at)) {
		for _, key := range s.public[label] {
			fmt.Fprintf(&b, "%s %s\n", knownhosts.Normalize(netip.AddrPortFrom(at[label], sshPort).String()), key)
		}
	}
	return write(s.at(knownFile), []byte(b.String()))
}

// keep writes what the fleet is rented by. The key of a certificate is a secret, and left out.
func (s *store) keep(b blueprint) error {
	b.Balancers = slices.Clone(b.Balancers)
	for i := range b.Balancers {
		b.Balancers[i].Listen.Key = ""
	}
	text, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return fmt.Errorf("the fleet's spec: %w", err)
	}
	return write(s.at(specFile), append(text, '\n'))
}

func readBlueprint(dir string) (b blueprint, err error) {
	text, err := os.ReadFile(filepath.Join(dir, specFile))
	if err == nil {
		err = json.Unmarshal(text, &b)
	}
	if err != nil {
		return blueprint{}, fmt.Errorf("%s: %w", filepath.Join(dir, specFile), err)
	}
	return b, nil
}

// forget erases what a fleet needed that is gone. What it was and what it cost stays, if it is known what it was.
func (s *store) forget(known bool) error {
	if s.lock == nil {
		return nil
	}
	if !known {
		return os.RemoveAll(s.dir)
	}
	var errs []error
	for _, name := range []string{keyFile, hostsFile, knownFile} {
		if err := os.Remove(s.at(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// newKey makes an ed25519 key, in OpenSSH's forms.
func newKey(comment string) (private, public string, err error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return "", "", err
	}
	block, err := xssh.MarshalPrivateKey(key, comment)
	if err != nil {
		return "", "", err
	}
	half, err := xssh.NewPublicKey(key.Public())
	if err != nil {
		return "", "", err
	}
	return string(pem.EncodeToMemory(block)), authorized(half), nil
}

func authorized(k xssh.PublicKey) string {
	return strings.TrimSpace(string(xssh.MarshalAuthorizedKey(k)))
}

// write puts a file there, whole or not at all.
func write(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.part")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func appendLine(path, line string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	// What a process that was killed has left half written is ended first.
	_, err = f.WriteString("\n" + line + "\n")
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close(), syncDir(filepath.Dir(path)))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// lockPatience is for who only looks whether a fleet is held, which takes the lock for a moment.
const lockPatience = 200 * time.Millisecond
