package main

import (
	"testing"

	"github.com/loadctl/loadctl/coordinator/hosts/linode/linodetest"
)

const awayFile = `version: 1
database: {kind: postgres, replicas: 1}
services: {nodes: 2}
balancer: haproxy
linode: {region: us-ord, ttl: 2h, types: {balancer: nodebalancer-pr100}`

// TestNoTopologyIsRentedWithoutAWord: what it is and costs is told first, by live prices, with what a NodeBalancer does otherwise;
// what may cost more than max_cost_usd is refused.
func TestNoTopologyIsRentedWithoutAWord(t *testing.T) {
	s, _ := account(t, linodetest.Config{})
	code, _, errs := typed(t, "target", "up", fileOf(t, awayFile+"}\n"), "--fleet", "linode")
	says(t, "an offer", errs, "5 machines for ", "2 × g6-dedicated-2", "1 × premium", "worst case", "the Linode API, of ",
		"check.rise: a NodeBalancer has no such number", "nobody is there to be asked whether to rent this")
	if code != exitUsage {
		t.Errorf("exit %d", code)
	}
	code, out, errs := typed(t, "target", "plan", fileOf(t, awayFile+", max_cost_usd: 1}\n"), "--fleet", "linode")
	says(t, "a plan", out+errs, "1 × premium", "the Linode API, of ", "nothing would be rented")
	if code != exitFailed {
		t.Errorf("exit %d", code)
	}
	if made := len(s.Calls("POST /linode/instances")) + len(s.Calls("POST /vpcs")); made != 0 {
		t.Errorf("%d resources were asked for", made)
	}
}
