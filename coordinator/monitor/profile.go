package monitor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/loadctl/loadctl/scenarios"
	"github.com/loadctl/loadctl/stats"
)

// folder is where profiles lie in the directory of a run.
const folder = "profiles"

// slack is what a profile may take beyond the time it looks at.
const slack = 10 * time.Second

// atPhases makes the profiles of a monitor at each of its phases.
func (w *Watch) atPhases(ctx, lasting context.Context, all *sync.WaitGroup, i int) {
	m := &w.cfg.Monitors[i]
	for _, phase := range m.Phases {
		all.Go(func() {
			look, ok := w.await(ctx, m, phase)
			if !ok {
				return
			}
			if err := os.MkdirAll(filepath.Join(w.cfg.Dir, folder), 0o755); err != nil {
				w.failed(m, w.at(time.Now()), err)
				return
			}
			within, cancel := context.WithTimeout(lasting, look.length+slack)
			defer cancel()
			if m.Type == scenarios.MonitorCommand {
				w.command(within, m, look)
			} else {
				w.pprof(within, i, look)
			}
		})
	}
}

// A look is one time to make profiles.
type look struct {
	phase  string
	at     stats.Offset
	length time.Duration
}

// window is the middle of a phase, where neither its beginning nor its end is in the
// picture; all of it when it is shorter than that.
func window(begin stats.Offset, phase, length time.Duration) (at stats.Offset, took time.Duration) {
	if phase <= 0 {
		return begin, length
	}
	length = min(length, phase)
	return begin + (phase-length)/2, length
}

// await waits for the window of a phase; false when ctx is over first.
func (w *Watch) await(ctx context.Context, m *scenarios.Monitor, phase int) (look, bool) {
	p := &w.cfg.Phases[phase]
	l := look{phase: p.Name}
	select {
	case <-w.begun[phase].said:
		l.at, l.length = window(w.begun[phase].at, p.Duration(), m.Length)
	case <-ctx.Done():
		return l, false
	}
	timer := time.NewTimer(time.Until(w.epoch.Add(l.at)))
	defer timer.Stop()
	select {
	case <-timer.C:
		l.at = w.at(time.Now())
		return l, true
	case <-ctx.Done():
		return l, false
	}
}

// file names what a monitor makes at a look.
func (l *look) file(m *scenarios.Monitor, kind, ending string) string {
	plain := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r == '-' || r == '_' || r == '.' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
				return r
			}
			return '_'
		}, s)
	}
	return path.Join(folder, plain(fmt.Sprintf("%s-%s-%s-%ds.%s", m.Name, l.phase, kind, int(l.at.Seconds()), ending)))
}

// maxProfile bounds one profile.
const maxProfile = 64 << 20

// pprof asks for all profiles of a look at once: those that look at a stretch of time look
// at the same.
func (w *Watch) pprof(ctx context.Context, i int, l look) {
	m := &w.cfg.Monitors[i]
	base := strings.TrimRight(m.Asks(w.cfg.BaseURL), "/") + "/"
	var all sync.WaitGroup
	for _, kind := range m.Profiles {
		all.Go(func() {
			began := time.Now()
			body, err := w.webs[i].get(ctx, base+pprofPath(kind, l.length), "*/*", maxProfile)
			if err == nil && !isGzip(body) {
				err = errors.New("the answer is no profile: url is that of net/http/pprof, such as http://127.0.0.1:6060/debug/pprof")
			}
			if err == nil {
				err = w.keep(l.file(m, kind, "pb.gz"), body)
			}
			if err != nil {
				w.failed(m, w.at(time.Now()), fmt.Errorf("profile %s of phase %s: %w", kind, l.phase, err))
				return
			}
			w.made(m, l.file(m, kind, "pb.gz"), kind, l, time.Since(began))
		})
	}
	all.Wait()
}

// pprofPath asks for what grew in a stretch of time where that is the question, and for
// the state of now else.
func pprofPath(kind string, length time.Duration) string {
	seconds := max(1, int(length.Round(time.Second).Seconds()))
	switch kind {
	case "cpu":
		return fmt.Sprintf("profile?seconds=%d", seconds)
	case "allocs", "mutex", "block":
		return fmt.Sprintf("%s?seconds=%d", kind, seconds)
	}
	return kind
}

func isGzip(body []byte) bool { return len(body) > 2 && body[0] == 0x1f && body[1] == 0x8b }

// keep writes a file whole or not at all.
func (w *Watch) keep(name string, body []byte) error {
	to := filepath.Join(w.cfg.Dir, filepath.FromSlash(name))
	f, err := os.CreateTemp(filepath.Dir(to), ".writing-*")
	if err != nil {
		return err
	}
	_, err = f.Write(body)
	if err = errors.Join(err, f.Chmod(0o644), f.Close()); err == nil {
		err = os.Rename(f.Name(), to)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

func (w *Watch) made(m *scenarios.Monitor, file, kind string, l look, took time.Duration) {
	p := &stats.MonitorProfile{File: file, Kind: kind, Phase: l.phase, At: l.at, Took: took}
	if info, err := os.Stat(filepath.Join(w.cfg.Dir, filepath.FromSlash(file))); err == nil {
		p.Bytes = info.Size()
	}
	w.news <- stats.MonitorNews{Monitor: m.Name, Profile: p}
}
