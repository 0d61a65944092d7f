package plan

import (
	"testing"

	"pgregory.net/rapid"
)

// TestHeapThatLivesFitsItsLimit: half of the memory is the limit of the heaps, and TLS
// lies in the heap. A load that fits the memory must not be one whose live heap is more
// than that, as Go would do nothing but collect.
func TestHeapThatLivesFitsItsLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := Machine{Name: "m", MemoryBytes: rapid.Uint64Range(64<<20, 8<<30).Draw(t, "memory")}
		n := Need{Connections: rapid.IntRange(0, 500_000).Draw(t, "connections"), TLS: rapid.Bool().Draw(t, "tls")}
		places, err := Fit(n, Wish{Agents: rapid.IntRange(0, 8).Draw(t, "agents")}, []Machine{m})
		if err != nil {
			t.Skip("refused")
		}
		p, live := places[0], connectionHeap
		if n.TLS {
			live += tlsMemory * 2 / 3
		}
		if heap, limit := uint64(agentMemory/2+p.Connections*live), HeapLimit(m.MemoryBytes, p.Agents); heap > limit {
			t.Fatalf("%d bytes of heap live in an agent, its limit is %d: %+v", heap, limit, p)
		}
	})
}
