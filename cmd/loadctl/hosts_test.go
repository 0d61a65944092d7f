package main

import (
	"strings"
	"testing"

	"github.com/loadctl/loadctl/coordinator/hosts/ssh"
	"github.com/loadctl/loadctl/coordinator/study"
	"github.com/loadctl/loadctl/scenarios"
)

func TestMachinesElsewhereAreOnlyAskedForWhatTheyCanDo(t *testing.T) {
	o := runOptions{hosts: []string{"ssh://me@h1", "ssh://me@h1:2222"}}
	if all, err := o.elsewhere(&scenarios.Scenario{}); err != nil || len(all) != 2 || all[1].Name != "h1-2" {
		t.Errorf("%+v, %v", all, err)
	}
	o.hosts = append(o.hosts, "h2", "ssh://h3:x")
	o.sources, o.tap = []string{"10.0.0.1"}, "rows"
	_, err := o.elsewhere(&scenarios.Scenario{})
	if exitCode(err) != exitUsage {
		t.Fatalf("%v, want a mistake of usage", err)
	}
	for _, want := range []string{"--hosts: host 3, ", "host 4, ", "--sources names", "--tap and --pprof"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	o.hosts = nil
	if all, err := o.elsewhere(&scenarios.Scenario{}); err != nil || all != nil {
		t.Errorf("without --hosts: %v, %v", all, err)
	}
}

func TestLoopbackIsAnotherOnEachMachine(t *testing.T) {
	near, far := ssh.Address{User: "me", Host: "127.0.0.2", Port: 22}, ssh.Address{User: "me", Host: "h1", Port: 22}
	for _, c := range []struct {
		target   string
		machines []ssh.Address
		warned   bool
		refused  bool // the bundled target
	}{
		{"http://127.0.0.1:8080", nil, false, false},
		{"http://127.0.0.1:8080", []ssh.Address{near}, false, false},
		{"http://127.0.0.1:8080", []ssh.Address{near, far}, true, true},
		{"http://localhost", []ssh.Address{far}, true, true},
		{"http://[::1]:80", []ssh.Address{far}, true, true},
		{"http://10.0.0.1:8080", []ssh.Address{far}, false, true},
	} {
		j := &job{machines: c.machines, options: scenarios.Options{BaseURL: c.target}, scenario: &scenarios.Scenario{}}
		if got := len(j.hostWarnings()) > 0; got != c.warned {
			t.Errorf("%+v: warned %v", c, j.hostWarnings())
		}
		if err := j.reachable(); (err != nil) != c.refused {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestNothingIsClaimedOfMachinesElsewhere(t *testing.T) {
	j := &job{machines: []ssh.Address{{User: "me", Host: "h1", Port: 22}}, scenario: &scenarios.Scenario{}}
	if c := j.ceiling(); c != nil {
		t.Errorf("a null run here is a ceiling there: %+v", c)
	}
	p := j.place()
	if p.CPU != "" || p.Cores != 0 || p.Host != "" || len(p.Hosts) != 1 || p.Hosts[0] != "me@h1" {
		t.Errorf("%+v", p)
	}
	if err := notHere(&study.Head{Place: p}); exitCode(err) != exitUsage {
		t.Errorf("taken for a baseline: %v", err)
	}
	if err := notHere(&study.Head{Place: here()}); err != nil {
		t.Error(err)
	}
}
