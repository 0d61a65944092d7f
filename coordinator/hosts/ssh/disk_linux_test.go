package ssh

import (
	"crypto/rand"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestADiskThatIsFullIsNamed(t *testing.T) {
	t.Parallel()
	m, c := newMachine(t), config(t)
	if err := syscall.Mount("none", m.home, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("a small disk cannot be made here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(m.home, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	says(t, refusedBy(t, c, m.at("a")), "pushing the program (", "there is no room for it: it takes ", "make room")
	l := loggedIn(t, c, m.at("a"))
	if err := l.Write(t.Context(), "big", 0o600, io.LimitReader(rand.Reader, 2<<20)); err == nil {
		t.Error("wrote what does not fit")
	} else {
		says(t, err.Error(), "writing big on ", "there is no room for it: it takes ", " and 1 MiB are free there")
	}
	if left := m.left(); len(left) > 0 {
		t.Errorf("left there: %q", left)
	}
	if err := os.RemoveAll(filepath.Join(m.home, ".cache")); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("none", m.home, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, "size=1m"); err != nil {
		t.Fatal(err)
	}
	says(t, refusedBy(t, c, m.at("a")), "making room for the program: ", "Read-only file system")
}
