package store

import (
	"context"
	"errors"
	"testing"

	"github.com/loadctl/loadctl/target/counts"
)

// hang is a statement that the database does not end.
func hang(ctx context.Context, _ *conn) error {
	<-ctx.Done()
	return ctx.Err()
}

// A statement has its own time, however long a call might have waited for its connection.
func TestAStatementEndsAfterItsTime(t *testing.T) {
	s, pools := opened(t, settings(t, "query_timeout", "20ms", "pool_timeout", "1h"))
	if _, err := s.now.primary.do(t.Context(), hang); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	if n := pools[0].Failed[counts.TimedOut].Load(); n != 1 {
		t.Errorf("%d counted", n)
	}
	if err := s.Apply(with(t, s.now.settings, "query_timeout", "10ms")); err != nil {
		t.Fatal(err)
	}
	if got := s.now.primary.pool.patience(); got.Milliseconds() != 10 {
		t.Errorf("it is %s while it runs", got)
	}
}
