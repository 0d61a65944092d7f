package ssh

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// architectures are what uname calls those that Go has names for.
var architectures = [...]struct{ uname, goarch string }{
	{"x86_64", "amd64"}, {"amd64", "amd64"}, {"aarch64", "arm64"}, {"arm64", "arm64"},
	{"armv6l", "arm"}, {"armv7l", "arm"}, {"armv8l", "arm"}, {"i386", "386"}, {"i686", "386"},
	{"riscv64", "riscv64"}, {"ppc64le", "ppc64le"}, {"s390x", "s390x"}, {"loongarch64", "loong64"},
}

// archOf is the Go name of the architecture of a Linux machine, by what `uname -sm` says there.
func archOf(uname string) (string, error) {
	system, machine, _ := strings.Cut(strings.TrimSpace(uname), " ")
	if system != "Linux" {
		return "", fmt.Errorf("it runs %q, and hosts run on Linux", strings.TrimSpace(uname))
	}
	for _, a := range architectures {
		if a.uname == machine {
			return a.goarch, nil
		}
	}
	return "", fmt.Errorf("its architecture %q has no loadctl", machine)
}

// programFor is the file of the program that a machine of an architecture runs: this one, or one that lies beside it.
func programFor(exe, goos, goarch, there string) string {
	if goos == "linux" && goarch == there {
		return exe
	}
	return filepath.Join(filepath.Dir(exe), "loadctl-linux-"+there)
}

// noProgram says what to do about a file of programFor that is not there.
func noProgram(path, there string) error {
	return fmt.Errorf("it runs linux/%s, for which %s is missing: make it with `make dist`, which writes dist/%s, and put it there",
		there, path, filepath.Base(path))
}

// sumIn is the SHA-256 that sha256sum wrote, in hex; "" where it wrote none.
func sumIn(text string) string {
	sum, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(text), `\`), " ")
	if len(sum) != 64 || strings.Trim(sum, "0123456789abcdef") != "" {
		return ""
	}
	return sum
}

// noRoom explains why so many bytes could not be written where free are left, as far as that explains it: what writes says
// little, or in the words of another language.
func noRoom(err error, size, free int64, known bool) error {
	if known && size > free {
		return fmt.Errorf("there is no room for it: it takes %s, and %s are free there; make room (%w)", amount(size), amount(free), err)
	}
	return fmt.Errorf("%w; is there room, and may it be written to?", err)
}

// amount is so many bytes for people; what is less than a MiB is told, too.
func amount(bytes int64) string {
	if bytes < 1<<20 {
		return fmt.Sprintf("%d KiB", (bytes+1<<10-1)>>10)
	}
	return fmt.Sprintf("%d MiB", bytes>>20)
}

// freeIn are the bytes that a line of `df -Pk` says are free, by what stands before the share in use: the names of devices
// and places around it may have blanks.
func freeIn(line string) (int64, bool) {
	words := strings.Fields(line)
	for i := len(words) - 1; i > 0; i-- {
		share, is := strings.CutSuffix(words[i], "%")
		if _, err := strconv.Atoi(share); !is || err != nil {
			continue
		}
		kib, err := strconv.ParseInt(words[i-1], 10, 64)
		return kib << 10, err == nil && kib >= 0
	}
	return 0, false
}

// told is what the last line that begins with a word says behind it: what a login shell writes of its own is passed over.
func told(out, word string) (string, bool) {
	rest, is := "", false
	for line := range strings.Lines(out) {
		if r, has := strings.CutPrefix(strings.TrimRight(line, "\r\n"), word+" "); has {
			rest, is = r, true
		}
	}
	return rest, is
}

// An end is how the process of a host has ended.
type end struct {
	status int  // as a shell tells it: above 128 the signal that killed it
	seen   bool // false where nobody can tell
}

// endOf reads the line that tells of a host's end; false for any other.
func endOf(line string) (end, bool) {
	text, is := told(line, "exit")
	if !is {
		return end{}, line == "exit"
	}
	n, err := strconv.Atoi(strings.TrimSpace(text))
	return end{n, err == nil}, true
}

// well says whether a host has ended as it should.
func (e end) well() bool { return e.seen && e.status == 0 }

// failure is what is said of an end: nil of a good one.
func (e end) failure() error {
	switch {
	case e.well():
		return nil
	case !e.seen:
		return errors.New("it has ended, and nobody saw how: was the machine started anew?")
	case e.status == 126 || e.status == 127:
		return fmt.Errorf("it could not be started (exit status %d): may programs run in the home directory there?", e.status)
	case e.status > 128:
		return fmt.Errorf("killed by signal %d", e.status-128)
	}
	return fmt.Errorf("exit status %d", e.status)
}

// whenNext is how long to wait before a broken connection is tried again, false when it is no use any more: the host has
// ended by itself after limit, and a key that is not trusted will not be.
func whenNext(broken time.Duration, try int, err error, limit time.Duration) (time.Duration, bool) {
	if _, never := errors.AsType[*untrusted](err); never {
		return 0, false
	}
	wait := min(time.Second, 100*time.Millisecond<<min(try, 10))
	return wait, broken+wait < limit
}

// A manager is who keeps the processes of a host together.
type manager uint8

const (
	nobody        manager = iota // a session of its own does
	systemManager                // systemd
	userManager                  // systemd for one user
)

// managerOf is the one to start a host by, by what look has told. One of a user ends with the user's last connection, unless
// it was told to linger: then a broken line would end what it keeps.
func managerOf(look string) manager {
	_, has := told(look, "systemd")
	_, lingers := told(look, "lingers")
	uid, _ := told(look, "uid")
	switch {
	case !has:
		return nobody
	case uid == "0":
		return systemManager
	case lingers:
		return userManager
	}
	return nobody
}

// starting is the script that starts a host, and its arguments. A unit is the host's own: no end of a session ends it, and
// whatever it started ends with it.
func (m manager) starting(program, dir string) (script string, args []string) {
	unit := "loadctl-" + path.Base(dir)
	switch m {
	case systemManager:
		return managed, []string{start, "--system", unit, "-500", program, dir}
	case userManager: // which may not spare its own from an end for want of memory
		return managed, []string{start, "--user", unit, "", program, dir}
	}
	return start, []string{program, dir}
}
