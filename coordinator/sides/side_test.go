package sides

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMain lets the tests have this very binary as a keeper and as a service.
func TestMain(m *testing.M) {
	switch {
	case len(os.Args) > 1 && os.Args[1] == "keep":
		keep(os.Args[2:])
	case len(os.Args) > 1 && os.Args[1] == "serve":
		serve(os.Args[2], os.Args[3])
	}
	os.Exit(m.Run())
}

// keep does what a keeper is asked to, and no more.
func keep(args []string) {
	var argv []string
	for i, word := range args {
		if word == "--" {
			argv = args[i+1:]
			break
		}
	}
	lifeline := os.NewFile(3, "lifeline")
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGTERM)
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	go func() { <-asked; _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }()
	go func() { _, _ = io.Copy(io.Discard, lifeline); _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }()
	_ = cmd.Wait()
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	os.Exit(cmd.ProcessState.ExitCode())
}

// serve answers with a word until it is ended.
func serve(at, word string) {
	fmt.Println("serving", word)
	err := http.ListenAndServe(at, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/never" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		fmt.Fprint(w, word)
	}))
	fmt.Println(err)
	os.Exit(1)
}

func keeper(t *testing.T) Keeper {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return Keeper{exe, "keep"}
}

// free is an address that nothing has.
func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func service(t *testing.T, at, word string) *Command {
	t.Helper()
	return &Command{File: "side.yaml", Start: []string{keeper(t)[0], "serve", at, word}, URL: "http://" + at,
		Ready: Ready{URL: "http://" + at + "/", Within: 20 * time.Second}, Stop: Stop{Signal: syscall.SIGTERM, Within: 5 * time.Second}}
}

func says(t *testing.T, url string) string {
	t.Helper()
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	return string(b)
}

func TestASideAnswersWhenItIsReadyAndIsGoneAfter(t *testing.T) {
	c := service(t, free(t), "hello")
	c.Log = filepath.Join(t.TempDir(), "log")
	s, err := Start(t.Context(), keeper(t), c)
	if err != nil {
		t.Fatal(err)
	}
	if got := says(t, c.URL); got != "hello" {
		t.Errorf("it says %q", got)
	}
	if err := errors.Join(s.Stop(), s.Stop()); err != nil {
		t.Error(err)
	}
	if takes(t.Context(), address(c.URL)) {
		t.Error("it answers after its end")
	}
	if b, _ := os.ReadFile(c.Log); !strings.Contains(string(b), "serving hello") {
		t.Errorf("its log has %q", b)
	}
}

// A line for the shell: the shell must not be ended in place of what it runs.
func TestWhatAShellStartedIsGoneToo(t *testing.T) {
	at := free(t)
	c := service(t, at, "behind")
	c.Start = []string{"/bin/sh", "-c", fmt.Sprintf("%s serve %s behind; echo never", c.Start[0], at)}
	s, err := Start(t.Context(), keeper(t), c)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
	if takes(t.Context(), at) {
		t.Error("what the shell started still answers")
	}
}

func TestASideThatCannotStartSaysWhy(t *testing.T) {
	c := service(t, free(t), "x")
	c.Start = []string{"/bin/sh", "-c", "echo the database is not there >&2; exit 7"}
	_, err := Start(t.Context(), keeper(t), c)
	if err == nil || !strings.Contains(err.Error(), "ended (exit status 7) before it was ready") || !strings.Contains(err.Error(), "the database is not there") {
		t.Errorf("%v", err)
	}
}

func TestASideThatIsNeverReadyIsGivenUp(t *testing.T) {
	c := service(t, free(t), "x")
	c.Ready = Ready{URL: c.URL + "/never", Within: 500 * time.Millisecond}
	_, err := Start(t.Context(), keeper(t), c)
	if err == nil || !strings.Contains(err.Error(), "not ready after 500ms") || !strings.Contains(err.Error(), "503") {
		t.Errorf("%v", err)
	}
	if takes(t.Context(), address(c.URL)) {
		t.Error("it still answers")
	}
}

// What an earlier side left behind would be measured in place of the new one.
func TestASideIsNotStartedWhereSomethingAnswers(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, err = Start(t.Context(), keeper(t), service(t, l.Addr().String(), "x"))
	if err == nil || !strings.Contains(err.Error(), "answers at") {
		t.Errorf("%v", err)
	}
}

func TestAnInterruptEndsTheWait(t *testing.T) {
	c := service(t, free(t), "x")
	c.Ready = Ready{URL: c.URL + "/never", Within: time.Minute}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := Start(ctx, keeper(t), c); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
}

func TestADeafSideIsKilled(t *testing.T) {
	c := service(t, free(t), "x")
	c.Start = []string{"/bin/sh", "-c", "trap '' TERM; " + strings.Join(c.Start, " ") + " & while :; do sleep 1; done"}
	c.Stop.Within = 300 * time.Millisecond // this test's keeper leaves the killing to the lifeline
	s, err := Start(t.Context(), keeper(t), c)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
	if takes(t.Context(), address(c.URL)) {
		t.Error("it still answers")
	}
}

// A start that leaves a daemon behind is over before it is ready, and its stop ends it.
func TestADaemonIsEndedByItsCommand(t *testing.T) {
	c, pid := service(t, free(t), "daemon"), filepath.Join(t.TempDir(), "pid")
	daemon := fmt.Sprintf("setsid %s >/dev/null 2>&1 & echo $! >%s; sleep 1", strings.Join(c.Start, " "), pid)
	c.Start = []string{"/bin/sh", "-c", daemon}
	c.Stop.Run = []string{"/bin/sh", "-c", "kill $(cat " + pid + ")"}
	s, err := Start(t.Context(), keeper(t), c)
	if err != nil {
		t.Fatal(err)
	}
	if got := says(t, c.URL); got != "daemon" {
		t.Errorf("it says %q", got)
	}
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
	if err := vacant(t.Context(), c.URL); err != nil {
		t.Error(err)
	}
}

func TestAStopThatFailsIsToldAndTheSideIsGone(t *testing.T) {
	c := service(t, free(t), "x")
	c.Stop.Run = []string{"/bin/sh", "-c", "echo no such container; exit 3"}
	s, err := Start(t.Context(), keeper(t), c)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Stop(); err == nil || !strings.Contains(err.Error(), "no such container") {
		t.Errorf("%v", err)
	}
	if takes(t.Context(), address(c.URL)) {
		t.Error("it still answers")
	}
}

func TestAStopThatFailsAsTheSideHadDiedIsNoError(t *testing.T) {
	c := service(t, free(t), "x")
	c.Stop.Run = []string{"/bin/sh", "-c", "echo no such process; exit 3"}
	s, err := Start(t.Context(), keeper(t), c)
	if err != nil {
		t.Fatal(err)
	}
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	<-s.Ended()
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
	if err := s.Warned(); err == nil || !strings.Contains(err.Error(), "no such process") {
		t.Errorf("nobody is told: %v", err)
	}
}

// A full disk is not the build's fault, and would be read as a regression.
func TestALogThatCannotBeWrittenEndsNoSide(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full here")
	}
	c := service(t, free(t), "x")
	c.Log = "/dev/full"
	c.Start = []string{"/bin/sh", "-c", "echo one; sleep 0.3; echo two; sleep 0.3; echo three; exec " + strings.Join(c.Start, " ")}
	s, err := Start(t.Context(), keeper(t), c)
	if err != nil {
		t.Fatal(err)
	}
	if got := says(t, c.URL); got != "x" || !strings.Contains(s.Said(), "three") {
		t.Errorf("it says %q, and said %q", got, s.Said())
	}
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
	if err := s.Warned(); !errors.Is(err, syscall.ENOSPC) || strings.Count(err.Error(), "no space") != 1 {
		t.Errorf("told: %v", err)
	}
}

// A daemon has its streams until it is ended: a pipe that closes would end it in mid-trial.
func TestADaemonMayGoOnSaying(t *testing.T) {
	c, dir := service(t, free(t), "daemon"), t.TempDir()
	c.Log = filepath.Join(dir, "log")
	c.Start = []string{"/bin/sh", "-c", fmt.Sprintf("setsid sh -c 'echo $$ >%s/pid; (sleep 1.8; echo still here; touch %s/alive) & exec %s' & sleep 0.2", dir, dir, strings.Join(c.Start, " "))}
	c.Stop.Run = []string{"/bin/sh", "-c", "kill $(cat " + dir + "/pid)"}
	s, err := Start(t.Context(), keeper(t), c)
	if err != nil {
		t.Fatal(err)
	}
	for range 500 {
		if _, err = os.Stat(filepath.Join(dir, "alive")); err == nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err != nil {
		t.Error("it ended at its next line:", err)
	}
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
	if b, _ := os.ReadFile(c.Log); !strings.Contains(string(b), "still here") {
		t.Errorf("its log has %q", b)
	}
}

func TestWhatIsToldOfASideHasNoSecrets(t *testing.T) {
	c := service(t, free(t), "x")
	c.Env = []string{"DB_PASSWORD=hunter2", "PLAIN=long/value"}
	c.Start = []string{"/bin/sh", "-c", `printf '\033[31mno %s %s long%%2Fvalue\n' "$DB_PASSWORD" "$PLAIN"; echo postgres://me:swordfish@db/x; exit 1`}
	_, err := Start(t.Context(), keeper(t), c)
	if err == nil || !strings.Contains(err.Error(), "[31mno") {
		t.Fatal(err)
	}
	for _, secret := range []string{"hunter2", "long/value", "long%2Fvalue", "swordfish", "\033"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%q is told: %v", secret, err)
		}
	}
	c.Start, c.Stop.Run = service(t, address(c.URL), "x").Start, []string{"/bin/sh", "-c", "echo $DB_PASSWORD; exit 1"}
	s, err := Start(t.Context(), keeper(t), c)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Stop(); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%v", err)
	}
}

func TestADaemonThatDiedIsStartedAgain(t *testing.T) {
	at, dir := free(t), t.TempDir()
	s := started(t, at, "daemon")
	s.Command.Start = []string{"/bin/sh", "-c", fmt.Sprintf("setsid sh -c 'echo $$ >%s/pid; exec %s' & sleep 0.3", dir, strings.Join(s.Command.Start, " "))}
	s.Command.Stop.Run = []string{"/bin/sh", "-c", "kill $(cat " + dir + "/pid)"}
	turns := NewTurns(keeper(t), nil, map[string]Source{"base": s})
	upAs(t, turns, "base")
	<-turns.up["base"].Ended()
	upAs(t, turns, "base")
	if n := turns.Starts("base"); n != 1 {
		t.Errorf("one that lives was started %d times", n)
	}
	if err := s.Command.runStop(); err != nil {
		t.Fatal(err)
	}
	if err := vacant(t.Context(), s.URL); err != nil {
		t.Fatal(err)
	}
	if got := upAs(t, turns, "base"); got != "daemon" || turns.Starts("base") != 2 {
		t.Errorf("%q answers after %d starts", got, turns.Starts("base"))
	}
	if err := turns.Close(); err != nil {
		t.Error(err)
	}
}

func TestAnAddressMayBeOfAnyKind(t *testing.T) {
	for url, want := range map[string]string{"http://[::1]:8080": "[::1]:8080", "https://[::1]": "[::1]:443", "http://A.example": "a.example:80"} {
		if got := address(url); got != want {
			t.Errorf("%s is at %s, want %s", url, got, want)
		}
	}
	l, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skip("no IPv6 here")
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	for _, host := range []string{"[::1]", "localhost"} {
		if !answers(t.Context(), "http://"+host+":"+port) {
			t.Errorf("%s: an old build there is not seen", host)
		}
	}
}

// What answers may be anybody's, such as an old build that took the port back.
func TestASideThatEndedIsNotReadyThoughSomethingAnswers(t *testing.T) {
	c := service(t, free(t), "x")
	s := &Side{command: c, cmd: &exec.Cmd{}, ended: make(chan struct{})}
	close(s.ended)
	other := exec.CommandContext(t.Context(), c.Start[0], c.Start[1:]...)
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Process.Kill(); _ = other.Wait() }()
	for !takes(t.Context(), address(c.URL)) && t.Context().Err() == nil {
		time.Sleep(10 * time.Millisecond)
	}
	if err := s.await(t.Context()); err == nil || !strings.Contains(err.Error(), "before it was ready") {
		t.Errorf("%v", err)
	}
}

func TestADaemonOfTheSameSessionIsExplained(t *testing.T) {
	c := service(t, free(t), "x")
	c.Start = []string{"/bin/sh", "-c", strings.Join(c.Start, " ") + " &"}
	c.Stop.Run, c.Ready.Within = []string{"true"}, 1500*time.Millisecond
	_, err := Start(t.Context(), keeper(t), c)
	if err == nil || !strings.Contains(err.Error(), "not ready after 1.5s") || !strings.Contains(err.Error(), "session of its own") {
		t.Errorf("%v", err)
	}
}

func started(t *testing.T, at, word string) Source {
	t.Helper()
	c := service(t, at, word)
	return Source{Kind: Started, URL: c.URL, Command: c}
}

func upAs(t *testing.T, turns *Turns, name string) string {
	t.Helper()
	url, err := turns.Up(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return says(t, url)
}

func TestSidesOfOneAddressTakeTurns(t *testing.T) {
	at := free(t)
	turns := NewTurns(keeper(t), nil, map[string]Source{"base": started(t, at, "old"), "candidate": started(t, at, "new")})
	for _, step := range [][2]string{{"base", "old"}, {"candidate", "new"}, {"candidate", "new"}, {"base", "old"}} {
		if got := upAs(t, turns, step[0]); got != step[1] {
			t.Errorf("at the turn of %s %q answers", step[0], got)
		}
	}
	if b, c := turns.Starts("base"), turns.Starts("candidate"); b != 2 || c != 1 {
		t.Errorf("base was started %d times and candidate %d, want 2 and 1", b, c)
	}
	if err := turns.Close(); err != nil || takes(t.Context(), at) {
		t.Errorf("after the end: %v", err)
	}
}

func TestSidesOfTwoAddressesStayUp(t *testing.T) {
	turns := NewTurns(keeper(t), nil, map[string]Source{"base": started(t, free(t), "old"), "candidate": started(t, free(t), "new")})
	for _, name := range []string{"base", "candidate", "base", "candidate"} {
		upAs(t, turns, name)
	}
	if b, c := turns.Starts("base"), turns.Starts("candidate"); b != 1 || c != 1 {
		t.Errorf("base was started %d times and candidate %d, want once each", b, c)
	}
	if err := turns.Close(); err != nil {
		t.Error(err)
	}
}

// A candidate that breaks under its load has shown it in the figures; the gate goes on.
func TestASideThatDiedIsStartedAgain(t *testing.T) {
	turns := NewTurns(keeper(t), nil, map[string]Source{"base": started(t, free(t), "old")})
	upAs(t, turns, "base")
	side := turns.up["base"]
	_ = side.cmd.Process.Signal(syscall.SIGTERM)
	<-side.Ended()
	if got := upAs(t, turns, "base"); got != "old" || turns.Starts("base") != 2 {
		t.Errorf("%q answers after %d starts", got, turns.Starts("base"))
	}
	if err := turns.Close(); err != nil {
		t.Error(err)
	}
}

func TestAServiceIsLeftAlone(t *testing.T) {
	turns := NewTurns(keeper(t), nil, map[string]Source{"base": {Kind: Service, URL: "http://127.0.0.1:1"}, "candidate": {Kind: Name}})
	if url, err := turns.Up(t.Context(), "base"); err != nil || url != "http://127.0.0.1:1" {
		t.Errorf("%q, %v", url, err)
	}
	if _, err := turns.Up(t.Context(), "candidate"); err == nil {
		t.Error("a name can be loaded")
	}
}
