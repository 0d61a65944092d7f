package target

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/loadctl/loadctl/target/board"
	"github.com/loadctl/loadctl/target/counts"
	"github.com/loadctl/loadctl/target/knobs"
	"github.com/loadctl/loadctl/target/service"
	"github.com/loadctl/loadctl/target/workers"
)

type settings = knobs.Settings

// beatEvery is how often a worker says that it lives, and looks at its settings.
const beatEvery = 100 * time.Millisecond

// A worker is the process that answers requests.
type worker struct {
	board   *board.Board
	slot    *counts.Slot
	service *service.Service
	server  *server
	in      workers.Inherited
	log     *slog.Logger
	luck    float64                  // its share of the jitter, 0 to 1
	now     atomic.Pointer[settings] // in force
	version int64                    // of these; one that could not be put in force counts too
}

// live is the heartbeat. What is to be proved is that a connection would be accepted: so
// it is the goroutine that accepts which beats, whenever it is poked, and one that hangs
// does not. A process that is stopped, or has no core to run on, does not either.
func (w *worker) live(ctx context.Context, ended <-chan struct{}) {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for {
		select {
		case <-ended:
			return
		case <-tick.C:
		}
		if ctx.Err() != nil {
			w.beat() // nobody accepts any more
		} else {
			w.server.listener.poke()
		}
	}
}

func (w *worker) beat() { w.slot.Process.Beat.Store(monotonic()) }

// watch looks for new settings. It is no part of the heartbeat: a database that is named
// anew may take its time.
func (w *worker) watch(ended <-chan struct{}) {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for {
		select {
		case <-ended:
			return
		case <-tick.C:
		}
		if w.board.Version() != w.version {
			w.adopt()
		}
	}
}

// adopt puts new settings in force.
func (w *worker) adopt() {
	s, err := w.read()
	if err == nil {
		err = w.service.Apply(s)
	}
	if err != nil {
		w.slot.Process.Refused.Store(w.version)
		if w.log != nil {
			w.log.Error("settings not in force", "version", w.version, "err", err)
		}
		return
	}
	w.follow(s)
	w.slot.Process.Settings.Store(w.version)
}

// read takes the settings from the board.
func (w *worker) read() (s settings, err error) {
	text, version := w.board.Settings()
	w.version = version
	if err := json.Unmarshal(text, &s); err != nil {
		return s, fmt.Errorf("reading the settings: %w", err)
	}
	return s, nil
}

// requestLimit is after how many requests a worker asks to be replaced; 0 = never.
func requestLimit(s settings, luck float64) int64 {
	if s.MaxRequests == 0 {
		return 0
	}
	return int64(s.MaxRequests) + int64(luck*float64(s.MaxRequestsJitter+1))
}

// chance is drawn once by each process, so that workers that started together do not
// reach their limits together.
func chance() float64 { return rand.Float64() }

// monotonic is the clock of the machine that all its processes share, in ns.
func monotonic() int64 {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &t); err != nil {
		return time.Now().UnixNano()
	}
	return t.Nano()
}
