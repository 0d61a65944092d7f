package stack

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// ErrNotInstalled is of a program that a part needs and that is not there.
var ErrNotInstalled = errors.New("not installed")

// A missing program is told with its package, and with what the file may say to do
// without it.
func missing(program, debian, instead string) error {
	return fmt.Errorf("%s is %w (Debian: apt install %s); to do without it %s", program, ErrNotInstalled, debian, instead)
}

// find looks for a program in PATH and in folders, of which a pattern's last match wins.
func find(program string, patterns ...string) string {
	if path, err := exec.LookPath(program); err == nil {
		return path
	}
	for _, pattern := range patterns {
		all, _ := filepath.Glob(filepath.Join(pattern, program))
		for _, path := range slices.Backward(all) {
			if info, err := os.Stat(path); err == nil && info.Mode()&0o111 != 0 {
				return path
			}
		}
	}
	return ""
}
