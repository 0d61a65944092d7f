package profile

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// TestProfiles: three files that hold something, and none besides.
func TestProfiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "down")
	p, err := Start(dir, "local-1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Start(dir, "local-2"); err == nil {
		t.Error("one process was profiled twice")
	}
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
	for _, of := range []string{"cpu", "heap", "goroutine"} {
		if n := unzipped(t, filepath.Join(dir, "local-1."+of+".pb.gz")); n < 50 {
			t.Errorf("%s holds %d bytes", of, n)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 3 {
		t.Errorf("left behind: %q", left)
	}
}

func unzipped(t *testing.T, path string) int64 {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, z)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestNothingAsked: without a directory there is nothing to write.
func TestNothingAsked(t *testing.T) {
	p, err := Start("", "x")
	if p != nil || err != nil || p.Stop() != nil {
		t.Errorf("%v, %v", p, err)
	}
}

// TestUnwritable: said before anything starts.
func TestUnwritable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Ready(filepath.Join(file, "below")); err == nil {
		t.Error("a directory below a file")
	}
	if _, err := Start(file, "x"); err == nil {
		t.Error("a file for a directory")
	}
}
