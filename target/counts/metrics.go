package counts

import "strconv"

// A Kind is how a metric behaves.
type Kind int

// The kinds.
const (
	Gauge   Kind = iota
	Counter      // only grows, while the service or the worker of its label lives
	Histogram
)

// A Label is a name and a value.
type Label struct{ Name, Value string }

// A Metric is one number, or one distribution, under a name of Prometheus' kind: seconds,
// bytes, and _total behind what only grows.
type Metric struct {
	Name, Help string
	Kind       Kind
	Labels     []Label
	Value      float64   // of a gauge or counter
	Durations  Durations // of a histogram
}

// Metrics are the stats as metrics. name gives the name of a database by its number.
func (s Stats) Metrics(name func(number int) string) []Metric {
	m := &metrics{}
	m.requests(s.Counts)
	m.master(s)
	m.pool("upstream", s.Upstream)
	for _, d := range s.Databases {
		m.pool(name(d.Number), d)
	}
	m.cache(s.Cache)
	for _, w := range s.Workers {
		m.worker(w)
	}
	return m.all
}

type metrics struct{ all []Metric }

func (m *metrics) gauge(name, help string, v float64, labels ...Label) {
	m.all = append(m.all, Metric{Name: name, Help: help, Kind: Gauge, Labels: labels, Value: v})
}

func (m *metrics) counter(name, help string, v float64, labels ...Label) {
	m.all = append(m.all, Metric{Name: name, Help: help, Kind: Counter, Labels: labels, Value: v})
}

func (m *metrics) histogram(name, help string, d Durations, labels ...Label) {
	if d.Counts == nil {
		d.Counts = make([]uint64, Buckets)
	}
	m.all = append(m.all, Metric{Name: name, Help: help, Kind: Histogram, Labels: labels, Durations: d})
}

func (m *metrics) requests(c Counts) {
	for r := range Routes {
		if n, asked := c.Routes[r.String()]; asked {
			m.counter("requests_total", "Requests answered, probes apart.", float64(n), Label{"route", r.String()})
		}
		if took, asked := c.Took[r.String()]; asked {
			m.histogram("request_seconds", "From reading a request to answering it.", took, Label{"route", r.String()})
		}
	}
	for class, name := range classNames {
		if name != "" {
			m.counter("responses_total", "Requests answered, by class of status.", float64(c.Responses[name]), Label{"class", classNames[class]})
		}
	}
	m.counter("abandoned_total", "Requests answered whose client had gone.", float64(c.Abandoned))
	m.counter("probes_total", "Requests about the service rather than for it.", float64(c.Probes))
	m.counter("connections_accepted_total", "Connections accepted.", float64(c.Accepted))
	m.histogram("queue_wait_seconds", "How long accepted connections had waited in the listening queue, in ticks of the kernel.", c.QueueWait)
	m.gauge("connections_open", "Connections open, those of probes apart.", float64(c.Connections))
	m.gauge("connections_queued", "Connections that no worker has accepted yet.", float64(c.Queued))
	m.gauge("in_flight", "Requests being answered.", float64(c.InFlight))
}

func (m *metrics) master(s Stats) {
	alive := 0
	for _, w := range s.Workers {
		if w.PID != 0 {
			alive++
		}
	}
	m.gauge("workers_wanted", "Worker processes asked for.", float64(s.Master.Workers))
	m.gauge("workers_alive", "Worker processes that live, those that end included.", float64(alive))
	m.gauge("workers_retiring", "Worker processes that finish what they are answering.", float64(s.Process.Retiring))
	m.gauge("workers_full", "Worker processes that hold as many connections as they may: those beyond wait in their queue.", float64(s.Process.Full))
	m.gauge("settings_version", "Version of the settings.", float64(s.Master.Settings))
	m.counter("worker_starts_total", "Worker processes started.", float64(s.Starts))
	m.counter("lost_at_most_total", "Requests that crashed, hung and killed workers may have left unanswered.", float64(s.Master.Lost))
	m.counter("reloads_total", "Graceful reloads.", float64(s.Master.Reloads))
	for _, end := range []struct {
		how string
		n   uint64
	}{{"retired", s.Master.Retired}, {"crashed", s.Master.Crashed}, {"hung", s.Master.Hung}, {"killed", s.Master.Killed}} {
		m.counter("worker_ends_total", "Worker processes that ended: retired as wished, crashed, hung (their heartbeat stopped), killed (they did not end in time).",
			float64(end.n), Label{"how", end.how})
	}
}

func (m *metrics) pool(name string, p PoolStats) {
	of := Label{"pool", name}
	m.counter("pool_calls_total", "Calls that wanted a connection of the pool.", float64(p.Calls), of)
	m.counter("pool_waits_total", "Of these, found none free.", float64(p.Waits), of)
	m.counter("pool_timeouts_total", "Of these, got none in time.", float64(p.Timeouts), of)
	m.counter("pool_dials_total", "Connections opened.", float64(p.Dials), of)
	m.counter("pool_overflow_closed_total", "Connections beyond the pool's size, closed when they were given back.", float64(p.Overflow), of)
	m.counter("pool_recycled_total", "Connections closed for their age.", float64(p.Recycled), of)
	m.counter("pool_stale_total", "Connections found dead when they were to be used.", float64(p.Stale), of)
	for f := range Failures {
		m.counter("pool_failed_total", "Calls that gave nothing to use.", float64(p.Failed[f.String()]), of, Label{"reason", f.String()})
	}
	m.gauge("pool_open", "Connections open.", float64(p.Open), of)
	m.gauge("pool_in_use", "Connections in use.", float64(p.InUse), of)
	m.gauge("pool_idle", "Connections open and not in use.", float64(p.Idle), of)
	m.gauge("pool_waiting", "Calls that wait for a connection.", float64(p.Waiting), of)
	m.histogram("pool_wait_seconds", "How long calls waited that found no connection free.", p.Wait, of)
	m.histogram("pool_call_seconds", "How long calls took with a connection in hand.", p.Took, of)
}

func (m *metrics) cache(c CacheStats) {
	for _, how := range []struct {
		name string
		n    uint64
	}{{"hit", c.Hits}, {"miss", c.Misses}, {"coalesced", c.Coalesced}, {"bypass", c.Bypassed}} {
		m.counter("cache_requests_total", "Answers asked of the cache: hit, miss (loaded), coalesced (another's load), bypass (the cache could not be asked).",
			float64(how.n), Label{"how", how.name})
	}
	m.counter("cache_errors_total", "Failures of the cache.", float64(c.Errors))
	m.counter("cache_evicted_total", "Entries that had to make room.", float64(c.Evicted))
	m.gauge("cache_entries", "Entries of caches in workers' memory.", float64(c.Entries))
	m.histogram("cache_seconds", "How long asking the cache took, loads apart.", c.Took)
}

// worker are the gauges of a process that lives.
func (m *metrics) worker(w Worker) {
	if w.PID == 0 {
		return
	}
	of, p := Label{"worker", strconv.Itoa(w.Worker)}, w.Process
	m.counter("worker_requests_total", "Requests answered in this place.", float64(w.Requests), of)
	m.gauge("worker_connections_open", "Connections open.", float64(w.Connections), of)
	m.gauge("worker_connections_cap", "Connections it may hold, those of probes too.", float64(p.Cap), of)
	m.gauge("worker_connections_by_files", "Connections that its limit of open files leaves room for.", float64(p.ByFiles), of)
	m.gauge("worker_connections_queued", "Connections that wait in the queue of its socket.", float64(w.Queued), of)
	m.gauge("worker_files_cap", "Its limit of open files.", float64(p.MostFiles), of)
	m.gauge("worker_in_flight", "Requests being answered.", float64(w.InFlight), of)
	m.counter("worker_cpu_seconds_total", "CPU time used.", p.CPUSeconds, of)
	m.gauge("worker_rss_bytes", "Memory in RAM.", float64(p.RSS), of)
	m.gauge("worker_heap_bytes", "Live heap.", float64(p.Heap), of)
	m.gauge("worker_goroutines", "Goroutines.", float64(p.Goroutines), of)
	m.gauge("worker_files", "Open file descriptors.", float64(p.Files), of)
	m.counter("worker_gcs_total", "Collections of garbage.", float64(p.GCs), of)
	m.counter("worker_gc_pause_seconds_total", "Time in which a collection stopped all.", p.GCPauseMS/1e3, of)
	m.counter("worker_disk_read_bytes_total", "Read from disks.", float64(p.DiskRead), of)
	m.counter("worker_disk_written_bytes_total", "Written to disks.", float64(p.DiskWritten), of)
}
