// Package tui is the live dashboard: it shows a run as it grows and passes the
// keys of the person watching on to it. It does no arithmetic of its own: every
// number on the screen was computed by reports/view from the same windows the
// report is made of, and whether the measurement may be believed stands in the
// first line.
//
// It refuses to decide whether a terminal is able to show it: that is the
// caller's choice, made before New.
package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	tea "charm.land/bubbletea/v2"

	"github.com/loadctl/loadctl/stats"
)

// A Control is what a person asks of the run.
type Control uint8

// The controls.
const (
	Pause   Control = iota + 1 // start nothing new until Resume
	Resume                     // go on
	Stop                       // issue nothing more, drain, write everything
	StopNow                    // stop at once, write what was collected
)

func (c Control) String() string {
	switch c {
	case Pause:
		return "pause"
	case Resume:
		return "resume"
	case Stop:
		return "stop"
	case StopNow:
		return "stop now"
	}
	return "unknown"
}

// Config is what a dashboard needs.
type Config struct {
	// Controls is told what the person asks for, in order and one at a time, from
	// the goroutine that draws: it must not block. Nil means nothing can be asked.
	Controls func(Control)
	// In and Out are the terminal; nil means standard output and, for the keys,
	// standard input or, when that is no terminal, the controlling one.
	In  io.Reader
	Out io.Writer
	// Env is the environment that says what the terminal can do (TERM, NO_COLOR,
	// LANG); nil means os.Environ().
	Env []string
	// HoldAtEnd keeps the finished run on the screen until a key is pressed.
	HoldAtEnd bool
}

// A Dashboard shows one run.
type Dashboard struct {
	config Config
	feed   *feed
}

// New makes a dashboard. It touches the terminal only in Run.
func New(c Config) *Dashboard {
	if c.Out == nil {
		c.Out = os.Stdout
	}
	if c.Env == nil {
		c.Env = os.Environ()
	}
	if c.Controls == nil {
		c.Controls = func(Control) {}
	}
	return &Dashboard{config: c, feed: newFeed()}
}

// Send hands over one step of the run's growth. It may be called from any
// goroutine, before, during and after Run, and never blocks. The dashboard only
// reads what u points to.
func (d *Dashboard) Send(u stats.Update) { d.feed.send(u) }

// Run draws until the run is over (and, with HoldAtEnd, acknowledged), the
// person leaves, or ctx is cancelled, and restores the terminal in every case.
// It returns ctx's error if that ended it, and nil if the person or the run did.
func (d *Dashboard) Run(ctx context.Context) error { return d.run(ctx) }

func (d *Dashboard) run(ctx context.Context, more ...tea.ProgramOption) error {
	defer d.feed.close()
	p := tea.NewProgram(newModel(d.config, d.feed), append(d.options(ctx), more...)...)
	_, err := p.Run()
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil && !errors.Is(err, tea.ErrProgramPanic):
		return ctx.Err()
	}
	return fmt.Errorf("dashboard: %w", err)
}

// options leave signals to the caller: it owns the process, and a signal that
// reached only the dashboard would end the picture and not the load.
func (d *Dashboard) options(ctx context.Context) []tea.ProgramOption {
	const framesPerSecond = 10
	options := []tea.ProgramOption{
		tea.WithContext(ctx),
		tea.WithOutput(d.config.Out),
		tea.WithEnvironment(d.config.Env),
		tea.WithFPS(framesPerSecond),
		tea.WithoutSignalHandler(),
	}
	if d.config.In != nil {
		options = append(options, tea.WithInput(d.config.In))
	}
	return options
}
