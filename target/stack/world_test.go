package stack

import (
	"context"
	"errors"
	"fmt"
	"io"
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
	code, _ := Keep(Kept{Lifeline: lifeline, Presence: presence, Signals: signals, Stop: syscall.Signal(stop), Grace: grace, Group: os.Getenv("STACK_GROUP") != "", Argv: os.Args[4:]})
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
