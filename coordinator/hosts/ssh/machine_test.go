package ssh

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/iotest"
	"time"
)

func loggedIn(t *testing.T, c Config, to Address) *Machine {
	t.Helper()
	m, err := Login(t.Context(), c, to)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

func contains(t *testing.T, file, want string, mode os.FileMode) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil || string(b) != want {
		t.Errorf("%s: %d bytes, want %d; %v", file, len(b), len(want), err)
	}
	if info, err := os.Stat(file); err == nil && info.Mode().Perm() != mode {
		t.Errorf("%s: %v, want %v", file, info.Mode(), mode)
	}
}

func TestALoginRunsScriptsAndWritesFiles(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	l := loggedIn(t, config(t), m.at("a"))
	if out, err := l.Run(t.Context(), `echo "$2 and $1"; echo aside >&2`, "it's", `"that"`); err != nil || out != `"that" and it's` {
		t.Errorf("%q, %v", out, err)
	}
	if _, err := l.Run(t.Context(), `echo why >&2; exit 3`); err == nil || !strings.Contains(err.Error(), "why") || !strings.Contains(err.Error(), "3") {
		t.Error(err)
	}
	long := strings.Repeat("0123456789abcdef\n", 100<<10)
	for _, c := range []struct {
		path string
		mode uint32
		text string
	}{
		{"plain", 0o600, "one"}, {"plain", 0o755, "another"}, {"a folder/below/it's", 0o644, long}, {m.home + "/absolute", 0o640, ""},
	} {
		if err := l.Write(t.Context(), c.path, c.mode, strings.NewReader(c.text)); err != nil {
			t.Errorf("%s: %v", c.path, err)
		}
		file := c.path
		if !filepath.IsAbs(file) {
			file = filepath.Join(m.home, file)
		}
		contains(t, file, c.text, os.FileMode(c.mode))
	}
	if left := m.left(); len(left) != 3 {
		t.Errorf("left there: %q", left)
	}
	if out, err := l.Run(t.Context(), `cat "$1"`, "a folder/below/it's"); err != nil || len(out) != outputBytes-1 {
		t.Errorf("%d bytes of a long one, %v", len(out), err)
	}
}

func TestAFileIsWrittenWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.write("home/kept", 0o600, "before")
	l := loggedIn(t, config(t), m.at("a"))
	failure := errors.New("no more of it")
	if err := l.Write(t.Context(), "kept", 0o600, io.MultiReader(strings.NewReader("after"), iotest.ErrReader(failure))); !errors.Is(err, failure) {
		t.Error(err)
	}
	if err := l.Write(t.Context(), ".", 0o600, strings.NewReader("x")); err == nil {
		t.Error("wrote over a directory")
	}
	m.write("bin/sha256sum", 0o755, "#!/bin/sh\necho spoilt | /usr/bin/sha256sum\n")
	if err := l.Write(t.Context(), "kept", 0o600, strings.NewReader("after")); err == nil || !strings.Contains(err.Error(), "did its disk or line fail") {
		t.Error(err)
	}
	os.Remove(m.file("bin/sha256sum"))
	if left := m.left(); len(left) != 1 {
		t.Errorf("left there: %q", left)
	}

	// The line breaks: what writes there sees the end of its input, and ends well.
	slow, feed := io.Pipe()
	written := make(chan error, 1)
	go func() { written <- l.Write(t.Context(), "kept", 0o600, slow) }()
	_, _ = feed.Write([]byte("half of "))
	eventually(t, "half of it is there", func() bool { return len(m.left()) == 2 })
	sessionOf(t, l.conn.session, syscall.SIGKILL)
	<-l.Gone()
	feed.Close()
	if err := <-written; err == nil {
		t.Error("wrote by a broken line")
	}
	contains(t, filepath.Join(m.home, "kept"), "before", 0o600)
}

func TestALoginEndsWithTheContextOfWhatItDoes(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	l := loggedIn(t, config(t), m.at("a"))
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := l.Run(ctx, `sleep 30`); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	<-l.Gone()
	if _, err := l.Run(t.Context(), `true`); err == nil {
		t.Error("ran by a login that has ended")
	}
}

func TestAProgramIsPackedOnceForAllMachines(t *testing.T) {
	t.Parallel()
	m, c := newMachine(t), config(t)
	text := strings.Repeat("program ", 100_000)
	c.Executable = m.write("loadctl", 0o755, text)
	c.Programs = NewShelf(c.Executable)
	m.write("bin/uname", 0o755, "#!/bin/sh\necho Linux $(/bin/uname -m)\n")
	var mu sync.Mutex
	var size, sent int64
	c.Pushed = func(_ Address, one, packed int64) {
		mu.Lock()
		defer mu.Unlock()
		size, sent = size+one, sent+packed
	}
	push := func() string {
		path, err := loggedIn(t, c, m.at("a")).Push(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		contains(t, filepath.Join(m.home, path), text, 0o700)
		return filepath.Join(m.home, path)
	}
	at := push()
	if size != int64(len(text)) || sent == 0 || sent > size/10 {
		t.Errorf("%d bytes, sent as %d", size, sent)
	}
	// What is packed already is not read again, and something else at its place is replaced.
	m.write("loadctl", 0o755, "spoilt")
	if err := os.WriteFile(at, []byte("progrum"), 0o700); err != nil {
		t.Fatal(err)
	}
	once := sent
	if push(); sent != 2*once {
		t.Errorf("sent %d bytes, and %d again", once, sent-once)
	}
	if push(); sent != 2*once {
		t.Error("pushed what lay there")
	}
}

func TestAMachineWithoutGzipIsGivenTheProgramAsItIs(t *testing.T) {
	t.Parallel()
	m, c := newMachine(t), config(t)
	c.Executable, c.Programs = m.write("loadctl", 0o755, strings.Repeat("program ", 1000)), nil
	// Of all programs it has those alone that a push takes.
	for _, tool := range []string{"sh", "uname", "sha256sum", "mkdir", "find", "cat", "chmod", "mv", "rm", "df", "dirname", "tail", "sleep"} {
		if path, err := exec.LookPath(tool); err != nil || os.Symlink(path, m.file("bin/"+tool)) != nil {
			t.Skipf("%s: %v", tool, err)
		}
	}
	m.write("login", 0o755, "#!/bin/sh\nHOME='"+m.home+"'; PATH='"+m.file("bin")+"'; export HOME PATH\ncd \"$HOME\" || exit 1\nexec sh -c \"$SSH_ORIGINAL_COMMAND\"\n")
	var sent int64
	c.Pushed = func(_ Address, size, as int64) { sent = as }
	path, err := loggedIn(t, c, m.at("a")).Push(t.Context())
	if err != nil || sent != 8000 {
		t.Fatalf("sent %d bytes, %v", sent, err)
	}
	b, _ := os.ReadFile(c.Executable)
	if got, _ := os.ReadFile(filepath.Join(m.home, path)); !bytes.Equal(got, b) {
		t.Error("something else lies there")
	}
}
