//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestMachinesAreTriedFirst: a null run of both machines at once comes before the load, and the run is held against it.
func TestMachinesAreTriedFirst(t *testing.T) {
	one, two := newMachine(t), newMachine(t)
	target := serve(t, "serve", "--listen", "127.0.0.1:0", "--workers", "1")
	file := scenario(t, fmt.Sprintf(spread, target.url, "2s"))
	f := run(t, 2*time.Minute, "run", "--ui", "none", "--hosts", one.url()+","+two.url(), file)
	survived(t, f)
	if !strings.Contains(f.errs, "null run: 300/s was ") {
		t.Errorf("no trial with the room that a null run asks for:\n%s", f.errs)
	}
	between(t, f, target)
	if n := f.summary.Accounting.Intended; n != 400 {
		t.Errorf("intended %d, want 400", n)
	}
	one.onlyTheProgram()
	two.onlyTheProgram()
	without := run(t, 2*time.Minute, "run", "--ui", "none", "--no-null-run", "--hosts", one.url(), file)
	if strings.Contains(without.errs, "null run") {
		t.Errorf("tried although it was not to be:\n%s", without.errs)
	}
}

// TestMachinesThatCannotMakeTheLoadAreRefused before it begins, with figures and what to do.
func TestMachinesThatCannotMakeTheLoadAreRefused(t *testing.T) {
	m := newMachine(t)
	target := serve(t, "serve", "--listen", "127.0.0.1:0", "--workers", "1")
	dir := t.TempDir()
	file := scenario(t, strings.Replace(fmt.Sprintf(spread, target.url, "2s"), "rate: 200/s", "rate: 3000000/s", 1))
	p := start(t, dir, "run", "--ui", "none", "--hosts", m.url(), file)
	if code := p.wait(2 * time.Minute); code != 1 {
		t.Errorf("exit %d", code)
	}
	for _, want := range []string{"null run: closed users made ", "1 machine made ", "the load asks for 3,000,000/s", " machines like these", "--no-null-run"} {
		if !strings.Contains(p.stderr.String(), want) {
			t.Errorf("%q is not in:\n%s", want, p.stderr.String())
		}
	}
	if runs, _ := os.ReadDir(filepath.Join(dir, "runs")); len(runs) > 0 {
		t.Errorf("left: %v", runs)
	}
	if n := target.counted(t).Requests; n != 0 {
		t.Errorf("the target was asked %d times", n)
	}
	m.onlyTheProgram()
}
