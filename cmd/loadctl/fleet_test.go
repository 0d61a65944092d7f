package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/coordinator/hosts/linode"
	"github.com/loadctl/loadctl/coordinator/hosts/linode/linodetest"
	"github.com/loadctl/loadctl/coordinator/hosts/rented"
	"github.com/loadctl/loadctl/coordinator/price"
	"github.com/loadctl/loadctl/coordinator/rental"
	"github.com/loadctl/loadctl/scenarios"
)

// typed is what a person types, sees and gets as exit code.
func typed(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = Main(args, strings.NewReader(""), &o, &e)
	return code, o.String(), e.String()
}

// says holds what was written against what was to be.
func says(t *testing.T, what, text string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("%s: no %q in\n%s", what, w, text)
		}
	}
}

const farFile = `
version: 1
name: far
target: {base_url: "http://10.0.0.9:8080"}
users: {reader: {tasks: {look: {steps: [{get: /items}]}}}}
phases: [{name: steady, executor: constant-arrival-rate, rate: 100/s, duration: 10m}]
`

const fleetBlock = `fleet: {provider: linode, type: g6-dedicated-4, region: us-ord, count: 3, ttl: 90m, network: private`

// account is an account with a token, and a home without fleets.
func account(t *testing.T, cfg linodetest.Config) (*linodetest.Simulator, *linode.Client) {
	t.Helper()
	s := linodetest.New(t, cfg)
	t.Setenv("LINODE_URL", s.URL)
	t.Setenv("LINODE_TOKEN", linodetest.Token)
	t.Setenv("LOADCTL_STATE", t.TempDir())
	t.Setenv("LOADCTL_CACHE", t.TempDir())
	c, err := linode.New(linode.Config{Token: linodetest.Token, URL: s.URL})
	if err != nil {
		t.Fatal(err)
	}
	return s, c
}

func fileOf(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "far.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestWhatWasNotSeenIsNotNothing: a list of fleets says whether Linode told of them.
func TestWhatWasNotSeenIsNotNothing(t *testing.T) {
	account(t, linodetest.Config{})
	code, out, _ := typed(t, "fleet", "ls")
	if says(t, "seen", out, "no fleets: nothing is rented"); code != 0 {
		t.Errorf("exit %d", code)
	}
	t.Setenv("LINODE_TOKEN", "nobodys")
	code, out, errs := typed(t, "fleet", "ls")
	if says(t, "refused", out+errs, "what there is at Linode is not known", "401"); code != exitFailed || strings.Contains(out, "nothing is") {
		t.Errorf("exit %d: %s", code, out)
	}
	t.Setenv("LINODE_TOKEN", "")
	_, out, _ = typed(t, "fleet", "ls", "--json")
	says(t, "not asked", out, `"seen": false`)
}

// soon are the fleets of this person as the commands have them, but for how long what was lost is waited for.
func soon(t *testing.T, errw *bytes.Buffer) rented.Config {
	t.Helper()
	c, err := theCloud(sayer(errw))
	if err != nil {
		t.Fatal(err)
	}
	c.Limits = rental.Limits{Settle: 50 * time.Millisecond, ListEvery: 20 * time.Millisecond}
	return c
}

// makeFleet makes what a process left that was killed on another machine.
func makeFleet(t *testing.T, c *linode.Client, run string, expires time.Time, machines int) {
	t.Helper()
	tags := rental.Tags(run, expires)
	wall, err := c.MakeFirewall(context.Background(), linode.FirewallSpec{Label: rental.Name{Run: run, Role: "agent", Number: 1}.Label(), Tags: tags})
	if err != nil {
		t.Fatal(err)
	}
	for n := range machines {
		_, err := c.MakeInstance(context.Background(), linode.InstanceSpec{Label: rental.Name{Run: run, Role: "agent", Number: n + 1}.Label(), Region: "us-ord", Type: "g6-dedicated-4",
			Image: "linode/debian12", Tags: tags, Keys: []string{"ssh-ed25519 AAAA"}, Generation: linode.Legacy, Firewall: wall.ID})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// pricedAs is a price as programs read it.
type pricedAs struct {
	Schema    string
	TTLS      float64 `json:"ttl_s"`
	Resources []struct{ Count int }
	Worst     price.USD `json:"worst_usd"`
	Refused   string
}

// TestFleetPriceNeedsNoToken: the sums of docs/fleet.md, by prices of a day that is told.
func TestFleetPriceNeedsNoToken(t *testing.T) {
	t.Setenv("LINODE_TOKEN", "")
	t.Setenv("LOADCTL_STATE", t.TempDir())
	file := fileOf(t, farFile+fleetBlock+", max_cost_usd: 5}")
	code, out, errs := typed(t, "fleet", "price", file)
	if code != exitHeld {
		t.Errorf("exit %d: %s", code, errs)
	}
	says(t, "price", out, "3 machines for "+file+", for about 15m, and 1h30m at most", "3 × g6-dedicated-4", "$0.324 per hour, $0.108 each", "minimum", "planned", "worst case", "built in, of 2024-07", "covers the worst case")

	code, out, _ = typed(t, "fleet", "price", file, "--json", "--count", "50", "--ttl", "3h")
	var d pricedAs
	if err := json.Unmarshal([]byte(out), &d); err != nil || code != exitFailed || d.Schema != "loadctl.fleet-price/v1" || d.Resources[0].Count != 50 || d.TTLS != 10800 || !strings.Contains(d.Refused, "max_cost_usd") {
		t.Errorf("exit %d, %v: %s", code, err, out)
	}
	if code, _, errs = typed(t, "fleet", "price", file, "--count", "50"); code != exitFailed {
		t.Errorf("exit %d", code)
	}
	says(t, "refused", errs, "max_cost_usd: $5.00 does not cover the worst case")
}

// TestPlanOfAFleet: machines, minutes and dollars, and agents as they are placed on them.
func TestPlanOfAFleet(t *testing.T) {
	t.Setenv("LINODE_TOKEN", "")
	t.Setenv("LOADCTL_STATE", t.TempDir())
	t.Setenv("LOADCTL_CACHE", t.TempDir())
	file := fileOf(t, farFile+`fleet: {provider: linode, regions: {us-ord: 2, fr-par: }, ttl: 1h}`)
	code, out, errs := typed(t, "plan", file, "--fleet", "linode")
	if code != exitHeld {
		t.Errorf("exit %d: %s", code, errs)
	}
	says(t, "plan", out, "3 hosts", "minutes     10.0", "2 × g6-dedicated-2  agent  us-ord", "1 × g6-dedicated-2  agent  fr-par", "worst case")
	code, out, _ = typed(t, "plan", file, "--fleet", "linode", "--json")
	var d struct {
		Schema string
		Hosts  []struct{}
		Fleet  pricedAs
	}
	if err := json.Unmarshal([]byte(out), &d); err != nil || code != exitHeld || d.Schema != "loadctl.plan/v1" || len(d.Hosts) != 3 || d.Fleet.Worst != 378_000 {
		t.Errorf("exit %d, %v: %s", code, err, out)
	}
	if code, _, errs = typed(t, "plan", file, "--fleet", "abcd2345"); code != exitUsage {
		t.Errorf("exit %d: %s", code, errs)
	}
}

// TestNothingIsRentedWithoutAWord: what is missing is said before Linode is asked for anything that costs.
func TestNothingIsRentedWithoutAWord(t *testing.T) {
	s, _ := account(t, linodetest.Config{})
	good := fileOf(t, farFile+fleetBlock+"}")
	for _, c := range []struct {
		code int
		args []string
		want []string
	}{
		{exitUsage, []string{"fleet", "up", good, "--keep"}, []string{"3 × g6-dedicated-4", "minimum", "worst case", "the Linode API", "nobody is there to be asked", "--yes, or max_cost_usd"}},
		{exitUsage, []string{"run", good, "--fleet", "linode", "--ui", "none"}, []string{"worst case", "nobody is there to be asked"}},
		{exitUsage, []string{"fleet", "up", fileOf(t, farFile)}, []string{"has no fleet: block", "docs/fleet.md"}},
		{exitUsage, []string{"run", fileOf(t, farFile), "--fleet", "linode"}, []string{"has no fleet: block"}},
		{exitUsage, []string{"run", good, "--fleet", "linode", "--hosts", "ssh://a@b", "--tap", "rows"}, []string{"--hosts and --fleet: the load comes from one of them", "--tap and --pprof"}},
		{exitUsage, []string{"fleet", "up", good, "--count", "2000", "--yes"}, []string{"--count must be from 1 to 1000, got 2000"}},
		{exitFailed, []string{"fleet", "up", fileOf(t, farFile+fleetBlock+", max_cost_usd: 0.5}")}, []string{"max_cost_usd: $0.50 does not cover the worst case", "nothing was rented"}},
		{exitUsage, []string{"fleet", "up", good, "--ttl", "25h", "--count", "-1"}, []string{"--ttl must be between 1m and 24h, got 25h0m0s", "--count must be from 1 to 1000, got -1"}},
		{exitUsage, []string{"fleet", "up", good, "--ttl", "0s", "--count", "0", "--yes"}, []string{"--ttl must be between 1m and 24h, got 0s", "--count must be from 1 to 1000, got 0"}},
		{exitUsage, []string{"fleet", "price", good, "--count", "0"}, []string{"--count must be from 1 to 1000, got 0"}},
		{exitUsage, []string{"run", fileOf(t, strings.Replace(farFile, "10m", "2h", 1)+fleetBlock+"}"), "--fleet", "linode", "--ui", "none"}, []string{"fleet.ttl: 1h30m is over before 2h of load and 5m around it are"}},
		{exitUsage, []string{"run", good, "--fleet", "abcd2345", "--ui", "none"}, []string{"there is no such fleet"}},
		{exitUsage, []string{"run", fileOf(t, strings.Replace(farFile, `base_url: "http://10.0.0.9:8080"`, "bundled: true", 1)+fleetBlock+"}"), "--fleet", "linode", "--ui", "none"}, []string{"the bundled target listens on loopback here"}},
		{exitUsage, []string{"fleet", "down"}, []string{"want the ID of a fleet"}},
	} {
		code, _, errs := typed(t, c.args...)
		if code != c.code {
			t.Errorf("%v: exit %d, want %d: %s", c.args, code, c.code, errs)
		}
		says(t, strings.Join(c.args, " "), errs, c.want...)
	}
	if left := s.Left(); len(left) > 0 {
		t.Errorf("made: %v", left)
	}
	t.Setenv("LINODE_TOKEN", "")
	for _, args := range [][]string{{"fleet", "up", good}, {"fleet", "down", "abcd2345"}, {"fleet", "reap"}, {"run", good, "--fleet", "linode", "--ui", "none"}} {
		code, _, errs := typed(t, args...)
		if code != exitUsage {
			t.Errorf("%v: exit %d", args, code)
		}
		says(t, "no token", errs, "LINODE_TOKEN is not set", "linodes:read_write", "firewall:read_write", "docs/security.md")
	}
}

// TestAPublicTargetIsRefusedBeforeMachinesAreRented: as by a run from here, and nobody pays to hear it. A fleet that is to be
// paid for is of somebody who said --yes.
func TestAPublicTargetIsRefusedBeforeMachinesAreRented(t *testing.T) {
	s, _ := account(t, linodetest.Config{})
	t.Chdir(t.TempDir())
	bare := strings.Replace(farFile, "10.0.0.9", "203.0.113.9", 1) + fleetBlock + "}\n"
	for name, text := range map[string]string{
		"bare.yaml": bare, "bare-tune.yaml": "version: 1\nscenario: bare.yaml\n" + tunedByEnv,
		"allowed.yaml": bare + "allow_hosts: [203.0.113.9]\n", "allowed-tune.yaml": "version: 1\nscenario: allowed.yaml\n" + tunedByEnv,
		"knobs.env": "WORKERS=1\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for kind, want := range map[string]string{"bare": "is public, and allow_hosts of the scenario does not name it", "allowed": "is public and has to answer for itself at /.well-known/loadctl"} {
		for _, args := range [][]string{
			{"run", kind + ".yaml", "--fleet", "linode", "--yes", "--ui", "none"},
			{"capacity", kind + ".yaml", "--fleet", "linode", "--yes", "--ui", "none", "--slo", "failed: rate<1%"},
			{"tune", kind + "-tune.yaml", "--fleet", "linode", "--yes", "--ui", "none"},
			{"fleet", "up", kind + ".yaml", "--yes"},
			{"fleet", "up", kind + ".yaml", "--yes", "--i-am-authorised", "203.0.113.8"},
		} {
			code, _, errs := typed(t, args...)
			if code != exitUsage {
				t.Errorf("%v: exit %d", args, code)
			}
			says(t, strings.Join(args, " "), errs, "target 203.0.113.9", want)
		}
	}
	if left := s.Left(); len(left) > 0 || len(s.Calls("POST /linode/instances")) > 0 {
		t.Errorf("made: %v", left)
	}
}

const tunedByEnv = "slo: {failed: [rate<1%]}\nbudget: {time: 1m}\nparams:\n  - {name: workers, values: [1, 2], apply: {env_file: {path: knobs.env, key: WORKERS}, restart: \"true\"}}\n"

// TestWhatIsMistypedOfFleets: is said without a token, whether anything could be asked or not.
func TestWhatIsMistypedOfFleets(t *testing.T) {
	t.Setenv("LINODE_TOKEN", "")
	t.Setenv("LOADCTL_STATE", t.TempDir())
	good, topology := fileOf(t, farFile+fleetBlock+"}"), fileOf(t, awayFile+"}\n")
	const empty = "--fleet is empty: want linode or the id of a fleet"
	for _, c := range []struct {
		want string
		args []string
	}{
		{empty, []string{"run", good, "--fleet", ""}},
		{empty, []string{"capacity", good, "--fleet="}},
		{empty, []string{"tune", good, "--fleet", ""}},
		{empty, []string{"plan", good, "--fleet", ""}},
		{empty, []string{"target", "up", topology, "--fleet", ""}},
		{empty, []string{"target", "plan", topology, "--fleet", ""}},
		{`"aws" is neither linode nor the ID of a fleet`, []string{"run", good, "--fleet", "aws", "--ui", "none"}},
		{`"aws" is neither linode nor the ID of a fleet`, []string{"capacity", good, "--fleet", "aws", "--ui", "none"}},
		{"\"bad id\" is no ID of a fleet\n\"ABCD2345\" is no ID of a fleet", []string{"fleet", "down", "bad id", "abcd2345", "ABCD2345"}},
		{`unknown command "bogus" for "loadctl fleet"`, []string{"fleet", "bogus"}},
		{"did you mean price?", []string{"fleet", "pric"}},
		{`unknown command "bogus" for "loadctl target"`, []string{"target", "bogus"}},
		{`unknown command "bogus" for "loadctl"`, []string{"bogus"}},
	} {
		code, _, errs := typed(t, c.args...)
		if code != exitUsage || strings.Contains(errs, "LINODE_TOKEN") {
			t.Errorf("%v: exit %d: %s", c.args, code, errs)
		}
		says(t, strings.Join(c.args, " "), errs, c.want)
	}
	t.Setenv("LOADCTL_FLEET", "")
	if code, _, errs := typed(t, "run", good, "--ui", "none"); code != exitUsage || !strings.Contains(errs, empty) {
		t.Errorf("by the environment: exit %d: %s", code, errs)
	}
	if code, out, _ := typed(t, "fleet"); code != exitHeld || !strings.Contains(out, "loadctl fleet [command]") {
		t.Errorf("exit %d: %s", code, out)
	}
}

// TestFleetsThatNobodyRemembers are listed with what they cost, given back by the token alone, and reaped when they are over,
// while machines of others stay.
func TestFleetsThatNobodyRemembers(t *testing.T) {
	s, c := account(t, linodetest.Config{})
	over, live, third := rental.Run8("over"), rental.Run8("live"), rental.Run8("third")
	makeFleet(t, c, over, time.Now().Add(-time.Hour), 2)
	makeFleet(t, c, live, time.Now().Add(time.Hour), 1)
	makeFleet(t, c, third, time.Now().Add(2*time.Hour), 1)
	s.Foreign("lc-"+over+"-agent009", "mine")

	code, out, errs := typed(t, "fleet", "ls", "--json")
	var d fleetsAnswer
	if err := json.Unmarshal([]byte(out), &d); err != nil || code != exitHeld || d.Schema != "loadctl.fleets/v1" || len(d.Fleets) != 3 {
		t.Fatalf("exit %d, %v: %s%s", code, err, out, errs)
	}
	for _, f := range d.Fleets {
		if f.Expired != (f.ID == over) || f.Here || !f.There || f.SoFar == 0 || f.PaidUntil.IsZero() || len(f.Resources) != f.Machines+1 {
			t.Errorf("%+v", f)
		}
	}
	code, out, _ = typed(t, "fleet", "ls")
	if code != exitHeld {
		t.Errorf("exit %d", code)
	}
	says(t, "ls", out, over, live, "expired at", "not of this disk", "$0.216", "4 resources still cost $0.432 per hour")

	var o, e bytes.Buffer
	if err := reap(context.Background(), &o, &e, soon(t, &e)); err != nil {
		t.Errorf("reap: %v: %s%s", err, &o, &e)
	}
	says(t, "reap", o.String(), "fleet "+over+":", "1 fleet was given back, 2 are not over")
	controls := newControls(context.Background())
	defer controls.close()
	if err := (&renting{soon(t, &e), controls, &e}).downAll([]string{live}); err != nil {
		t.Errorf("down: %v: %s", err, &e)
	}
	says(t, "down", e.String(), "fleet "+live+": 0 resources are left; $0.108 so far", "nothing is left that costs money")
	for _, label := range s.Left(rental.Instance) {
		if name, ours := rental.ParseLabel(label); ours && name.Run != third && name.Number != 9 {
			t.Errorf("left: %s", label)
		}
	}
	if n := len(s.Left(rental.Instance)); n != 3 {
		t.Errorf("left: %v, want third's, and two of others", s.Left(rental.Instance))
	}
}

// TestADamagedJournalKeepsNothingUp: not its own fleet, and none of the others.
func TestADamagedJournalKeepsNothingUp(t *testing.T) {
	s, c := account(t, linodetest.Config{})
	makeFleet(t, c, "aaaabbbb", time.Now().Add(time.Hour), 1)
	dir := filepath.Join(os.Getenv("LOADCTL_STATE"), "fleets", "aaaabbbb")
	if err := errors.Join(os.MkdirAll(dir, 0o700), os.WriteFile(filepath.Join(dir, "journal.jsonl"), []byte("nonsense\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	var e bytes.Buffer
	fleets, controls := soon(t, &e), newControls(t.Context())
	defer controls.close()
	ids, err := whichFleets(t.Context(), fleets, nil, true)
	if err != nil || len(ids) != 1 || ids[0] != "aaaabbbb" {
		t.Fatalf("%q, %v", ids, err)
	}
	if err := (&renting{fleets, controls, &e}).downAll(ids); err != nil || len(s.Left()) > 0 {
		t.Errorf("%v, left are %v", err, s.Left())
	}
	says(t, "down", e.String(), "no line of a journal", "fleet aaaabbbb: 0 resources are left")
}

// TestReapSaysWhatIsLeft, and fails, so that cron and CI see it.
func TestReapSaysWhatIsLeft(t *testing.T) {
	s, _ := account(t, linodetest.Config{})
	s.Befall(linodetest.Fault{On: "GET /linode/instances", Times: -1, Status: 401, Reason: "Invalid Token"})
	code, _, errs := typed(t, "fleet", "reap")
	if code != exitFailed {
		t.Errorf("exit %d: %s", code, errs)
	}
	says(t, "reap", errs, "reaping:", "what is left is billed")
}

// TestTheGuideTellsWhatIsSo: the file that docs/fleet.md begins with costs what the page says, by the prices that are built in.
func TestTheGuideTellsWhatIsSo(t *testing.T) {
	t.Setenv("LINODE_TOKEN", "")
	t.Setenv("LOADCTL_STATE", t.TempDir())
	page, err := os.ReadFile("../../docs/fleet.md")
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind string) string {
		_, text, _ := strings.Cut(string(page), "```"+kind+"\n")
		text, _, _ = strings.Cut(text, "```")
		return text
	}
	t.Chdir(t.TempDir())
	if err := os.WriteFile("shop.yaml", []byte(block("yaml")), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out, errs := typed(t, "fleet", "price", "shop.yaml"); code != exitHeld || out != block("text") {
		t.Errorf("exit %d: %s%s\nand the page has\n%s", code, out, errs, block("text"))
	}
}

// TestAFleetThatIsAnotherIsNotUsed: what the figures depend on must be as the file says; how many machines there are is the
// fleet's matter, and who has no fleet: block takes any that reaches the target.
func TestAFleetThatIsAnotherIsNotUsed(t *testing.T) {
	s, err := scenarios.Parse("x.yaml", []byte(farFile+fleetBlock+"}"), scenarios.Options{})
	if err != nil {
		t.Fatal(err)
	}
	to := []netip.AddrPort{netip.MustParseAddrPort("10.0.0.9:8080")}
	w := &wanted{scenario: s, file: "x.yaml", to: to, planned: 10 * time.Minute}
	if err := w.size(price.Builtin()); err != nil {
		t.Fatal(err)
	}
	has, err := w.spec()
	if err != nil || len(has.Machines) != 1 || has.Machines[0].Count != 3 || !has.Private || has.Planned != 15*time.Minute || has.Machines[0].Sent != 0 {
		t.Fatalf("%+v, %v", has, err)
	}
	has.Machines[0].Count = 5
	if all := w.differences(has); len(all) > 0 {
		t.Errorf("the same: %v", all)
	}
	if all := w.warningsOf(has); len(all) != 1 || !strings.Contains(all[0], "asks for 3 machines, and the fleet has 5") {
		t.Errorf("%v", all)
	}
	other := has
	other.Private = false
	other.Machines = []rented.Machines{has.Machines[0], has.Machines[0]}
	for i := range other.Machines {
		other.Machines[i].Type, other.Machines[i].Image, other.Machines[i].Sysctl = "g6-nanode-1", "linode/debian13", nil
	}
	w.to = []netip.AddrPort{netip.MustParseAddrPort("10.0.0.9:8081")}
	text := errors.Join(w.differences(other)...).Error()
	says(t, "another", text, "type: it has g6-nanode-1, and the file says g6-dedicated-4", "image:", "network: it has public", "sysctl:", "not let reach [10.0.0.9:8081]")
	if n := strings.Count(text, "type:"); n != 1 {
		t.Errorf("said %d times: %s", n, text)
	}
	s.Fleet, w.to = nil, to
	if all := w.differences(other); len(all) > 0 {
		t.Errorf("without a block: %v", all)
	}
}

// TestWhatBecomesOfAFleetOutweighs: a run that held and a fleet that is left is no success, and an interrupt stays one.
func TestWhatBecomesOfAFleetOutweighs(t *testing.T) {
	left := cannot(errors.New("fleet abcd2345 is not given back"), "")
	for _, c := range []struct {
		run, left error
		want      int
	}{
		{nil, nil, exitHeld}, {nil, left, exitFailed}, {ended(exitBroken), nil, exitBroken}, {ended(exitBroken), left, exitFailed},
		{ended(exitInterrupted), left, exitInterrupted}, {usage(errors.New("x"), ""), left, exitUsage},
	} {
		var e bytes.Buffer
		if got := exitCode((&job{errw: &e}).bothEnds(c.run, c.left)); got != c.want {
			t.Errorf("%v, %v: exit %d, want %d", c.run, c.left, got, c.want)
		}
		if c.run != nil && c.left != nil && !strings.Contains(e.String(), "abcd2345") {
			t.Errorf("%v: the fleet is not told: %q", c.run, e.String())
		}
	}
}
