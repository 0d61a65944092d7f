package monitor

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/loadctl/loadctl/stats"
)

// A told is a target of ours, that tells its counts as JSON.
type told struct {
	web *web
	url string
}

func (t *told) read(ctx context.Context) (reading, error) {
	body, err := t.web.get(ctx, t.url, "application/json", maxAnswer)
	if err != nil {
		return reading{}, err
	}
	return readTarget(body)
}

func (t *told) close() { t.web.close() }

// readTarget takes the numbers of an answer apart by their names: what the target learns
// to count later is shown without being known here.
func readTarget(body []byte) (reading, error) {
	var top map[string]any
	if err := json.Unmarshal(body, &top); err != nil {
		return reading{}, fmt.Errorf("the answer is no JSON: %s", shortened(err.Error()))
	}
	schema, _ := top["schema"].(string)
	if !strings.HasPrefix(schema, "loadctl-") {
		return reading{}, fmt.Errorf("the answer has schema %q: no target of loadctl (another service is asked by type: prometheus)", shortened(schema))
	}
	instance, _ := top["instance"].(string)
	f := &flattening{}
	workers, _ := top["workers"].([]any)
	delete(top, "workers")
	f.object("", top)
	f.workers(workers)
	return reading{instance, f.numbers, conditionOf(body)}, nil
}

// A flattening is numbers being made of JSON.
type flattening struct{ numbers []number }

// meaning is what the numbers of a name are, wherever they stand.
type meaning struct {
	nature nature
	unit   string
	main   bool
}

// meanings are those of the names that targets use. Others are taken as they are, but for
// names that end as counters of Prometheus do.
var meanings = map[string]meaning{
	"requests": {counter, "/s", true}, "abandoned": {counter, "/s", false}, "connections_accepted": {counter, "/s", false},
	"starts": {counter, "/s", false}, "reloads": {counter, "/s", false}, "retired": {counter, "/s", false},
	"crashed": {counter, "/s", false}, "hung": {counter, "/s", false}, "killed": {counter, "/s", false},
	"connections_open": {gauge, "", true}, "connections_queued": {gauge, "", true}, "in_flight": {gauge, "", true}, "listen_overflows": {counter, "/s", true},
	"open": {gauge, "", false}, "in_use": {gauge, "", true}, "idle": {gauge, "", false}, "waiting": {gauge, "", true}, "entries": {gauge, "", false},
	"calls": {counter, "/s", false}, "dials": {counter, "/s", false}, "waits": {counter, "/s", false}, "timeouts": {counter, "/s", true},
	"overflow_closed": {counter, "/s", false}, "recycled": {counter, "/s", false}, "stale": {counter, "/s", false},
	"hits": {counter, "/s", false}, "misses": {counter, "/s", false}, "coalesced": {counter, "/s", false}, "bypassed": {counter, "/s", false},
	"errors": {counter, "/s", true}, "evicted": {counter, "/s", false},
	"cpu_s": {counter, "cores", true}, "rss_bytes": {gauge, "bytes", true}, "heap_bytes": {gauge, "bytes", false},
	"disk_read_bytes": {counter, "bytes/s", false}, "disk_written_bytes": {counter, "bytes/s", false}, "lost_at_most": {counter, "/s", false},
	"gcs": {counter, "/s", false}, "gc_pause_ms": {counter, "ms/s", false},
}

// counted are the objects whose numbers all count, by whatever name.
var counted = []string{"routes", "responses", "failed"}

// passed are what is no measurement, or is worked out anew from what it was made of.
var passed = []string{"probes", "probe_connections_open", "number", "beat_ns", "settings_version", "hit_ratio", "worker", "pid", "wait_ms",
	"full", "connections_by_files", "files_cap"}

func (f *flattening) object(path string, o map[string]any) {
	f.derived(path, o)
	for _, key := range slices.Sorted(maps.Keys(o)) {
		if slices.Contains(passed, key) {
			continue
		}
		at := join(path, key)
		switch v := o[key].(type) {
		case float64:
			f.number(path, key, v)
		case map[string]any:
			if isDurations(v) {
				f.durations(path, key, v)
			} else {
				f.object(at, v)
			}
		case []any:
			f.list(at, v)
		}
	}
}

// list follows lists of objects that name or number themselves, such as databases.
func (f *flattening) list(path string, all []any) {
	for i, item := range all {
		o, is := item.(map[string]any)
		if !is {
			return
		}
		name, named := o["name"].(string)
		if number, numbered := o["number"].(float64); numbered {
			i = int(number)
		}
		if !named {
			name = fmt.Sprint(i)
		}
		f.object(path+"."+shortened(name), o)
	}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func (f *flattening) number(path, key string, v float64) {
	m, known := meanings[key]
	_, of, nested := cutLast(path)
	switch {
	case slices.Contains(counted, of) || !nested && slices.Contains(counted, path):
		m = meaning{counter, "/s", false}
	case !known && strings.HasSuffix(key, "_total"):
		m = meaning{counter, "/s", false}
	case !known:
		m = meaning{gauge, unitOf(key), false}
	}
	chart := chartOf(path, key, m)
	f.numbers = append(f.numbers, number{
		MonitorSeries: stats.MonitorSeries{Name: join(path, key), Chart: chart, Label: worded(key), Unit: m.unit, Main: m.main},
		nature:        m.nature, v: v,
	})
}

// worded is a key as people say it, without the unit that stands beside it.
func worded(key string) string {
	for _, unit := range []string{"_bytes", "_ms", "_s"} {
		key = strings.TrimSuffix(key, unit)
	}
	return strings.ReplaceAll(key, "_", " ")
}

func cutLast(path string) (before, last string, found bool) {
	i := strings.LastIndexByte(path, '.')
	if i < 0 {
		return "", path, false
	}
	return path[:i], path[i+1:], true
}

// chartOf draws together what has one scale: the gauges of an object, and its rates.
func chartOf(path, key string, m meaning) string {
	name := strings.NewReplacer(".", " ", "_", " ").Replace(path)
	switch {
	case m.unit != "" && m.unit != "/s":
		return strings.TrimSpace(name + " " + worded(key))
	case m.nature == counter && name == "":
		return "counted"
	case m.nature == counter && slices.Contains(counted, path):
		return name
	case m.nature == counter:
		return name + ", counted"
	case name == "":
		return "open and in flight"
	}
	return name
}

func isDurations(o map[string]any) bool {
	_, count := o["count"].(float64)
	_, sum := o["sum_ms"].(float64)
	return count && sum
}

// durations are told since the start: what is of now is their mean in between.
func (f *flattening) durations(path, key string, o map[string]any) {
	at := join(path, key)
	sum, _ := o["sum_ms"].(float64)
	n, _ := o["count"].(float64)
	label := strings.ReplaceAll(key, "_", " ")
	chart := strings.NewReplacer(".", " ", "_", " ").Replace(path)
	f.numbers = append(f.numbers, number{
		MonitorSeries: stats.MonitorSeries{Name: at + ".mean_ms", Chart: strings.TrimSpace(chart + ", mean time"), Label: label, Unit: "ms", Main: true},
		nature:        quotient, v: sum, of: n,
	})
}

// derived are what two counters of an object say together.
func (f *flattening) derived(path string, o map[string]any) {
	wait, hasWait := o["wait_ms"].(float64)
	waits, hasWaits := o["waits"].(float64)
	if _, told := o["wait"].(map[string]any); hasWait && hasWaits && !told { // what tells how waits are spread tells their mean by that
		f.numbers = append(f.numbers, number{
			MonitorSeries: stats.MonitorSeries{Name: join(path, "mean_wait_ms"), Chart: strings.ReplaceAll(path, ".", " ") + ", mean time", Label: "wait of those that waited", Unit: "ms", Main: true},
			nature:        quotient, v: wait, of: waits,
		})
	}
	hits, hasHits := o["hits"].(float64)
	misses, hasMisses := o["misses"].(float64)
	coalesced, _ := o["coalesced"].(float64)
	if hasHits && hasMisses {
		f.numbers = append(f.numbers, number{
			MonitorSeries: stats.MonitorSeries{Name: join(path, "hit_percent"), Chart: strings.ReplaceAll(path, ".", " ") + ", hits", Label: "hits", Unit: "%", Main: true},
			nature:        quotient, v: 100 * hits, of: hits + misses + coalesced,
		})
	}
}
