package apply

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/loadctl/loadctl/tuning"
)

// ErrBusy is of a folder in which another loadctl works.
var ErrBusy = errors.New("another loadctl tunes this target")

// ErrLeft is of a folder in which a loadctl that was killed left its journal: the target
// may have another setting than it had before.
var ErrLeft = errors.New("a tuning that was cut off left its settings in force")

const journalSchema = "loadctl-applied/1"

// A journal says what was in force before, and what may have been changed since. It is
// written before the change, and removed once all is back. It may hold what environment
// files hold, so that nobody else can read it.
type journal struct {
	Schema    string            `json:"schema"`
	PID       int               `json:"pid"`
	Path      string            `json:"path"`   // of the tuning file
	Base      string            `json:"base"`   // folder its paths are from
	Source    string            `json:"source"` // the tuning file itself, which may be edited meanwhile
	Incumbent map[string]string `json:"incumbent"`
	Touched   []string          `json:"touched"`         // parameters that may have been changed
	Anew      bool              `json:"anew,omitempty"`  // the service may be down, amid being started anew
	Admin     string            `json:"admin,omitempty"` // URL of the target's admin API
	Files     []keptFile        `json:"files,omitempty"`
}

// A keptFile is an environment file as it was.
type keptFile struct {
	Path string   `json:"path"`
	Keys []string `json:"keys"` // that the tuning changes
	Text []byte   `json:"text"`
}

func journalPath(dir string) string { return filepath.Join(dir, "applied.json") }

// hold makes the folder, and takes it for this process until the file is closed.
func hold(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("the journal of what is changed: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the journal of what is changed: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("%w: it holds %s", ErrBusy, f.Name())
	}
	return f, nil
}

// write puts the journal on the disk, whole or not at all.
func (j *journal) write(dir string) error {
	text, err := json.MarshalIndent(j, "", "  ")
	if err != nil {
		return err
	}
	err = atOnce(journalPath(dir), ".applied-*", func(f *os.File) error { // mode 0600
		_, err := f.Write(text)
		return errors.Join(err, f.Sync())
	})
	if err != nil {
		return fmt.Errorf("the journal of what is changed: %w", err)
	}
	return nil
}

// readJournal gives os.ErrNotExist when there is none.
func readJournal(dir string) (j journal, err error) {
	text, err := os.ReadFile(journalPath(dir))
	if err != nil {
		return j, err
	}
	if err := json.Unmarshal(text, &j); err != nil || j.Schema != journalSchema || j.Incumbent == nil {
		return j, fmt.Errorf("%s is no journal that this loadctl reads: put the settings back by hand, and remove it", journalPath(dir))
	}
	return j, nil
}

func removeJournal(dir string) error {
	if err := os.Remove(journalPath(dir)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return syncFolder(dir)
}

// keepFiles are the environment files that the tuning changes, as they are.
func (a *Applier) keepFiles() (all []keptFile, err error) {
	for i := range a.file.Params {
		for _, h := range a.file.Params[i].Apply {
			if h.Kind != tuning.EnvFile {
				continue
			}
			path := a.path(h.File.Path)
			if at := slices.IndexFunc(all, func(k keptFile) bool { return k.Path == path }); at >= 0 {
				all[at].Keys = append(all[at].Keys, h.File.Key)
				continue
			}
			text, err := readFile(path)
			if err != nil {
				return nil, err
			}
			all = append(all, keptFile{path, []string{h.File.Key}, text})
			a.learn(text)
		}
	}
	return all, nil
}

// putBack gives an environment file its lines of before. What somebody else changed
// meanwhile stays.
func (a *Applier) putBack(entry *tuning.EnvEntry) error {
	path := a.path(entry.Path)
	at := slices.IndexFunc(a.journal.Files, func(k keptFile) bool { return k.Path == path })
	if at < 0 {
		return fmt.Errorf("the journal has not kept %s", path)
	}
	kept := a.journal.Files[at]
	now, err := readFile(path)
	if err != nil {
		return err
	}
	if withoutKeys(now, kept.Keys) == withoutKeys(kept.Text, kept.Keys) {
		return replaceFile(path, kept.Text)
	}
	return replaceFile(path, withLineOf(now, kept.Text, entry.Key))
}

// withLineOf is text with a key as another text has it, or without it.
func withLineOf(text, before []byte, key string) []byte {
	lines, old := split(text), split(before)
	from, to := lineOf(old, key), lineOf(lines, key)
	switch {
	case from >= 0 && to >= 0:
		lines[to] = old[from]
	case from >= 0:
		if n := len(text); n > 0 && text[n-1] != '\n' {
			text = append(text, '\n')
		}
		return append(text, (old[from] + "\n")...)
	case to >= 0:
		lines = slices.Delete(lines, to, to+1)
	}
	return join(lines)
}
