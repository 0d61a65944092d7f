package balancer

import (
	"os"
	"path/filepath"
	"testing"
)

// A reload writes nothing where nobody would clean up after a process that is killed.
func TestReloadsAreJudgedInTheBalancersOwnDirectory(t *testing.T) {
	dir := t.TempDir()
	binary := filepath.Join(dir, "accepts")
	if err := os.WriteFile(binary, []byte("#!/bin/sh\ntest -f \"$6\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", filepath.Join(dir, "not there"))
	r := &running{dir: filepath.Join(dir, "own"), cfg: RunConfig{Binary: binary, Machine: laptop}}
	if err := r.try(t.Context(), small(Nginx, RoundRobin), nil); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(r.dir); err != nil || len(left) > 0 {
		t.Errorf("%v are left, %v", left, err)
	}
}
