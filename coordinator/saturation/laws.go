package saturation

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/loadctl/loadctl/stats"
)

// nearCores is the share of cores from which they are all busy: samples of a second are as
// exact as a hundredth of one, and a machine that is busy for 95 % of its time lets half of
// what comes wait.
const nearCores = 0.95

// monitored is what one monitor says. Of each part the first law that holds speaks: a worker
// that is full also has a queue before it, which is not a second thing.
func monitored(run *stats.Run, m *stats.Monitor, load span) (all []finding) {
	w := watch(m)
	said := map[string]bool{}
	for _, group := range lawsOf(w) {
		var found []finding
		for i := range group {
			found = append(found, group[i].findings(w, load)...)
		}
		if len(found) == 0 || said[found[0].Part] {
			continue
		}
		f := joined(found)
		said[f.Part] = true
		if alike(run, m) {
			f.What = m.Name + " " + f.What // which of several nodes it is
		}
		all = append(all, f)
	}
	return all
}

// joined is the first of some, and how many more there are.
func joined(all []finding) finding {
	first := slices.MinFunc(all, func(a, b finding) int { return cmp.Compare(a.From, b.From) })
	if more := len(all) - 1; more > 0 {
		first.What += fmt.Sprintf("; and %d more like it", more)
	}
	return first
}

// alike says whether others are watched in the same way.
func alike(run *stats.Run, m *stats.Monitor) bool {
	n := 0
	for i := range run.Monitors {
		if run.Monitors[i].Kind == m.Kind {
			n++
		}
	}
	return n > 1
}

// lawsOf are those of a monitor, in groups that speak of one thing. They go by the names of its
// series, which say more than its kind: an exporter may tell of anything.
func lawsOf(w watched) [][]law {
	groups := capped(w)
	for _, some := range [][]law{pools(w), ofTargets(), ofMachines(), ofBalancers(), ofServices()} {
		for _, l := range some {
			groups = append(groups, []law{l})
		}
	}
	return groups
}

// capped are the series that name their bound themselves, in groups by what they are.
func capped(w watched) (groups [][]law) {
	at := map[string]int{}
	for _, s := range w.Series {
		if s.Cap == "" {
			continue
		}
		n, has := at[s.Chart]
		if !has {
			n = len(groups)
			at[s.Chart], groups = n, append(groups, nil)
		}
		groups[n] = append(groups[n], law{part: partOf(s.Name), who: s.Label, of: []string{s.Name}, bound: s.Cap, means: s.AtCap})
	}
	return groups
}

// partOf guesses a part by the name of a series.
func partOf(name string) string {
	for _, is := range [][2]string{{"workers.", Workers}, {"upstream", Pool}, {"pool", Pool}, {"database", Database}, {"session", Database},
		{"haproxy", Balancer}, {"nginx", Balancer}, {"memory", Memory}, {"rss", Memory}, {"cpu", CPU}} {
		if strings.Contains(name, is[0]) {
			return is[1]
		}
	}
	return Target
}

// pools are those that tell who waits for a place in them: one whose places are all in use
// and for whom nobody waits is as large as it has to be.
func pools(w watched) (laws []law) {
	for _, s := range w.Series {
		path, ok := strings.CutSuffix(s.Name, ".waiting")
		use, told := w.at[path+".in_use"]
		if !ok || !told || w.Series[use].Cap != "" {
			continue
		}
		l := law{part: Pool, who: path + " pool", of: []string{s.Name}, beside: path + ".in_use", means: "calls wait for a place"}
		if name, is := strings.CutPrefix(path, "databases."); is {
			l.part, l.who = Database, fmt.Sprintf("database pool of %s", name)
		}
		laws = append(laws, l)
	}
	return laws
}

// ofTargets are those of our own service, upstream and queue.
func ofTargets() []law {
	return []law{
		{part: Workers, who: "workers", of: []string{"workers.full"}, bound: "workers.alive", means: "hold as many connections as they may: others wait in the listening queue"},
		// A worker has one core unless it is told otherwise, so that as many cores as workers are a bound,
		// and more of them are none.
		{part: Workers, who: "workers", of: []string{"process.cpu_s"}, bound: "workers.alive", near: nearCores, past: 1.05, means: "busy, one for each worker", unit: "cores"},
		{part: Workers, who: "listening queue of the workers", of: []string{"master.listen_overflows"}, means: "found it full: workers accept too slowly", unit: "connections/s"},
		{part: Workers, who: "workers", of: []string{"connections_queued"}, means: "wait to be accepted", unit: "connections"},
		{part: Workers, who: "servers of the queue", of: []string{"inside"}, bound: "settings.servers", means: "busy: what comes waits"},
		{part: Upstream, who: "upstream", of: []string{"refused"}, grows: true, means: "between two samples: its queue was full", unit: "refused"},
		{part: Upstream, who: "upstream", of: []string{"limited"}, grows: true, means: "between two samples by its rate limit", unit: "refused"},
	}
}

// ofMachines are those of a machine's cores, memory and disks.
func ofMachines() []law {
	return []law{
		{part: CPU, who: "cores", of: []string{"cpu.busy"}, bound: "cpu.cores", near: nearCores, means: "busy"},
		{part: Memory, who: "memory", of: []string{"memory.used"}, bound: "memory.total", near: nearCores, means: "in use", unit: "bytes"},
		{part: Disk, who: "busiest disk", of: []string{"disk.busy"}, most: 100, near: nearCores, means: "of the time busy", unit: "%"},
		{part: Workers, who: "listening queues", of: []string{"tcp.listen_overflows"}, means: "found them full on this machine", unit: "connections/s"},
	}
}

// ofBalancers are those of nginx and HAProxy.
func ofBalancers() []law {
	const full = "sessions: those beyond wait, by its maxconn"
	return []law{
		{part: Balancer, who: "nginx", of: []string{"dropped"}, means: "accepted and dropped, for want of worker_connections", unit: "connections/s"},
		{part: Balancer, who: "HAProxy", of: []string{"haproxy_process_current_connections"}, bound: "haproxy_process_max_connections", means: full},
		{part: Balancer, who: "HAProxy", of: []string{"haproxy_frontend_current_sessions"}, bound: "haproxy_frontend_limit_sessions", means: full},
		{part: Balancer, who: "HAProxy", of: []string{"haproxy_server_current_sessions"}, bound: "haproxy_server_limit_sessions", means: full},
		{part: Balancer, who: "queue of HAProxy", of: []string{"haproxy_backend_current_queue"}, means: "wait for a server that has fewer than its maxconn", unit: "requests"},
		{part: Balancer, who: "queue of HAProxy", of: []string{"haproxy_server_current_queue"}, means: "wait for one server, which has its maxconn", unit: "requests"},
	}
}

// reserved is how many sessions of PostgreSQL no service can have: it keeps three for superusers, unless
// it is told otherwise, and the monitor has one that it does not count.
const reserved = 3 + 1

// ofServices are those of databases, and of what well-known libraries tell Prometheus.
func ofServices() []law {
	return []law{
		{part: Database, who: "PostgreSQL", of: []string{"sessions.active", "sessions.idle", "sessions.idle in transaction", "sessions.hidden from this user"},
			bound: "sessions.limit", less: reserved, means: "sessions, of which it keeps some for superusers: it refuses more, by max_connections"},
		{part: Database, who: "Redis", of: []string{"rejected_connections"}, means: "refused, by its maxclients", unit: "connections/s"},
		{part: Database, who: "Redis", of: []string{"used_cpu_user", "used_cpu_sys"}, most: 1, near: nearCores, means: "busy, which is all that runs its commands", unit: "core"},
		{part: Pool, who: "HikariCP", of: []string{"hikaricp_connections_pending"}, means: "threads wait for a connection"},
		{part: Pool, who: "database/sql", of: []string{"go_sql_in_use_connections"}, bound: "go_sql_max_open_connections", means: "connections in use"},
		{part: Workers, who: "Tomcat", of: []string{"tomcat_threads_busy_threads"}, bound: "tomcat_threads_config_max_threads", means: "threads busy"},
		{part: Workers, who: "open files", of: []string{"process_open_fds"}, bound: "process_max_fds", near: 0.98, means: "open"},
	}
}
