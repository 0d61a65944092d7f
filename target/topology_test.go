package target

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loadctl/loadctl/target/topology"
)

// TestPartsJudgeTheirBlocks: what only upstream and balancer know is told at its place too.
func TestPartsJudgeTheirBlocks(t *testing.T) {
	_, err := ReadTopology("t.yaml", []byte(`version: 1
upstream:
  delay: lognormal:p50=3ms
  error_rate: 2
  rate_burst: 5
services: {nodes: 2, settings: {pool_siz: 3}}
balancer:
  kind: haproxy
  algorithm: least_connection
  chekc: {}
  timeouts: {read: soon}
`))
	if _, ok := errors.AsType[*topology.Mistakes](err); !ok {
		t.Fatalf("%T: %v", err, err)
	}
	for _, want := range []string{
		"t.yaml:3:10: upstream.delay: delay \"lognormal:p50=3ms\": p99 is missing",
		"t.yaml:4:15: upstream.error_rate: must be between 0 and 1, got 2",
		"t.yaml:5:15: upstream.rate_burst: needs a rate_limit",
		"t.yaml:6:33: services.settings.pool_siz: there is no such setting (did you mean pool_size?)",
		`t.yaml:9:14: balancer: algorithm: must be round_robin, least_connections, source, random_two, got "least_connection" (did you mean "least_connections"?)`,
		`t.yaml:10:3: balancer: unknown key "chekc" in the block (did you mean "check"?)`,
		"t.yaml:11:20: balancer: timeouts.read must be a time such as 500ms or 2s",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in\n%v", want, err)
		}
	}
}

// TestFilesWithoutBlocksAreToldApart: one that is no YAML, empty, or of another version
// has no balancer to judge, and ended in a panic.
func TestFilesWithoutBlocksAreToldApart(t *testing.T) {
	for src, want := range map[string]string{
		"":                          "t.yaml",
		"a: [":                      "t.yaml",
		"- 1\n":                     "t.yaml:1:1",
		"version: 9\nname: later\n": "t.yaml:1:10",
	} {
		if _, err := ReadTopology("t.yaml", []byte(src)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s", src, err, want)
		}
	}
}

func TestExamplesOfTopologiesAreRight(t *testing.T) {
	files, err := filepath.Glob("../scenarios/topologies/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("%v: %v", files, err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ReadTopology(file, src); err != nil {
			t.Error(err)
		}
	}
}

// TestWhatCannotBeStartedLeavesNothing: it is told before anything starts.
func TestWhatCannotBeStartedLeavesNothing(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	for text, want := range map[string]string{
		"version: 1\nbalancer: nodebalancer\n":                                                          "a NodeBalancer is Linode's and does not run here",
		"version: 1\ndatabase: {kind: postgres, bin: /nowhere}\n":                                       "database.bin: there is no initdb in /nowhere",
		"version: 1\nservices: {listen: '198.51.100.7:80'}\n":                                           "services: listening on 198.51.100.7:80: ",
		"version: 1\ndatabase: {kind: postgres}\nservices: {settings: {workers: 256, pool_size: 20}}\n": "lower pool_size",
	} {
		top, err := ReadTopology("t.yaml", []byte(text))
		if err == nil {
			err = Up(context.Background(), UpConfig{Topology: top})
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, not %s", text, err, want)
		}
	}
	if left, _ := os.ReadDir(os.TempDir()); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}
