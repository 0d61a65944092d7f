package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// A client is one load generator. words is its command line after its own name; a
// file it needs goes into dir.
type client struct {
	name, path string
	words      func(w workload, url, dir string, took time.Duration) ([]string, error)
	// split says how much of the CPU was the agents' and how much was spent beside
	// them; nil: all of it is the client's.
	split func(dir string) (agents, beside time.Duration, err error)
}

func seconds(d time.Duration) string {
	return strconv.Itoa(max(1, int(d.Round(time.Second).Seconds())))
}

// peers are the tools measured when they are on PATH, as their users run them:
// one thread, keep-alive, HTTP/1.1.
var peers = []client{
	{name: "wrk", words: func(w workload, url, _ string, took time.Duration) ([]string, error) {
		return []string{"-t1", fmt.Sprint("-c", w.conns), "-d" + seconds(took) + "s", url}, nil
	}},
	{name: "h2load", words: func(w workload, url, _ string, took time.Duration) ([]string, error) {
		return []string{"--h1", "-t1", fmt.Sprint("-c", w.conns), "-D", seconds(took), url}, nil
	}},
	{name: "ab", words: func(w workload, url, _ string, took time.Duration) ([]string, error) {
		return []string{"-q", "-k", fmt.Sprint("-c", w.conns), "-t", seconds(took), "-n", "100000000", url + "/"}, nil
	}},
	{name: "hey", words: func(w workload, url, _ string, took time.Duration) ([]string, error) {
		return []string{"-c", strconv.Itoa(w.conns), "-z", took.String(), url}, nil
	}},
	{name: "fortio", words: func(w workload, url, _ string, took time.Duration) ([]string, error) {
		return []string{"load", "-quiet", "-c", strconv.Itoa(w.conns), "-qps", "0", "-t", took.String(), url}, nil
	}},
	{name: "vegeta", words: func(w workload, url, dir string, took time.Duration) ([]string, error) {
		targets := filepath.Join(dir, "targets")
		return []string{"attack", "-rate=0", fmt.Sprint("-max-workers=", w.conns), "-duration=" + took.String(),
				"-targets=" + targets, "-output=/dev/null"},
			os.WriteFile(targets, []byte("GET "+url+"/\n"), 0o644)
	}},
	{name: "k6", words: func(w workload, url, dir string, took time.Duration) ([]string, error) {
		script := filepath.Join(dir, "peer.js")
		text := fmt.Sprintf("import http from 'k6/http';\nexport default function () { http.get('%s/'); }\n", url)
		return []string{"run", "--quiet", "--no-usage-report", "--vus", strconv.Itoa(w.conns), "--duration", took.String(), script},
			os.WriteFile(script, []byte(text), 0o644)
	}},
}

// ours is loadctl with one agent process and one loop.
func ours(binary string) client {
	return client{name: "loadctl", path: binary, split: split,
		words: func(w workload, url, dir string, took time.Duration) ([]string, error) {
			file := filepath.Join(dir, "peers.yaml")
			return []string{"run", "--ui", "none", "--agents", "1", "--loops", "1", "--runs", filepath.Join(dir, "runs"), file},
				os.WriteFile(file, []byte(w.scenario(url, took)), 0o644)
		}}
}

func floor(binary string) client {
	return client{name: "floor", path: binary,
		words: func(w workload, url, _ string, took time.Duration) ([]string, error) {
			return []string{"-addr", url[len("http://"):], "-conns", strconv.Itoa(w.conns), "-for", took.String()}, nil
		}}
}

type spent struct {
	CPU float64 `json:"cpu_s"`
}

// split reads the one run in dir.
func split(dir string) (agents, beside time.Duration, err error) {
	files, err := filepath.Glob(filepath.Join(dir, "runs", "*", "summary.json"))
	if err != nil || len(files) != 1 {
		return 0, 0, fmt.Errorf("%d summaries in %s", len(files), dir)
	}
	b, err := os.ReadFile(files[0])
	if err != nil {
		return 0, 0, err
	}
	var s struct {
		Agents, Hosts []spent
		Coordinator   spent
	}
	if err := json.Unmarshal(b, &s); err != nil {
		return 0, 0, err
	}
	for _, a := range s.Agents {
		agents += time.Duration(a.CPU * float64(time.Second))
	}
	for _, h := range append(s.Hosts, s.Coordinator) {
		beside += time.Duration(h.CPU * float64(time.Second))
	}
	return agents, beside, nil
}
