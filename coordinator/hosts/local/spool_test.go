package local

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestWhatAHostLeavesIsCollectedOnce(t *testing.T) {
	root := t.TempDir()
	old := filepath.Join(root, "old")
	if err := os.Mkdir(old, 0o700); err != nil {
		t.Fatal(err)
	}
	long := time.Now().Add(-keptFor - time.Hour)
	if err := os.Chtimes(old, long, long); err != nil {
		t.Fatal(err)
	}
	h, _ := start(t, leaving, func(c *Config) { c.Spools = root })
	refused := errors.New("no, thanks")
	err := h.Collect(t.Context(), func(io.Reader) error { return refused })
	if !errors.Is(err, refused) || !strings.Contains(err.Error(), "it lies in "+root) {
		t.Errorf("it was not taken: %v", err)
	}
	got := ""
	err = h.Collect(t.Context(), func(from io.Reader) error {
		b, err := io.ReadAll(from)
		got = string(b)
		return err
	})
	if err != nil || got != "what was left" {
		t.Errorf("%q, %v", got, err)
	}
	if left, err := os.ReadDir(root); err != nil || len(left) != 0 {
		t.Errorf("left: %v, %v", left, err)
	}
	if err := h.Collect(t.Context(), nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("nothing is left: %v", err)
	}
}

func TestAHostThatGoesOnIsNotWaitedForLong(t *testing.T) {
	h, _ := start(t, stubborn, func(c *Config) { c.Spools, c.Grace = t.TempDir(), time.Millisecond })
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := h.Collect(ctx, nil); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "will lie in") {
		t.Errorf("%v", err)
	}
}
