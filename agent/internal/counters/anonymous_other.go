//go:build !linux

package counters

import "os"

// anonymous makes a file and takes its name away at once: it is gone with its
// last user, however they end.
func anonymous(size int) (*os.File, error) {
	f, err := os.CreateTemp("", "loadctl-counters-")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, err
	}
	if err := f.Truncate(int64(size)); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
