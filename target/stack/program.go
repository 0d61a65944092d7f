package stack

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// ErrNotInstalled is of a program that a part needs and that is not there.
var ErrNotInstalled = errors.New("not installed")

// A missing program is told with its package, and with what the file may say to do
// without it.
func missing(program, debian, instead string) error {
	return fmt.Errorf("%s is %w (Debian: apt install %s); to do without it %s", program, ErrNotInstalled, debian, instead)
}

// find looks for a program in PATH and in folders, of which a pattern's newest match wins:
// 15 is newer than 9.6.
func find(program string, patterns ...string) string {
	if path, err := exec.LookPath(program); err == nil {
		return path
	}
	for _, pattern := range patterns {
		all, _ := filepath.Glob(filepath.Join(pattern, program))
		slices.SortFunc(all, func(a, b string) int { return cmp.Or(major(a)-major(b), strings.Compare(a, b)) })
		for _, path := range slices.Backward(all) {
			if info, err := os.Stat(path); err == nil && info.Mode()&0o111 != 0 {
				return path
			}
		}
	}
	return ""
}

// major is the first number in a path, which is a version's.
func major(path string) (n int) {
	digits := regexp.MustCompile(`\d+`).FindString(path)
	n, _ = strconv.Atoi(digits)
	return n
}
