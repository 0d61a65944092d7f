package placed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/loadctl/loadctl/coordinator/hosts/rented"
	"github.com/loadctl/loadctl/target/topology"
)

// A Machine is a login, as ssh.Machine is one.
type Machine interface {
	Push(ctx context.Context) (path string, err error)
	Run(ctx context.Context, script string, args ...string) (string, error)
	Write(ctx context.Context, path string, mode uint32, from io.Reader) error
	Close()
}

// folder is where all of a part is on its machine, below the home directory.
const folder = ".cache/loadctl/target"

// How long things may take, and how often they are looked at.
const (
	installWithin = 5 * time.Minute // packages of a distribution
	readyWithin   = 2 * time.Minute // a part; PostgreSQL may take one itself
	lookEvery     = 200 * time.Millisecond
	lookTries     = 3 // that fail because the line breaks
)

// Scripts of a machine: each is one line without single quotes, and what it does takes a moment.
const (
	makeFolder = `umask 077; mkdir -p "$1/logs"`

	// launch runs the script NAME, $2, of the folder $1 for as long as it takes.
	launch = `setsid sh "$1/$2.sh" >"$1/$2.out" 2>&1 </dev/null & echo "pid $!"`

	// look tells whether process $3 of the script is there, and the line that begins with $4 if there is one.
	look = `if kill -0 "$3" 2>/dev/null; then echo alive; fi; grep -m 1 "^$4 " "$1/$2.out"; true`

	// last tells the last lines that the script wrote.
	last = `tail -n 15 "$1/$2.out"`

	// news tells what it wrote from byte $4 on.
	news = `if kill -0 "$3" 2>/dev/null; then echo alive; else echo ended; fi; tail -c "+$4" "$1/$2.out" | head -c 4096`
)

// install is what a machine does that needs a program: nothing of the package is started by itself, as its port and memory
// are the part's.
const install = `program=%s; package=%s
for f in "$(command -v "$program")" "/usr/sbin/$program" /usr/lib/postgresql/*/bin/"$program" /usr/pgsql-*/bin/"$program"; do
	if [ -x "$f" ]; then echo "DONE $f is there"; exit 0; fi
done
command -v apt-get >/dev/null || { echo "$program is not there, and no apt-get to install it by: take an image that has it, or Debian's"; exit 4; }
[ -e /usr/sbin/policy-rc.d ] || { printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d && chmod 755 /usr/sbin/policy-rc.d; }
export DEBIAN_FRONTEND=noninteractive
{ apt-get -q update && apt-get -qy -o DPkg::Lock::Timeout=180 install --no-install-recommends "$package"; } || { echo "apt-get could not install $package"; exit 4; }
echo "DONE $package was installed"
`

// serve is what a machine does that is a part.
const serve = `export TMPDIR=/var/tmp
unset XDG_RUNTIME_DIR
ulimit -n 1048576 2>/dev/null || ulimit -n "$(ulimit -H -n)"
exec %s target seat --logs %s/logs %s/order.json
`

// A seat is a part on its machine.
type seat struct {
	topology.Seat
	at      rented.Machine
	login   func(ctx context.Context) (Machine, error)
	on      Machine
	program string
	pid     string // of the part's process there
	heard   int    // bytes of what it wrote that were told
}

func (s *seat) String() string { return fmt.Sprintf("%s on %s (%s)", s.Part, s.at.Label, s.at.Public) }

// prepare has the machine have all that its part needs.
func (s *seat) prepare(ctx context.Context) error {
	on, err := s.login(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", s, err)
	}
	s.on = on
	if s.program, err = on.Push(ctx); err != nil {
		return fmt.Errorf("%s: %w", s, err)
	}
	if _, err := on.Run(ctx, makeFolder, folder); err != nil {
		return fmt.Errorf("%s: making %s: %w", s, folder, err)
	}
	if s.Needs == "" {
		return nil
	}
	_, err = s.do(ctx, "install", fmt.Sprintf(install, s.Needs, s.Package), "DONE", installWithin)
	return err
}

// start has the part run, by its order, until it is well.
func (s *seat) start(ctx context.Context, order []byte) error {
	if err := s.on.Write(ctx, folder+"/order.json", 0o600, strings.NewReader(string(order))); err != nil {
		return fmt.Errorf("%s: %w", s, err)
	}
	pid, err := s.do(ctx, "part", fmt.Sprintf(serve, s.program, folder, folder), "READY", readyWithin)
	s.pid = pid
	return err
}

// do has a script run there until it writes a line that begins with a word, and gives its process.
func (s *seat) do(ctx context.Context, name, script, word string, within time.Duration) (pid string, err error) {
	if err := s.on.Write(ctx, folder+"/"+name+".sh", 0o600, strings.NewReader(script)); err != nil {
		return "", fmt.Errorf("%s: %w", s, err)
	}
	said, err := s.on.Run(ctx, launch, folder, name)
	if err != nil {
		return "", fmt.Errorf("%s: %w", s, err)
	}
	pid = strings.TrimSpace(strings.TrimPrefix(said, "pid "))
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for {
		said, err := s.ask(ctx, look, folder, name, pid, word)
		switch alive, has := read(said, word); {
		case err != nil:
			return pid, fmt.Errorf("%s: %w", s, err)
		case has:
			return pid, nil
		case !alive:
			return pid, s.failed(ctx, name, "ended before it was through")
		}
		if !pause(ctx, lookEvery) {
			return pid, s.failed(context.WithoutCancel(ctx), name, "was not through within "+within.String())
		}
	}
}

// read takes apart what look says.
func read(said, word string) (alive, has bool) {
	for line := range strings.Lines(said) {
		alive = alive || strings.TrimSpace(line) == "alive"
		has = has || strings.HasPrefix(line, word+" ")
	}
	return alive, has
}

// failed says how far a script came.
func (s *seat) failed(ctx context.Context, name, how string) error {
	said, err := s.ask(ctx, last, folder, name)
	if err != nil {
		return fmt.Errorf("%s: its %s %s, and what it said could not be read: %w", s, name, how, err)
	}
	return fmt.Errorf("%s: its %s %s%s", s, name, how, indented(said))
}

func indented(text string) string {
	if text = strings.TrimSpace(text); text == "" {
		return ", and said nothing"
	}
	return "\n  | " + strings.ReplaceAll(text, "\n", "\n  | ")
}

// ask runs a script that only looks, by a new login where the line was broken.
func (s *seat) ask(ctx context.Context, script string, args ...string) (said string, err error) {
	for range lookTries {
		if said, err = s.on.Run(ctx, script, args...); err == nil || ctx.Err() != nil {
			return said, err
		}
		pause(ctx, time.Second)
		if on, again := s.login(ctx); again == nil {
			s.on.Close()
			s.on = on
		}
	}
	return said, err
}

// pause waits, and says whether there is still time.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// errEnded is of a part that died too often, or was ended.
var errEnded = errors.New("has ended: numbers that are measured on a part of a service would mislead")

// listen tells what the part has said since it was listened to last, line by line.
func (s *seat) listen(ctx context.Context, tell func(string)) error {
	said, err := s.ask(ctx, news, folder, "part", s.pid, strconv.Itoa(s.heard+1))
	if err != nil {
		return err
	}
	state, text, _ := strings.Cut(said, "\n")
	s.heard += len(text)
	for line := range strings.Lines(text) {
		if worth(line) {
			tell(s.Part + ": " + strings.TrimSpace(line))
		}
	}
	if strings.TrimSpace(state) == "ended" {
		return errEnded
	}
	return nil
}

// worth says whether a line is news: the table and READY are told at the start.
func worth(line string) bool {
	return strings.Contains(line, "level=WARN") || strings.Contains(line, "level=ERROR") || strings.HasPrefix(line, "loadctl:")
}
