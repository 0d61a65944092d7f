// Package profile writes profiles of the process it is in, for those who want to
// know where the time of an agent goes: of the processor over its life, and of the
// heap and the goroutines at its end. It looks at nothing and decides nothing.
package profile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
)

// Ready makes the directory, and fails unless files can be written to it.
func Ready(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".writable-*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// A Profile is one process under observation. The nil Profile observes nothing.
type Profile struct {
	base string // of file names
	cpu  *os.File
}

// Start begins to sample the processor, a hundred times a second. Files are called
// after the process: NAME.cpu.pb.gz, NAME.heap.pb.gz and NAME.goroutine.pb.gz, and
// take the place of those of a run before. Without a dir there is nothing to do.
func Start(dir, name string) (*Profile, error) {
	if dir == "" {
		return nil, nil
	}
	if err := Ready(dir); err != nil {
		return nil, fmt.Errorf("profiles: %w", err)
	}
	p := &Profile{base: filepath.Join(dir, name)}
	f, err := os.Create(p.path("cpu") + ".part")
	if err != nil {
		return nil, fmt.Errorf("profiles: %w", err)
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(fmt.Errorf("profiles: %w", err), f.Close(), os.Remove(f.Name()))
	}
	p.cpu = f
	return p, nil
}

func (p *Profile) path(of string) string { return p.base + "." + of + ".pb.gz" }

// Stop writes the files. The profile of a process that is killed before is lost, and
// what it leaves ends in .part.
func (p *Profile) Stop() error {
	if p == nil {
		return nil
	}
	pprof.StopCPUProfile()
	err := errors.Join(p.cpu.Close(), os.Rename(p.cpu.Name(), p.path("cpu")))
	runtime.GC() // the heap is known as of the last collection
	for _, of := range []string{"heap", "goroutine"} {
		err = errors.Join(err, p.write(of))
	}
	if err != nil {
		return fmt.Errorf("profiles: %w", err)
	}
	return nil
}

func (p *Profile) write(of string) error {
	f, err := os.Create(p.path(of))
	if err != nil {
		return err
	}
	return errors.Join(pprof.Lookup(of).WriteTo(f, 0), f.Close())
}
