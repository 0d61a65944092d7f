package main

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/loadctl/loadctl/agent/machine"
)

func TestSourceAddresses(t *testing.T) {
	got, err := sourceAddresses([]string{"127.0.0.1", " ::ffff:127.0.0.1"})
	if err != nil || len(got) != 2 || got[0] != netip.MustParseAddr("127.0.0.1") {
		t.Errorf("%v, %v", got, err)
	}
	_, err = sourceAddresses([]string{"192.0.2.77", "eth0", "127.0.0.1"})
	if err == nil || exitCode(err) != exitUsage {
		t.Fatalf("%v, want a mistake of usage", err)
	}
	for _, want := range []string{"192.0.2.77 is not an address of this machine", `"eth0" is not an address such as 10.0.0.5`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if own, _ := machine.Addresses(); len(own) > 0 {
		if got, err := sourceAddresses([]string{"all"}); err != nil || len(got) != len(own) {
			t.Errorf("all: %v, %v, want %v", got, err, own)
		}
	}
}
