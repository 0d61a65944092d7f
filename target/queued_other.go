//go:build !linux

package target

import "time"

// queuedFor is not known: only Linux tells.
func queuedFor(any) (time.Duration, bool) { return 0, false }
