package faults

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A hierarchy is where groups with a share of the CPU can be made.
type hierarchy struct {
	root  string
	named string // the controller in /proc/PID/cgroup; a v2 has none there
	quota func(group string) error
}

// A group may run 1 ms of each 100.
var hierarchies = map[string]func(group string) error{
	"cgroup": func(group string) error {
		return errors.Join(put(group, "cpu.cfs_period_us", "100000"), put(group, "cpu.cfs_quota_us", "1000"))
	},
	"cgroup2": func(group string) error { return put(group, "cpu.max", "1000 100000") },
}

func put(group, file, text string) error {
	return os.WriteFile(filepath.Join(group, file), []byte(text), 0o644)
}

// findHierarchy looks for one that gives CPU among the mounts: a v1 with the controller
// cpu, or a v2 whose groups have it.
func findHierarchy(mounts string) (h hierarchy, ok bool) {
	for line := range strings.Lines(mounts) {
		f := strings.Fields(line)
		if len(f) < 4 || hierarchies[f[2]] == nil {
			continue
		}
		gives := slices.Contains(strings.Split(f[3], ","), "cpu")
		if f[2] == "cgroup2" {
			b, _ := os.ReadFile(filepath.Join(f[1], "cgroup.subtree_control"))
			gives = slices.Contains(strings.Fields(string(b)), "cpu")
		}
		if gives {
			return hierarchy{f[1], map[string]string{"cgroup": "cpu"}[f[2]], hierarchies[f[2]]}, true
		}
	}
	return h, false
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

// throttle moves the agents into a group of their own for a while, and back.
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
	if err := os.Mkdir(group, 0o755); err != nil {
		return Skipped{"a cgroup cannot be made: " + err.Error()}
	}
	defer func() { _ = os.Remove(group) }()
	if err := h.quota(group); err != nil {
		return err
	}
	back := map[int]string{}
	for _, pid := range t.agents {
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", pid))
		back[pid] = h.home(string(text))
		err = errors.Join(err, move(pid, group))
	}
	if err == nil {
		err = pause(ctx, pressed)
	}
	for pid, home := range back {
		err = errors.Join(err, move(pid, home))
	}
	return err
}

func move(pid int, group string) error { return put(group, "cgroup.procs", strconv.Itoa(pid)) }
