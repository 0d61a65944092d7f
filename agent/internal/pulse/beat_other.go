//go:build !linux

package pulse

import (
	"time"

	"github.com/loadctl/loadctl/agent/machine"
)

// beat knows nothing: threads here have no clock to wait for that tells who was late.
func (p *Pulse) beat() {}

func cpuTime() time.Duration { return machine.CPU() }
