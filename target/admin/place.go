package admin

import (
	"encoding/json"
	"errors"
	"fmt"
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
// what removes it.
func (p Place) Keep(folder string) (remove func(), err error) {
	if err := own(folder); err != nil {
		return nil, err
	}
	text, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(folder, fmt.Sprintf("target-%d.json", p.PID))
	_ = os.Remove(path) // of a process that had the number before
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("telling where the admin API is: %w", err)
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("telling where the admin API is: %w", err)
	}
	return func() { _ = os.Remove(path) }, nil
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

// Places are the targets that run, by the files in a folder. A file whose process is
// gone, as it was killed, is removed.
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
		text, err := os.ReadFile(path)
		var p Place
		if !strings.HasPrefix(f.Name(), "target-") || err != nil || json.Unmarshal(text, &p) != nil || p.PID <= 0 {
			continue
		}
		if errors.Is(syscall.Kill(p.PID, 0), syscall.ESRCH) {
			_ = os.Remove(path)
			continue
		}
		all = append(all, p)
	}
	return all, nil
}
