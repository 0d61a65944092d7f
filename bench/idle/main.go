// Idle weighs connections that are held and do next to nothing: what each costs an
// agent in memory, and how long it takes to open them all. It runs loadctl on its
// bundled target, once with a handful and once with all of them, in turns; what the
// handful takes is the agent itself.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

const scenario = `version: 1
name: idle
target: {bundled: true, workers: %d}
users: {u: {tasks: {health: {steps: [{get: /health}]}}}}
phases:
  - {name: hold, executor: held-connections, user: u, connections: %d, hold: %s, heartbeat: {task: health, every: 10s, jitter: 20%%}}
`

// handful is so few connections that they weigh nothing.
const handful = 10

// A setup is what is asked of loadctl.
type setup struct {
	binary                       string
	connections, agents, workers int
	hold                         time.Duration
}

// A weight is what one run took.
type weight struct {
	memory  float64 // bytes of the agents at their most
	opening float64 // seconds to the last connect
	lost    uint64  // not opened, or dropped
}

func main() {
	log.SetFlags(0)
	var s setup
	flag.StringVar(&s.binary, "binary", "bin/loadctl", "the loadctl to weigh")
	flag.IntVar(&s.connections, "connections", 17_000, "connections in all")
	flag.IntVar(&s.agents, "agents", 1, "agents, of one loop each")
	flag.IntVar(&s.workers, "workers", 3, "workers of the target")
	flag.DurationVar(&s.hold, "hold", 20*time.Second, "how long they are held")
	rounds := flag.Int("rounds", 7, "rounds")
	flag.Parse()
	var each, opening []float64
	for i := range *rounds {
		few, err := s.run(handful)
		if err != nil {
			log.Fatal(err)
		}
		all, err := s.run(s.connections)
		if err != nil {
			log.Fatal(err)
		}
		if all.lost > 0 {
			log.Fatalf("%d connections were not opened, or dropped", all.lost)
		}
		each = append(each, (all.memory-few.memory)/float64(s.connections-handful))
		opening = append(opening, all.opening)
		fmt.Printf("round %d: %.0f B each above the agents' %.1f MB, opened in %.2f s\n", i+1, each[i], few.memory/1e6, opening[i])
	}
	fmt.Printf("%d connections on %d agents, a request each 10 s: %s B each, opened in %s s (median, least and most of %d rounds)\n",
		s.connections, s.agents, spread(each, "%.0f"), spread(opening, "%.2f"), *rounds)
}

func spread(values []float64, format string) string {
	slices.Sort(values)
	return fmt.Sprintf(format+" ("+format+"–"+format+")", values[len(values)/2], values[0], values[len(values)-1])
}

// run makes one run with so many connections.
func (s setup) run(connections int) (w weight, err error) {
	dir, err := os.MkdirTemp("", "idle")
	if err != nil {
		return w, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file := filepath.Join(dir, "idle.yaml")
	if err := os.WriteFile(file, fmt.Appendf(nil, scenario, s.workers, connections, s.hold), 0o644); err != nil {
		return w, err
	}
	c := exec.Command(s.binary, "run", file, "--ui", "none", "--agents", fmt.Sprint(s.agents), "--loops", "1", "--runs", filepath.Join(dir, "runs"))
	if out, err := c.CombinedOutput(); err != nil {
		return w, fmt.Errorf("%s: %w\n%s", s.binary, err, out)
	}
	return read(dir)
}

// read takes the weight from the one run in dir.
func read(dir string) (w weight, err error) {
	files, err := filepath.Glob(filepath.Join(dir, "runs", "*", "summary.json"))
	if err != nil || len(files) != 1 {
		return w, fmt.Errorf("%d summaries in %s", len(files), dir)
	}
	b, err := os.ReadFile(files[0])
	if err != nil {
		return w, err
	}
	var s struct {
		Agents []struct {
			Memory float64 `json:"max_rss_bytes"`
		} `json:"agents"`
		Phases []struct {
			Begin     float64 `json:"begin_s"`
			Connected float64 `json:"connected_s"`
		} `json:"phases"`
		Connections struct{ Dropped, Failed uint64 } `json:"connections"`
	}
	if err := json.Unmarshal(b, &s); err != nil {
		return w, err
	}
	if len(s.Phases) != 1 {
		return w, fmt.Errorf("%s: %d phases", files[0], len(s.Phases))
	}
	for _, a := range s.Agents {
		w.memory += a.Memory
	}
	w.opening, w.lost = s.Phases[0].Connected-s.Phases[0].Begin, s.Connections.Dropped+s.Connections.Failed
	return w, nil
}
