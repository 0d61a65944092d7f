package harms

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/loadctl/loadctl/bench/internal/pause"
)

// A hierarchy is where groups with a share of the CPU can be made.
type hierarchy struct {
	root  string
	named string // the controller in /proc/PID/cgroup; a v2 has none there
	quota func(group string) error
	lift  func(group string) error // takes the quota back
}

// byType are the two kinds, by the type of their mount. A group may run 1 ms of each 100.
func byType() map[string]hierarchy {
	return map[string]hierarchy{
		"cgroup": {named: "cpu", quota: func(group string) error {
			return errors.Join(put(group, "cpu.cfs_period_us", "100000"), put(group, "cpu.cfs_quota_us", "1000"))
		}, lift: func(group string) error { return put(group, "cpu.cfs_quota_us", "-1") }},
		"cgroup2": {
			quota: func(group string) error { return put(group, "cpu.max", "1000 100000") },
			lift:  func(group string) error { return put(group, "cpu.max", "max 100000") },
		},
	}
}

func put(group, file, text string) error {
	return os.WriteFile(filepath.Join(group, file), []byte(text), 0o644)
}

// findHierarchy looks for one that gives CPU among the mounts: a v1 with the controller
// cpu, or a v2 whose groups have it.
func findHierarchy(mounts string) (h hierarchy, ok bool) {
	for line := range strings.Lines(mounts) {
		f := strings.Fields(line)
		if len(f) < 4 {
			continue
		}
		h, ok := byType()[f[2]]
		h.root = f[1]
		if ok && h.gives(f[3]) {
			return h, true
		}
	}
	return h, false
}

// gives says whether groups made here have a share of the CPU: of a v1 its mount's
// options tell, of a v2 what its root hands down.
func (h hierarchy) gives(options string) bool {
	if h.named != "" {
		return slices.Contains(strings.Split(options, ","), h.named)
	}
	b, _ := os.ReadFile(filepath.Join(h.root, "cgroup.subtree_control"))
	return slices.Contains(strings.Fields(string(b)), "cpu")
}

// home is the group that the text of a /proc/PID/cgroup tells.
func (h hierarchy) home(text string) string {
	for line := range strings.Lines(strings.TrimSpace(text)) {
		if f := strings.SplitN(strings.TrimSpace(line), ":", 3); len(f) == 3 && slices.Contains(strings.Split(f[1], ","), h.named) {
			return filepath.Join(h.root, f[2])
		}
	}
	return h.root
}

// throttle moves the agents into a group of their own, which has a quota for a while. They stay
// in it to their end, as a container does: what a group was throttled is asked of the one that a
// process is in, and an agent that has no core asks late.
func throttle(ctx context.Context, t *try) error {
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return err
	}
	h, ok := findHierarchy(string(mounts))
	if !ok {
		return Skipped{"no cgroup hierarchy here gives CPU to groups"}
	}
	group := filepath.Join(h.root, fmt.Sprintf("loadctl-fault-%d", os.Getpid()))
	if err := h.own(group); err != nil {
		return err
	}
	t.after = func() error { return h.remove(group) }
	return h.within(group, t.agents, func() error { return pause.For(ctx, pressed) })
}

// own makes the group. One of this name that is there already was left behind, and is taken
// over without whoever is in it.
func (h hierarchy) own(group string) error {
	err := os.Mkdir(group, 0o755)
	switch {
	case errors.Is(err, fs.ErrExist):
		return h.empty(group)
	case err != nil:
		return Skipped{"a cgroup cannot be made: " + err.Error()}
	}
	return nil
}

// within has processes in a group, and gives it its quota while something is done.
func (h hierarchy) within(group string, pids []int, do func() error) (err error) {
	for _, pid := range pids {
		err = errors.Join(err, move(pid, group))
	}
	if err == nil {
		err = h.quota(group)
	}
	if err == nil {
		err = do()
	}
	return errors.Join(err, h.lift(group))
}

// remove leaves no group behind, not even with processes that outlived their run.
func (h hierarchy) remove(group string) error {
	return errors.Join(h.empty(group), os.Remove(group))
}

// empty sends processes of the group back to where this one is.
func (h hierarchy) empty(group string) error {
	own, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return err
	}
	left, err := os.ReadFile(filepath.Join(group, "cgroup.procs"))
	for _, pid := range strings.Fields(string(left)) {
		_ = put(h.home(string(own)), "cgroup.procs", pid) // it may have ended meanwhile
	}
	return err
}

func move(pid int, group string) error { return put(group, "cgroup.procs", strconv.Itoa(pid)) }
