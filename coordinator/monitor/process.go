package monitor

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/procfs"
)

// A process is all processes of a name, or one by its number. What they used is added
// up over their lives: workers come and go, and what is seen must not shrink.
type process struct {
	wanted string
	cpu    float64 // seconds used while they were watched
	seen   map[life]float64
}

// A life is a process and no other that has its number later.
type life struct {
	pid   int
	start uint64
}

// A use is what processes have at one moment.
type use struct {
	count int
	rss   float64
}

func (p *process) look(running procfs.Procs) (u use) {
	first, now := p.seen == nil, map[life]float64{}
	for _, one := range running {
		if !wants(one, p.wanted) {
			continue
		}
		s, err := one.Stat()
		if err != nil {
			continue // it has ended meanwhile
		}
		l := life{one.PID, s.Starttime}
		now[l] = s.CPUTime()
		if before, had := p.seen[l]; had {
			p.cpu += max(0, now[l]-before)
		} else if !first {
			p.cpu += now[l] // it began since the last look
		}
		u.count++
		u.rss += float64(s.ResidentMemory())
	}
	p.seen = now
	return u
}

// wants says whether a process is the one of a number, or has the name: of its program, of
// the script it interprets, or the one it gave itself.
func wants(p procfs.Proc, wanted string) bool {
	if pid, err := strconv.Atoi(wanted); err == nil {
		return p.PID == pid
	}
	if comm, err := p.Comm(); err == nil && comm == wanted {
		return true
	}
	words, err := p.CmdLine()
	return err == nil && named(words, wanted)
}

// named says whether a command line has the name: /usr/bin/python3 /srv/bin/gunicorn app,
// or "gunicorn: worker [app]".
func named(words []string, wanted string) bool {
	for _, w := range words[:min(len(words), 2)] {
		title, _, _ := strings.Cut(w, ":")
		if path.Base(w) == wanted || title == wanted {
			return true
		}
	}
	return false
}

// pidsOf are the processes of a name, the one that has used most CPU first: a worker
// rather than its master, which waits.
func pidsOf(wanted string) ([]int, error) {
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		if pid, perr := strconv.Atoi(wanted); perr == nil {
			return []int{pid}, nil
		}
		return nil, err
	}
	running, err := fs.AllProcs()
	if err != nil {
		return nil, err
	}
	type one struct {
		pid int
		cpu float64
	}
	var found []one
	for _, p := range running {
		if s, err := p.Stat(); err == nil && wants(p, wanted) {
			found = append(found, one{p.PID, s.CPUTime()})
		}
	}
	slices.SortStableFunc(found, func(a, b one) int {
		switch {
		case a.cpu > b.cpu:
			return -1
		case a.cpu < b.cpu:
			return 1
		}
		return a.pid - b.pid
	})
	var pids []int
	for _, f := range found {
		pids = append(pids, f.pid)
	}
	return pids, nil
}
