//go:build e2e

package e2e

import (
	"net"
	"os"
	"os/exec"
	"testing"
)

// memcachedServer is a memcached of the test's own. Its URL is "memcached://" + address.
func memcachedServer(t *testing.T, options ...string) *daemon {
	t.Helper()
	need(t, "memcached")
	return startDaemon(t, func(port string) *exec.Cmd {
		args := []string{"-l", "127.0.0.1", "-p", port, "-U", "0"}
		if os.Geteuid() == 0 {
			args = append(args, "-u", "root") // it asks root to say so
		}
		return exec.Command("memcached", append(args, options...)...)
	}, func(c net.Conn) bool { return says(c, "version\r\n", "VERSION") })
}
