package price

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// recorded is an answer of the API from the folder that LOADCTL_LINODE_SPEC_DIR names, which lies beside the project.
func recorded(t *testing.T, name string) []byte {
	t.Helper()
	dir := os.Getenv("LOADCTL_LINODE_SPEC_DIR")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "linode-openapi")
	}
	path := filepath.Join(dir, "fixtures", name)
	body, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("no recorded answers of the API: %s is absent (LOADCTL_LINODE_SPEC_DIR names the folder)", path)
	}
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func recordedCatalogue(t *testing.T) Catalogue {
	t.Helper()
	c, err := Decode("recorded", "2024-07", Bodies{
		Plans: [][]byte{recorded(t, "linode-types.json")}, Balancers: [][]byte{recorded(t, "nodebalancer-types.json")},
		Transfers: [][]byte{recorded(t, "network-transfer-prices.json")},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestRecordedAnswersAreRead(t *testing.T) {
	c := recordedCatalogue(t)
	if len(c.Warnings) > 0 {
		t.Error(c.Warnings)
	}
	if len(c.Plans) != 37 || len(c.Balancers) != 2 || len(c.Transfers) != 2 {
		t.Errorf("%d plans, %d classes, %d transfer prices", len(c.Plans), len(c.Balancers), len(c.Transfers))
	}
	p, is := c.Plan("g7-premium-8")
	if !is || p.VCPUs != 8 || p.Memory != 16384 || p.Disk != 327_680 || p.NetworkOut != 6000 || p.Transfer != 6000 || p.Class != "premium" || p.Shared() {
		t.Errorf("%+v", p)
	}
	for region, want := range map[string]Price{
		"us-ord": {Exactly(259_500), Exactly(173 * Dollar)},
		"id-cgk": {Exactly(311_000), Exactly(207_360_000)},
		"br-gru": {Exactly(363_000), Exactly(241_920_000)},
	} {
		if got := p.In(region); got != want {
			t.Errorf("%s: %v, want %v", region, got, want)
		}
	}
	if got := c.PerGB("id-cgk", false); got != Exactly(15_000) {
		t.Error(got)
	}
}

// TestTheBuiltInCatalogueIsWhatTheAPITold holds every figure of it against the recorded answers.
func TestTheBuiltInCatalogueIsWhatTheAPITold(t *testing.T) {
	told, ours := recordedCatalogue(t), Builtin()
	for _, p := range ours.Plans {
		q, is := told.Plan(p.ID)
		if !is && p.ID != "g8-dedicated-4-2" { // newer than the recording
			t.Errorf("%s was not told", p.ID)
		}
		if is && !samePlan(p, q) {
			t.Errorf("%+v, was told as %+v", p, q)
		}
	}
	for _, b := range ours.Balancers {
		if q, is := told.Balancer(b.ID); !is || !sameTariff(b.Tariff, q.Tariff) || q.Kind != b.Kind || q.Limits != b.Limits {
			t.Errorf("%+v, was told as %+v", b, q)
		}
	}
	for _, region := range []string{"us-ord", "id-cgk", "br-gru"} {
		for _, distributed := range []bool{false, true} {
			if a, b := ours.PerGB(region, distributed), told.PerGB(region, distributed); a != b || !a.Known {
				t.Errorf("a GB from %s (distributed %t) is %s, was told as %s", region, distributed, a, b)
			}
		}
	}
}

func samePlan(a, b Plan) bool {
	same := sameTariff(a.Tariff, b.Tariff)
	a.Tariff, b.Tariff = Tariff{}, Tariff{}
	return same && a.ID == b.ID && a.Label == b.Label && a.Class == b.Class && a.VCPUs == b.VCPUs && a.Memory == b.Memory &&
		a.Disk == b.Disk && a.NetworkOut == b.NetworkOut && a.Transfer == b.Transfer
}

func sameTariff(a, b Tariff) bool { return a.Base == b.Base && slices.Equal(a.Regions, b.Regions) }

// TestTheBuiltInCatalogueIsWhole also where nothing was recorded.
func TestTheBuiltInCatalogueIsWhole(t *testing.T) {
	c := Builtin()
	if len(c.Warnings) > 0 || len(c.Plans) < 20 || c.String() != "prices: built in, of 2024-07" {
		t.Errorf("%d plans, %q, %q", len(c.Plans), c, c.Warnings)
	}
	for _, p := range c.Plans {
		if p.VCPUs == 0 || p.Memory == 0 || p.NetworkOut == 0 || !p.Base.Hourly.Known || p.Base.Hourly.USD == 0 {
			t.Errorf("%+v", p)
		}
	}
	for name, connections := range map[string]int{"nodebalancer": 10_000, "common": 10_000, "premium": 100_000, "nodebalancer-pr100": 100_000} {
		if b, is := c.Balancer(name); !is || b.Connections != connections || !b.Base.Hourly.Known {
			t.Errorf("%s: %+v", name, b)
		}
	}
	if _, is := c.Balancer(""); is {
		t.Error("no name is one")
	}
	g8, _ := c.Plan("g8-dedicated-4-2")
	if g8.Transfer != 0 || g8.Base.Monthly.Known || g8.In("id-cgk").Hourly.Known || g8.In("us-ord").Hourly != Exactly(70_000) {
		t.Errorf("%+v", g8)
	}
}

func plansOf(bodies ...string) Bodies {
	var b Bodies
	for _, body := range bodies {
		b.Plans = append(b.Plans, []byte(body))
	}
	return b
}

// TestPagesMakeOneList: a plan that comes twice, as pages shift while they are read, is there once.
func TestPagesMakeOneList(t *testing.T) {
	c, err := Decode("api", "", plansOf(
		`{"data":[{"id":"a","price":{"hourly":0.1,"monthly":1}},{"id":"b","price":{"hourly":0.2,"monthly":null}}],"page":1,"pages":2,"results":4}`,
		`{"data":[{"id":"b","price":{"hourly":0.3,"monthly":1}},{"id":"c","price":null}],"page":2,"pages":2,"results":4}`))
	if err != nil || len(c.Plans) != 3 || c.Plans[1].Base.Hourly != Exactly(200_000) || c.Plans[2].Base.Hourly.Known {
		t.Errorf("%+v, %v", c.Plans, err)
	}
	if len(c.Warnings) != 1 || c.Warnings[0] != "plans: 3 of 4 were told" {
		t.Error(c.Warnings)
	}
}

// TestAPriceThatCannotBeReadIsUnknown, and no other is.
func TestAPriceThatCannotBeReadIsUnknown(t *testing.T) {
	c, err := Decode("api", "", plansOf(`{"data":[{"id":"fine","price":{"hourly":0.00000001,"monthly":5},"region_prices":[{"id":"x","hourly":-1}]},{"id":"good","price":{"hourly":1e-3}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	fine, good := c.Plans[0], c.Plans[1]
	if fine.Base.Hourly.Known || fine.Base.Monthly != Exactly(5*Dollar) || fine.In("x").Hourly.Known || good.Base.Hourly != Exactly(1000) {
		t.Errorf("%+v, %+v", fine, good)
	}
	want := []string{
		"fine: its price is unknown: 0.00000001 is finer than a millionth of a dollar",
		"fine in x: its price is unknown: -1 is below zero",
	}
	if !slices.Equal(c.Warnings, want) {
		t.Error(strings.Join(c.Warnings, "\n"))
	}
}

// TestWhatIsNoListIsToldAtOnce: an error of the API, a page of a proxy, half an answer.
func TestWhatIsNoListIsToldAtOnce(t *testing.T) {
	b := plansOf(`{"errors":[{"reason":"Too many requests"}]}`, `<html>`, `{"data":[{"id":"a"}]}`, `{"data":[{"id":"a"`, ``, `{"data":[{"id":"a","memory":"lots"}]}`)
	b.Balancers = [][]byte{nil}
	c, err := Decode("api", "", b)
	if err == nil || len(c.Plans) != 1 {
		t.Fatalf("%+v, %v", c.Plans, err)
	}
	for _, want := range []string{"plans: answer 1 ", "plans: answer 2 ", "plans: answer 4 ", "plans: answer 5 ", "plans: answer 6 ", "NodeBalancer classes: answer 1 "} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
	if strings.Contains(err.Error(), "answer 3") {
		t.Error(err)
	}
}

// FuzzDecode: no answer of whatever server makes it panic, and what is priced is priced exactly.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"data":[{"id":"a","price":{"hourly":0.1,"monthly":1},"region_prices":[{"id":"x","hourly":1e-9}]}],"results":-3}`))
	f.Add([]byte(`{"data":[{"id":"network_transfer","transfer":-5,"price":{"hourly":9e12}}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		c, _ := Decode("fuzz", "", Bodies{Plans: [][]byte{body}, Balancers: [][]byte{body}, Transfers: [][]byte{body}})
		for _, p := range c.Plans {
			e, err := c.Estimate(Order{Planned: 1, TTL: 1 << 62, Resources: []Resource{{Type: p.ID, Region: "x", Count: 1 << 30, Egress: 1 << 62}}})
			if err != nil || e.Worst < e.AsPlan || e.AsPlan < e.Minimum {
				t.Fatalf("%+v: %v", e, err)
			}
			_ = e.String()
		}
	})
}
