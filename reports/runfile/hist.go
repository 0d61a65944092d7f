package runfile

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// A slice of a run's histograms: one metric of one name, a histogram a second.
type histogramsOf func(*stats.Snapshot) *stats.Histogram

// histFiles are the HdrHistogram logs of a run: each time of each request name,
// recorded rows in hist/, the rest (warm-up, heartbeats) in hist/unrecorded/, and
// the times of phases. Files that would be empty are left out.
func histFiles(r *stats.Run) (files []Extra) {
	if r.Layout == nil {
		return nil
	}
	add := func(dir, metric, name string, of histogramsOf) {
		if !hasValues(r, of) {
			return
		}
		path := filepath.Join("hist", dir, metric+"@"+fileName(name)+".hlog.gz")
		files = append(files, Extra{path, func(to io.Writer) error {
			return zipped(to, func(to io.Writer) error { return writeLog(to, r, metric, name, of) })
		}})
	}
	for _, row := range rowsOf(r.Layout) {
		for _, m := range cellMetrics {
			add(row.dir(), m.name, row.name, row.merged(m.of))
		}
	}
	for i, p := range r.Layout.Phases {
		for _, m := range phaseMetrics {
			add("", m.name, p.Name, phaseHistogram(i, m.of))
		}
	}
	return files
}

var cellMetrics = []struct {
	name string
	of   func(*stats.CellStats) *stats.Histogram
}{
	{"response_time", func(c *stats.CellStats) *stats.Histogram { return c.Response }},
	{"service_time", func(c *stats.CellStats) *stats.Histogram { return c.Service }},
	{"first_byte_time", func(c *stats.CellStats) *stats.Histogram { return c.FirstByte }},
	{"failed_response_time", func(c *stats.CellStats) *stats.Histogram { return c.Failed }},
}

var phaseMetrics = []struct {
	name string
	of   func(*stats.PhaseStats) *stats.Histogram
}{
	{"connect_time", func(p *stats.PhaseStats) *stats.Histogram { return p.Connect }},
	{"tls_time", func(p *stats.PhaseStats) *stats.Histogram { return p.TLS }},
	{"pool_wait", func(p *stats.PhaseStats) *stats.Histogram { return p.PoolWait }},
	{"pacer_lag", func(p *stats.PhaseStats) *stats.Histogram { return p.PacerLag }},
	{"drop_idle", func(p *stats.PhaseStats) *stats.Histogram { return p.DropIdle }},
	{"drop_age", func(p *stats.PhaseStats) *stats.Histogram { return p.DropAge }},
}

// A histRow is the rows of a layout that share a file.
type histRow struct {
	name     string
	recorded bool
	cells    []int
}

func rowsOf(l *stats.Layout) (rows []*histRow) {
	type key struct {
		name     string
		recorded bool
	}
	byKey := map[key]*histRow{}
	for i, c := range l.Cells {
		k := key{c.Name, c.Recorded}
		if byKey[k] == nil {
			byKey[k] = &histRow{name: c.Name, recorded: c.Recorded}
			rows = append(rows, byKey[k])
		}
		byKey[k].cells = append(byKey[k].cells, i)
	}
	return rows
}

func (r *histRow) dir() string {
	if r.recorded {
		return ""
	}
	return "unrecorded"
}

func (r *histRow) merged(of func(*stats.CellStats) *stats.Histogram) histogramsOf {
	return func(s *stats.Snapshot) *stats.Histogram {
		var merged stats.Histogram
		for _, i := range r.cells {
			if i < len(s.Cells) {
				merged.Merge(of(&s.Cells[i]))
			}
		}
		return &merged
	}
}

func phaseHistogram(phase int, of func(*stats.PhaseStats) *stats.Histogram) histogramsOf {
	return func(s *stats.Snapshot) *stats.Histogram {
		if phase >= len(s.Phases) {
			return nil
		}
		return of(&s.Phases[phase])
	}
}

func hasValues(r *stats.Run, of histogramsOf) bool { return of(r.Total()).Count() > 0 }

// fileName makes a name fit for every file system: escaped, and cut with a
// checksum when it is too long.
func fileName(name string) string {
	escaped := url.PathEscape(name)
	if len(escaped) <= 180 {
		return escaped
	}
	sum := sha256.Sum256([]byte(name))
	return escaped[:160] + "~" + hex.EncodeToString(sum[:6])
}

// excludedTag marks the lines of seconds that no figure of the summary has.
const excludedTag = "Tag=excluded,"

// writeLog writes a standard HdrHistogram log, one line a second with values.
func writeLog(to io.Writer, r *stats.Run, metric, name string, of histogramsOf) error {
	start := r.Info.Started
	seconds := float64(start.UnixMilli()) / 1e3
	_, err := fmt.Fprintf(to, "#[loadctl %s of %s; values in nanoseconds, Interval_Max in milliseconds%s]\n"+
		"#[Histogram log format version 1.3]\n#[StartTime: %.3f (seconds since epoch), %s]\n#[BaseTime: %.3f (seconds since epoch)]\n"+
		"\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n",
		metric, fmt.Sprintf("%q", name), onlyOK(metric), seconds, start.UTC().Format(time.RFC3339), seconds)
	var c coder
	for i := range r.Windows {
		h := of(r.Windows[i].Merged)
		if err != nil || h.Count() == 0 {
			continue
		}
		tag := ""
		if r.Windows[i].Excluded() {
			tag = excludedTag
		}
		_, err = fmt.Fprintf(to, "%s%.3f,%.3f,%.3f,%s\n", tag, float64(r.Windows[i].Index), 1.0, float64(h.Max())/1e6, c.encode(h))
	}
	return err
}

func onlyOK(metric string) string {
	if metric == "response_time" {
		return "; successful requests only, failed ones have no place in a histogram"
	}
	return ""
}
