package coordinator

import (
	"maps"
	"testing"

	"github.com/loadctl/loadctl/proto/loadctlpb"
	"github.com/loadctl/loadctl/scenarios"
)

// TestAgentsAreToldWhatReplacesTheFile and nothing else: told the file's own values, they
// took the templates in them for text.
func TestAgentsAreToldWhatReplacesTheFile(t *testing.T) {
	s, err := scenarios.Parse("t.yaml", []byte(`vars: {token: "", user: "u${vu.id}", key: "${vars.token}-${vars.user}"}
target: {base_url: "http://127.0.0.1:8080"}
users: {u: {tasks: {a: {steps: [{get: "/${vars.key}"}]}}}}
phases: [{name: p, executor: constant-vus, vus: 1, duration: 1s}]
`), scenarios.Options{Env: map[string]string{"TOKEN": "a${b"}})
	if err != nil {
		t.Fatal(err)
	}
	d := &driver{cfg: &Config{Scenario: s}}
	if got := d.preparation(nil).GetVars(); !maps.Equal(got, map[string]string{"token": "a${b"}) {
		t.Errorf("told %q", got)
	}
}

// TestReservedPortsComeFromTheHost: its machine's, not the coordinator's.
func TestReservedPortsComeFromTheHost(t *testing.T) {
	l := &link{host: &fakeHost{name: "a"}, machine: &loadctlpb.Machine{PortLow: 1024, PortHigh: 65535, ReservedPorts: "8080,9148-9200"}}
	if got := machineOf(l).Reserved; got != "8080,9148-9200" {
		t.Errorf("%q", got)
	}
}
