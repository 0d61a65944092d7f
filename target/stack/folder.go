package stack

import (
	"errors"
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

// Folder makes the private folder of a stack. Programs that root runs as somebody else
// may pass through it, and see nothing there.
func Folder() (string, error) {
	dir, err := os.MkdirTemp("", prefix)
	if err != nil {
		return "", fmt.Errorf("making a private folder: %w", err)
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return "", err
	}
	if os.Geteuid() == 0 {
		err = os.Chmod(dir, 0o711)
	}
	return dir, errors.Join(err, os.Mkdir(filepath.Join(dir, "logs"), 0o700))
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
