package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// An outing is what one client spent once.
type outing struct {
	Round    int     `json:"round"`
	CPU      float64 `json:"cpu_s"`
	Beside   float64 `json:"beside_cores"`     // loadctl's host and coordinator, as a share of a core
	Lag      float64 `json:"pacer_lag_p99_ms"` // loadctl's
	Requests uint64  `json:"requests"`
	Steal    float64 `json:"steal"`
	Wall     float64 `json:"wall_s"`
}

// perRequest is CPU time in µs for each request.
func (r outing) perRequest() float64 { return r.CPU * 1e6 / float64(r.Requests) }

type row struct {
	client string
	runs   []outing
}

type bench struct {
	options
	dir               string
	tiny              string
	clients           []client
	absent            []string
	pinned            bool
	onServer, onLoads []string // words before a command line that pin it
}

func newBench(ctx context.Context, o options, dir string) (*bench, error) {
	b := &bench{options: o, dir: dir, tiny: filepath.Join(dir, "tinyserver")}
	for _, name := range []string{"tinyserver", "floor"} {
		cmd := exec.CommandContext(ctx, "go", "build", "-o", filepath.Join(dir, name), "./bench/"+name)
		cmd.Stderr = os.Stderr
		if err := cmd.Run(); err != nil {
			return nil, fmt.Errorf("build %s: %w", name, err)
		}
	}
	binary, err := filepath.Abs(o.binary)
	if err != nil {
		return nil, err
	}
	b.clients = []client{ours(binary), floor(filepath.Join(dir, "floor"))}
	b.findPeers()
	if _, err := exec.LookPath("taskset"); err == nil && o.pin && runtime.NumCPU() > 1 {
		b.pinned, b.onServer, b.onLoads = true, []string{"taskset", "-c", "0"}, []string{"taskset", "-c", "1"}
	}
	return b, nil
}

func (b *bench) findPeers() {
	for _, p := range peers {
		if !b.peers.MatchString(p.name) {
			continue
		}
		path, err := exec.LookPath(p.name)
		if err != nil {
			b.absent = append(b.absent, p.name)
			continue
		}
		p.path = path
		b.clients = append(b.clients, p)
	}
}

// workload runs every client once a round, in an order that turns.
func (b *bench) workload(ctx context.Context, w workload) ([]row, error) {
	s, err := b.serve(ctx, w)
	if err != nil {
		return nil, err
	}
	defer s.close()
	clients := slices.DeleteFunc(slices.Clone(b.clients), func(c client) bool { return !c.makes(w) })
	rows := make([]row, len(clients))
	for round := range b.rounds {
		for i := range clients {
			k := (i + round) % len(clients)
			if round%2 == 1 {
				k = len(clients) - 1 - k
			}
			r, err := b.undisturbed(ctx, w, clients[k], s)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", clients[k].name, err)
			}
			r.Round = round
			rows[k].client = clients[k].name
			rows[k].runs = append(rows[k].runs, r)
		}
	}
	return rows, nil
}

func (b *bench) serve(ctx context.Context, w workload) (*server, error) {
	if w.nginx {
		return startNginx(ctx, b.dir, b.onServer)
	}
	return startTiny(ctx, b.tiny, b.onServer)
}

const (
	mostSteal = 0.08
	tries     = 4
	openLeast = 10 * time.Second // or opening the connections would weigh more than the load
)

// undisturbed runs a client until neighbours leave it alone; of runs that were
// all disturbed the quietest counts.
func (b *bench) undisturbed(ctx context.Context, w workload, c client, s *server) (best outing, err error) {
	for try := range tries {
		r, err := b.once(ctx, w, c, s)
		if err != nil {
			return r, err
		}
		if try == 0 || r.Steal < best.Steal {
			best = r
		}
		if best.Steal <= mostSteal {
			break
		}
	}
	return best, nil
}

func (b *bench) once(ctx context.Context, w workload, c client, s *server) (r outing, err error) {
	dir, err := os.MkdirTemp(b.dir, "run-")
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(dir)
	took := max(b.took, c.least)
	if w.rate > 0 {
		took = max(took, openLeast)
	}
	words, err := c.words(w, s.url, dir, took)
	if err != nil {
		return r, err
	}
	before, err := s.count()
	if err != nil {
		return r, err
	}
	limit, cancel := context.WithTimeout(ctx, took+time.Minute)
	defer cancel()
	cmd := command(limit, b.onLoads, c.path, words...)
	ticks, began := readCPU(), time.Now()
	out, err := cmd.CombinedOutput()
	wall := time.Since(began)
	if err != nil {
		return r, fmt.Errorf("%w\n%s", err, out)
	}
	after, err := s.count()
	if err != nil {
		return r, err
	}
	used := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	r = outing{CPU: used.Seconds(), Requests: after - before, Wall: wall.Seconds(), Steal: readCPU().steal(ticks)}
	if r.Requests == 0 {
		return r, fmt.Errorf("the server saw no request\n%s", out)
	}
	if c.split != nil {
		o, err := c.split(dir)
		if err != nil {
			return r, err
		}
		r.CPU, r.Beside, r.Lag = o.agents.Seconds(), o.beside.Seconds()/wall.Seconds(), o.lag
	}
	return r, nil
}

func command(ctx context.Context, pin []string, path string, words ...string) *exec.Cmd {
	all := slices.Concat(pin, []string{path}, words)
	return exec.CommandContext(ctx, all[0], all[1:]...)
}

// cpuTicks are the first line of /proc/stat.
type cpuTicks []float64

func readCPU() (t cpuTicks) {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return nil
	}
	line, _, _ := strings.Cut(string(b), "\n")
	for _, f := range strings.Fields(line)[1:] {
		var v float64
		_, _ = fmt.Sscan(f, &v)
		t = append(t, v)
	}
	return t
}

// steal is the share of the machine's time since before that neighbours took.
func (t cpuTicks) steal(before cpuTicks) float64 {
	const stolen, guests = 7, 8
	if len(t) < guests || len(before) < guests {
		return 0
	}
	total := 0.0
	for i := range guests {
		total += t[i] - before[i]
	}
	if total <= 0 {
		return 0
	}
	return (t[stolen] - before[stolen]) / total
}
