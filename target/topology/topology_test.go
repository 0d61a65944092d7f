package topology

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

var update = flag.Bool("update", false, "write the goldens anew")

// TestWrongFilesAreToldInFull holds every message of a wrong file, with its place.
func TestWrongFilesAreToldInFull(t *testing.T) {
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) < 4 {
		t.Fatalf("%v: %v", files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			wrong := Parse(filepath.Base(file), src).Err()
			if wrong == nil {
				t.Fatal("nothing is wrong with it")
			}
			golden(t, strings.TrimSuffix(file, ".yaml")+".txt", wrong.Error()+"\n")
		})
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func parse(t *testing.T, text string) *Topology {
	t.Helper()
	top := Parse("t.yaml", []byte(text))
	if err := top.Err(); err != nil {
		t.Fatal(err)
	}
	return top
}

func TestDefaults(t *testing.T) {
	top := parse(t, "version: 1\n")
	if top.Store != "sql" || top.Database.Kind != SQLite || top.Cache.Kind != None || top.Balancer.Kind != None ||
		top.Services.Nodes != 1 || top.Upstream.Seed != 1 || !top.Linode.Private || top.Database.Servers() != 0 {
		t.Errorf("%+v", top)
	}
}

func TestShortForms(t *testing.T) {
	top := parse(t, "version: 1\ncache: memcached://10.0.0.1:11211\nbalancer: haproxy\nservices: {nodes: 3}\ndatabase: {url: 'postgres://u:p@h/x'}\n")
	if top.Cache.Kind != "memcached" || top.Cache.URL == "" || top.Balancer.Kind != HAProxy || top.Database.Kind != Postgres {
		t.Errorf("%+v", top)
	}
	if top.Database.Servers() != 0 {
		t.Error("servers are started beside one that is there")
	}
}

func TestNodesGetTheSettingsOfTheirParts(t *testing.T) {
	top := parse(t, `
version: 1
database: {kind: postgres, replicas: 1}
cache: redis
services: {nodes: 2, settings: {pool_size: 7, server_timing: false, session_key: mine}}
balancer: none
`)
	s, err := top.Settings(Addresses{Upstream: "http://u:1", Database: "postgres://d/x", Replicas: []string{"postgres://r/x"}, Cache: "redis://c:1", SessionKey: "made"})
	if err != nil {
		t.Fatal(err)
	}
	if s.PoolSize != 7 || s.ServerTiming || s.Upstream != "http://u:1" || s.DatabaseURL != "postgres://d/x" || len(s.Replicas) != 1 ||
		s.Cache != "redis" || s.CacheURL != "redis://c:1" || s.SessionKey != "mine" {
		t.Errorf("%+v", s)
	}
}

func TestDatabaseConnectionsAreWorkedOut(t *testing.T) {
	top := parse(t, "version: 1\nbalancer: none\ndatabase: {kind: postgres}\nservices: {nodes: 2, settings: {workers: 3, pool_size: 5, max_overflow: 10}}\n")
	need, err := top.Need(1)
	if err != nil {
		t.Fatal(err)
	}
	// 2 nodes × 3 workers × 15, and to spare: 2 × 15 of workers that are replaced, 2 × 4
	// that watch, 10 for people.
	if need.Connections != 90+30+8+10 || need.Workers != 3 || need.Each != 15 {
		t.Errorf("%+v", need)
	}
	if got := need.Why(2); got != "2 × 3 × 15 (pool_size + max_overflow) + 48 spare" {
		t.Error(got)
	}
	free := parse(t, "version: 1\nservices: {}\n")
	if free.Workers(4) != 9 {
		t.Errorf("%d workers on 4 cores", free.Workers(4))
	}
	many := parse(t, "version: 1\nbalancer: none\ndatabase: {kind: postgres}\nservices: {nodes: 8, settings: {pool_size: 20, max_overflow: 20}}\n")
	if err := many.Fits(2); err != nil {
		t.Error(err)
	}
	if err := many.Fits(16); err == nil || !strings.Contains(err.Error(), "lower pool_size") {
		t.Errorf("%v", err)
	}
}

func TestABlockIsWrittenForTheBalancer(t *testing.T) {
	top := parse(t, `
version: 1
upstream: {rate_limit: &rate 100}
services: {nodes: 2}
balancer:
  kind: nginx
  listen: 127.0.0.1:0
  rate_limit: {requests: *rate}
  algorithm: random_two
`)
	text, err := yaml.Marshal(map[string]any{"balancer": top.BalancerBlock("127.0.0.1:9", []string{"127.0.0.1:1", "127.0.0.1:2"})})
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/block.golden", string(text))
	if got := top.BalancerListen(); got != "127.0.0.1:0" {
		t.Errorf("it listens at %q", got)
	}
}

func TestPlansTellMachinesAndDollars(t *testing.T) {
	files, err := filepath.Glob("../../scenarios/topologies/*.yaml")
	if err != nil || len(files) != 4 {
		t.Fatalf("%v: %v", files, err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		top := Parse(filepath.Base(file), src)
		if err := top.Err(); err != nil {
			t.Fatal(err)
		}
		if top.Name+".yaml" != filepath.Base(file) {
			t.Errorf("%s is called %s", file, top.Name)
		}
		plan, err := top.Plan()
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		month := 0.0
		for _, m := range plan.Machines {
			month += float64(m.Count) * m.Type.Month
			if m.Type.Memory > 0 && m.Needed > m.Type.Memory {
				t.Errorf("%s: %+v is too small", file, m)
			}
		}
		if month != plan.Month || month == 0 {
			t.Errorf("%s: %g a month, and %g", file, plan.Month, month)
		}
	}
}

func TestPlansOfWhatOneMachineDoesAndSeveralCannot(t *testing.T) {
	top := parse(t, "version: 1\nservices: {nodes: 2}\nbalancer: nginx\n")
	if _, err := top.Plan(); err == nil || !strings.Contains(err.Error(), "SQLite is a file") {
		t.Errorf("%v", err)
	}
	small := parse(t, "version: 1\ndatabase: {kind: postgres}\nservices: {settings: {workers: 100, pool_size: 10, max_overflow: 10}}\nlinode: {types: {database: g6-nanode-1}}\n")
	plan, err := small.Plan()
	if err != nil {
		t.Fatal(err)
	}
	notes := strings.Join(plan.Notes, "\n")
	if !strings.Contains(notes, "database: g6-nanode-1 has 1024 MiB, and ") {
		t.Errorf("%s", notes)
	}
	for _, m := range plan.Machines {
		if m.Role == "service" && m.Type.Memory < 100*workerMemory {
			t.Errorf("100 workers have %+v", m.Type)
		}
	}
	huge := parse(t, "version: 1\nservices: {nodes: 1}\nbalancer: nodebalancer\nlinode: {types: {balancer: nodebalancer-pr100}, private_network: false}\n")
	if plan, err = huge.Plan(); err != nil || !strings.Contains(strings.Join(plan.Notes, "\n"), "at most 100000 connections") {
		t.Errorf("%v %v", plan, err)
	}
}

// TestPricesAreLinodesOwn holds the tables against a recorded answer, where there is one.
func TestPricesAreLinodesOwn(t *testing.T) {
	dir := os.Getenv("LOADCTL_LINODE_FIXTURES")
	if dir == "" {
		t.Skip("LOADCTL_LINODE_FIXTURES names no folder with recorded linode-types.json and nodebalancer-types.json")
	}
	recorded := map[string]Type{}
	for _, name := range []string{"linode-types.json", "nodebalancer-types.json"} {
		var answer struct {
			Data []struct {
				ID, Label               string
				VCPUs, Memory, Transfer int
				Price                   struct{ Hourly, Monthly float64 }
			}
		}
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err == nil {
			err = json.Unmarshal(text, &answer)
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range answer.Data {
			recorded[d.ID] = Type{d.ID, d.Label, d.VCPUs, d.Memory, d.Price.Hourly, d.Price.Monthly, d.Transfer}
		}
	}
	all := types()
	for _, s := range nodeBalancers() {
		all = append(all, s.Type)
	}
	for _, one := range all {
		if got := recorded[one.Name]; got.Hour != one.Hour || got.Month != one.Month || got.Memory != one.Memory || got.VCPUs != one.VCPUs || got.Transfer != one.Transfer {
			t.Errorf("%+v, recorded %+v", one, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/*.yaml", "../../scenarios/topologies/*.yaml"} {
		files, _ := filepath.Glob(pattern)
		for _, file := range files {
			src, _ := os.ReadFile(file)
			f.Add(src)
		}
	}
	f.Add([]byte("&0")) // nothing, with a name
	f.Fuzz(func(t *testing.T, src []byte) {
		top := Parse("f.yaml", src)
		if top.Err() != nil {
			return
		}
		if _, err := top.Settings(top.standIns()); err != nil {
			t.Errorf("nothing is wrong, and yet: %v", err)
		}
		top.BalancerBlock("127.0.0.1:1", []string{"127.0.0.1:2"})
		_, _ = top.Plan()
	})
}
