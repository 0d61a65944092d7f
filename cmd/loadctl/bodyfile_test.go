package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFilesBesideTheScenario(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.bin"), make([]byte, 1234), 0o600); err != nil {
		t.Fatal(err)
	}
	find := filesBeside(filepath.Join(dir, "x.yaml"))
	for _, name := range []string{"a.bin", "./a.bin", filepath.Join(dir, "a.bin")} {
		if path, size, err := find(name); err != nil || path != filepath.Join(dir, "a.bin") || size != 1234 {
			t.Errorf("%s: %s, %d bytes, %v", name, path, size, err)
		}
	}
	for name, want := range map[string]string{"b.bin": "no such file", ".": "not a regular file", os.DevNull: "not a regular file"} {
		if _, _, err := find(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
}
