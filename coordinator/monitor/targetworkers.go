package monitor

import (
	"fmt"
	"strings"

	"github.com/loadctl/loadctl/stats"
)

// maxWorkers bounds the workers that are told apart.
const maxWorkers = 16

// workers are shown beside each other by what they answered and hold, and counted.
func (f *flattening) workers(all []any) {
	alive, full := 0, 0
	for i, item := range all {
		w := newFigures(item)
		if w.of("pid") > 0 {
			alive++
		}
		if w.process().of("full") > 0 {
			full++
		}
		if i < maxWorkers {
			f.worker(w)
		}
	}
	if len(all) == 0 {
		return
	}
	f.numbers = append(f.numbers, number{MonitorSeries: stats.MonitorSeries{Name: "workers.alive", Chart: "workers", Label: "alive"}, v: float64(alive)},
		number{MonitorSeries: stats.MonitorSeries{Name: "workers.full", Chart: "workers", Label: "full, so that connections wait", Main: true}, v: float64(full)})
}

func (f *flattening) worker(w figures) {
	n := int(w.of("worker"))
	for _, key := range []string{"requests", "in_flight", "connections_queued"} {
		v, has := w[key].(float64)
		if !has {
			continue
		}
		m := meanings[key]
		s := stats.MonitorSeries{Name: fmt.Sprintf("workers.%d.%s", n, key), Chart: strings.ReplaceAll(key, "_", " ") + " by worker", Label: fmt.Sprintf("worker %d", n), Unit: m.unit}
		f.numbers = append(f.numbers, number{MonitorSeries: s, nature: m.nature, v: v})
	}
	f.held(n, w)
}

// held is how many connections a worker holds, those of probes too, beside how many it may.
func (f *flattening) held(n int, w figures) {
	most := w.process().of("connections_cap")
	if most == 0 || w.of("pid") == 0 {
		return
	}
	const chart = "connections by worker"
	s := stats.MonitorSeries{Name: fmt.Sprintf("workers.%d.connections", n), Chart: chart, Label: fmt.Sprintf("worker %d", n), AtCap: atCap(w.process())}
	bound := stats.MonitorSeries{Name: s.Name + "_cap", Chart: chart, Label: s.Label + " may hold"}
	s.Cap = bound.Name
	f.numbers = append(f.numbers, number{MonitorSeries: s, v: w.of("connections_open") + w.of("probe_connections_open")}, number{MonitorSeries: bound, v: most})
}

// atCap says what either bound does. Which of the two it is may change while the run goes on.
func atCap(p figures) string {
	text := "connections: those beyond wait in its queue. Its worker_connections or its limit of open files"
	if files := p.of("files_cap"); files > 0 {
		text += fmt.Sprintf(" (ulimit -n %.0f, with room for %.0f)", files, p.of("connections_by_files"))
	}
	return text + " allows no more"
}

// figures are an object of JSON whose numbers are asked for by name.
type figures map[string]any

func newFigures(v any) figures {
	o, _ := v.(map[string]any)
	return o
}

func (f figures) of(name string) float64 {
	v, _ := f[name].(float64)
	return v
}

func (f figures) process() figures { return newFigures(f["process"]) }
