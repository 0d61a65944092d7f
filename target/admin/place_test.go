package admin

import (
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
	left := Place{PID: gone.Process.Pid, Admin: "http://127.0.0.1:1", Token: "old"}
	if _, err := left.Keep(folder); err != nil {
		t.Fatal(err)
	}
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
