//go:build e2e

package cloud

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Labels are the instances that there are, in order.
func (c *Cloud) Labels() (labels []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for label := range c.machines {
		labels = append(labels, label)
	}
	slices.Sort(labels)
	return labels
}

// with does something to an instance.
func (c *Cloud) with(label string, do func(*machine) error) {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	m := c.machines[label]
	if m == nil {
		c.t.Fatalf("there is no instance %q", label)
	}
	if err := do(m); err != nil {
		c.t.Fatalf("%s: %v", label, err)
	}
}

// Kill takes the power of an instance away: nobody hears anything of it any more. A reboot gives it back.
func (c *Cloud) Kill(label string) {
	c.t.Helper()
	c.with(label, func(m *machine) error {
		if err := m.cable("down"); err != nil {
			return err
		}
		return m.halt()
	})
}

// Cut pulls the cable of an instance out.
func (c *Cloud) Cut(label string) {
	c.t.Helper()
	c.with(label, func(m *machine) error { return m.cable("down") })
}

// Mend undoes Cut, Partition, Lose and Delay.
func (c *Cloud) Mend(label string) {
	c.t.Helper()
	c.with(label, func(m *machine) error {
		c.hurry(m)
		if err := m.noise(""); err != nil {
			return err
		}
		return m.cable("up")
	})
}

func (m *machine) cable(what string) error {
	return ip(fmt.Sprintf("-n %s link set %s %s", m.at, m.port, what))
}

// Partition has everything to and from an instance vanish, while its cable is well.
func (c *Cloud) Partition(label string) {
	c.t.Helper()
	c.with(label, func(m *machine) error { return m.noise("drop") })
}

// Lose has so many of a hundred packets vanish, each way.
func (c *Cloud) Lose(label string, percent int) {
	c.t.Helper()
	c.with(label, func(m *machine) error { return m.noise(fmt.Sprintf("numgen random mod 100 < %d drop", percent)) })
}

// noise befalls packets at the far end of the cable, where the instance does not learn of it.
func (m *machine) noise(verdict string) error {
	text := fmt.Sprintf("table bridge %s\ndelete table bridge %[1]s\n", m.port)
	if verdict != "" {
		text += fmt.Sprintf("table bridge %s {\n chain from { type filter hook prerouting priority 0\n iifname %q %s\n }\n"+
			" chain to { type filter hook postrouting priority 0\n oifname %[2]q %[3]s\n }\n}\n", m.port, m.port, verdict)
	}
	return feed(text, "ip", "netns", "exec", m.at, "nft", "-f", "-")
}

// Delay has everything to and from an instance take so long.
func (c *Cloud) Delay(label string, by time.Duration) {
	c.t.Helper()
	c.with(label, func(m *machine) error {
		c.hurry(m)
		r, err := relayed(c.name, m, by)
		if err == nil {
			c.relays[label] = r
		}
		return err
	})
}

// hurry ends a delay, if there is one.
func (c *Cloud) hurry(m *machine) {
	if r := c.relays[m.label]; r != nil {
		delete(c.relays, m.label)
		c.fail(r.close())
	}
}

// FullDisk leaves no room on an instance, until it is called for.
func (c *Cloud) FullDisk(label string) (free func()) {
	c.t.Helper()
	var path string
	c.with(label, func(m *machine) error {
		path = filepath.Join(m.dir, "filler")
		f, err := os.Create(path)
		if err != nil {
			return err
		}
		defer f.Close()
		for err == nil {
			_, err = f.Write(make([]byte, 1<<20))
		}
		for err = nil; err == nil; { // what is less than that
			_, err = f.Write(make([]byte, 4096))
		}
		return nil
	})
	return func() { _ = os.Remove(path) }
}

// Run runs a command on an instance, and gives what it wrote.
func (c *Cloud) Run(label string, command ...string) string {
	c.t.Helper()
	var out []byte
	c.with(label, func(m *machine) (err error) {
		pid, runs := m.init()
		if !runs {
			return errors.New("it does not run")
		}
		cmd := exec.Command("nsenter", append([]string{"-t", strconv.Itoa(pid), "-a", "-r", "-w"}, command...)...)
		cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=" + home}
		if out, err = cmd.CombinedOutput(); err != nil {
			err = fmt.Errorf("%v: %w: %s", command, err, out)
		}
		return err
	})
	return string(out)
}

// Path is where a file of an instance lies for this machine; nowhere where it does not run. A path that does not begin with /
// is below the home of who logs in.
func (c *Cloud) Path(label, path string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !filepath.IsAbs(path) {
		path = filepath.Join(home, path)
	}
	if m := c.machines[label]; m != nil {
		if pid, runs := m.init(); runs {
			return filepath.Join(fmt.Sprintf("/proc/%d/root", pid), path)
		}
	}
	return "/nowhere"
}

// Processes are those of an instance, if there is one, whose command lines have such a word, as this machine numbers them;
// "" = all.
func (c *Cloud) Processes(label, word string) (pids []int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if m := c.machines[label]; m != nil {
		for _, text := range inhabitants(map[string]string{inode("/run/netns/" + m.space): m.space}) {
			pid, _ := strconv.Atoi(text)
			line, _ := os.ReadFile("/proc/" + text + "/cmdline")
			if m.proc != nil && pid != m.proc.Process.Pid && slices.ContainsFunc(strings.Split(string(line), "\x00"), func(w string) bool { return word == "" || w == word }) {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}
