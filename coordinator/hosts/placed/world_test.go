package placed

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/loadctl/loadctl/coordinator/hosts/rented"
	"github.com/loadctl/loadctl/coordinator/hosts/ssh"
	"github.com/loadctl/loadctl/target"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// program stands in for this program on a machine: it does what it is ordered, as a file "does" beside it says.
const program = `#!/bin/sh
[ "$2" = seat ] || exit 9
if [ "$3" = --ask ]; then echo "WELL $4"; exit 0; fi
cp "$5" "$HOME/order"; rm "$5"
echo "part  pid  ready  address"
sed -n 1p "$HOME/does" >&2
case "$(sed -n 2p "$HOME/does")" in
fail) exit 3;;
hang) while [ -d "$HOME" ] && [ ! -e "$HOME/end" ]; do sleep 0.05; done; exit;;
esac
echo "READY http://here pid=$$"
while [ -d "$HOME" ] && [ ! -e "$HOME/end" ]; do sleep 0.05; done
`

// A world is some machines: folders of this one, each the home of whoever logs in.
type world struct {
	t     *testing.T
	plan  Plan
	homes map[string]string // by part
	bin   string            // all the programs there are

	mu     sync.Mutex
	orders []string // parts in the order of their start
	breaks int      // so many scripts find the line broken
}

func newWorld(t *testing.T, text string) *world {
	t.Helper()
	top, err := target.ReadTopology("t.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, homes: map[string]string{}, bin: t.TempDir()}
	if w.plan, err = PlanOf(top, "t.yaml", []byte(text), nil); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"sh", "sed", "cp", "rm", "sleep", "grep", "tail", "head", "mkdir", "setsid", "kill"} {
		if path, err := exec.LookPath(name); err == nil {
			_ = os.Symlink(path, filepath.Join(w.bin, name))
		}
	}
	for _, s := range w.plan.Seats {
		w.homes[s.Part] = t.TempDir()
		w.has(s.Needs)
	}
	t.Cleanup(func() {
		for part := range w.homes {
			w.put(part, "end", "")
		}
	})
	return w
}

// has gives all machines a program.
func (w *world) has(program string) {
	if program != "" {
		_ = os.WriteFile(filepath.Join(w.bin, program), nil, 0o755)
	}
}

func (w *world) put(part, file, text string) {
	if err := os.WriteFile(filepath.Join(w.homes[part], file), []byte(text), 0o755); err != nil {
		w.t.Error(err)
	}
}

// does says what a part does: what it says, and then fail, hang or nothing.
func (w *world) does(part, says, then string) { w.put(part, "does", says+"\n"+then+"\n") }

func (w *world) Machines(role string) (all []rented.Machine) {
	for i, s := range w.plan.Seats {
		if s.Role == role {
			all = append(all, rented.Machine{Label: "lc-" + s.Part, Role: role, Number: s.Number, Public: addr(203, i), Private: addr(10, i),
				SSH: ssh.Address{Name: s.Part, Host: addr(203, i).String()}})
		}
	}
	return all
}

func addr(net byte, i int) netip.Addr { return netip.AddrFrom4([4]byte{net, 0, 113, byte(i + 1)}) }

func (w *world) Balancer(string) (netip.Addr, bool) { return netip.Addr{}, false }

func (w *world) config() Config {
	return Config{Plan: w.plan, Login: func(_ context.Context, to ssh.Address) (Machine, error) { return &login{w, to.Name}, nil },
		Told: func(p Part) { w.orders = append(w.orders, p.Name+" "+p.Address) }}
}

type login struct {
	*world
	part string
}

func (l *login) Push(context.Context) (string, error) {
	l.put(l.part, "loadctl", program)
	return "./loadctl", nil
}

func (l *login) Write(_ context.Context, path string, mode uint32, from io.Reader) error {
	text, err := io.ReadAll(from)
	return errors.Join(err, os.WriteFile(filepath.Join(l.homes[l.part], path), text, os.FileMode(mode)))
}

func (l *login) Run(ctx context.Context, script string, args ...string) (string, error) {
	if strings.ContainsAny(script, "'\n\\") {
		return "", fmt.Errorf("no machine takes %s", script)
	}
	l.mu.Lock()
	broken := l.breaks > 0
	l.breaks = max(0, l.breaks-1)
	l.mu.Unlock()
	if broken {
		return "", errors.New("the line is broken")
	}
	cmd := exec.CommandContext(ctx, "/bin/sh", append([]string{"-c", script, "sh"}, args...)...)
	cmd.Dir, cmd.Env = l.homes[l.part], []string{"PATH=" + l.bin, "HOME=" + l.homes[l.part]}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s (%w)", errs.String(), err)
	}
	return out.String(), nil
}

func (l *login) Close() {}
