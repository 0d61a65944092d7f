package linode

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/linode/linodego"

	"github.com/loadctl/loadctl/coordinator/rental"
)

type paged[T any] struct {
	Page, Pages, Results int
	Data                 []T
}

// read reads an answer into a type, or a page of them.
func read[T any](e exemplar) (any, error) {
	if e.Method == http.MethodGet && strings.Contains(string(e.Response[:min(len(e.Response), 40)]), `"data"`) || strings.Contains(string(e.Response), `"pages"`) {
		var p paged[T]
		err := json.Unmarshal(e.Response, &p)
		return p.Data, err
	}
	var v T
	err := json.Unmarshal(e.Response, &v)
	return v, err
}

// readers are the types of linodego, by template.
func readers() map[string]func(exemplar) (any, error) {
	return map[string]func(exemplar) (any, error){
		"/account/events":                                      read[linodego.Event],
		"/linode/instances":                                    read[linodego.Instance],
		"/linode/instances/{id}":                               read[linodego.Instance],
		"/linode/instances/{id}/boot":                          read[struct{}],
		"/linode/instances/{id}/shutdown":                      read[struct{}],
		"/linode/instances/{id}/configs":                       read[linodego.InstanceConfig],
		"/linode/instances/{id}/firewalls":                     read[linodego.Firewall],
		"/linode/instances/{id}/nodebalancers":                 read[linodego.NodeBalancer],
		"/networking/firewalls":                                read[linodego.Firewall],
		"/networking/firewalls/{id}":                           read[linodego.Firewall],
		"/networking/firewalls/{id}/devices":                   read[linodego.FirewallDevice],
		"/networking/firewalls/{id}/devices/{id}":              read[linodego.FirewallDevice],
		"/networking/firewalls/{id}/rules":                     read[linodego.FirewallRuleSet],
		"/nodebalancers":                                       read[linodego.NodeBalancer],
		"/nodebalancers/{id}":                                  read[linodego.NodeBalancer],
		"/nodebalancers/{id}/configs":                          read[linodego.NodeBalancerConfig],
		"/nodebalancers/{id}/configs/{id}":                     read[linodego.NodeBalancerConfig],
		"/nodebalancers/{id}/configs/{id}/rebuild":             read[linodego.NodeBalancerConfig],
		"/nodebalancers/{id}/configs/{id}/nodes":               read[linodego.NodeBalancerNode],
		"/nodebalancers/{id}/configs/{id}/nodes/{id}":          read[linodego.NodeBalancerNode],
		"/nodebalancers/{id}/firewalls":                        read[linodego.Firewall],
		"/nodebalancers/{id}/vpcs":                             read[linodego.NodeBalancerVPCConfig],
		"/nodebalancers/{id}/vpcs/{id}":                        read[linodego.NodeBalancerVPCConfig],
		"/object-storage/buckets/{region}/{bucket}/object-url": read[linodego.ObjectStorageObjectURL],
		"/placement/groups":                                    read[linodego.PlacementGroup],
		"/placement/groups/{id}":                               read[linodego.PlacementGroup],
		"/placement/groups/{id}/assign":                        read[linodego.PlacementGroup],
		"/placement/groups/{id}/unassign":                      read[linodego.PlacementGroup],
		"/tags":                                                read[linodego.Tag],
		"/tags/{label}":                                        read[linodego.TaggedObject],
		"/vpcs":                                                read[linodego.VPC],
		"/vpcs/{id}":                                           read[linodego.VPC],
		"/vpcs/{id}/subnets":                                   read[linodego.VPCSubnet],
		"/vpcs/{id}/subnets/{id}":                              read[linodego.VPCSubnet],
	}
}

// TestRecordedAnswersAreRead: what the real API has said can be read, and what we see of it is what it says.
func TestRecordedAnswersAreRead(t *testing.T) {
	for _, e := range exemplars(t) {
		if e.Status >= 400 {
			continue // see TestRecordedFailures
		}
		reader := readers()[e.Template]
		if reader == nil {
			t.Errorf("nobody reads %s", e.Template)
			continue
		}
		v, err := reader(e)
		if err != nil {
			t.Errorf("%s %s: %v\n%s", e.Method, e.Path, err, e.Response)
			continue
		}
		if s, ours := seenOf(v); ours && e.Method != http.MethodDelete {
			sameAs(t, e, s)
		}
	}
}

// seenOf is one resource of a kind that we rent.
func seenOf(v any) (s rental.Seen, ours bool) {
	switch v := v.(type) {
	case linodego.VPC:
		return seenNetwork(v), true
	case linodego.Firewall:
		return seenFirewall(v), true
	case linodego.PlacementGroup:
		return seenPlacement(v), true
	case linodego.Instance:
		return seenInstance(v), true
	case linodego.NodeBalancer:
		return seenBalancer(v), true
	}
	return s, false
}

func sameAs(t *testing.T, e exemplar, s rental.Seen) {
	t.Helper()
	var raw struct {
		ID            int
		Label, Region string
		Tags          []string
		Created       string
	}
	if err := json.Unmarshal(e.Response, &raw); err != nil {
		t.Fatal(err)
	}
	created := ""
	if !s.Created.IsZero() {
		created = s.Created.UTC().Format("2006-01-02T15:04:05")
	}
	if s.ID != raw.ID || s.Label != raw.Label || s.Region != raw.Region || len(s.Tags) != len(raw.Tags) || created != raw.Created {
		t.Errorf("%s %s: %+v of %s", e.Method, e.Path, s, e.Response)
	}
	if (s.Kind == rental.Instance || s.Kind == rental.Balancer) && !s.Public.IsValid() {
		t.Errorf("%s %s: no address of %s", e.Method, e.Path, e.Response)
	}
}
