// Package ceilings keeps on disk what null runs have found, so that each is made once.
// It is a cache: whoever uses it goes on without it, and measures again what it has lost.
// It also asks null targets what part of a trial was theirs. It refuses to decide what fits:
// keys and verdicts are coordinator/plan's.
package ceilings

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/loadctl/loadctl/coordinator/plan"
)

// Name is the file in a Store's directory.
const Name = "null.json"

const schema = "loadctl.ceilings/v1"

// most is how many are kept: the oldest go first.
const most = 100

// A Store is one directory, which need not exist.
type Store struct{ Dir string }

type content struct {
	Schema   string                  `json:"schema"`
	Ceilings map[string]plan.Ceiling `json:"ceilings"`
}

// Get gives what was kept under a key, nil where nothing was. The error says why a file
// that is there cannot be used.
func (s Store) Get(key string) (*plan.Ceiling, error) {
	c, err := s.read()
	found, ok := c.Ceilings[key]
	if !ok {
		return nil, err
	}
	return &found, nil
}

// Put keeps one under a key. What cannot be read there is replaced.
func (s Store) Put(key string, found plan.Ceiling) error {
	c, _ := s.read()
	if c.Ceilings == nil {
		c.Ceilings = map[string]plan.Ceiling{}
	}
	c.Schema, c.Ceilings[key] = schema, found
	c.forget()
	return s.write(c)
}

// forget leaves out the oldest beyond those that are kept.
func (c *content) forget() {
	for len(c.Ceilings) > most {
		oldest := ""
		for key, one := range c.Ceilings {
			if oldest == "" || one.Measured.Before(c.Ceilings[oldest].Measured) {
				oldest = key
			}
		}
		delete(c.Ceilings, oldest)
	}
}

// mostBytes is far more than a whole file has.
const mostBytes = 1 << 20

func (s Store) read() (c content, err error) {
	path := filepath.Join(s.Dir, Name)
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return c, nil
	case err != nil:
		return c, fmt.Errorf("reading what null runs found: %w", err)
	case !info.Mode().IsRegular() || info.Size() > mostBytes:
		return c, fmt.Errorf("reading what null runs found: %s is no file of loadctl", path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return c, fmt.Errorf("reading what null runs found: %w", err)
	}
	if err := json.Unmarshal(b, &c); err != nil || c.Schema != schema {
		return content{}, fmt.Errorf("reading what null runs found: %s is damaged or of another loadctl", path)
	}
	return c, nil
}

// write replaces the file as a whole: who reads at the same time has the old or the new.
func (s Store) write(c content) error {
	b, err := json.MarshalIndent(c, "", "  ")
	if err == nil {
		err = s.replace(append(b, '\n'))
	}
	if err != nil {
		return fmt.Errorf("keeping what the null run found: %w", err)
	}
	return nil
}

func (s Store) replace(b []byte) error {
	if err := os.MkdirAll(s.Dir, 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(s.Dir, Name+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), filepath.Join(s.Dir, Name))
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
