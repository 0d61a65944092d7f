package scenarios

import (
	"net/url"
	"strings"
	"time"
)

// A Monitor is a source that is sampled while a run is on, or asked for profiles. What it
// holds may be secret: nothing of it is for reports but its name and type.
type Monitor struct {
	Name    string // unique; the type unless the file names it
	Type    string // one of MonitorTypes
	URL     string // of what is asked; empty or a path alone = on the target
	Every   time.Duration
	Bundled bool // nobody asked for it: it comes with the bundled target

	Headers []MonitorHeader // with the authorization

	Metrics   []Selector // prometheus, haproxy: what is kept; empty = everything
	MaxSeries int        // more are left out

	Processes []string // machine: by pid or name; empty = the machine alone

	// pprof and command: at which phases (indices), how long, and what.
	Phases   []int
	Length   time.Duration
	Profiles []string // pprof
	Command  []string // words; {pid}, {pids}, {out}, {seconds} stand for what is known later
	Process  string   // pid or name of {pid}
	Ending   string   // of the file that {out} is
}

// A MonitorHeader is one header line of what a monitor asks.
type MonitorHeader struct{ Name, Value string }

// The types of monitors.
const (
	MonitorTarget     = "loadctl-target"
	MonitorPrometheus = "prometheus"
	MonitorPostgreSQL = "postgresql"
	MonitorRedis      = "redis"
	MonitorNginx      = "nginx"
	MonitorHAProxy    = "haproxy"
	MonitorMachine    = "machine"
	MonitorPprof      = "pprof"
	MonitorCommand    = "command"
)

// Bounds and defaults of monitors. Two seconds show what a queue does in a stage of a
// minute (30 points), and cost a target with a large /metrics a fraction of a percent.
const (
	monitorEvery      = 2 * time.Second
	monitorEveryOurs  = time.Second // of the bundled target, whose answer is small
	monitorMaxSeries  = 100
	monitorMaxOurs    = 400 // of a target of ours, whose series nobody picks: replicas and shards have 20 each
	monitorMostSeries = 1000
	monitorMost       = 32
	profileLength     = 10 * time.Second
	profileLongest    = 5 * time.Minute
)

// Samples says whether a monitor is sampled over the whole run; others make files at phases.
func (m *Monitor) Samples() bool { return m.Type != MonitorPprof && m.Type != MonitorCommand }

// Asks gives the URL that is asked, base being the target's: a path alone is one of the
// target's host. A source that has no address, as this machine, has none.
func (m *Monitor) Asks(base string) string {
	path := m.URL
	switch {
	case m.Type == MonitorMachine || m.Type == MonitorCommand:
		return ""
	case path == "" && m.Type == MonitorTarget:
		path = statsPath
	case m.Type == MonitorTarget && hostAlone(path):
		return strings.TrimSuffix(path, "/") + statsPath
	case !strings.HasPrefix(path, "/"):
		return path
	}
	u, err := url.Parse(base)
	if err != nil || u.Host == "" {
		return path
	}
	return u.Scheme + "://" + u.Host + path
}

// statsPath is where a target of ours tells its counts.
const statsPath = "/-/stats"

// hostAlone says whether a URL names a host and nothing of it.
func hostAlone(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Host != "" && (u.Path == "" || u.Path == "/") && u.RawQuery == ""
}

// PrometheusMonitor is a monitor of one endpoint, all else by default, as a flag asks for it.
func PrometheusMonitor(name, endpoint string) (Monitor, string) {
	if why := wrongURL(endpoint, MonitorPrometheus); why != "" {
		return Monitor{}, why
	}
	return Monitor{Name: name, Type: MonitorPrometheus, URL: endpoint, Every: monitorEvery, MaxSeries: monitorMaxSeries}, ""
}

// wrongURL says what is wrong with the URL of a monitor, "" if nothing is. It quotes
// nothing of it: it may hold a password.
func wrongURL(text, kind string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "it is not a URL"
	}
	schemes := map[string][]string{MonitorPostgreSQL: {"postgres", "postgresql"}, MonitorRedis: {"redis", "rediss"}}[kind]
	if schemes == nil {
		schemes = []string{"http", "https"}
		if strings.HasPrefix(text, "/") && !strings.HasPrefix(text, "//") {
			return ""
		}
		if u.User != nil {
			return "no user or password here: use bearer or headers"
		}
	}
	known := false
	for _, s := range schemes {
		known = known || u.Scheme == s
	}
	switch {
	case !known:
		return "it must begin with " + strings.Join(schemes, ":// or ") + "://"
	case u.Host == "" && kind != MonitorPostgreSQL: // a database may be named by host=/a/socket
		return "it names no host"
	case u.Host != "" && (!goodHost(u.Hostname()) || !goodPort(u.Port())):
		return "its host cannot be asked"
	}
	return ""
}
