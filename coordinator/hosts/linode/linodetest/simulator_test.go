package linodetest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/coordinator/rental"
)

// A caller asks a simulator as anybody would.
type caller struct {
	t   *testing.T
	sim *Simulator
}

func (c caller) ask(method, path, body string, headers ...string) (int, object, http.Header) {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.sim.URL+"/v4"+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+Token)
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, nil
	}
	defer resp.Body.Close()
	var o object
	if err := json.NewDecoder(resp.Body).Decode(&o); err != nil && !errors.Is(err, io.EOF) {
		o = object{}
	}
	return resp.StatusCode, o, resp.Header
}

const wanted = `{"label": "lc-1", "region": "us-ord", "type": "g6-nanode-1", "image": "linode/debian12", "authorized_keys": ["ssh-ed25519 AAAA"],
	"interface_generation": "legacy_config", "interfaces": [{"purpose": "public"}], "tags": ["lc-run"]}`

func ticking(cfg Config) (Config, func(time.Duration)) {
	now := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	cfg.Now = func() time.Time { return now }
	return cfg, func(d time.Duration) { now = now.Add(d) }
}

// TestInstanceBoots by the clock, and reboots.
func TestInstanceBoots(t *testing.T) {
	var changes []string
	cfg, pass := ticking(Config{Provisioning: 40 * time.Second, Booting: 20 * time.Second, Stuck: func(label string) bool { return label == "lc-stuck" }})
	cfg.Changed = func(c Change) { changes = append(changes, c.What+" "+c.Label) }
	c := caller{t, New(t, cfg)}
	status, made, _ := c.ask("POST", "/linode/instances", wanted)
	if status != 200 || made["status"] != "provisioning" {
		t.Fatalf("%d %v", status, made)
	}
	c.ask("POST", "/linode/instances", strings.ReplaceAll(wanted, "lc-1", "lc-stuck"))
	statuses := func() (all []string) {
		_, list, _ := c.ask("GET", "/linode/instances", "")
		for _, one := range list["data"].([]any) {
			all = append(all, one.(object)["status"].(string))
		}
		return all
	}
	var seen []string
	for range 4 {
		pass(20 * time.Second)
		seen = append(seen, strings.Join(statuses(), "+"))
	}
	if want := "provisioning+provisioning booting+provisioning running+provisioning running+provisioning"; strings.Join(seen, " ") != want {
		t.Errorf("%s", seen)
	}
	i, _ := c.sim.Instance("lc-1")
	path := "/linode/instances/" + itoa(i.ID)
	c.ask("POST", path+"/reboot", "{}")
	if got := statuses()[0]; got != "rebooting" {
		t.Error(got)
	}
	c.sim.SetStatus("lc-1", "offline")
	c.sim.Place("lc-1", netip.MustParseAddr("10.9.9.9"), netip.Addr{})
	if _, one, _ := c.ask("GET", path, ""); one["status"] != "offline" || one["ipv4"].([]any)[0] != "10.9.9.9" {
		t.Errorf("%v", one)
	}
	c.ask("DELETE", path, "")
	if want := []string{"made lc-1", "made lc-stuck", "rebooted lc-1", "deleted lc-1"}; !slices.Equal(changes, want) {
		t.Errorf("%s", changes)
	}
	if left := c.sim.Left(rental.Instance); !slices.Equal(left, []string{"lc-stuck"}) {
		t.Errorf("%s", left)
	}
}

func itoa(n int) string {
	text, _ := json.Marshal(n)
	return string(text)
}

// TestListsMissWhatIsNew for a while, and one resource does not.
func TestListsMissWhatIsNew(t *testing.T) {
	cfg, pass := ticking(Config{Unseen: 10 * time.Second})
	c := caller{t, New(t, cfg)}
	c.ask("POST", "/linode/instances", wanted)
	count := func(filter string) any {
		_, list, _ := c.ask("GET", "/linode/instances", "", "X-Filter", filter)
		return list["results"]
	}
	i, _ := c.sim.Instance("lc-1")
	if status, _, _ := c.ask("GET", "/linode/instances/"+itoa(i.ID), ""); status != 200 || count("") != 0.0 {
		t.Errorf("%d, %v", status, count(""))
	}
	pass(10 * time.Second)
	for filter, want := range map[string]float64{
		"": 1, `{"tags": "lc-run"}`: 1, `{"tags": "lc-"}`: 0, `{"label": {"+contains": "c-"}}`: 1, `{"+or": [{"tags": "x"}, {"label": "lc-1"}]}`: 1,
		`{"+and": [{"tags": "lc-run"}, {"label": "lc-2"}]}`: 0,
	} {
		if got := count(filter); got != want {
			t.Errorf("%s: %v", filter, got)
		}
	}
	for _, filter := range []string{"{", `{"label": {"+gt": 1}}`, `{"+or": 1}`} {
		if status, _, _ := c.ask("GET", "/linode/instances", "", "X-Filter", filter); status != 400 {
			t.Errorf("%s: %d", filter, status)
		}
	}
}

// TestFaultsBefallTheirCalls, by number.
func TestFaultsBefallTheirCalls(t *testing.T) {
	cfg, _ := ticking(Config{})
	c := caller{t, New(t, cfg)}
	c.sim.Befall(Fault{On: "DELETE /vpcs/{id}", Status: 400, Reason: "in use", Times: 2})
	c.sim.Befall(Fault{On: "POST /linode/instances", From: 2, Drop: true, Done: true})
	c.sim.Befall(TooMany("GET /regions", 7*time.Second))
	_, vpc, _ := c.ask("POST", "/vpcs", `{"label": "lc-net", "region": "us-ord", "subnets": [{"label": "lc-net", "ipv4": "10.0.0.0/24"}]}`)
	var got []int
	for range 3 {
		status, _, _ := c.ask("DELETE", "/vpcs/"+itoa(int(vpc["id"].(float64))), "")
		got = append(got, status)
	}
	for _, label := range []string{"lc-1", "lc-2", "lc-3", "lc-2"} {
		status, _, _ := c.ask("POST", "/linode/instances", strings.ReplaceAll(wanted, "lc-1", label))
		got = append(got, status)
	}
	if want := []int{400, 400, 200, 200, 0, 200, 400}; !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
	if left := c.sim.Left(); !slices.Equal(left, []string{"lc-1", "lc-2", "lc-3"}) {
		t.Errorf("%s", left)
	}
	status, _, h := c.ask("GET", "/regions", "")
	if status != 429 || h.Get("Retry-After") != "7" || h.Get("X-RateLimit-Reset") == "" || h.Get("Content-Type") != "application/json" {
		t.Errorf("%d %v", status, h)
	}
	if calls := c.sim.Calls("POST /linode/instances"); len(calls) != 4 || calls[1].Status != 0 {
		t.Errorf("%+v", calls)
	}
}

// TestInstancesHaveARate, that is whole again after its window.
func TestInstancesHaveARate(t *testing.T) {
	cfg, pass := ticking(Config{Rate: 2})
	c := caller{t, New(t, cfg)}
	make3 := func(labels ...string) (all []int) {
		for _, label := range labels {
			status, _, _ := c.ask("POST", "/linode/instances", strings.ReplaceAll(wanted, "lc-1", label))
			all = append(all, status)
		}
		return all
	}
	if got := make3("lc-1", "lc-2", "lc-3"); !slices.Equal(got, []int{200, 200, 429}) {
		t.Errorf("%v", got)
	}
	pass(15 * time.Second)
	if got := make3("lc-3"); got[0] != 200 {
		t.Errorf("%v", got)
	}
}

// A quiet is a test that notes its errors.
type quiet struct {
	testing.TB
	errs []string
}

func (q *quiet) Errorf(text string, _ ...any) { q.errs = append(q.errs, text) }
func (q *quiet) Helper()                      {}

// TestDifferencesFailTheTest: what Linode's description does not have is told of.
func TestDifferencesFailTheTest(t *testing.T) {
	if _, err := os.Stat(filepath.Join(Dir(), "corrected-4.189.0.json")); err != nil {
		t.Skipf("Linode's description of its API is not here (LOADCTL_LINODE_SPEC_DIR): %v", err)
	}
	for name, call := range map[string][3]string{
		"unknown field": {"POST", "/linode/instances", strings.ReplaceAll(wanted, "authorized_keys", "authorised_keys")},
		"wrong type":    {"POST", "/linode/instances", strings.ReplaceAll(wanted, `["lc-run"]`, `"lc-run"`)},
		"no region":     {"POST", "/linode/instances", `{"type": "g6-nanode-1"}`},
		"short label":   {"POST", "/linode/instances", strings.ReplaceAll(wanted, "lc-1", "l")},
		"page size":     {"GET", "/linode/instances?page_size=5000", ""},
		"no such path":  {"GET", "/linode/nowhere", ""},
	} {
		q := &quiet{TB: t}
		c := caller{t, New(q, Config{})}
		c.ask(call[0], call[1], call[2])
		if len(q.errs) == 0 {
			t.Errorf("%s: nobody has told", name)
		}
	}
}

// TestAnswersHaveWhatWasRecorded: each key that the real API was seen to give in an answer is in ours.
func TestAnswersHaveWhatWasRecorded(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(Dir(), "fixtures", "exemplars.jsonl"))
	if err != nil {
		t.Skipf("what was recorded of the Linode API is not here (LOADCTL_LINODE_SPEC_DIR): %v", err)
	}
	ours := answers(t)
	for line := range bytes.Lines(text) {
		var e struct {
			Method, Template string
			Status           int
			Response         object
		}
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatal(err)
		}
		have, ok := ours[e.Method+" "+e.Template]
		if !ok || e.Status != 200 {
			continue
		}
		for key := range keys("", e.Response) {
			if _, ok := have[key]; !ok && !aside(key) {
				t.Errorf("%s %s has no %s", e.Method, e.Template, key)
			}
		}
	}
}

// aside are keys of things that we do not simulate.
func aside(key string) bool {
	for _, part := range []string{"parent_entity/", "/description", "migrations/", "ipv6/range", "entities/"} {
		if strings.Contains(key, part) {
			return true
		}
	}
	return false
}

// answers are the keys of our answers, by operation, of an account that has one of each kind.
func answers(t *testing.T) map[string]map[string]bool {
	t.Helper()
	c := caller{t, New(t, Config{})}
	all := map[string]map[string]bool{}
	one := func(on, path, body string) object {
		method, _, _ := strings.Cut(on, " ")
		status, o, _ := c.ask(method, path, body)
		if status != 200 {
			t.Fatalf("%s: %d %v", on, status, o)
		}
		all[on] = keys("", o)
		return o
	}
	id := func(o object) string { return itoa(int(o["id"].(float64))) }
	vpc := one("POST /vpcs", "/vpcs", `{"label": "lc-net", "region": "us-ord", "subnets": [{"label": "lc-net", "ipv4": "10.0.0.0/24"}]}`)
	subnet := id(vpc["subnets"].([]any)[0].(object))
	rule := `[{"action": "ACCEPT", "label": "one", "protocol": "TCP", "ports": "22", "addresses": {"ipv4": ["192.0.2.0/24"], "ipv6": ["2001:db8::/32"]}}]`
	rules := `{"inbound": ` + rule + `, "inbound_policy": "DROP", "outbound": ` + rule + `, "outbound_policy": "DROP"}`
	fw := one("POST /networking/firewalls", "/networking/firewalls", `{"label": "lc-fw", "rules": `+rules+`, "tags": ["loadctl"]}`)
	pg := one("POST /placement/groups", "/placement/groups", `{"label": "lc-pg", "region": "us-ord", "placement_group_type": "anti_affinity:local", "placement_group_policy": "flexible"}`)
	i := one("POST /linode/instances", "/linode/instances", strings.Replace(strings.Replace(wanted, `{"purpose": "public"}`, `{"purpose": "vpc", "subnet_id": `+subnet+`}`, 1),
		`"tags"`, `"firewall_id": `+id(fw)+`, "placement_group": {"id": `+id(pg)+`}, "tags"`, 1))
	nb := one("POST /nodebalancers", "/nodebalancers", `{"label": "lc-nb", "region": "us-ord", "configs": [{"port": 80, "nodes": [{"label": "one", "address": "192.168.130.5:80"}]}]}`)
	for path, o := range map[string]object{"/vpcs": vpc, "/networking/firewalls": fw, "/placement/groups": pg, "/linode/instances": i, "/nodebalancers": nb} {
		one("GET "+path, path, "")
		one("GET "+path+"/{id}", path+"/"+id(o), "")
	}
	one("PUT /linode/instances/{id}", "/linode/instances/"+id(i), `{"watchdog_enabled": false}`)
	one("PUT /networking/firewalls/{id}/rules", "/networking/firewalls/"+id(fw)+"/rules", rules)
	one("GET /vpcs/{id}/ips", "/vpcs/"+id(vpc)+"/ips", "")
	return all
}

// keys are the paths of all keys of a value; lists are walked through.
func keys(at string, v any) map[string]bool {
	all := map[string]bool{}
	switch v := v.(type) {
	case object:
		for k, one := range v {
			all[at+k] = true
			for key := range keys(at+k+"/", one) {
				all[key] = true
			}
		}
	case []any:
		for _, one := range v {
			for key := range keys(at, one) {
				all[key] = true
			}
		}
	}
	return all
}
