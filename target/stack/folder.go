package stack

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// prefix is how the private folder of a stack is called.
const prefix = "loadctl-up-"

func isPrivate(dir string) bool {
	return filepath.IsAbs(dir) && strings.HasPrefix(filepath.Base(dir), prefix)
}

// Folder names the private folder of a stack, which Run makes.
func Folder() (string, error) {
	dir, err := filepath.Abs(filepath.Join(os.TempDir(), prefix+rand.Text()))
	if err != nil {
		return "", fmt.Errorf("naming a private folder: %w", err)
	}
	return dir, nil
}

// makeFolder makes it. Programs that root runs as somebody else may pass through it, and
// see nothing there.
func makeFolder(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return fmt.Errorf("making a private folder: %w", err)
	}
	if os.Geteuid() == 0 {
		return os.Chmod(dir, 0o711)
	}
	return nil
}

// tail are the last lines of a log, for a message.
func tail(path string) string {
	const bytes, lines = 4096, 12
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil {
		_, _ = f.Seek(max(0, info.Size()-bytes), 0)
	}
	buf := make([]byte, bytes)
	n, _ := f.Read(buf)
	all := strings.Split(strings.TrimSpace(string(buf[:n])), "\n")
	all = all[max(0, len(all)-lines):]
	if len(all) == 1 && all[0] == "" {
		return ""
	}
	return "\n  | " + strings.Join(all, "\n  | ")
}
