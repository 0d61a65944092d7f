package store

import (
	"context"
	"path/filepath"
	"testing"
	"time"
)

// Whoever asks for health, a balancer for one, gives up soon after it was promised. What is
// being dialled may take longer.
func TestHealthDoesNotWaitForADialling(t *testing.T) {
	kind, err := dialectOf("sqlite:")
	if err != nil {
		t.Fatal(err)
	}
	d := &database{place: place{role: "replica1", url: "sqlite:" + filepath.Join(t.TempDir(), "a.db")}, dialect: kind}
	answer := make(chan struct{})
	d.pool, _ = pretending(t, limits{size: 1})
	dial := d.pool.dial
	d.pool.dial = func(ctx context.Context) (*conn, error) {
		<-answer
		return dial(context.WithoutCancel(ctx))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	told := make(chan error)
	go func() {
		_, err := d.look(ctx)
		told <- err
	}()
	select {
	case err := <-told:
		if err == nil {
			t.Error("it is well, and was not asked")
		}
		close(answer)
	case <-time.After(10 * time.Second):
		close(answer)
		t.Error(<-told, "and only once the database had answered")
	}
	d.work.Wait()
	d.pool.retire()
	if c := d.pool.counts; c.Open.Load() != 0 || c.InUse.Load() != 0 {
		t.Errorf("%d open, %d in use in the end", c.Open.Load(), c.InUse.Load())
	}
}
