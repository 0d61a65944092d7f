package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/loadctl/loadctl/target/catalogue"
	"github.com/loadctl/loadctl/target/counts"
)

// A pretence is a database whose connections do nothing.
type pretence struct{ open atomic.Int64 }

func (p *pretence) Connect(context.Context) (driver.Conn, error) {
	p.open.Add(1)
	return &pretended{p}, nil
}
func (p *pretence) Driver() driver.Driver { return nil }

type pretended struct{ of *pretence }

func (p *pretended) Prepare(string) (driver.Stmt, error) { return nil, driver.ErrSkip }
func (p *pretended) Begin() (driver.Tx, error)           { return nil, driver.ErrSkip }
func (p *pretended) Close() error                        { p.of.open.Add(-1); return nil }

// pretending is a pool of such connections.
func pretending(t interface{ Cleanup(func()) }, l limits) (*pool, *pretence) {
	world := &pretence{}
	db := sql.OpenDB(world)
	db.SetMaxIdleConns(-1)
	t.Cleanup(func() { _ = db.Close() })
	p := &pool{counts: &counts.Pool{}, limits: l}
	p.dial = func(ctx context.Context) (*conn, error) {
		c, err := db.Conn(ctx)
		return &conn{sql: c}, err
	}
	return p, world
}

// Whatever is done to a pool, it holds what it is told to, and counts what there is.
func TestPoolKeepsItsPromises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 4)
		l := limits{size: size.Draw(t, "size"), overflow: rapid.IntRange(-1, 3).Draw(t, "overflow")}
		p, world := pretending(t, l)
		var held []*conn
		most := func() int { return l.size + max(l.overflow, 0) }
		pick := func() (c *conn) {
			i := rapid.IntRange(0, len(held)-1).Draw(t, "which")
			c = held[i]
			held = append(held[:i:i], held[i+1:]...)
			return c
		}
		t.Repeat(map[string]func(*rapid.T){
			"take": func(t *rapid.T) {
				c, err := p.take(context.Background())
				if room := l.overflow < 0 || len(held) < most(); room != (err == nil) {
					t.Fatalf("%d are held of %+v: %v", len(held), l, err)
				}
				if err == nil {
					held = append(held, c)
				} else if !errors.Is(err, catalogue.ErrPoolTimeout) {
					t.Fatal(err)
				}
			},
			"give": func(t *rapid.T) {
				if len(held) > 0 {
					p.give(pick())
				}
			},
			"drop": func(t *rapid.T) {
				if len(held) > 0 {
					p.drop(pick(), rapid.Bool().Draw(t, "by itself"))
				}
			},
			"resize": func(t *rapid.T) {
				l = limits{size: size.Draw(t, "size"), overflow: l.overflow}
				p.resize(l)
			},
			"": func(t *rapid.T) {
				open, idle := p.counts.Open.Load(), int64(len(p.idle))
				if open != world.open.Load() || open != idle+int64(len(held)) || p.counts.InUse.Load() != int64(len(held)) || idle > int64(l.size) ||
					idle > 0 && l.overflow >= 0 && open > int64(most()) {
					t.Fatalf("%d open, %d really, %d idle, %d held, %d in use, of %+v", open, world.open.Load(), idle, len(held), p.counts.InUse.Load(), l)
				}
			},
		})
	})
}

// Many use a pool at once, give up, break connections, and change its limits.
func TestPoolUnderStress(t *testing.T) {
	p, world := pretending(t, limits{size: 3, overflow: 2, timeout: 5 * time.Millisecond})
	var held, most atomic.Int64
	var all sync.WaitGroup
	for range 40 {
		all.Go(func() {
			for range 200 {
				ctx, cancel := context.WithTimeout(context.Background(), time.Duration(rand.IntN(8_000_000)))
				if c, err := p.take(ctx); err == nil {
					n := held.Add(1)
					for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
					}
					time.Sleep(time.Duration(rand.IntN(50_000)))
					held.Add(-1)
					if rand.IntN(10) == 0 {
						p.drop(c, rand.IntN(2) == 0)
					} else {
						p.give(c)
					}
				}
				cancel()
			}
		})
	}
	for i := range 50 {
		p.resize(limits{size: 1 + i%4, overflow: i % 3, timeout: 5 * time.Millisecond, recycle: time.Duration(i%2) * time.Microsecond})
		time.Sleep(time.Millisecond)
	}
	all.Wait()
	if most.Load() > 6 {
		t.Errorf("%d were in use at once", most.Load())
	}
	if p.inUse != 0 || len(p.waiting) != 0 || p.counts.InUse.Load() != 0 || p.counts.Waiting.Load() != 0 || world.open.Load() != int64(len(p.idle)) {
		t.Errorf("in the end: %s, %d idle, %d really open", state(p.counts), len(p.idle), world.open.Load())
	}
	p.retire()
	if world.open.Load() != 0 || p.counts.Open.Load() != 0 {
		t.Errorf("%d stay open, %d are counted", world.open.Load(), p.counts.Open.Load())
	}
}

// A place is given back when no connection comes of it: nobody waits for pool_timeout.
func TestNobodyWaitsForADatabaseThatIsDown(t *testing.T) {
	p, _ := pretending(t, limits{size: 1, timeout: time.Hour})
	down := errors.New("down")
	dial := make(chan struct{})
	p.dial = func(context.Context) (*conn, error) { <-dial; return nil, down }
	ended := make(chan error)
	for range 20 {
		go func() {
			_, err := p.take(context.Background())
			ended <- err
		}()
	}
	eventually(t, "one dials, and the others wait", func() bool { return p.counts.Waiting.Load() == 19 })
	close(dial)
	for range 20 {
		if err := <-ended; !errors.Is(err, down) {
			t.Error(err)
		}
	}
	if p.inUse != 0 {
		t.Errorf("%d places are lost", p.inUse)
	}
}
