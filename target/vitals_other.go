//go:build !linux

package target

import "github.com/loadctl/loadctl/target/counts"

// seen notes nothing: only Linux tells.
func seen(*counts.Process) {}

func queued(any) int { return 0 }

func overflows() (n uint64, known bool) { return 0, false }
