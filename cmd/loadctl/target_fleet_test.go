package main

import (
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/loadctl/loadctl/coordinator/hosts/linode/linodetest"
	"github.com/loadctl/loadctl/coordinator/price"
)

// TestThePageSaysWhetherItAsks: `target up` of the file that docs/topology.md names asks nobody, as its max_cost_usd bounds that.
func TestThePageSaysWhetherItAsks(t *testing.T) {
	page, err := os.ReadFile("../../docs/topology.md")
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`target up (\S+) --fleet linode +# (.*)`).FindSubmatch(page)
	if line == nil {
		t.Fatal("the page does not say how a topology is rented")
	}
	p, err := (&placeOptions{}).plan(t.Context(), io.Discard, "../../"+string(line[1]), price.Builtin())
	if err != nil {
		t.Fatal(err)
	}
	if unasked := agreed(t.Context(), strings.NewReader(""), io.Discard, p.Spec, false) == nil; unasked != strings.Contains(string(line[2]), "unasked, as the file has max_cost_usd") {
		t.Errorf("unasked is %v, and the page says %q", unasked, line[2])
	}
}

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
