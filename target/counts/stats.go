package counts

import (
	"fmt"
)

// Stats is what GET /-/stats answers: the sums over all workers, then each worker.
//
// Probes are requests to /-/…, to /.well-known/loadctl, and those that carry the
// header Loadctl-Probe: 1. They are counted in Probes and nowhere else, and a
// connection whose latest request was a probe is counted in Probing instead of
// Connections, so that looking does not change what is seen.
type Stats struct {
	Schema   string `json:"schema"`
	Instance string `json:"instance"` // random; counts of another one begin anew
	Address  string `json:"address"`  // at which it was asked
	Counts
	UpstreamURL string            `json:"upstream_url"`       // without a password
	Settings    map[string]string `json:"settings,omitempty"` // in force, by name; none of those that may hold a password
	Master      MasterStats       `json:"master"`
	Workers     []Worker          `json:"workers"`
}

// MasterStats are the counts of Master.
type MasterStats struct {
	Workers  int64  `json:"workers"` // asked for
	Settings int64  `json:"settings_version"`
	Reloads  uint64 `json:"reloads"`
	Retired  uint64 `json:"retired"`
	Crashed  uint64 `json:"crashed"`
	Hung     uint64 `json:"hung"`
	Killed   uint64 `json:"killed"`
	Lost     uint64 `json:"lost_at_most"`     // requests of workers that crashed, hung or were killed
	Overflow uint64 `json:"listen_overflows"` // of the machine, since it started: connections that found a queue full
}

// Counts are the numbers of one worker, or their sums. See Slot for the moment at
// which a request counts.
type Counts struct {
	Requests    uint64               `json:"requests"`  // answered, probes apart
	Routes      map[string]uint64    `json:"routes"`    // the same by route
	Responses   map[string]uint64    `json:"responses"` // the same by status class
	Took        map[string]Durations `json:"took"`      // how long, by route; routes that were asked
	Abandoned   uint64               `json:"abandoned"` // of these, the client had gone before the answer
	Probes      uint64               `json:"probes"`
	Connections int64                `json:"connections_open"`
	Accepted    uint64               `json:"connections_accepted"` // those of probes too
	QueueWait   Durations            `json:"queue_wait"`           // of accepted connections, in the listening queue
	Probing     int64                `json:"probe_connections_open"`
	Queued      int64                `json:"connections_queued"` // that no worker has accepted yet
	InFlight    int64                `json:"in_flight"`
	Starts      uint64               `json:"starts"` // processes started, replacements included
	Upstream    PoolStats            `json:"upstream"`
	Databases   []PoolStats          `json:"databases,omitempty"` // by number; those that were called
	Cache       CacheStats           `json:"cache"`
	Process     ProcessStats         `json:"process"`
}

// PoolStats is the state of a pool of connections.
type PoolStats struct {
	Number   int               `json:"number"`         // of a database: 0 the primary, then replicas, then shards
	Name     string            `json:"name,omitempty"` // of a database: primary, replica1, shard2, redis
	Open     int64             `json:"open"`
	InUse    int64             `json:"in_use"` // calls that hold a place in the pool
	Idle     int64             `json:"idle"`
	Waiting  int64             `json:"waiting"` // calls that wait for a place now
	Calls    uint64            `json:"calls"`
	Dials    uint64            `json:"dials"`
	Waits    uint64            `json:"waits"`    // calls that found no place
	WaitMS   float64           `json:"wait_ms"`  // how long those waited, in all
	Timeouts uint64            `json:"timeouts"` // of these, in vain
	Overflow uint64            `json:"overflow_closed"`
	Recycled uint64            `json:"recycled"`
	Stale    uint64            `json:"stale"`
	Failed   map[string]uint64 `json:"failed"`
	Wait     Durations         `json:"wait"`
	Took     Durations         `json:"took"`
}

// CacheStats are the counts of Cache.
type CacheStats struct {
	Hits      uint64    `json:"hits"`
	Misses    uint64    `json:"misses"`
	Coalesced uint64    `json:"coalesced"`
	Bypassed  uint64    `json:"bypassed"`
	Errors    uint64    `json:"errors"`
	Evicted   uint64    `json:"evicted"`
	HitRatio  float64   `json:"hit_ratio"` // hits of all that asked the cache; 0 when nobody did
	Entries   int64     `json:"entries"`
	Took      Durations `json:"took"`
}

// ProcessStats are the gauges of Process; of several workers the sums of what can be summed.
type ProcessStats struct {
	BeatNS      int64   `json:"beat_ns,omitempty"` // when, on the machine's monotonic clock
	CPUSeconds  float64 `json:"cpu_s"`
	RSS         int64   `json:"rss_bytes"`
	Heap        int64   `json:"heap_bytes"`
	Goroutines  int64   `json:"goroutines"`
	Files       int64   `json:"files"`
	GCs         int64   `json:"gcs"`
	GCPauseMS   float64 `json:"gc_pause_ms"`
	DiskRead    int64   `json:"disk_read_bytes"`
	DiskWritten int64   `json:"disk_written_bytes"`
	Settings    int64   `json:"settings_version,omitempty"`
	Retiring    int64   `json:"retiring"`
	Cap         int64   `json:"connections_cap"`      // connections it may hold, those of probes too; others wait in its queue
	ByFiles     int64   `json:"connections_by_files"` // as many as its limit of open files leaves room for
	MostFiles   int64   `json:"files_cap"`            // that limit
	Full        int64   `json:"full"`                 // 1 while it holds as many connections as it may
	Port        int64   `json:"-"`                    // on 127.0.0.1, of its profiles
}

// A Worker is one slot of the board.
type Worker struct {
	Worker int   `json:"worker"`
	PID    int64 `json:"pid"` // 0 while there is no process
	Counts
}

// Named gives databases their names by number.
func (s Stats) Named(name func(number int) string) Stats {
	put := func(all []PoolStats) {
		for i := range all {
			all[i].Name = name(all[i].Number)
		}
	}
	put(s.Databases)
	for i := range s.Workers {
		put(s.Workers[i].Databases)
	}
	return s
}

// Read is the state of slots, and of their master. Slots without a process and
// without counts are passed over.
func Read(m *Master, slots []*Slot) Stats {
	all := Stats{Schema: "loadctl-target/1", Instance: fmt.Sprintf("%016x", m.Instance.Load()), Counts: noCounts(), Master: m.stats()}
	for i, s := range slots {
		if s.PID.Load() == 0 && s.Starts.Load() == 0 {
			continue
		}
		w := Worker{Worker: i, PID: s.PID.Load(), Counts: s.counts()}
		all.add(w.Counts)
		all.Workers = append(all.Workers, w)
	}
	if m.OneQueue.Load() != 0 {
		all.Queued = longest(all.Workers)
	}
	return all
}
