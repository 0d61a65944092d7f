//go:build !linux

package target

import "github.com/loadctl/loadctl/target/counts"

// seen notes nothing: only Linux tells.
func seen(*counts.Process) {}
