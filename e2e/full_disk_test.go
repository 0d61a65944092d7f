//go:build e2e

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// smallDisk is a file system of its own.
func smallDisk(t *testing.T, options string) string {
	t.Helper()
	if os.Geteuid() != 0 {
		if os.Getenv("LOADCTL_E2E_REQUIRED") != "" {
			t.Fatal("mounting needs root, and CI skips nothing")
		}
		t.Skip("mounting needs root")
	}
	dir := filepath.Join(t.TempDir(), "disk")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", options, "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("cannot mount: %v: %s", err, out)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fill takes what is left of a disk and gives it back when it is called for.
func fill(t *testing.T, disk string) (free func()) {
	t.Helper()
	path := filepath.Join(disk, "filler")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for err == nil {
		_, err = f.Write(make([]byte, 4096))
	}
	return func() { _ = os.Remove(path) }
}

const diskScenario = `
version: 1
name: disk
target: {bundled: true, workers: 1}
users: {u: {tasks: {t: {steps: [{get: /health}]}}}}
phases: [{name: steady, executor: constant-arrival-rate, rate: 50/s, duration: %DURATION}]
thresholds: {failed: [rate<50%]}
`

func diskRun(t *testing.T, disk, duration string) *proc {
	return start(t, disk, "run", "--ui", "plain", "--interval", "1s", scenario(t, strings.Replace(diskScenario, "%DURATION", duration, 1)))
}

// endedWithoutFiles is the end of a run whose files could not be written: its
// summary and its RESULT line all the same, which names where the rest is.
func endedWithoutFiles(t *testing.T, p *proc, code int) {
	t.Helper()
	if got := p.wait(30 * time.Second); got != code {
		t.Errorf("exit %d, want %d", got, code)
	}
	lines := strings.Split(strings.TrimSpace(p.stdout.String()), "\n")
	m := resultLine.FindStringSubmatch(lines[len(lines)-1])
	if m == nil || m[1] != "aborted" || !strings.HasSuffix(m[4], ".partial") || !strings.Contains(p.stdout.String(), "accounting") {
		t.Errorf("standard output:\n%s", p.stdout.String())
	}
	if !strings.Contains(p.stderr.String(), "no space left on device") || m != nil && !strings.Contains(p.stderr.String(), m[4]) {
		t.Errorf("standard error:\n%s", p.stderr.String())
	}
}

// TestAFullDiskLostTheResult: everything was known, and nothing was said. The disk
// has room for the record, and no inodes for the files made of it.
func TestAFullDiskLostTheResult(t *testing.T) {
	disk := smallDisk(t, "size=4m,nr_inodes=5")
	endedWithoutFiles(t, diskRun(t, disk, "2s"), 1)
}

// TestAFullDiskDoesNotHideAnInterrupt, which weighs more.
func TestAFullDiskDoesNotHideAnInterrupt(t *testing.T) {
	disk := smallDisk(t, "size=4m,nr_inodes=5")
	p := diskRun(t, disk, "20s")
	p.into(time.Second)
	p.signal(os.Interrupt)
	endedWithoutFiles(t, p, 130)
}

// TestADiskThatFillsUpWasToldAtTheEnd: it is told as soon as it is known, the run
// goes on, and what was recorded by then can be read.
func TestADiskThatFillsUpWasToldAtTheEnd(t *testing.T) {
	disk := smallDisk(t, "size=4m")
	p := diskRun(t, disk, "12s")
	p.into(time.Second)
	free := fill(t, disk)
	endedWithoutFiles(t, p, 1)
	if !strings.Contains(p.stderr.String(), "the run goes on") {
		t.Errorf("standard error:\n%s", p.stderr.String())
	}
	if _, after, told := strings.Cut(p.stdout.String(), "SEVERE recording the run"); !told || strings.Count(after, "req/s  p50") < 3 {
		t.Errorf("it was not told while the run went on:\n%s", p.stdout.String())
	}
	free()
	report := start(t, disk, "report", filepath.Join("runs", filepath.Base(partial(p))))
	if code := report.wait(30 * time.Second); code != 0 {
		t.Errorf("a report of what was recorded: exit %d\n%s", code, report.stderr.String())
	}
}

// TestADiskThatIsFullIsKnownBeforeTheRun, and nothing is left on it.
func TestADiskThatIsFullIsKnownBeforeTheRun(t *testing.T) {
	disk := smallDisk(t, "size=64k")
	fill(t, disk)
	p := diskRun(t, disk, "2s")
	if code := p.wait(30 * time.Second); code != 1 || !strings.Contains(p.stderr.String(), "no space left on device") ||
		!strings.Contains(p.stderr.String(), "--runs") {
		t.Errorf("exit %d: %s", code, p.stderr.String())
	}
	if found, _ := filepath.Glob(filepath.Join(disk, "runs*")); len(found) != 0 {
		t.Errorf("left behind: %v", found)
	}
}
