package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/loadctl/loadctl/scenarios"
)

// A Setting is what else a ceiling depends on, beside machine and requests.
type Setting struct {
	Version        string // of loadctl, with its commit
	Pacing, Poller string
	Tick           time.Duration
	Against        Against
}

// Against are the times of a file that trials are held against, beside the tick: how late
// they may be follows from them (stats.LagLimit), and whether loops may wake by ticks.
type Against struct {
	Response time.Duration // the smallest limit of response time; 0 = none
	Any      time.Duration // and of any time of a request
	Beat     time.Duration // see Scenario.Beat
}

// AgainstOf is what the trials of a file are held against.
func AgainstOf(s *scenarios.Scenario) Against {
	return Against{Response: s.SmallestResponseLimit(), Any: s.SmallestTimeLimit(), Beat: s.Beat()}
}

// CeilingKey is the same where a ceiling that was measured holds: on the same kind of
// processor, as many cores of it, the same kernel, and with the same loadctl, agents,
// requests and limits.
func CeilingKey(f Facts, p Place, requestsKey string, s Setting) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %d %d %v %q %s %d %d %+v", f.Model, f.CPUs, f.Machine.Cores, f.CPUQuota, f.Kernel, requestsKey, p.Agents, p.Loops, s))
	return hex.EncodeToString(sum[:])
}
