package target

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/loadctl/loadctl/target/admin"
	"github.com/loadctl/loadctl/target/counts"
	"github.com/loadctl/loadctl/target/knobs"
	"github.com/loadctl/loadctl/target/workers"
)

// controls are what the admin API may do with a master.
type controls struct {
	m  *master
	mu sync.Mutex // one change at a time, until the workers agree
}

// agreeWithin bounds how long workers may take to go by other settings: a database that
// is named anew is looked for.
const agreeWithin = 10 * time.Second

// Settings are those in force, and their version.
func (c *controls) Settings() (knobs.Settings, int64) { return c.m.Settings(), c.m.board.Version() }

// Change changes settings for all workers, or for none: when one of them cannot go by
// the new ones, the former values are put in force again.
func (c *controls) Change(ctx context.Context, values map[string]string) (admin.Change, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	before, after, err := c.m.alter(func(now knobs.Settings) (knobs.Settings, error) { return now.With(values) })
	if err != nil {
		return admin.Change{}, fmt.Errorf("%w: %w", admin.ErrWrong, err)
	}
	done := admin.Change{Changed: knobs.Changed(before, after), Version: c.m.board.Version()}
	if len(done.Changed) == 0 {
		return done, nil
	}
	ctx, cancel := context.WithTimeout(ctx, agreeWithin)
	defer cancel()
	if err := c.m.Applied(ctx); err != nil {
		return admin.Change{}, errors.Join(err, c.takeBack(before, done.Changed))
	}
	if before.Workers != after.Workers {
		c.m.awaitWorkers(ctx)
	}
	done.Workers = c.m.serving()
	return done, nil
}

// takeBack gives settings the values that they had. What a signal changed meanwhile stays.
func (c *controls) takeBack(before knobs.Settings, names []string) error {
	former := map[string]string{}
	for _, k := range knobs.All() {
		if slices.Contains(names, k.Name) {
			former[k.Name] = before.Get(k)
		}
	}
	_, _, err := c.m.alter(func(now knobs.Settings) (knobs.Settings, error) { return now.With(former) })
	return err
}

// Reload replaces all workers by new processes that go by the settings in force.
func (c *controls) Reload(ctx context.Context) error {
	c.m.board.Master().Reloads.Add(1)
	old := c.m.group.List()
	c.m.group.Reload()
	for c.m.serves(old) {
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for new workers: %w", ctx.Err())
		case <-time.After(beatEvery / 4):
		}
	}
	return nil
}

// Stats are the counts of master and workers.
func (c *controls) Stats() counts.Stats {
	now := c.m.Settings()
	stats := c.m.board.Stats().Named(now.Database)
	stats.UpstreamURL, stats.Settings = knobs.Redacted(c.m.upstream()), now.Told()
	return stats
}

// serves says whether one of these workers still serves, or is to.
func (m *master) serves(any []workers.Worker) bool {
	for _, now := range m.group.List() {
		for _, w := range any {
			if now.PID == w.PID && (now.State == workers.Serving || now.State == workers.Starting) {
				return true
			}
		}
	}
	return false
}

// awaitWorkers waits until as many workers serve as are wanted, or ctx ends.
func (m *master) awaitWorkers(ctx context.Context) {
	for m.serving() != m.group.Wanted() && ctx.Err() == nil {
		time.Sleep(beatEvery / 4)
	}
}

// serving is how many workers answer.
func (m *master) serving() (n int) {
	for _, w := range m.group.List() {
		if w.State == workers.Serving {
			n++
		}
	}
	return n
}
