package stack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// The test binary is keeper, sweeper and parts too.
func TestMain(m *testing.M) {
	switch os.Getenv("STACK_TEST") {
	case "keep":
		keep()
	case "part":
		part(os.Args[1], os.Args[2:])
	case "up":
		up(os.Args[1])
	default:
		os.Exit(m.Run())
	}
}

func this(as string, args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), "STACK_TEST="+as)
	return cmd
}

// keeper is Config.Keep.
func keeper(p Part, argv []string, dir string) *exec.Cmd {
	if len(argv) == 0 {
		return this("keep", dir)
	}
	return this("keep", append([]string{"", strconv.Itoa(int(p.Stop)), p.Grace.String()}, argv...)...)
}

func keep() {
	lifeline, presence := os.NewFile(3, "lifeline"), os.NewFile(4, "presence")
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGTERM)
	if dir := os.Args[1]; dir != "" {
		if err := Sweep(lifeline, presence, dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	stop, _ := strconv.Atoi(os.Args[2])
	grace, _ := time.ParseDuration(os.Args[3])
	os.Setenv("STACK_TEST", "part")
	code, _ := Keep(Kept{Lifeline: lifeline, Presence: presence, Signals: signals, Stop: syscall.Signal(stop), Grace: grace, Argv: os.Args[4:]})
	os.Exit(code)
}

// part is a program: of our own, foreign, one that ends at once or one that never ends. It
// appends to a journal what it does.
func part(kind string, args []string) {
	journal := func(what string) {
		f, _ := os.OpenFile(args[0], os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o600)
		fmt.Fprintln(f, what, args[1], os.Getpid())
		f.Close()
	}
	terms := make(chan os.Signal, 1)
	signal.Notify(terms, syscall.SIGTERM, syscall.SIGINT)
	journal("start")
	gone := make(chan struct{})
	switch kind {
	case "own":
		go func() { _, _ = io.Copy(io.Discard, os.NewFile(3, "lifeline")); close(gone) }()
		fmt.Printf("READY http://%s pid=%d admin=http://admin\n", args[1], os.Getpid())
	case "dies":
		fmt.Println("what is wrong with", args[1])
		os.Exit(3)
	case "stubborn":
		signal.Ignore(syscall.SIGTERM, syscall.SIGINT)
		select {}
	}
	select {
	case <-terms:
		journal("end")
	case <-gone:
		journal("cut")
	case <-time.After(time.Minute):
	}
	os.Exit(0)
}

// A world is what a test sees of a stack.
type world struct {
	t       *testing.T
	dir     string
	journal string

	mu     sync.Mutex
	events []Event
}

func newWorld(t *testing.T) *world {
	t.Helper()
	dir, err := Folder()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return &world{t: t, dir: dir, journal: filepath.Join(t.TempDir(), "journal")}
}

func (w *world) part(kind, name string) Part {
	return Part{Name: name, Address: name, Own: kind == "own", Within: 10 * time.Second, Grace: 500 * time.Millisecond,
		Command: func() *exec.Cmd {
			cmd := this("part", kind, w.journal, name)
			if kind != "own" {
				cmd.Env = nil // its keeper's, which makes it a part
			}
			return cmd
		},
		Healthy: func(context.Context, Ready) error {
			if kind == "sick" {
				return errors.New("it has a cold")
			}
			if !strings.Contains(w.did(), "start "+name+" ") {
				return errors.New("not yet")
			}
			return nil
		}}
}

func (w *world) did() string {
	b, _ := os.ReadFile(w.journal)
	return string(b)
}

// kinds are the lines of the journal without process ids.
func (w *world) kinds() string {
	var all []string
	for line := range strings.Lines(w.did()) {
		all = append(all, strings.Join(strings.Fields(line)[:2], " "))
	}
	return strings.Join(all, ", ")
}

// pid is that of the latest process of a part.
func (w *world) pid(name string) (pid int) {
	for line := range strings.Lines(w.did()) {
		if f := strings.Fields(line); f[0] == "start" && f[1] == name {
			pid, _ = strconv.Atoi(f[2])
		}
	}
	return pid
}

func (w *world) config(parts ...Part) Config {
	return Config{Dir: w.dir, Parts: parts, Keep: keeper, Told: func(e Event) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.events = append(w.events, e)
	}}
}

func (w *world) told(what, part string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, e := range w.events {
		if e.What == what && e.Part == part {
			n++
		}
	}
	return n
}

// run runs a stack until done returns.
func (w *world) run(cfg Config, done func(all []Ready)) error {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.t.Context())
	defer cancel()
	cfg.Ready = func(all []Ready) error {
		go func() { defer cancel(); done(all) }()
		return nil
	}
	err := Run(ctx, cfg)
	w.nothingLeft()
	return err
}

func (w *world) nothingLeft() {
	w.t.Helper()
	if _, err := os.Stat(w.dir); !errors.Is(err, os.ErrNotExist) {
		w.t.Errorf("the folder is left: %v", err)
	}
	for line := range strings.Lines(w.did()) {
		f := strings.Fields(line)
		pid, _ := strconv.Atoi(f[2])
		w.eventually(f[1]+" is gone", func() bool { return !living(pid) })
	}
}

func living(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || !strings.Contains(string(b), ") Z ")
}

func (w *world) eventually(what string, cond func() bool) {
	w.t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if cond() {
			return
		}
	}
	w.t.Errorf("never: %s\n%s", what, w.did())
}

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
