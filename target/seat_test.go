package target

import (
	"net/netip"
	"os"
	"testing"

	"github.com/loadctl/loadctl/target/topology"
)

// TestAMachineIsOnePartOfATopology: of each order one part is made, whose like on one machine knows the same addresses.
func TestAMachineIsOnePartOfATopology(t *testing.T) {
	text := "version: 1\nservices: {nodes: 2}\nstore: kv\nbalancer: none\nlinode: {region: us-ord, ttl: 2h}\n"
	top, err := ReadTopology("t.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	s, err := top.Spread()
	if err != nil {
		t.Fatal(err)
	}
	hosts := map[string]netip.Addr{}
	for i, seat := range s.Seats {
		hosts[seat.Part] = netip.AddrFrom4([4]byte{127, 0, 8, byte(i + 1)})
	}
	for _, seat := range s.Seats {
		if seat.Needs != "" {
			continue
		}
		o := s.Order(seat, hosts)
		b := &builder{UpConfig: UpConfig{Topology: top, Order: &o, Program: program}, dir: t.TempDir()}
		if err := b.build(); err != nil {
			t.Fatal(err)
		}
		if len(b.parts) != 1 || b.parts[0].Name != seat.Part || b.at.KV != "redis://127.0.8.1:6379/0" || b.at.Upstream != "http://127.0.8.2:8082" {
			t.Errorf("%s: %+v, %+v", seat.Part, b.parts, b.at)
		}
	}
	wrong := &builder{UpConfig: UpConfig{Topology: top, Order: &topology.Order{Part: "node3", At: s.Order(s.Seats[0], hosts).At}}, dir: os.TempDir()}
	if err := wrong.build(); err == nil {
		t.Error("a part that there is not was made")
	}
}
