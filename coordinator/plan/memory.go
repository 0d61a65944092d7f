package plan

import "fmt"

// What connections add to the heap of an agent, which may grow to one and a half times
// what lives (GOGC=50, agent/host). crypto/tls keeps 6.1 KiB of a connection at rest,
// and besides a buffer for the largest record that came on it: in all 20 to 30.3 KiB,
// by the way it grew there, after one of 16 KiB, in which servers send large answers
// (TestMemoryOfTLS, agent/loop).
const (
	connectionHeap = 512
	tlsMemory      = 10 << 10 // after small answers
	tlsMostMemory  = 46 << 10 // after large ones
)

// connectionMemory is what one end of an idle connection takes, in bytes.
func (p Place) connectionMemory() int {
	if p.TLS {
		return connectionMemory + tlsMemory
	}
	return connectionMemory
}

// memory is what the agents of a place take with all their connections.
func (p Place) memory() int { return p.Agents * (agentMemory + p.Connections*p.connectionMemory()) }

// HeapLimit is what one of so many agents of a machine may have as heap before Go
// collects whatever it costs (GOMEMLIMIT): its share of half of the memory. The other
// half is the kernel's. 0 = no limit, as the memory is not known.
func HeapLimit(memory uint64, agents int) uint64 { return memory / 2 / uint64(max(agents, 1)) }

// mostHeap is what the heap of one agent may grow to, when all its connections had
// large answers. Half of what an agent is planned with is its own heap.
func (p Place) mostHeap() uint64 {
	each := connectionHeap
	if p.TLS {
		each += tlsMostMemory
	}
	return uint64(agentMemory/2 + p.Connections*each)
}

// heapLimited says whether the heap of the agents may come to the limit they get. A load
// that is refused for no memory would not reach it by what lives: it is slower then, as
// Go collects more often, and no more.
func (p Place) heapLimited(m Machine) bool {
	limit := HeapLimit(m.MemoryBytes, p.Agents)
	return limit > 0 && p.mostHeap() > limit
}

func (p Place) heapWords(m Machine) string {
	return fmt.Sprintf("; after large answers over TLS the heap of each agent may grow to %s MiB, its limit is %s MiB (GOMEMLIMIT), where Go collects ever more often",
		Thousands(int(p.mostHeap()>>20)), Thousands(int(HeapLimit(m.MemoryBytes, p.Agents)>>20)))
}
