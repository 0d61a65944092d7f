package stack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestPartsStartInOrderAndEndInReverse(t *testing.T) {
	w := newWorld(t)
	err := w.run(w.config(w.part("foreign", "a"), w.part("own", "b"), w.part("foreign", "c")), func(all []Ready) {
		if len(all) != 3 || all[1].URL != "http://b" || all[1].Admin != "http://admin" || all[1].PID != w.pid("b") {
			t.Errorf("%+v", all)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := w.kinds(), "start a, start b, start c, end c, end b, end a"; got != want {
		t.Errorf("%s, not %s", got, want)
	}
}

func TestOneThatNeverGetsWellEndsAll(t *testing.T) {
	w := newWorld(t)
	sick := w.part("sick", "sick")
	sick.Within = 300 * time.Millisecond
	err := w.run(w.config(w.part("foreign", "a"), sick, w.part("own", "never")), func([]Ready) { t.Error("it was ready") })
	if err == nil || !strings.Contains(err.Error(), "sick was not well within 300ms: it has a cold") {
		t.Errorf("%v", err)
	}
	if got, want := w.kinds(), "start a, start sick, end sick, end a"; got != want {
		t.Errorf("%s, not %s", got, want)
	}
}

func TestOneThatDiesAtItsStartIsQuoted(t *testing.T) {
	w := newWorld(t)
	err := w.run(w.config(w.part("foreign", "a"), w.part("dies", "b")), func([]Ready) { t.Error("it was ready") })
	if err == nil || !strings.Contains(err.Error(), "b ended before it was well (exit status 3)") || !strings.Contains(err.Error(), "| what is wrong with b") {
		t.Errorf("%v", err)
	}
}

func TestOneThatDiesIsStartedAgain(t *testing.T) {
	for _, kind := range []string{"own", "foreign"} {
		t.Run(kind, func(t *testing.T) {
			w := newWorld(t)
			cfg := w.config(w.part("foreign", "a"), w.part(kind, "b"))
			cfg.Logs = t.TempDir()
			err := w.run(cfg, func([]Ready) {
				first := w.pid("b")
				_ = syscall.Kill(first, syscall.SIGKILL)
				w.eventually("b runs again", func() bool { return w.told("restarted", "b") == 1 && w.pid("b") != first })
			})
			if err != nil || w.told("died", "b") != 1 || strings.Count(w.kinds(), "start a") != 1 {
				t.Errorf("%v: %s", err, w.kinds())
			}
			if _, err := os.Stat(filepath.Join(cfg.Logs, "b.log")); err != nil {
				t.Errorf("the log did not stay: %v", err)
			}
		})
	}
}

func TestOneThatDiesAgainAndAgainEndsAll(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cfg := w.config(w.part("foreign", "a"), w.part("own", "b"))
	over := make(chan struct{})
	defer close(over)
	cfg.Ready = func([]Ready) error {
		go func() {
			for last := 0; ; time.Sleep(10 * time.Millisecond) {
				select {
				case <-over:
					return
				default:
				}
				if pid := w.pid("b"); pid != last {
					_ = syscall.Kill(pid, syscall.SIGKILL)
					last = pid
				}
			}
		}()
		return nil
	}
	err := Run(ctx, cfg)
	if err == nil || !strings.Contains(err.Error(), "b died 5 times within 1m0s") {
		t.Errorf("%v", err)
	}
	w.nothingLeft()
}

func TestAStubbornOneIsMadeToEnd(t *testing.T) {
	w := newWorld(t)
	if err := w.run(w.config(w.part("stubborn", "b")), func([]Ready) {}); err != nil {
		t.Error(err)
	}
}

func TestHurryDoesNotWait(t *testing.T) {
	w := newWorld(t)
	p := w.part("own", "b")
	p.Grace = time.Hour
	stubborn := w.part("stubborn", "c")
	stubborn.Grace = time.Hour
	hurry := make(chan struct{})
	cfg := w.config(p, stubborn)
	cfg.Hurry = hurry
	cfg.Ready = func([]Ready) error { close(hurry); return nil }
	if err := Run(t.Context(), cfg); err != nil {
		t.Error(err)
	}
	w.nothingLeft()
}

func TestPreparationIsDoneOnce(t *testing.T) {
	w := newWorld(t)
	p := w.part("own", "b")
	prepared := 0
	p.Prepare = func(_ context.Context, with Preparation) error {
		prepared++
		_, err := fmt.Fprintln(with.Log, "made it")
		return err
	}
	err := w.run(w.config(p), func([]Ready) {
		_ = syscall.Kill(w.pid("b"), syscall.SIGKILL)
		w.eventually("b runs again", func() bool { return w.told("restarted", "b") == 1 })
	})
	if err != nil || prepared != 1 {
		t.Errorf("%v, prepared %d times", err, prepared)
	}
	fails := newWorld(t)
	p = fails.part("own", "b")
	p.Prepare = func(_ context.Context, with Preparation) error {
		fmt.Fprintln(with.Log, "no space")
		return errors.New("initdb: exit status 1")
	}
	if err := fails.run(fails.config(p), func([]Ready) {}); err == nil || !strings.Contains(err.Error(), "b: initdb: exit status 1\n  | no space") {
		t.Errorf("%v", err)
	}
}

// up is a stack in a process of its own, to be killed.
func up(journal string) {
	dir, _ := Folder()
	w := &world{dir: dir, journal: journal}
	cfg := w.config(w.part("foreign", "a"), w.part("own", "b"), w.part("stubborn", "c"))
	cfg.Ready = func([]Ready) error { fmt.Println(dir); return nil }
	_ = Run(context.Background(), cfg)
	os.Exit(0)
}

func TestNothingIsLeftOfOneThatWasKilled(t *testing.T) {
	w := &world{t: t, journal: filepath.Join(t.TempDir(), "journal")}
	cmd := this("up", w.journal)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fscanln(out, &w.dir); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	w.eventually("the folder is gone", func() bool { _, err := os.Stat(w.dir); return errors.Is(err, os.ErrNotExist) })
	w.nothingLeft()
	if !strings.Contains(w.kinds(), "cut b") || !strings.Contains(w.kinds(), "end a") {
		t.Errorf("they ended in another way: %s", w.kinds())
	}
}

func TestRunRemovesNoFolderThatIsNotItsOwn(t *testing.T) {
	dir := t.TempDir()
	if err := Run(t.Context(), Config{Dir: dir}); err == nil {
		t.Error("it ran there")
	}
	if _, err := os.Stat(dir); err != nil {
		t.Error(err)
	}
}

// Between the two there would be a moment at which a kill leaves the folder.
func TestTheFolderIsMadeOnceThereIsWhoRemovesIt(t *testing.T) {
	w := newWorld(t)
	cfg := w.config(w.part("own", "a"))
	keep := cfg.Keep
	cfg.Keep = func(p Part, argv []string, dir string) *exec.Cmd {
		if _, err := os.Stat(w.dir); len(argv) == 0 && err == nil {
			t.Error("it is there before")
		}
		return keep(p, argv, dir)
	}
	err := w.run(cfg, func([]Ready) {
		if info, err := os.Stat(w.dir); err != nil || info.Mode().Perm()&0o066 != 0 {
			t.Errorf("%v, %v", info, err)
		}
	})
	if err != nil {
		t.Error(err)
	}
}

func TestSweepRefusesOtherFolders(t *testing.T) {
	for _, dir := range []string{"", "/", t.TempDir(), "loadctl-up-1"} {
		if err := Sweep(nil, nil, dir); err == nil {
			t.Errorf("%q was removed", dir)
		}
	}
}

func TestPatience(t *testing.T) {
	var d deaths
	var pauses []string
	for i := range 5 {
		pause, again := d.died(time.Duration(i) * time.Second)
		pauses = append(pauses, fmt.Sprint(pause, again))
	}
	if got, want := strings.Join(pauses, " "), "0s true 200ms true 400ms true 800ms true 0s false"; got != want {
		t.Errorf("%s, not %s", got, want)
	}
	var rare deaths
	for i := range 20 {
		if pause, again := rare.died(time.Duration(i) * 61 * time.Second); pause != 0 || !again {
			t.Errorf("death %d of a rare kind: %s %v", i, pause, again)
		}
	}
}

func TestPortsAreGivenOnce(t *testing.T) {
	var p Ports
	seen := map[string]bool{}
	for i := range 20 {
		at, err := p.Take([]string{"", "127.0.0.1:0", "127.0.0.5:0"}[i%3])
		if err != nil || seen[at] || strings.HasPrefix(at, "127.0.0.5:") != (i%3 == 2) {
			t.Fatalf("%s: %v", at, err)
		}
		seen[at] = true
		_, port, _ := net.SplitHostPort(at)
		if n, _ := strconv.Atoi(port); n >= firstOutgoing() {
			t.Errorf("%s may be an outgoing connection's when a part starts again", at)
		}
		if _, err := p.Take(at); err == nil {
			t.Errorf("%s was given twice", at)
		}
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	if _, err := p.Take(ln.Addr().String()); err == nil || !strings.Contains(err.Error(), "the port is in use") {
		t.Errorf("%v", err)
	}
}

func TestAMissingProgramIsToldWithAWayOut(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for name, err := range map[string]error{
		"redis-server": second(Redis("cache", "", "127.0.0.1:1", 64)),
		"kv":           second(Redis("store", "", "127.0.0.1:1", 0)),
		"memcached":    second(Memcached("cache", "127.0.0.1:1", 64)),
	} {
		if !errors.Is(err, ErrNotInstalled) || !strings.Contains(err.Error(), "apt install") || !strings.Contains(err.Error(), "to do without it") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := PostgresBin(t.TempDir()); err == nil || !strings.Contains(err.Error(), "there is no initdb in") {
		t.Errorf("%v", err)
	}
}

func TestTheNewestProgramIsFound(t *testing.T) {
	t.Setenv("PATH", "/nowhere")
	t.Chdir(t.TempDir())
	for _, version := range []string{"9.6", "15", "14"} {
		dir := filepath.Join("postgresql", version, "bin")
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "initdb"), nil, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if got := find("initdb", "postgresql/*/bin"); got != "postgresql/15/bin/initdb" {
		t.Errorf("found %q", got)
	}
}

func second(_ Part, err error) error { return err }
