package topology

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

const rented = "linode: {region: us-ord, ttl: 2h}\n"

// TestPartsHaveMachinesOfTheirOwn: which, in the order of their start, at which ports, with which programs.
func TestPartsHaveMachinesOfTheirOwn(t *testing.T) {
	for _, c := range []struct{ text, seats, front string }{
		{"services: {}\n", "upstream 8082 g6-dedicated-2; node1 8000 g6-dedicated-2", "service 8000"},
		{"database: {kind: postgres, replicas: 2, listen: 127.0.0.1:5500}\ncache: memcached\nservices: {nodes: 2, listen: 127.0.0.1:8001}\nbalancer: {kind: haproxy, listen: 127.0.0.1:8080}\n",
			"database 5500 g6-dedicated-2 initdb; replica1 5500 g6-dedicated-2 initdb; replica2 5500 g6-dedicated-2 initdb; cache 11211 g6-dedicated-2 memcached; upstream 8082 g6-dedicated-2; " +
				"node1 8001 g6-dedicated-2; node2 8001 g6-dedicated-2; balancer 8080 g6-dedicated-2 haproxy", "balancer 8080"},
		{"database: {kind: postgres, shards: 2}\nbalancer: nginx\nupstream: {url: 'http://203.0.113.9:80'}\n",
			"shard1 5432 g6-dedicated-2 initdb; shard2 5432 g6-dedicated-2 initdb; node1 8000 g6-dedicated-2; balancer 80 g6-dedicated-2 nginx", "balancer 80"},
		{"store: kv\ncache: redis\nservices: {nodes: 2}\nbalancer: none\n",
			"store 6379 g6-dedicated-2 redis-server; cache 6379 g6-dedicated-2 redis-server; upstream 8082 g6-dedicated-2; node1 8000 g6-dedicated-2; node2 8000 g6-dedicated-2", "service 8000"},
		{"balancer: nodebalancer\n", "upstream 8082 g6-dedicated-2; node1 8000 g6-dedicated-2", "common 80"},
	} {
		top := parse(t, "version: 1\n"+c.text+rented)
		s, err := top.Spread()
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		var seats []string
		for _, one := range s.Seats {
			seats = append(seats, strings.TrimSpace(fmt.Sprintf("%s %d %s %s", one.Part, one.Port, one.Type, one.Needs)))
		}
		if got := strings.Join(seats, "; "); got != c.seats {
			t.Errorf("%s:\ngot  %s\nwant %s", c.text, got, c.seats)
		}
		if got := strings.TrimSpace(fmt.Sprintf("%s%s %d", s.Front, s.Class, s.Port)); got != c.front || s.Cores != 2 {
			t.Errorf("%s: it is loaded at %s, with %d cores", c.text, got, s.Cores)
		}
	}
	dear := parse(t, "version: 1\nbalancer: haproxy\nlinode: {region: us-ord, ttl: 2h, types: {balancer: nodebalancer-pr100, service: g6-dedicated-8}}\n")
	if s, err := dear.Spread(); err != nil || s.Class != "premium" || s.Cores != 8 || len(s.Loaded()) != 0 {
		t.Errorf("%+v %v", s, err)
	}
}

// TestMachinesAreToldWhereTheOthersAre: all of them the same, and each where it listens itself.
func TestMachinesAreToldWhereTheOthersAre(t *testing.T) {
	s, err := parse(t, "version: 1\ncache: redis\ndatabase: {kind: postgres}\nservices: {nodes: 2}\nbalancer: haproxy\n"+rented).Spread()
	if err != nil {
		t.Fatal(err)
	}
	hosts := map[string]netip.Addr{}
	for i, seat := range s.Seats {
		hosts[seat.Part] = netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)})
	}
	var listens []string
	for _, seat := range s.Seats {
		o := s.Order(seat, hosts)
		listens = append(listens, o.Part+" "+o.Listen)
		if len(o.At) != 6 || o.At["database"] != "10.0.0.1:5432" || o.At["node2"] != "10.0.0.5:8000" || o.Cores != 2 {
			t.Errorf("%+v", o)
		}
	}
	want := []string{"database 10.0.0.1:5432", "cache 10.0.0.2:6379", "upstream 10.0.0.3:8082", "node1 10.0.0.4:8000", "node2 10.0.0.5:8000", "balancer :80"}
	if !slices.Equal(listens, want) {
		t.Errorf("%q, want %q", listens, want)
	}
}

// TestWhatCannotBeRentedIsToldInFull: all that is missing or impossible, at its place.
func TestWhatCannotBeRentedIsToldInFull(t *testing.T) {
	for text, want := range map[string][]string{
		"version: 1\n": {"t.yaml:1:1: linode.region: is missing", "t.yaml:1:1: linode.ttl: is missing"},
		`version: 1
upstream: {url: 'http://localhost:8082'}
database: {url: 'postgres://u:p@127.0.0.1/x'}
cache: redis://[::1]:6379
balancer: {kind: nginx, tls: {certificate: a.pem, key: b.pem}}
linode: {private_network: false}
`: {"t.yaml:2:17: upstream.url: is this machine", "t.yaml:3:17: database.url: is this machine", "t.yaml:4:8: cache.url: is this machine",
			"t.yaml:5:30: balancer.tls: is not had on rented machines", "t.yaml:6:9: linode.region: is missing", "t.yaml:6:9: linode.ttl: is missing", "t.yaml:6:27: linode.private_network: must be true"},
		"version: 1\nbalancer: nginx\nservices: {nodes: 2}\n" + rented:             {"t.yaml:1:1: database: SQLite is a file, which several machines cannot share"},
		"version: 1\ndatabase: {kind: sqlite, shards: 2}\nservices: {}\n" + rented: {"t.yaml:2:34: database.shards: shards of SQLite are files of one machine"},
	} {
		_, err := parse(t, text).Spread()
		if err == nil {
			t.Errorf("%s: nothing is wrong with it", text)
			continue
		}
		lines := strings.Split(err.Error(), "\n")
		ok := len(lines) == len(want)
		for i := range want {
			ok = ok && strings.HasPrefix(lines[i], want[i])
		}
		if !ok {
			t.Errorf("%s: got\n%v\nwant\n%s", text, err, strings.Join(want, "\n"))
		}
	}
}
