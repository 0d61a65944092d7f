package rented

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/loadctl/loadctl/coordinator/hosts/ssh"
)

// sshPort is where instances listen.
const sshPort = 22

// A shell is how machines are reached.
type shell interface {
	// Login logs in once, and tells from which address the machine sees us. ssh.ErrUntrusted is for good.
	Login(ctx context.Context, to ssh.Address) (netip.Addr, error)
	// Install has this program lie there, and makes sure that it runs.
	Install(ctx context.Context, to ssh.Address) error
}

// A SelfCheck is what this program tells of itself where it lies: `loadctl host --selfcheck`.
type SelfCheck struct {
	Version      string    `json:"version"`
	Architecture string    `json:"architecture"`
	Kernel       string    `json:"kernel"`
	Files        uint64    `json:"files"` // that it may have open
	Clock        time.Time `json:"clock"`
}

// mostSkew is by how much the clock of a machine may differ: certificates begin a while before now, not longer.
const mostSkew = time.Minute

// compare says what is wrong with a check that was asked for after one moment and answered before another.
func (c SelfCheck) compare(version string, after, before time.Time) error {
	var errs []error
	if version != "" && c.Version != version {
		errs = append(errs, fmt.Errorf("the program there is of version %q, and this one of %q: make both from one state, with `make dist`", c.Version, version))
	}
	early, late := after.Sub(c.Clock), c.Clock.Sub(before)
	if skew := max(early, late); skew > mostSkew {
		way := "ahead"
		if early > late {
			way = "behind"
		}
		errs = append(errs, fmt.Errorf("its clock is %s %s: certificates would not be valid there; does it reach a time server (UDP 123)?", skew.Round(time.Second), way))
	}
	return errors.Join(errs...)
}

// secure is the shell by SSH.
type secure struct{ cfg Config }

func (s secure) login(ctx context.Context, to ssh.Address) (*ssh.Machine, error) {
	return ssh.Login(ctx, ssh.Config{Executable: s.cfg.Executable}, to)
}

func (s secure) Login(ctx context.Context, to ssh.Address) (netip.Addr, error) {
	m, err := s.login(ctx, to)
	if err != nil {
		return netip.Addr{}, err
	}
	defer m.Close()
	out, err := m.Run(ctx, `echo "from $SSH_CONNECTION"`)
	text, _ := after(out, "from ")
	from, _, _ := strings.Cut(text, " ")
	seen, _ := netip.ParseAddr(from) // one that is not told is not known
	return seen.WithZone("").Unmap(), err
}

func (s secure) Install(ctx context.Context, to ssh.Address) error {
	m, err := s.login(ctx, to)
	if err != nil {
		return err
	}
	defer m.Close()
	path, err := m.Push(ctx)
	if err != nil {
		return err
	}
	begun := time.Now()
	out, err := m.Run(ctx, `echo "check $("$1" host --selfcheck)"`, path)
	if err != nil {
		return fmt.Errorf("the program does not run there: %w", err)
	}
	text, _ := after(out, "check ")
	var check SelfCheck
	if err := json.Unmarshal([]byte(text), &check); err != nil {
		return fmt.Errorf("the program does not check itself there: it says %q", text)
	}
	return check.compare(s.cfg.Version, begun, time.Now())
}

// after is what the last line that begins with a word says behind it: what a login shell writes of its own is passed over.
func after(out, word string) (text string, is bool) {
	for line := range strings.Lines(out) {
		if rest, has := strings.CutPrefix(strings.TrimSpace(line), word); has {
			text, is = rest, true
		}
	}
	return text, is
}
