package apply

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/loadctl/loadctl/target/queue"
	"github.com/loadctl/loadctl/target/truth"
	"github.com/loadctl/loadctl/tuning"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv("APPLY_AND_DIE"); dir != "" {
		applyAndDie(dir)
	}
	goleak.VerifyTestMain(m)
}

// A room is a folder with a service's files, and an Applier that works on them.
type room struct {
	*Applier
	t   *testing.T
	dir string
	cfg Config
}

// newRoom reads a tuning file, with {dir} in it replaced by the room's folder.
func newRoom(t *testing.T, src string, change ...func(*Config)) *room {
	t.Helper()
	dir := t.TempDir()
	r := &room{t: t, dir: dir}
	r.cfg = Config{Path: "x.yaml", Base: dir, Dir: filepath.Join(dir, "journal"), Every: 10 * time.Millisecond}
	f, err := tuning.Parse("x.yaml", []byte(strings.ReplaceAll(src, "{dir}", dir)))
	if err != nil {
		t.Fatal(err)
	}
	r.cfg.File = f
	for _, c := range change {
		c(&r.cfg)
	}
	r.open()
	return r
}

func (r *room) open() {
	r.t.Helper()
	a, err := New(r.cfg)
	if err != nil {
		r.t.Fatal(err)
	}
	r.Applier = a
	r.t.Cleanup(func() { _ = a.Close() })
}

func (r *room) read(name string) string {
	text, _ := os.ReadFile(filepath.Join(r.dir, name))
	return string(text)
}

func (r *room) write(name, text string, mode os.FileMode) {
	r.t.Helper()
	if err := os.WriteFile(filepath.Join(r.dir, name), []byte(text), mode); err != nil {
		r.t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(r.dir, name), mode); err != nil {
		r.t.Fatal(err)
	}
}

func (r *room) apply(setting map[string]string) {
	r.t.Helper()
	if err := r.Apply(r.t.Context(), setting, false); err != nil {
		r.t.Fatal(err)
	}
}

func (r *room) restore() {
	r.t.Helper()
	if err := r.Restore(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
}

func (r *room) journalIs(there bool) {
	r.t.Helper()
	if _, err := os.Stat(journalPath(r.cfg.Dir)); (err == nil) != there {
		r.t.Fatalf("journal: %v", err)
	}
}

// fake puts a program on PATH that takes the place of one of the system's.
func fake(t *testing.T, name, script string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
}

const commands = `
scenario: a.yaml
params:
  - name: pool
    values: [a, b]
    current: a
    apply: {command: [sh, -c, 'printf "%s\n" "$1" >> pools', sh, "${value}"]}
  - name: workers
    values: [1, 2]
    current: 1
    apply:
      command: printf '%s %s %s\n' "$value" "$pool" "$workers" >> workers
      restart: echo again >> restarts
`

func TestNoValueIsEverShell(t *testing.T) {
	r := newRoom(t, commands)
	evil := `$(touch gone); "' ` + "`touch gone`"
	r.apply(map[string]string{"pool": evil, "workers": evil})
	if got := r.read("pools"); got != evil+"\n" {
		t.Errorf("a word: %q", got)
	}
	if got, want := r.read("workers"), evil+" "+evil+" "+evil+"\n"; got != want {
		t.Errorf("a variable: %q", got)
	}
	if _, err := os.Stat(filepath.Join(r.dir, "gone")); err == nil {
		t.Error("a value was run")
	}
	r.restore()
	if got := r.read("pools"); !strings.HasSuffix(got, "\na\n") {
		t.Errorf("not put back: %q", got)
	}
	if got := r.read("restarts"); got != "again\nagain\n" {
		t.Errorf("restarts: %q", got)
	}
	r.journalIs(false)
	r.restore() // does nothing
	if got := r.read("restarts"); got != "again\nagain\n" {
		t.Errorf("restored twice: %q", got)
	}
}

func TestWhatIsInForceIsLeftAlone(t *testing.T) {
	r := newRoom(t, commands)
	r.apply(map[string]string{"pool": "a", "workers": "1"})
	r.journalIs(false)
	r.apply(map[string]string{"pool": "b", "workers": "1"})
	r.journalIs(true)
	r.apply(map[string]string{"pool": "b", "workers": "1"})
	if r.read("pools") != "b\n" || r.read("workers") != "" || r.read("restarts") != "" {
		t.Errorf("%q %q %q", r.read("pools"), r.read("workers"), r.read("restarts"))
	}
	if err := r.Apply(t.Context(), nil, true); err != nil {
		t.Fatal(err)
	}
	if r.read("restarts") != "again\n" {
		t.Errorf("a fresh start was asked for: %q", r.read("restarts"))
	}
	if err := r.Apply(t.Context(), map[string]string{"pool": "b", "wokers": "1"}, false); err == nil || !strings.Contains(err.Error(), "wokers is no param") || !strings.Contains(err.Error(), "workers has no value") {
		t.Error(err)
	}
}

const units = `
scenario: a.yaml
params:
  - name: workers
    values: [2, 4]
    apply: {env_file: {path: web.env, key: WORKERS}, unit: web.service}
  - name: threads
    values: [1, 2]
    current: 1
    apply: {env_file: {path: web.env, key: THREADS}, unit: web.service}
`

const webEnv = "# of the web service\nexport PATH=/bin\nWORKERS='2'\n\nDB_PASSWORD=hunter22\n"

func TestEnvironmentFileAndUnitAreSetTogetherAndPutBack(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	fake(t, "systemctl", `echo "$@" >> `+log+"\n")
	r := newRoom(t, units)
	r.write("web.env", webEnv, 0o640)
	was, err := r.Incumbent(t.Context())
	if err != nil || was["workers"] != "2" || was["threads"] != "1" {
		t.Fatal(was, err)
	}
	r.apply(map[string]string{"workers": "4", "threads": "a b$c"})
	if got, want := r.read("web.env"), "# of the web service\nexport PATH=/bin\nWORKERS=4\n\nDB_PASSWORD=hunter22\nTHREADS=\"a b\\$c\"\n"; got != want {
		t.Errorf("%q", got)
	}
	if got, _ := os.ReadFile(log); string(got) != "restart web.service\n" {
		t.Errorf("%q", got)
	}
	info, _ := os.Stat(filepath.Join(r.dir, "web.env"))
	if info.Mode().Perm() != 0o640 {
		t.Error(info.Mode())
	}
	kept, _ := os.Stat(journalPath(r.cfg.Dir))
	if kept.Mode().Perm() != 0o600 {
		t.Error("others can read the journal:", kept.Mode())
	}
	r.restore()
	if got := r.read("web.env"); got != webEnv {
		t.Errorf("%q", got)
	}
	if got, _ := os.ReadFile(log); string(got) != "restart web.service\nrestart web.service\n" {
		t.Errorf("%q", got)
	}
	if left, _ := filepath.Glob(filepath.Join(r.dir, ".*")); len(left) > 0 {
		t.Error(left)
	}
}

func TestWhatSomebodyChangedMeanwhileStays(t *testing.T) {
	fake(t, "systemctl", "")
	r := newRoom(t, units)
	r.write("web.env", webEnv, 0o600)
	r.apply(map[string]string{"workers": "4", "threads": "2"})
	r.write("web.env", strings.Replace(r.read("web.env"), "hunter22", "hunter33", 1), 0o600)
	r.restore()
	if got, want := r.read("web.env"), strings.Replace(webEnv, "hunter22", "hunter33", 1); got != want {
		t.Errorf("%q", got)
	}
}

func TestLinkedEnvironmentFileStaysLinked(t *testing.T) {
	fake(t, "systemctl", "")
	r := newRoom(t, units)
	r.write("real.env", webEnv, 0o600)
	if err := os.Symlink("real.env", filepath.Join(r.dir, "web.env")); err != nil {
		t.Fatal(err)
	}
	r.apply(map[string]string{"workers": "4", "threads": "1"})
	if to, err := os.Readlink(filepath.Join(r.dir, "web.env")); to != "real.env" || !strings.Contains(r.read("real.env"), "WORKERS=4") {
		t.Error(to, err, r.read("real.env"))
	}
	r.restore()
}

func TestHTTPHookSetsAsksAndWaitsForHealth(t *testing.T) {
	pool, sick := "8", 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		switch {
		case req.Header.Get("Authorization") != "Bearer s3cr3t-t0k3n" && req.URL.Path == "/pool":
			w.WriteHeader(401)
			fmt.Fprint(w, "not by ", req.Header.Get("Authorization"))
		case req.URL.Path == "/health" && sick > 0:
			sick--
			w.WriteHeader(503)
		case req.Method == "POST":
			pool, sick = req.FormValue("pool"), 3
		case req.URL.Path == "/pool":
			fmt.Fprintf(w, `{"settings": {"pool": %q}}`, pool)
		}
	}))
	defer s.Close()
	src := `
scenario: a.yaml
health: {url: "` + s.URL + `/health", within: 2s}
params:
  - name: pool
    values: [a, b]
    apply: {http: {url: "` + s.URL + `/pool", form: {pool: "${value}"}, headers: {Authorization: "Bearer ${env.POOL_TOKEN}"}}}
    read: {http: {url: "` + s.URL + `/pool", json: settings.pool, headers: {Authorization: "Bearer ${env.POOL_TOKEN}"}}}
`
	token := func(v string) func(*Config) {
		return func(c *Config) { c.Environ = append(os.Environ(), "POOL_TOKEN="+v) }
	}
	r := newRoom(t, src, token("s3cr3t-t0k3n"))
	r.apply(map[string]string{"pool": "a&pool=c"})
	if pool != "a&pool=c" || sick != 0 {
		t.Error(pool, sick)
	}
	r.restore()
	if pool != "8" {
		t.Error(pool)
	}
	bad := newRoom(t, src, token("wrong-one"))
	_, err := bad.Incumbent(t.Context())
	if err == nil || !strings.Contains(err.Error(), "pool (x.yaml:8): read: GET "+s.URL+"/pool: it answered 401 Unauthorized; it said: not by") || strings.Contains(err.Error(), "wrong-one") {
		t.Error(err)
	}
}

// A target has knobs in memory.
type target struct {
	knobs map[string]string
	calls []string
	err   error
}

func (k *target) Settings(context.Context) (map[string]string, error) {
	return maps.Clone(k.knobs), nil
}

func (k *target) Change(_ context.Context, values map[string]string) error {
	k.calls = append(k.calls, fmt.Sprint(values))
	if k.err == nil {
		maps.Copy(k.knobs, values)
	}
	return k.err
}

func (k *target) Reload(context.Context) error {
	k.calls = append(k.calls, "reload")
	return k.err
}

const knobs = `
scenario: a.yaml
params:
  - {name: pool, values: [2, 4], apply: {target: pool_size}}
  - {name: workers, values: [2, 4], current: 3, apply: {target: workers}}
`

func TestKnobsOfTheTargetChangeTogether(t *testing.T) {
	k := &target{knobs: map[string]string{"pool_size": "5", "workers": "3"}}
	r := newRoom(t, knobs, func(c *Config) { c.Target = k })
	r.apply(map[string]string{"pool": "4", "workers": "2"})
	if err := r.Apply(t.Context(), map[string]string{"pool": "4", "workers": "4"}, true); err != nil {
		t.Fatal(err)
	}
	r.restore()
	want := "map[pool_size:4 workers:2] map[workers:4] reload map[pool_size:4 workers:4] map[pool_size:5 workers:3]"
	if got := strings.Join(k.calls, " "); got != want {
		t.Error(got)
	}
}

func TestIncumbentThatIsNotWhatTheFileSaysIsRefused(t *testing.T) {
	k := &target{knobs: map[string]string{"pool_size": "5", "workers": "8"}}
	r := newRoom(t, knobs, func(c *Config) { c.Target = k })
	err := r.Apply(t.Context(), map[string]string{"pool": "4", "workers": "2"}, false)
	if err == nil || !strings.Contains(err.Error(), "workers (x.yaml:5): the file says that 3 is in force, and it is 8") || len(k.calls) > 0 {
		t.Error(err, k.calls)
	}
	delete(k.knobs, "pool_size")
	if _, err = r.Incumbent(t.Context()); err == nil || !strings.Contains(err.Error(), `no setting "pool_size"`) {
		t.Error(err)
	}
}

func TestSSHQuotesEveryValue(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	// Takes options to --, then the host, and gives the rest to a shell, as sshd does.
	fake(t, "ssh", `echo "$@" >> `+log+`
while [ "$1" != -- ]; do shift; done
shift 2
exec sh -c "$*"
`)
	r := newRoom(t, `
scenario: a.yaml
params:
  - name: way
    values: [a, b]
    current: a
    apply:
      ssh: {host: me@lb, port: 2222, identity: id, command: [sh, -c, 'printf "%s" "$1" > {dir}/way', sh, "${value}"]}
      restart: printf "%s" "$value" > {dir}/restarted
`)
	evil := `it's "$(touch {dir}/gone)"`
	r.apply(map[string]string{"way": evil})
	if r.read("way") != evil || r.read("restarted") != evil {
		t.Errorf("%q %q", r.read("way"), r.read("restarted"))
	}
	said, _ := os.ReadFile(log)
	if !strings.HasPrefix(string(said), "-o BatchMode=yes") || !strings.Contains(string(said), "-p 2222 -i id -o IdentitiesOnly=yes -- me@lb ") {
		t.Errorf("%s", said)
	}
	r.restore()
	if r.read("way") != "a" {
		t.Errorf("%q", r.read("way"))
	}
}

func TestHookThatFailsIsNamedWithoutItsSecrets(t *testing.T) {
	r := newRoom(t, `
scenario: a.yaml
secrets: [SHORT]
params:
  - name: pool
    values: [a, b]
    current: a
    apply:
      - command: '[ "$value" = a ] || { echo "db postgres://me:pw-of-db@host/x key $MY_API_KEY pin $SHORT"; echo "PASSWORD: abc" >&2; printf "\033[31mno\n"; exit 3; }'
`, func(c *Config) { c.Environ = append(os.Environ(), "MY_API_KEY=0123456789", "SHORT=4711") })
	err := r.Apply(t.Context(), map[string]string{"pool": "b"}, false)
	var step *StepError
	if !errors.As(err, &step) || step.Param != "pool" || step.Place != "x.yaml:9" || !strings.Contains(err.Error(), "exit status 3") || !strings.Contains(err.Error(), "| [31mno") {
		t.Fatal(err)
	}
	for _, secret := range []string{"pw-of-db", "0123456789", "4711", "abc", "\033"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%q is told: %v", secret, err)
		}
	}
	r.journalIs(true)
	r.restore()
	r.journalIs(false)
}

func TestHookThatHangsEndsWithItsChildren(t *testing.T) {
	r := newRoom(t, `
scenario: a.yaml
params:
  - name: pool
    values: [a, b]
    current: a
    apply:
      command: '[ "$value" = a ] && exit; trap "" TERM; sh -c "trap \"\" TERM; while :; do sleep 0.1; done" & echo $! > child; echo begun; wait'
      within: 300ms
`)
	began := time.Now()
	err := r.Apply(t.Context(), map[string]string{"pool": "b"}, false)
	if err == nil || !strings.Contains(err.Error(), "ended after 300ms, its time limit (within)") || !strings.Contains(err.Error(), "it said: begun") {
		t.Error(err)
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Error(took)
	}
	gone(t, r.read("child"))
	r.restore()
}

// gone waits for a process to be.
func gone(t *testing.T, pid string) {
	t.Helper()
	n, err := strconv.Atoi(strings.TrimSpace(pid))
	if err != nil {
		t.Fatal(err)
	}
	for range 500 {
		state, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", n))
		if err != nil || strings.Contains(string(state), ") Z ") || syscall.Kill(n, 0) != nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("process %d lives", n)
}

func TestServiceThatAHookStartsLivesOn(t *testing.T) {
	r := newRoom(t, `
scenario: a.yaml
params:
  - {name: pool, values: [a, b], current: a, apply: {command: 'sleep 100 & echo $! > child', within: 20s}}
`)
	r.apply(map[string]string{"pool": "b"})
	pid, _ := strconv.Atoi(strings.TrimSpace(r.read("child")))
	if err := syscall.Kill(pid, 0); err != nil {
		t.Error("the service is gone:", err)
	}
	_ = syscall.Kill(pid, syscall.SIGKILL)
	r.restore()
	pid, _ = strconv.Atoi(strings.TrimSpace(r.read("child")))
	_ = syscall.Kill(pid, syscall.SIGKILL)
}

func TestInterruptedInTheMiddleIsRestored(t *testing.T) {
	r := newRoom(t, `
scenario: a.yaml
params:
  - {name: pool, values: [a, b], current: a, apply: {command: 'echo $value >> pools'}}
  - {name: slow, values: [a, b], current: a, apply: {command: '[ $value = a ] || { touch slow; sleep 100; }'}}
`)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for !exists(filepath.Join(r.dir, "slow")) {
			time.Sleep(5 * time.Millisecond)
		}
		cancel()
	}()
	err := r.Apply(ctx, map[string]string{"pool": "b", "slow": "b"}, false)
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "slow (x.yaml:5): command: [ $value = a ] || { touch slow; sleep 100; }: interrupted") {
		t.Error(err)
	}
	if err := r.Restore(ctx); err != nil { // of an ended context
		t.Fatal(err)
	}
	if r.read("pools") != "b\na\n" {
		t.Errorf("%q", r.read("pools"))
	}
}

func TestServiceThatDoesNotGetWellIsAnError(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }))
	r := newRoom(t, `
scenario: a.yaml
params:
  - name: pool
    values: [a, b]
    current: a
    apply: {command: "true", restart: "true", health: {url: `+s.URL+`, within: 200ms}}
`)
	err := r.Apply(t.Context(), map[string]string{"pool": "b"}, false)
	if err == nil || !strings.Contains(err.Error(), "health: "+s.URL+": ended after 200ms, its time limit (within): not healthy: it answered 503") {
		t.Error(err)
	}
	err = r.Restore(t.Context())
	var left *LeftError
	if !errors.As(err, &left) || left.Left[0] != "pool: set back to a, but the service may not go by it, or be down" {
		t.Error(err)
	}
	s.Close()
}

const failing = `
scenario: a.yaml
params:
  - name: pool
    values: [a, b]
    current: a
    apply:
      command: 'test ! -e broken && echo $value > pool'
      restart: [sh, -c, "test ! -e broken && echo again >> restarts"]
  - {name: workers, values: [1, 2], current: 1, apply: {command: 'echo $value > workers'}}
`

func TestWhatCannotBeRestoredIsSaidAndRestoredAtTheNextStart(t *testing.T) {
	r := newRoom(t, failing)
	r.apply(map[string]string{"pool": "b", "workers": "2"})
	r.write("broken", "", 0o600)
	err := r.Restore(t.Context())
	if err == nil {
		t.Fatal("restored")
	}
	for _, want := range []string{
		"pool (x.yaml:8): command: test ! -e broken && echo $value > pool: exit status 1",
		"pool (x.yaml:8): restart: sh -c test ! -e broken",
		"it was left so: pool: not known, was a; workers: set back to 1, but the service may not go by it",
		"cd " + r.dir + " && pool=a workers=1 value=a /bin/sh -c 'test ! -e broken && echo $value > pool'\n",
		"sh -c 'test ! -e broken && echo again >> restarts'\n",
		"the journal is " + journalPath(r.cfg.Dir),
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("lacks %q:\n%v", want, err)
		}
	}
	if r.read("workers") != "1\n" {
		t.Error("the others are not restored")
	}
	r.journalIs(true)
	if _, err := Recover(t.Context(), r.cfg); !errors.Is(err, ErrBusy) {
		t.Error(err)
	}
	r.Close()
	if _, err := New(r.cfg); !errors.Is(err, ErrLeft) {
		t.Error(err)
	}
	if _, err := Recover(t.Context(), r.cfg); err == nil {
		t.Error("recovered what is broken")
	}
	os.Remove(filepath.Join(r.dir, "broken"))
	if done, err := Recover(t.Context(), r.cfg); err != nil || done != "pool=a, workers=1" || r.read("pool") != "a\n" {
		t.Error(done, err)
	}
	if done, err := Recover(t.Context(), r.cfg); err != nil || done != "" {
		t.Error(done, err)
	}
	r.open()
}

// applyAndDie is a loadctl that is killed while a setting is in force.
func applyAndDie(dir string) {
	src, err := os.ReadFile(filepath.Join(dir, "x.yaml"))
	if err == nil {
		var f *tuning.File
		if f, err = tuning.Parse("x.yaml", src); err == nil {
			var a *Applier
			if a, err = New(Config{File: f, Path: "x.yaml", Base: dir, Dir: filepath.Join(dir, "journal")}); err == nil {
				err = a.Apply(context.Background(), map[string]string{"pool": "b", "workers": "4"}, false)
			}
		}
	}
	fmt.Println("applied", err)
	time.Sleep(time.Minute)
	os.Exit(1)
}

func TestKilledLoadctlIsRestoredAtTheNextStart(t *testing.T) {
	fake(t, "systemctl", "")
	dir := t.TempDir()
	src := units + "  - {name: pool, values: [a, b], current: a, apply: {command: 'echo $value >> pools'}}\n"
	src = strings.Replace(src, "values: [1, 2]", "values: [4, 5]", 1)
	src = strings.Replace(src, "  - name: threads\n    values: [4, 5]\n    current: 1\n    apply: {env_file: {path: web.env, key: THREADS}, unit: web.service}\n", "", 1)
	for name, text := range map[string]string{"x.yaml": src, "web.env": webEnv} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := exec.CommandContext(t.Context(), os.Args[0])
	c.Env = append(os.Environ(), "APPLY_AND_DIE="+dir)
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	said := make([]byte, 200)
	n, _ := out.Read(said)
	if got := string(said[:n]); got != "applied <nil>\n" {
		t.Fatal(got)
	}
	cfg := Config{Dir: filepath.Join(dir, "journal")}
	if _, err := Recover(t.Context(), cfg); !errors.Is(err, ErrBusy) {
		t.Error("beside a loadctl that lives:", err)
	}
	_ = c.Process.Kill()
	_ = c.Wait()
	if needed, _, err := NeedsTarget(cfg.Dir); needed || err != nil {
		t.Error(needed, err)
	}
	done, err := Recover(t.Context(), cfg)
	if err != nil || done != "workers=2, pool=a" {
		t.Fatal(done, err)
	}
	web, _ := os.ReadFile(filepath.Join(dir, "web.env"))
	pools, _ := os.ReadFile(filepath.Join(dir, "pools"))
	if string(web) != webEnv || string(pools) != "b\na\n" {
		t.Errorf("%q %q", web, pools)
	}
}

// TestQueueOfTheBundledTargetIsSetAndPutBack: tuning/queue.yaml against the real thing.
func TestQueueOfTheBundledTargetIsSetAndPutBack(t *testing.T) {
	q, err := truth.New(truth.Config{Queue: queue.Settings{Law: queue.Law{Kind: queue.Exp, Mean: time.Millisecond}, Servers: 8, Pools: queue.Pools{Pool: 8, Workers: 8}}})
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- q.Serve(ln.(*net.TCPListener)) }()
	src, err := os.ReadFile("../../tuning/queue.yaml")
	if err != nil {
		t.Fatal(err)
	}
	hc := &http.Client{Transport: &http.Transport{}}
	r := newRoom(t, strings.ReplaceAll(string(src), "127.0.0.1:8081", ln.Addr().String()), func(c *Config) { c.HTTP = hc })
	was, err := r.Incumbent(t.Context())
	if err != nil || was["pool"] != "8" || was["workers"] != "8" {
		t.Fatal(was, err)
	}
	r.apply(map[string]string{"pool": "33", "workers": "57"})
	if s := q.Stats().Settings; s.Pool != 33 || s.Workers != 57 {
		t.Errorf("%+v", s)
	}
	if err := r.Apply(t.Context(), map[string]string{"pool": "0", "workers": "57"}, false); err == nil || !strings.Contains(err.Error(), "pool (x.yaml:15): http: POST") || !strings.Contains(err.Error(), "give both, or neither") {
		t.Error(err)
	}
	r.restore()
	if s := q.Stats().Settings; s.Pool != 8 || s.Workers != 8 {
		t.Errorf("%+v", s)
	}
	hc.CloseIdleConnections()
	ln.Close()
	q.Close()
	<-done
}

func TestJournalThatCannotBeReadStopsEverything(t *testing.T) {
	r := newRoom(t, commands)
	r.Close()
	if err := os.WriteFile(journalPath(r.cfg.Dir), []byte(`{"schema": 1}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(r.cfg); !errors.Is(err, ErrLeft) {
		t.Error(err)
	}
	if _, err := Recover(t.Context(), r.cfg); err == nil || !strings.Contains(err.Error(), "is no journal that this loadctl reads") {
		t.Error(err)
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
