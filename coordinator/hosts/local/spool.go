package local

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// keptFor is how long what nobody collected stays.
const keptFor = 7 * 24 * time.Hour

// spoolOf is the file in which this host may leave what it measured in a run. What others have left long ago is removed.
func (h *Host) spoolOf(runID string) string {
	if h.cfg.Spools == "" {
		return ""
	}
	sweep(h.cfg.Spools)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.spool = filepath.Join(h.cfg.Spools, fmt.Sprintf("%s-%s-%s", filepath.Base(runID), h.cfg.Name, rand.Text()[:8]), "spool")
	return h.spool
}

func sweep(root string) {
	all, _ := os.ReadDir(root) // there may be none
	for _, e := range all {
		if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > keptFor {
			_ = os.RemoveAll(filepath.Join(root, e.Name()))
		}
	}
}

// Collect hands what the host has left to take, and removes it when take has no error. It waits for the end of the process
// as long as ctx allows, and returns fs.ErrNotExist where nothing was left. Another error says where the file lies.
func (h *Host) Collect(ctx context.Context, take func(io.Reader) error) error {
	h.mu.Lock()
	path := h.spool
	h.mu.Unlock()
	if path == "" || !h.started() {
		return fs.ErrNotExist
	}
	select {
	case <-h.ended:
	case <-ctx.Done():
		return fmt.Errorf("host %s has not ended (%w); what it leaves will lie in %s for a week, and `loadctl host --spooled FILE` tells what is in it", h.cfg.Name, ctx.Err(), path)
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := take(f); err != nil {
		return fmt.Errorf("%w; it lies in %s for a week, and `loadctl host --spooled FILE` tells what is in it", err, path)
	}
	return os.RemoveAll(filepath.Dir(path))
}
