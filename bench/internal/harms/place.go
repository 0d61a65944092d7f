package harms

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// fewFiles is for the load alone: the target shall have all it wants.
func fewFiles(t *try) (func(), error) {
	t.limits = []string{"sh", "-c", `ulimit -n 460; exec "$0" "$@"`}
	return func() {}, nil
}

// fewPorts makes a network with a range of ports of its own, for target and load. The
// machine's own range stays what it is.
func fewPorts(t *try) (func(), error) {
	name := fmt.Sprintf("loadctl-fault-%d", os.Getpid())
	_ = do("ip", "netns", "del", name) // one that was left behind: its name is ours
	if err := do("ip", "netns", "add", name); err != nil {
		return nil, Skipped{"a network cannot be made: " + err.Error()}
	}
	undo := func() { _ = do("ip", "netns", "del", name) }
	t.around = []string{"ip", "netns", "exec", name}
	for _, words := range [][]string{
		{"ip", "-n", name, "link", "set", "lo", "up"},
		append(t.around[:4:4], "sh", "-c", "echo 20000 21039 > /proc/sys/net/ipv4/ip_local_port_range"),
	} {
		if err := do(words...); err != nil {
			undo()
			return nil, Skipped{"a network cannot be set: " + err.Error()}
		}
	}
	return undo, nil
}

func do(words ...string) error {
	out, err := exec.Command(words[0], words[1:]...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(words, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}
