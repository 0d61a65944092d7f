// Package pause waits.
package pause

import (
	"context"
	"time"
)

// For sleeps, unless all is to end: then it says why.
func For(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
