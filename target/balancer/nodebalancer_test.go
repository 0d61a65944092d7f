package balancer

import (
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// linodeBackends have addresses as a NodeBalancer needs them.
func linodeBackends() []Backend {
	return []Backend{{Address: "192.168.130.5:8000", Weight: 2}, {Name: "spare", Address: "192.168.130.7:8000", Backup: true}}
}

func TestNodeBalancer(t *testing.T) {
	p, err := Config{Backends: linodeBackends(), Algorithm: LeastConns, TLS: TLS{Certificate: "a.pem", Key: "a.key"}}.NodeBalancer(Order{Region: "us-ord", Label: "shop"})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "nodebalancer.json", string(text)+"\n")
}

// TestNodeBalancerByLinode holds the bodies against Linode's description of its API.
func TestNodeBalancerByLinode(t *testing.T) {
	dir := cmp.Or(os.Getenv("LOADCTL_LINODE_SPEC_DIR"), "../../../shared/linode-openapi")
	path := filepath.Join(dir, "corrected-4.189.0.json")
	if _, err := os.Stat(path); err != nil {
		t.Skipf("Linode's API description is not here (LOADCTL_LINODE_SPEC_DIR): %v", err)
	}
	doc, err := openapi3.NewLoader().LoadFromFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []Config{
		{Backends: linodeBackends()},
		{Backends: linodeBackends(), Algorithm: Source, Listen: ":8080", Check: Check{Off: true}},
		{Backends: linodeBackends(), Algorithm: LeastConns, TLS: TLS{Certificate: "a.pem", Key: "a.key"}, Passive: Passive{Off: true}},
	} {
		p, err := c.NodeBalancer(Order{Region: "us-ord", Label: "shop"})
		if err != nil {
			t.Fatal(err)
		}
		holds(t, doc, "/{apiVersion}/nodebalancers", p.Create)
		holds(t, doc, "/{apiVersion}/nodebalancers/{nodeBalancerId}/configs/{configId}/rebuild", p.Rebuild)
		for _, node := range p.Rebuild.Nodes {
			holds(t, doc, "/{apiVersion}/nodebalancers/{nodeBalancerId}/configs/{configId}/nodes", node)
		}
	}
}

func holds(t *testing.T, doc *openapi3.T, path string, body any) {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		t.Fatal(err)
	}
	schema := doc.Paths.Find(path).Post.RequestBody.Value.Content["application/json"].Schema.Value
	if err := schema.VisitJSON(value, openapi3.VisitAsRequest(), openapi3.MultiErrors()); err != nil {
		t.Errorf("POST %s: %v\n%s", path, err, text)
	}
}

// TestNodeBalancerInAVPC: where backends are decides what must be said of them.
func TestNodeBalancerInAVPC(t *testing.T) {
	inside := Config{Backends: []Backend{{Address: "10.0.0.7:8000"}}}
	p, err := inside.NodeBalancer(Order{Region: "us-ord", Premium: true, Subnet: 42})
	if err != nil || p.Create.Type != "premium" || p.Create.VPCs[0].Subnet != 42 || p.Rebuild.Nodes[0].Subnet != 42 {
		t.Errorf("%+v, %v", p, err)
	}
	for _, c := range []struct {
		cfg   Config
		order Order
		want  string
	}{
		{inside, Order{Region: "us-ord"}, "is in a VPC, whose subnet must be named"},
		{Config{Backends: linodeBackends()}, Order{Region: "us-ord", Subnet: 42}, "but a VPC subnet was named"},
		{Config{Backends: linodeBackends()}, Order{Region: "us-ord", Premium: true}, "must be in a VPC: the premium plan has no other backends"},
	} {
		if _, err := c.cfg.NodeBalancer(c.order); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
}

// TestWhatANodeBalancerCannot: nothing that was asked for is left out in silence.
func TestWhatANodeBalancerCannot(t *testing.T) {
	c := Config{Algorithm: RandomTwo, Connections: 50_000, RateLimit: RateLimit{Requests: 5, Connections: 5}, Check: Check{Interval: 1500e6, Path: "/a_b", Fall: 31},
		Backends: []Backend{{Address: "127.0.0.1:80", Weight: 256, MaxConnections: 9}}}
	_, err := c.NodeBalancer(Order{Label: "x"})
	if err == nil {
		t.Fatal("everything can be had")
	}
	for _, want := range []string{
		"region: must name one of Linode's", "label: must have 3 to 32 characters",
		"algorithm: a NodeBalancer has round_robin, least_connections and source, not random_two",
		"connections: one of this plan holds 10,000, got 50000: take 5 of the basic plan, 1 of the premium one",
		"rate_limit.requests: ", "rate_limit.connections: ", "check.interval: must be whole seconds from 2 to 3600, got 1.5s",
		"check.path: must be letters", "check.fall: must be at most 30", "backends[0].address: must be a private address",
		"backends[0].weight: must be at most 255", "backends[0].max_connections: ",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("does not say %q:\n%v", want, err)
		}
	}
}
