//go:build !linux

package board

import "os"

// namelessFile is a temporary file that loses its name at once.
func namelessFile() (*os.File, error) {
	f, err := os.CreateTemp("", "loadctl-target-*")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
