package main

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/loadctl/loadctl/coordinator/hosts/ssh"
	"github.com/loadctl/loadctl/coordinator/study"
	"github.com/loadctl/loadctl/coordinator/trial"
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

func TestHostsDialOnlyWhatIsOfThisMachine(t *testing.T) {
	near, far := []ssh.Address{{User: "me", Host: "127.0.0.2", Port: 22}}, []ssh.Address{{User: "me", Host: "h1", Port: 22}}
	own := []netip.Addr{netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("2001:db8::1")}
	for _, c := range []struct {
		text     string
		machines []ssh.Address
		want     string // an address, or what is wrong
	}{
		{"10.0.0.1", far, "10.0.0.1:0"},
		{"10.0.0.1:7070", far, "10.0.0.1:7070"},
		{"::ffff:10.0.0.1", far, "10.0.0.1:0"},
		{"[2001:db8::1]:7", far, "[2001:db8::1]:7"},
		{"127.0.0.3", near, "127.0.0.3:0"},
		{"127.0.0.3", far, "127.0.0.3 is on loopback, where no other machine"},
		{"0.0.0.0:7070", far, "0.0.0.0 is no address that a machine elsewhere can dial: want one of 10.0.0.1, 2001:db8::1"},
		{"fe80::1%eth0", far, "can dial"},
		{"10.0.0.2", far, "10.0.0.2 is no address of this machine: want one of 10.0.0.1, 2001:db8::1"},
		{"10.0.0.1", nil, "none are named"},
		{"coordinator:7070", far, "want an address of this machine, such as"},
		{"10.0.0.1:99999", far, "want an address of this machine, such as"},
		{"", far, "want an address of this machine, such as"},
	} {
		at, err := directAt(c.text, c.machines, own)
		if err == nil && at.String() != c.want || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %s, %v, want %s", c.text, at, err, c.want)
		}
	}
	if at, err := (&runOptions{}).directTo(far); err != nil || at.IsValid() {
		t.Errorf("not asked for: %s, %v", at, err)
	}
	if _, err := (&runOptions{direct: "x"}).directTo(far); exitCode(err) != exitUsage || !strings.HasPrefix(err.Error(), "--direct: ") {
		t.Error(err)
	}
}

// What is wrong with one trial may pass; a machine that is not the one it was does not.
func TestAMachineWithAnotherKeyEndsASearch(t *testing.T) {
	away := errors.New("no route to host")
	another := fmt.Errorf("host h1: %w", ssh.ErrUntrusted)
	for _, c := range []struct {
		number int
		err    error
		ends   bool
	}{{1, away, true}, {2, away, false}, {2, another, true}, {9, errors.Join(away, another), true}} {
		told, err := unreached(t.Context(), trial.Ask{Number: c.number}, c.err)
		if c.ends != (err != nil) || c.ends != (told.Broken == "") {
			t.Errorf("trial %d, %v: %+v, %v", c.number, c.err, told, err)
		}
	}
}
