package sides

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
)

// Turns has a side up when it is its turn. Sides at different addresses stay up both, so that
// neither is colder than the other when its trial comes; of two at one address the
// other is ended first. A side that is asked for twice in a row stays as it is.
type Turns struct {
	keeper  Keeper
	log     *slog.Logger
	sources map[string]Source
	up      map[string]*Side
	starts  map[string]int
}

// NewTurns is for live sides by name. Nothing is started yet. log may be nil.
func NewTurns(keeper Keeper, log *slog.Logger, sources map[string]Source) *Turns {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Turns{keeper: keeper, log: log, sources: sources, up: map[string]*Side{}, starts: map[string]int{}}
}

// Up has a side up, and says where. One that has ended by itself is started again: that it broke is in
// the figures of its trial.
func (t *Turns) Up(ctx context.Context, name string) (url string, err error) {
	s, ok := t.sources[name]
	switch {
	case !ok || !s.Live():
		return "", fmt.Errorf("side %q cannot be loaded", name)
	case s.Kind == Service:
		return s.URL, nil
	}
	if side := t.up[name]; side != nil {
		if t.alive(ctx, name, side) {
			return s.URL, nil
		}
		if err := t.down(name); err != nil {
			return "", err
		}
	}
	if err := t.clear(s.URL); err != nil {
		return "", err
	}
	side, err := Start(ctx, t.keeper, s.Command)
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	t.up[name] = side
	t.starts[name]++
	t.log.Debug("a side is ready", "side", name, "url", s.URL)
	return s.URL, nil
}

// Starts is how often a side was started.
func (t *Turns) Starts(name string) int { return t.starts[name] }

func (t *Turns) alive(ctx context.Context, name string, side *Side) bool {
	if side.Alive(ctx) || ctx.Err() != nil {
		return true
	}
	t.log.Warn("a side ended by itself, and is started again", "side", name, "said", side.Said())
	return false
}

// clear ends whatever else is up at the address of a URL.
func (t *Turns) clear(url string) error {
	var errs []error
	for name := range t.up {
		if s := t.sources[name]; meet(s.URL, url) {
			errs = append(errs, t.down(name))
		}
	}
	return errors.Join(errs...)
}

func (t *Turns) down(name string) error {
	side := t.up[name]
	delete(t.up, name)
	err := side.Stop()
	if warned := side.Warned(); warned != nil {
		t.log.Warn("a side has ended", "side", name, "but", warned)
	}
	return err
}

// Close ends all that is up.
func (t *Turns) Close() error {
	var errs []error
	for name := range t.up {
		errs = append(errs, t.down(name))
	}
	return errors.Join(errs...)
}
