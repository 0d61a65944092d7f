package balancer

import (
	"os"
	"os/user"
	"runtime"
	"strconv"
	"strings"
	"syscall"
)

// ThisMachine reads what this process may use of its machine; what cannot be read
// stays zero.
func ThisMachine() Machine {
	m := Machine{Cores: runtime.GOMAXPROCS(0)}
	var files syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files) == nil {
		m.Files = int(min(files.Max, 1<<30))
	}
	if n := numbers("/proc/sys/net/core/somaxconn"); len(n) == 1 {
		m.Backlog = n[0]
	}
	if n := numbers("/proc/sys/net/ipv4/ip_local_port_range"); len(n) == 2 {
		m.Ports = n[1] - n[0] + 1
	}
	if os.Geteuid() == 0 {
		m.User, m.Group = unprivileged()
	}
	return m
}

func numbers(path string) (all []int) {
	b, _ := os.ReadFile(path) // what is not there is not known
	for _, f := range strings.Fields(string(b)) {
		n, err := strconv.Atoi(f)
		if err != nil {
			return nil
		}
		all = append(all, n)
	}
	return all
}

// unprivileged names whom a process started by root becomes.
func unprivileged() (name, group string) {
	u, err := user.Lookup("nobody")
	if err != nil {
		return "", ""
	}
	g, err := user.LookupGroupId(u.Gid)
	if err != nil {
		return "", ""
	}
	return u.Username, g.Name
}
