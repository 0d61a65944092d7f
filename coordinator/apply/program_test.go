package apply

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A service that a hook started has its streams for good: a closed pipe would end it at its
// next line, in the middle of a trial.
func TestServiceThatAHookStartsMayGoOnSaying(t *testing.T) {
	r := newRoom(t, `
scenario: a.yaml
params:
  - {name: pool, values: [a, b], current: a, apply: {command: 'echo starting; (sleep 1.6; echo serving; touch alive) &'}}
`)
	r.apply(map[string]string{"pool": "b"})
	eventually(t, "the service lives after its line", func() bool { return exists(filepath.Join(r.dir, "alive")) })
	r.restore()
}

func TestHookThatSaysTooMuchIsQuotedByItsEnd(t *testing.T) {
	r := newRoom(t, `
scenario: a.yaml
params:
  - {name: pool, values: [a, b], current: a, apply: {command: '[ "$value" = a ] && exit; yes | head -c 30000000; sleep 0.3; echo the end; exit 3'}}
`)
	err := r.Apply(t.Context(), map[string]string{"pool": "b"}, false)
	if err == nil || !strings.Contains(err.Error(), "the end") || len(err.Error()) > 3000 {
		t.Error(err)
	}
	r.restore()
	left, _ := filepath.Glob(filepath.Join(r.cfg.Dir, ".*"))
	if len(left) > 0 {
		t.Error("left:", left)
	}
}

// far is an ssh of which the other side stays when this one is ended, as without a terminal.
const far = `while [ "$1" != -- ]; do shift; done
shift 2
exec setsid -w sh -c "$*"
`

const slowFar = `
scenario: a.yaml
params:
  - name: way
    values: [a, b]
    current: a
    apply:
      ssh: {host: lb, command: '[ "$value" = a ] || { echo $$ > {dir}/pid; sleep 3; }; echo "$value" >> {dir}/way'}
      within: 500ms
`

func TestProgramOverSSHEndsWithItsTime(t *testing.T) {
	fake(t, "ssh", far)
	r := newRoom(t, slowFar)
	if err := r.Apply(t.Context(), map[string]string{"way": "b"}, false); err == nil {
		t.Error("it held")
	}
	gone(t, r.read("pid"))
	r.restore()
	if r.read("way") != "a\n" {
		t.Errorf("set after it was put back: %q", r.read("way"))
	}
}

func TestProgramOverSSHEndsWhenInterrupted(t *testing.T) {
	fake(t, "ssh", far)
	r := newRoom(t, strings.Replace(slowFar, "within: 500ms", "within: 20s", 1))
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		eventually(t, "it runs", func() bool { return r.read("pid") != "" })
		cancel()
	}()
	if err := r.Apply(ctx, map[string]string{"way": "b"}, false); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	gone(t, r.read("pid"))
	r.restore()
	if r.read("way") != "a\n" {
		t.Errorf("set after it was put back: %q", r.read("way"))
	}
}

func TestServiceStartedOverSSHLivesOn(t *testing.T) {
	fake(t, "ssh", far)
	r := newRoom(t, `
scenario: a.yaml
params:
  - {name: way, values: [a, b], current: a, apply: {ssh: {host: lb, command: 'sleep 100 >/dev/null 2>&1 & echo $! > {dir}/child'}}}
`)
	r.apply(map[string]string{"way": "b"})
	time.Sleep(200 * time.Millisecond)
	pid, _ := strconv.Atoi(strings.TrimSpace(r.read("child")))
	if err := syscall.Kill(pid, 0); err != nil {
		t.Error("the service is gone:", err)
	}
	_ = syscall.Kill(pid, syscall.SIGKILL)
	r.restore()
	pid, _ = strconv.Atoi(strings.TrimSpace(r.read("child")))
	_ = syscall.Kill(pid, syscall.SIGKILL)
}

// A hook that outlives a killed loadctl would set its value after the old one was put back.
func TestHookOfAKilledLoadctlIsEndedBeforeItIsRestored(t *testing.T) {
	dir := t.TempDir()
	src := `
scenario: a.yaml
params:
  - {name: pool, values: [a, b], current: a, apply: {command: '[ $value = a ] || { echo $$ > pid; sleep 2; }; echo $value >> pools'}}
  - {name: workers, values: [1, 4], current: 1, apply: {command: 'true'}}
`
	if err := os.WriteFile(filepath.Join(dir, "x.yaml"), []byte(src), 0o600); err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), os.Args[0])
	c.Env = append(os.Environ(), "APPLY_AND_DIE="+dir)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	read := func(name string) string { b, _ := os.ReadFile(filepath.Join(dir, name)); return string(b) }
	eventually(t, "the hook runs", func() bool { return read("pid") != "" })
	time.Sleep(100 * time.Millisecond) // the loadctl writes down that it does
	_ = c.Process.Kill()
	_ = c.Wait()
	if done, err := Recover(t.Context(), Config{Dir: filepath.Join(dir, "journal")}); err != nil || done != "pool=a, workers=1" {
		t.Fatal(done, err)
	}
	gone(t, read("pid"))
	if read("pools") != "a\n" {
		t.Errorf("set after it was put back: %q", read("pools"))
	}
}

// A number of a process may be another's by then.
func TestProcessThatIsNotTheHookIsLeftAlone(t *testing.T) {
	dir, other := t.TempDir(), exec.CommandContext(t.Context(), "sleep", "100")
	other.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Process.Kill(); _ = other.Wait() }()
	if err := os.WriteFile(hookPath(dir), fmt.Appendf(nil, "%d another time\n", other.Process.Pid), 0o600); err != nil {
		t.Fatal(err)
	}
	endHook(dir)
	if err := other.Process.Signal(syscall.Signal(0)); err != nil || exists(hookPath(dir)) {
		t.Error("it was ended, or the note stays", err)
	}
}

func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for range 1000 {
		if cond() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("never: " + what)
}

// An endedAfter is a context that ends once a program is through, and before anybody looks.
type endedAfter struct{ context.Context }

func (endedAfter) Err() error { return context.Canceled }

func TestServiceOfAProgramThatSucceededLivesThoughTheTimeEndsThen(t *testing.T) {
	r := newRoom(t, commands)
	ended := endedAfter{t.Context()}
	if _, err := r.exec(ended, call{words: []string{"sh", "-c", "(sleep 0.2; touch alive) &"}, v: func(string) string { return "" }}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the service lives", func() bool { return exists(filepath.Join(r.dir, "alive")) })
}
