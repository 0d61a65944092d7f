package sides

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWhatASideLacksIsTold(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "app", "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "app", "bin", "serve"), []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ text, want string }{
		{"start: [bin/serve]\ncwd: app\n", ""},
		{"start: [sh, -c, exit]\n", ""},
		{"start: a line for the shell\nlogs: app/log\n", ""},
		{"start: [bin/serve]\n", "start: "},
		{"start: [bin/other]\ncwd: app\n", "bin/other"},
		{"start: [bin/serve]\ncwd: none\n", "cwd: there is no folder " + filepath.Join(dir, "none")},
		{"start: [sh]\nlogs: none/log\n", "logs: there is no folder " + filepath.Join(dir, "none")},
	} {
		side, err := Parse(filepath.Join(dir, "side.yaml"), []byte(c.text+"url: http://127.0.0.1:1\n"))
		if err != nil {
			t.Fatalf("%s: %v", c.text, err)
		}
		got := strings.Join(side.Missing(), "\n")
		if got == "" != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", c.text, got, c.want)
		}
	}
}
