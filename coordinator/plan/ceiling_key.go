package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"
)

// A Setting is what else a ceiling depends on, beside machine and requests.
type Setting struct {
	Version        string // of loadctl, with its commit
	Pacing, Poller string
	Tick           time.Duration
}

// CeilingKey is the same where a ceiling that was measured holds: on the same kind of
// processor, as many cores of it, the same kernel, and with the same loadctl, agents and
// requests.
func CeilingKey(f Facts, p Place, requestsKey string, s Setting) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %d %d %v %q %s %d %d %+v", f.Model, f.CPUs, f.Machine.Cores, f.CPUQuota, f.Kernel, requestsKey, p.Agents, p.Loops, s))
	return hex.EncodeToString(sum[:])
}
