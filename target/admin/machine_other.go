//go:build !linux

package admin

import "github.com/loadctl/loadctl/target/counts"

// machine is nothing: only Linux tells.
func machine() []counts.Metric { return nil }
