package sides

import (
	"strings"
	"sync"
)

// tailBytes is how much is kept of what a side wrote.
const tailBytes = 4096

// A tail keeps the end of what a child wrote, for the error that follows.
type tail struct {
	mu   sync.Mutex
	kept []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p[max(0, len(p)-tailBytes):]...)
	if extra := len(t.kept) - tailBytes; extra > 0 {
		t.kept = append(t.kept[:0], t.kept[extra:]...)
	}
	return len(p), nil
}

func (t *tail) quoted() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s := strings.TrimSpace(strings.ToValidUTF8(string(t.kept), "·")); s != "" {
		return ":\n" + s
	}
	return ""
}
