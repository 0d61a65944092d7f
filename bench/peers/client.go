package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/loadctl/loadctl/bench/internal/tiny"
)

// A client is one load generator. words is its command line after its own name; a
// file it needs goes into dir.
type client struct {
	name, path string
	words      func(w workload, url, dir string, took time.Duration) ([]string, error)
	// split reads what the client says of itself; nil: all of the CPU is its own.
	split func(dir string) (own, error)
	// counts says of which processes the CPU in a window counts; nil: of all.
	counts       func(args []string) bool
	open, closed bool          // the loads it can make
	plain        bool          // it knows no TLS
	keeps        bool          // it opens no connection in the place of one that ended
	settle       time.Duration // what an open load takes to be what was asked for, if long
}

// makes says whether the client can make a workload's load.
func (c client) makes(w workload) bool {
	return (w.rate > 0 && c.open || w.rate == 0 && c.closed) && !(w.tls && c.plain || w.anew && c.keeps)
}

// own is what loadctl says of one run.
type own struct {
	agents, beside time.Duration // CPU; beside: of host and coordinator
	lag            float64       // p99 of the pacer's, in ms
	service        tiny.Times
}

func seconds(d time.Duration) string {
	return strconv.Itoa(max(1, int(d.Round(time.Second).Seconds())))
}

// peers are the tools measured when they are on PATH, as their users run them:
// one thread, keep-alive, HTTP/1.1.
var peers = []client{
	{name: "wrk", closed: true, words: func(w workload, url, _ string, took time.Duration) ([]string, error) {
		return []string{"-t1", fmt.Sprint("-c", w.conns), "-d" + seconds(took) + "s", url}, nil
	}},
	// wrk2 calls itself wrk; whoever has it puts it on PATH as wrk2. It opens a connection
	// every 5 ms, and its first 10 s calibrate.
	{name: "wrk2", open: true, settle: 12 * time.Second, words: func(w workload, url, _ string, took time.Duration) ([]string, error) {
		return []string{"-t1", fmt.Sprint("-c", w.conns), "-d" + seconds(took) + "s", fmt.Sprintf("-R%.0f", w.rate), url}, nil
	}},
	{name: "h2load", open: true, closed: true, keeps: true, words: func(w workload, url, _ string, took time.Duration) ([]string, error) {
		words := []string{"--h1", "-t1", fmt.Sprint("-c", w.conns), "-D", seconds(took), url}
		if w.rate > 0 {
			words = append([]string{fmt.Sprintf("--rps=%g", w.rate/float64(w.conns))}, words...)
		}
		return words, nil
	}},
	{name: "ab", closed: true, words: func(w workload, url, _ string, took time.Duration) ([]string, error) {
		return []string{"-q", "-k", fmt.Sprint("-c", w.conns), "-t", seconds(took), "-n", "100000000", url + "/"}, nil
	}},
	{name: "hey", closed: true, words: func(w workload, url, _ string, took time.Duration) ([]string, error) {
		return []string{"-c", strconv.Itoa(w.conns), "-z", took.String(), url}, nil
	}},
	{name: "fortio", closed: true, words: func(w workload, url, _ string, took time.Duration) ([]string, error) {
		return []string{"load", "-quiet", "-k", "-c", strconv.Itoa(w.conns), "-qps", "0", "-t", took.String(), url}, nil
	}},
	{name: "vegeta", closed: true, words: func(w workload, url, dir string, took time.Duration) ([]string, error) {
		targets := filepath.Join(dir, "targets")
		return []string{"attack", "-insecure", "-rate=0", fmt.Sprint("-max-workers=", w.conns), "-duration=" + took.String(),
				"-targets=" + targets, "-output=/dev/null"},
			os.WriteFile(targets, []byte("GET "+url+"/\n"), 0o644)
	}},
	{name: "k6", closed: true, words: func(w workload, url, dir string, took time.Duration) ([]string, error) {
		script := filepath.Join(dir, "peer.js")
		text := fmt.Sprintf("import http from 'k6/http';\nexport default function () { http.get('%s/'); }\n", url)
		return []string{"run", "--insecure-skip-tls-verify", "--quiet", "--no-usage-report", "--vus", strconv.Itoa(w.conns), "--duration", took.String(), script},
			os.WriteFile(script, []byte(text), 0o644)
	}},
}

// ours is loadctl with one agent process and one loop.
func ours(binary string) client {
	return client{name: "loadctl", path: binary, split: split, counts: isAgent, open: true, closed: true,
		words: func(w workload, url, dir string, took time.Duration) ([]string, error) {
			file := filepath.Join(dir, "peers.yaml")
			return []string{"run", "--ui", "none", "--agents", "1", "--loops", "1", "--pacing", cmp.Or(w.pacing, "auto"),
					"--seed", fmt.Sprint(seed), "--runs", filepath.Join(dir, "runs"), file},
				os.WriteFile(file, []byte(w.scenario(url, took)), 0o644)
		}}
}

func isAgent(args []string) bool { return len(args) > 1 && args[1] == "agent" }

// floor paces as loadctl is asked to.
func floor(binary string) client {
	return client{name: "floor", path: binary, open: true, closed: true, plain: true,
		words: func(w workload, url, _ string, took time.Duration) ([]string, error) {
			tick := time.Millisecond
			if w.pacing == "precise" {
				tick = 0
			}
			return []string{"-addr", url[len("http://"):], "-conns", strconv.Itoa(w.conns), "-for", took.String(),
				fmt.Sprintf("-rate=%g", w.rate), "-tick", tick.String()}, nil
		}}
}

type spent struct {
	CPU float64 `json:"cpu_s"`
}

// split reads the one run in dir.
func split(dir string) (o own, err error) {
	files, err := filepath.Glob(filepath.Join(dir, "runs", "*", "summary.json"))
	if err != nil || len(files) != 1 {
		return o, fmt.Errorf("%d summaries in %s", len(files), dir)
	}
	b, err := os.ReadFile(files[0])
	if err != nil {
		return o, err
	}
	var s struct {
		Agents, Hosts []spent
		Coordinator   spent
		Lag           struct{ P99 float64 } `json:"pacer_lag_ms"`
		Service       tiny.Times            `json:"service_ms"`
	}
	if err := json.Unmarshal(b, &s); err != nil {
		return o, err
	}
	for _, a := range s.Agents {
		o.agents += time.Duration(a.CPU * float64(time.Second))
	}
	for _, h := range append(s.Hosts, s.Coordinator) {
		o.beside += time.Duration(h.CPU * float64(time.Second))
	}
	o.lag, o.service = s.Lag.P99, s.Service
	return o, nil
}
