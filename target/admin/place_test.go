package admin

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

func TestPlacesOfTargetsThatRun(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "loadctl")
	if all, err := Places(folder); err != nil || len(all) != 0 {
		t.Fatalf("%v %v", all, err)
	}
	gone := exec.Command(os.Args[0], "-test.run=^$")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	forsaken(t, folder, Place{PID: gone.Process.Pid, Admin: "http://127.0.0.1:1", Token: "old"})
	// The number of a target that was killed may be that of another process now.
	taken := Place{PID: os.Getppid(), Admin: "http://127.0.0.1:1", Token: "old"}
	forsaken(t, folder, taken)
	ours := Place{PID: os.Getpid(), Service: "http://127.0.0.1:2", Admin: "http://127.0.0.1:3", Token: "word"}
	remove, err := ours.Keep(folder)
	if err != nil {
		t.Fatal(err)
	}
	all, err := Places(folder)
	if err != nil || len(all) != 1 || all[0] != ours {
		t.Errorf("%v: %+v", err, all)
	}
	remove()
	if files, _ := os.ReadDir(folder); len(files) != 0 {
		t.Errorf("left behind: %v", files)
	}
}

// forsaken leaves the file of a target that was killed.
func forsaken(t *testing.T, folder string, p Place) {
	t.Helper()
	text, err := json.Marshal(p)
	if err == nil {
		err = os.MkdirAll(folder, 0o700)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, fmt.Sprintf("target-%d.json", p.PID)), text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestAPlaceIsNobodyElses(t *testing.T) {
	folder := t.TempDir()
	if err := os.Chmod(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	p := Place{PID: os.Getpid(), Token: "word"}
	if _, err := p.Keep(folder); err == nil {
		t.Error("a token was written where anybody reads it")
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(folder, link); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Keep(link); err == nil {
		t.Error("a token was written behind a link")
	}
}
