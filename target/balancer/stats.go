package balancer

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// haproxyTeller asks a running HAProxy through its stats socket. HAProxy counts anew
// after each reload; what its processes before had counted is kept and added.
type haproxyTeller struct {
	socket string

	mu     sync.Mutex
	pid    int
	before map[string]int64 // of processes that are gone, by proxy/server/column
	last   map[string]int64
}

func newHaproxyTeller(dir string) *haproxyTeller {
	return &haproxyTeller{socket: filepath.Join(dir, statsSocket), before: map[string]int64{}}
}

// generation is the process id of the process that answers: each reload has one of
// its own.
func (h *haproxyTeller) generation(ctx context.Context) (int, error) {
	s, err := h.ask(ctx)
	if err != nil {
		return 0, err
	}
	return s.pid, nil
}

func (h *haproxyTeller) tick() error { return nil }
func (h *haproxyTeller) close()      {}

func (h *haproxyTeller) ask(ctx context.Context) (haproxyStats, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", h.socket)
	if err != nil {
		return haproxyStats{}, fmt.Errorf("asking HAProxy: %w", err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	if _, err := io.WriteString(conn, "show info;show stat\n"); err != nil {
		return haproxyStats{}, fmt.Errorf("asking HAProxy: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(conn, 8<<20))
	if err != nil {
		return haproxyStats{}, fmt.Errorf("asking HAProxy: %w", err)
	}
	return parseStats(string(text))
}

// haproxyStats are the lines of `show info` and the rows of `show stat`.
type haproxyStats struct {
	pid  int
	rows map[string]map[string]string // by proxy/server, then column
}

func parseStats(text string) (s haproxyStats, err error) {
	info, table, ok := strings.Cut(text, "# pxname,")
	if !ok {
		return s, fmt.Errorf("the status of HAProxy has a form of its own: %q", text[:min(len(text), 200)])
	}
	for line := range strings.Lines(info) {
		if v, ok := strings.CutPrefix(line, "Pid: "); ok {
			s.pid, _ = strconv.Atoi(strings.TrimSpace(v))
		}
	}
	rows, err := csv.NewReader(strings.NewReader("pxname," + table)).ReadAll()
	if err != nil || s.pid == 0 {
		return s, fmt.Errorf("the status of HAProxy cannot be read: %w", err)
	}
	s.rows = map[string]map[string]string{}
	for _, row := range rows[1:] {
		cells := map[string]string{}
		for i, name := range rows[0] {
			cells[name] = row[i]
		}
		s.rows[cells["pxname"]+"/"+cells["svname"]] = cells
	}
	return s, nil
}

func (s haproxyStats) number(row, column string) int64 {
	n, _ := strconv.ParseInt(s.rows[row][column], 10, 64) // empty: does not apply to this row
	return n
}

// counted is the columns that only grow, with what processes before this one had counted.
func (h *haproxyTeller) counted(s haproxyStats) map[string]int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s.pid != h.pid {
		for key, n := range h.last {
			h.before[key] += n
		}
		h.pid = s.pid
	}
	h.last = map[string]int64{}
	sum := map[string]int64{}
	for row := range s.rows {
		for _, column := range []string{"stot", "conn_tot", "req_tot", "dreq", "econ", "eresp", "wretr", "wredis", "hrsp_5xx"} {
			key := row + "/" + column
			h.last[key] = s.number(row, column)
			sum[key] = h.before[key] + h.last[key]
		}
	}
	return sum
}

func (h *haproxyTeller) tell(ctx context.Context, c Config, _ map[string]bool, s *Status) error {
	stats, err := h.ask(ctx)
	if err != nil {
		return err
	}
	sum := h.counted(stats)
	const clients = "clients/FRONTEND"
	s.Connections.Active = stats.number(clients, "scur")
	s.Connections.Accepted = sum[clients+"/conn_tot"]
	s.Requests = sum[clients+"/req_tot"]
	s.Denied = ptr(sum[clients+"/dreq"])
	for _, b := range c.Backends {
		s.Backends = append(s.Backends, server(b, stats, sum))
	}
	if s.Reloads > 0 {
		s.Unknown = []string{"what a process that was replaced has answered after its reload is not counted"}
	}
	return nil
}

func server(b Backend, stats haproxyStats, sum map[string]int64) Upstream {
	row := "backends/" + b.Name
	u := upstream(b)
	cells := stats.rows[row]
	u.State = state(cells["status"])
	u.Check = strings.TrimSpace(cells["check_status"] + " " + cells["last_chk"])
	u.ForSeconds = float64(stats.number(row, "lastchg"))
	u.Requests = sum[row+"/stot"]
	u.Errors = sum[row+"/econ"] + sum[row+"/eresp"]
	u.Active, u.Queue = ptr(stats.number(row, "scur")), ptr(stats.number(row, "qcur"))
	u.Retried, u.Answers5xx = ptr(sum[row+"/wretr"]+sum[row+"/wredis"]), ptr(sum[row+"/hrsp_5xx"])
	return u
}

// state says HAProxy's word in ours where there is one: it writes `UP 1/3` of a
// server that is about to go down.
func state(status string) string {
	switch word, _, _ := strings.Cut(status, " "); word {
	case "UP":
		return "up"
	case "DOWN":
		return "down"
	case "no":
		return "unchecked"
	}
	return strings.ToLower(status)
}
