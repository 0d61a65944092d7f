package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/loadctl/loadctl/bench/internal/proc"
	"github.com/loadctl/loadctl/bench/internal/tiny"
)

// An outing is what one client spent once.
type outing struct {
	Round    int      `json:"round"`
	CPU      float64  `json:"cpu_s"`
	Requests uint64   `json:"requests"`
	Wall     float64  `json:"wall_s"`
	Steal    float64  `json:"steal"`
	Others   float64  `json:"others"`                 // other processes here, as a share of the machine
	Beside   float64  `json:"beside_cores"`           // loadctl's host and coordinator, as a share of a core
	Lag      float64  `json:"pacer_lag_p99_ms"`       // loadctl's
	Sent     float64  `json:"sent_of_due,omitempty"`  // loadctl's, of open loads: what the server counted, by what the schedule has
	Service  *service `json:"service_time,omitempty"` // loadctl's, where it is held against the server's own
}

// perRequest is CPU time in µs for each request.
func (r outing) perRequest() float64 { return r.CPU * 1e6 / float64(r.Requests) }

// rate is the requests a second that were made.
func (r outing) rate() float64 { return float64(r.Requests) / r.Wall }

// A row is all outings of a client with one workload.
type row struct {
	client string
	runs   []outing
	broken string // why there are no more of them
}

type bench struct {
	options
	dir     string
	tiny    string
	clients []client
	absent  []string
}

func newBench(ctx context.Context, o options, dir string) (*bench, error) {
	b := &bench{options: o, dir: dir, tiny: filepath.Join(dir, "tinyserver")}
	for _, name := range []string{"tinyserver", "floor"} {
		if err := tiny.Build(ctx, name, filepath.Join(dir, name)); err != nil {
			return nil, err
		}
	}
	binary, err := filepath.Abs(o.binary)
	if err != nil {
		return nil, err
	}
	b.clients = []client{ours(binary), floor(filepath.Join(dir, "floor"))}
	b.findPeers()
	if _, err := exec.LookPath("taskset"); err != nil || runtime.NumCPU() < 2 {
		b.options.pin = false
	}
	return b, nil
}

// Cores that closed loads are pinned to.
const onServer, onLoads = "0", "1"

// pins says whether server and client of a workload have a core each. Of closed loads
// they do, or the scheduler would move them about. Paced clients sleep most of the
// time: on a core of their own what they are woken for is cheap, which no user of
// theirs has.
func (b *bench) pins(w workload) bool { return b.options.pin && w.rate == 0 }

// pin are the words before a command line that pin it.
func (b *bench) pin(w workload, core string) []string {
	if !b.pins(w) {
		return nil
	}
	return []string{"taskset", "-c", core}
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

// workload runs every client once a round, in an order that turns. A client that
// breaks is left out from there on; what was measured stays.
func (b *bench) workload(ctx context.Context, w workload) ([]row, error) {
	if w.empty != "" {
		return nil, nil
	}
	s, err := b.serve(ctx, w)
	if err != nil {
		return nil, err
	}
	defer s.close()
	clients := slices.DeleteFunc(slices.Clone(b.clients), func(c client) bool { return !c.makes(w) })
	rows := make([]row, len(clients))
	for i, c := range clients {
		rows[i].client = c.name
	}
	for round := range b.rounds {
		for _, k := range turn(len(clients), round) {
			b.take(ctx, w, clients[k], s, round, &rows[k])
		}
	}
	return rows, broken(rows)
}

// turn is the order of a round: each begins with another, every second backwards.
func turn(n, round int) (order []int) {
	for i := range n {
		k := (i + round) % n
		if round%2 == 1 {
			k = n - 1 - k
		}
		order = append(order, k)
	}
	return order
}

func (b *bench) take(ctx context.Context, w workload, c client, s *server, round int, r *row) {
	if r.broken != "" {
		return
	}
	one, err := b.round(ctx, w, c, s)
	if err != nil {
		r.broken = fmt.Sprintf("broke in round %d: %v", round+1, err)
		return
	}
	one.Round = round
	r.runs = append(r.runs, one)
}

// round is a client's part of a round: its load and, where its service times are to
// be held against the server's own, another with a server that answers late.
func (b *bench) round(ctx context.Context, w workload, c client, s *server) (outing, error) {
	r, err := quietest(func() (outing, error) { return b.once(ctx, w, c, s) })
	if err != nil || !w.truth || c.split == nil {
		return r, err
	}
	held, err := quietest(func() (outing, error) { return b.truth(ctx, w, c) })
	r.Service = held.Service
	return r, err
}

func (b *bench) serve(ctx context.Context, w workload) (*server, error) {
	switch {
	case w.tls:
		return startPrivate(ctx, b.dir, b.pin(w, onServer), w.anew)
	case w.nginx:
		return startNginx(ctx, b.dir, b.pin(w, onServer))
	}
	return startTiny(ctx, b.tiny, b.pin(w, onServer))
}

func quietest(once func() (outing, error)) (outing, error) {
	return proc.Quietest(once, func(r outing) float64 { return max(r.Steal, r.Others) })
}

// broken names the clients that broke.
func broken(rows []row) (err error) {
	for _, r := range rows {
		if r.broken != "" {
			err = errors.Join(err, fmt.Errorf("%s %s", r.client, r.broken))
		}
	}
	return err
}

func command(ctx context.Context, pin []string, path string, words ...string) *exec.Cmd {
	all := slices.Concat(pin, []string{path}, words)
	return exec.CommandContext(ctx, all[0], all[1:]...)
}

// firstLine is enough of an error for a table.
func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
