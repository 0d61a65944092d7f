package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"time"

	"github.com/loadctl/loadctl/bench/internal/tiny"
)

// A server answers every request with about a hundred bytes, and counts.
type server struct {
	url   string
	close func()
	// count is how many requests were answered, this one not among them.
	count func() (uint64, error)
	tally func() (tiny.Tally, error) // tinyserver's only
}

// startTiny starts bench/tinyserver; it ends when its standard input does.
func startTiny(ctx context.Context, binary string, pin []string, args ...string) (*server, error) {
	t, err := tiny.Start(ctx, pin, binary, args...)
	if err != nil {
		return nil, err
	}
	count := func() (uint64, error) {
		sum, err := t.Tally()
		return sum.Requests, err
	}
	return &server{url: "http://" + t.Addr, close: t.Close, count: count, tally: t.Tally}, nil
}

const nginxConfig = `
daemon off; pid nginx.pid; error_log stderr crit; worker_processes 1; worker_rlimit_nofile 15000;
events { worker_connections 14000; }
http {
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600s; default_type application/json;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  server {
    listen 127.0.0.1:%d backlog=4096;%s
    location = /-/status { stub_status; }
    location / { return 200 '{"id":12345,"name":"an item of a server","price":1999,"stock":42,"tags":["tiny","fast","x"]}'; }
  }
}
`

// startNginx starts nginx with one worker in a folder of its own.
func startNginx(ctx context.Context, dir string, pin []string) (*server, error) {
	return startNginxWith(ctx, dir, pin, "")
}

// startNginxWith adds to what its server has; it is asked for its count over plain HTTP
// in any case.
func startNginxWith(ctx context.Context, dir string, pin []string, more string) (*server, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	home := filepath.Join(dir, "nginx")
	if err := os.MkdirAll(home, 0o755); err != nil {
		return nil, err
	}
	file := filepath.Join(home, "nginx.conf")
	if err := os.WriteFile(file, []byte(fmt.Sprintf(nginxConfig, port, more)), 0o644); err != nil {
		return nil, err
	}
	cmd := command(ctx, pin, "nginx", "-p", home, "-c", file)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	url := fmt.Sprintf("http://127.0.0.1:%d", port)
	s := &server{url: url, count: nginxCount(url), close: func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	}}
	for range 100 {
		if _, err = s.count(); err == nil {
			return s, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	s.close()
	return nil, fmt.Errorf("nginx does not answer: %w", err)
}

// stubbed finds accepts, handled and requests in nginx's status.
var stubbed = regexp.MustCompile(`(?m)^ (\d+) (\d+) (\d+) $`)

// nginxCount counts without its own questions, which nginx counts too.
func nginxCount(url string) func() (uint64, error) {
	asked := uint64(0)
	return func() (uint64, error) {
		text, err := get(url + "/-/status")
		if err != nil {
			return 0, err
		}
		asked++
		m := stubbed.FindStringSubmatch(text)
		if m == nil {
			return 0, fmt.Errorf("nginx's status is unknown: %q", text)
		}
		n, err := strconv.ParseUint(m[3], 10, 64)
		return n - asked, err
	}
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func get(url string) (string, error) {
	client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(url)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return string(b), err
}
