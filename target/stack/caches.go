package stack

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// Redis is a Redis that keeps nothing on disk. One for a cache forgets what was used
// least when its memory (MiB) is full; without a limit it forgets nothing.
func Redis(name, dir, address string, memory int) (Part, error) {
	program := find("redis-server")
	if program == "" {
		instead := "write `cache: memory`, or cache.url with one that runs elsewhere"
		if memory == 0 {
			instead = "leave `store: kv` out"
		}
		return Part{}, missing("redis-server", "redis-server", instead)
	}
	host, port, _ := net.SplitHostPort(address)
	args := []string{"--bind", host, "--port", port, "--save", "", "--appendonly", "no", "--daemonize", "no", "--dir", filepath.Join(dir, name)}
	if !isLoopback(host) { // whoever may reach it is for a firewall to say; without a password it would answer this machine only
		args = append(args, "--protected-mode", "no")
	}
	if memory > 0 {
		args = append(args, "--maxmemory", strconv.Itoa(memory)+"mb", "--maxmemory-policy", "allkeys-lru")
	}
	return Part{Name: name, Address: "redis://" + address,
		Prepare: func(context.Context, Preparation) error { return owned(filepath.Join(dir, name), nil) },
		Command: func() *exec.Cmd { return exec.Command(program, args...) },
		Healthy: func(ctx context.Context, _ Ready) error { return says(ctx, address, "PING\r\n", "+PONG") }}, nil
}

// Memcached is a memcached of so much memory (MiB).
func Memcached(name, address string, memory int) (Part, error) {
	program := find("memcached")
	if program == "" {
		return Part{}, missing("memcached", "memcached", "write `cache: memory`, or cache.url with one that runs elsewhere")
	}
	host, port, _ := net.SplitHostPort(address)
	args := []string{"-l", host, "-p", port, "-U", "0", "-m", strconv.Itoa(memory), "-c", "4096"}
	if os.Geteuid() == 0 {
		args = append(args, "-u", "nobody")
	}
	return Part{Name: name, Address: "memcached://" + address,
		Command: func() *exec.Cmd { return exec.Command(program, args...) },
		Healthy: func(ctx context.Context, _ Ready) error { return says(ctx, address, "version\r\n", "VERSION ") }}, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// says asks one line and wants an answer that begins with a text.
func says(ctx context.Context, address, ask, want string) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	defer conn.Close()
	if at, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(at)
	}
	if _, err := fmt.Fprint(conn, ask); err != nil {
		return err
	}
	got, err := bufio.NewReader(conn).ReadString('\n')
	if err == nil && !strings.HasPrefix(got, want) {
		err = fmt.Errorf("it answered %q", strings.TrimSpace(got))
	}
	return err
}
