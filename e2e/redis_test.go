//go:build e2e

package e2e

import (
	"net"
	"os/exec"
	"testing"
)

// redisServer is a Redis of the test's own, in memory unless options say otherwise. Its
// URL is "redis://" + address.
func redisServer(t *testing.T, options ...string) *daemon {
	t.Helper()
	need(t, "redis-server")
	dir := t.TempDir()
	return startDaemon(t, func(port string) *exec.Cmd {
		args := []string{"--bind", "127.0.0.1", "--port", port, "--dir", dir, "--save", "", "--daemonize", "no"}
		return exec.Command("redis-server", append(args, options...)...)
	}, func(c net.Conn) bool { return says(c, "PING\r\n", "+PONG") })
}
