package admin

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// A Place is where the API of a running target is, as a file for its user alone says:
// so that `loadctl target set` finds it without being told.
type Place struct {
	PID     int    `json:"pid"`
	Service string `json:"service"` // URL of the service
	Admin   string `json:"admin"`   // URL of the API
	Token   string `json:"token"`
}

// Keep writes the file of a place into a folder that is the user's alone, and returns
// what removes it. Until then, or until the process ends, the file is locked.
func (p Place) Keep(folder string) (remove func(), err error) {
	if err := own(folder); err != nil {
		return nil, err
	}
	text, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(folder, fmt.Sprintf("target-%d.json", p.PID))
	f, err := locked(filepath.Join(folder, fmt.Sprintf("new-%d.json", p.PID)), text)
	if err == nil {
		if err = os.Rename(f.Name(), path); err != nil {
			err = errors.Join(err, f.Close(), os.Remove(f.Name()))
		}
	}
	if err != nil {
		return nil, fmt.Errorf("telling where the admin API is: %w", err)
	}
	return func() {
		_ = os.Remove(path)
		_ = f.Close() // and with it the lock
	}, nil
}

// locked writes a new file of this user alone, and holds it.
func locked(path string, text []byte) (*os.File, error) {
	_ = os.Remove(path) // of a process that had the number before
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	if err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err == nil {
		_, err = f.Write(text)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(path))
	}
	return f, nil
}

// own makes a folder that nobody else can read, or refuses one that somebody can.
func own(folder string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("telling where the admin API is: %w", err)
	}
	info, err := os.Lstat(folder)
	if err != nil {
		return fmt.Errorf("telling where the admin API is: %w", err)
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !info.IsDir() || info.Mode().Perm()&0o077 != 0 || ok && int(owner.Uid) != os.Getuid() {
		return fmt.Errorf("telling where the admin API is: %s must be a folder of yours that nobody else can read (chmod 700)", folder)
	}
	return nil
}

// Places are the targets that run, by the files in a folder. A file that nobody holds, as
// its process was killed, is removed: the number may be another process's by now, and the
// token is not for it.
func Places(folder string) (all []Place, err error) {
	files, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil {
		err = own(folder)
	}
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		path := filepath.Join(folder, f.Name())
		if !strings.HasPrefix(f.Name(), "target-") {
			continue
		}
		if p, runs := place(path); runs {
			all = append(all, p)
		}
	}
	return all, nil
}

// place reads the file of a target that runs, or removes it.
func place(path string) (p Place, runs bool) {
	f, err := os.Open(path)
	if err != nil {
		return p, false
	}
	defer f.Close()
	if syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) == nil {
		_ = os.Remove(path)
		return p, false
	}
	text, err := io.ReadAll(f)
	return p, err == nil && json.Unmarshal(text, &p) == nil && p.PID > 0
}
