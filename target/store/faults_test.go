package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loadctl/loadctl/target/catalogue"
	"github.com/loadctl/loadctl/target/counts"
)

// deafURL is a database that takes connections and never says a word.
func deafURL(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return "postgres://u:hidden@" + l.Addr().String() + "/x"
}

func TestADatabaseThatIsDownIsNoErrorOfTheStore(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "later")
	s, pools := opened(t, settings(t, "database_url", "sqlite:"+dir+"/items.db"))
	if _, _, err := s.Item(t.Context(), "1"); !errors.Is(err, catalogue.ErrUnavailable) {
		t.Fatal(err)
	}
	if _, _, err := s.Add(t.Context(), catalogue.Item{}); !errors.Is(err, catalogue.ErrUnavailable) {
		t.Fatal(err)
	}
	if h := s.Health(t.Context()); h[0].OK || h[0].Name != "primary" || h[0].Detail == "" {
		t.Errorf("%+v", h)
	}
	if pools[0].Calls.Load() != 2 || pools[0].Failed[counts.Unreachable].Load() != 2 {
		t.Errorf("%s, %d unreachable", state(pools[0]), pools[0].Failed[counts.Unreachable].Load())
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is used without a restart", func() bool {
		_, _, err := s.Item(t.Context(), "1")
		return err == nil
	})
}

// Those who come while it is known that nobody answers wait for nobody.
func TestCallsDoNotPileUpAtADeafDatabase(t *testing.T) {
	var b breaker
	dials := atomic.Int64{}
	answer := make(chan error)
	dial := func() error {
		dials.Add(1)
		return <-answer
	}
	down := errors.New("down")
	ended := make(chan error, 1)
	try := func() { ended <- b.do(dial) }
	go try()
	answer <- down
	<-ended
	b.next = time.Time{} // the pause is over
	go try()
	eventually(t, "one tries", func() bool { return dials.Load() == 2 })
	for range 100 {
		if err := b.do(dial); !errors.Is(err, down) {
			t.Fatal(err)
		}
	}
	answer <- nil
	if err := <-ended; err != nil {
		t.Error(err)
	}
	go try()
	answer <- nil
	if err := <-ended; err != nil || dials.Load() != 3 {
		t.Errorf("%v after %d", err, dials.Load())
	}
}

func TestNoPasswordIsTold(t *testing.T) {
	for _, url := range []string{deafURL(t) + "?connect_timeout=1", "postgres://u:hidden@127.0.0.1:1/x", "postgres://u@127.0.0.1:1/x?password=hidden"} {
		s, _ := opened(t, settings(t, "database_url", url))
		_, _, err := s.Item(t.Context(), "1")
		if !errors.Is(err, catalogue.ErrUnavailable) || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%v", err)
		}
		if h := s.Health(t.Context()); h[0].OK || strings.Contains(h[0].Detail, "hidden") {
			t.Errorf("%+v", h)
		}
	}
	d := &database{secrets: secretsOf("postgres://u:p%40ss%20word@h/x?password=q%26r")}
	for _, text := range []string{"p@ss word", "p%40ss%20word", "p%40ss+word", "q&r", "q%26r"} {
		if got := d.hide(fmt.Errorf("at\n%s: bad", text)); got != "at xxxxx: bad" {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func TestAFullDatabaseKeepsWhatItAcknowledged(t *testing.T) {
	url := sqliteURL(t, "full.db")
	set := settings(t, "database_url", url+"?_pragma=max_page_count(60)", "items", "20")
	s, pools := opened(t, set)
	var kept []string
	var err error
	for len(kept) < 5000 && err == nil {
		var added catalogue.Item
		if added, _, err = s.Add(t.Context(), catalogue.Item{Name: strings.Repeat("n", 500)}); err == nil {
			kept = append(kept, added.ID)
		}
	}
	if !errors.Is(err, catalogue.ErrFull) || len(kept) == 0 || pools[0].Failed[counts.Full].Load() != 1 {
		t.Fatalf("after %d: %v", len(kept), err)
	}
	if _, _, err := s.Item(t.Context(), "1"); err != nil {
		t.Errorf("a full database is not read: %v", err)
	}
	if h := s.Health(t.Context()); h[0].OK || !strings.Contains(h[0].Detail, "no room for new items") || !strings.Contains(h[0].Detail, "full") {
		t.Errorf("%+v", h)
	}
	if err := s.Apply(with(t, set, "database_url", url)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Add(t.Context(), catalogue.Item{Name: strings.Repeat("n", 500)}); err != nil {
		t.Errorf("with room again: %v", err)
	}
	if h := s.Health(t.Context()); !h[0].OK {
		t.Errorf("with room again: %+v", h)
	}
	for _, id := range kept {
		if _, _, err := s.Item(t.Context(), id); err != nil {
			t.Errorf("%s was acknowledged: %v", id, err)
		}
	}
}

func TestAForeignTableIsLeftAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "foreign.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("CREATE TABLE items (x)"); err != nil {
		t.Fatal(err)
	}
	s, _ := opened(t, settings(t, "database_url", "sqlite:"+path))
	if _, _, err := s.Item(t.Context(), "1"); !errors.Is(err, catalogue.ErrUnavailable) || !strings.Contains(err.Error(), "not loadctl's") {
		t.Error(err)
	}
}

func TestTablesOfAnotherVersionAreLeftAlone(t *testing.T) {
	set := settings(t, "database_url", sqliteURL(t, "later.db"))
	s, _ := opened(t, set)
	c, err := s.now.primary.take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.sql.ExecContext(t.Context(), "UPDATE loadctl_store SET version = 99")
	s.now.primary.pool.give(c)
	if err != nil {
		t.Fatal(err)
	}
	again, _ := opened(t, set)
	if _, _, err := again.Item(t.Context(), "1"); !errors.Is(err, catalogue.ErrUnavailable) || !strings.Contains(err.Error(), "version 99") {
		t.Error(err)
	}
}

// Another database takes over while calls are under way, again and again: none fails,
// and all that was acknowledged is in one of the two.
func TestNothingIsLostWhenTheDatabaseChanges(t *testing.T) {
	urls := shardURLs(t, 2)
	sets := []string{urls[0], urls[1]}
	set := settings(t, "database_url", sets[0], "pool_size", "2")
	s, _ := opened(t, set)
	ctx, cancel := context.WithCancel(context.Background())
	var calling sync.WaitGroup
	var mu sync.Mutex
	var kept []string
	for range 4 {
		calling.Go(func() {
			for ctx.Err() == nil {
				added, _, err := s.Add(context.Background(), catalogue.Item{Name: "new"})
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				kept = append(kept, added.ID)
				mu.Unlock()
				if _, _, err := s.Item(context.Background(), "1"); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for i := range 10 {
		before := count(&mu, &kept)
		eventually(t, "calls go on", func() bool { return count(&mu, &kept) > before+3 })
		if err := s.Apply(with(t, set, "database_url", sets[(i+1)%2], "pool_size", fmt.Sprint(1+i%3))); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	calling.Wait()
	_ = s.Close()
	a, _ := opened(t, set)
	b, _ := opened(t, with(t, set, "database_url", sets[1]))
	for _, id := range kept {
		_, _, errA := a.Item(t.Context(), id)
		_, _, errB := b.Item(t.Context(), id)
		if (errA == nil) == (errB == nil) {
			t.Errorf("%s: %v, %v", id, errA, errB)
		}
	}
}

func count(mu *sync.Mutex, all *[]string) int {
	mu.Lock()
	defer mu.Unlock()
	return len(*all)
}
