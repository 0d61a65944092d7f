package ssh

import (
	"cmp"
	"strings"
	"sync"
	"unicode"
)

// A tail keeps the end of what a script writes.
type tail struct {
	most int // bytes that are kept; 0 = tailBytes

	mu   sync.Mutex
	kept []byte
}

const tailBytes = 4096

// Write never fails.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p...)
	if extra := len(t.kept) - cmp.Or(t.most, tailBytes); extra > 0 {
		t.kept = append(t.kept[:0], t.kept[extra:]...)
	}
	return len(p), nil
}

// String is what is kept, without white space around it, and without what would steer a terminal.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(strings.Map(func(c rune) rune {
		if unicode.IsControl(c) && c != '\n' && c != '\t' {
			return -1
		}
		return c
	}, string(t.kept)))
}

// cut is a text that may be long.
func cut(text string) string {
	if len(text) > 200 {
		return text[:200] + "…"
	}
	return text
}
