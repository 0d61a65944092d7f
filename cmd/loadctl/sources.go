package main

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/loadctl/loadctl/agent/machine"
)

// sourceAddresses are those that --sources names: addresses of this machine, or all
// it has. Connections come from each of them in turn.
func sourceAddresses(texts []string) ([]netip.Addr, error) {
	var own []netip.Addr
	var wrong []error
	for _, text := range texts {
		more, err := sourceAddress(strings.TrimSpace(text))
		own, wrong = append(own, more...), append(wrong, err)
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, usage(fmt.Errorf("--sources: %w", err), sourcesHint())
	}
	return own, nil
}

func sourceAddress(text string) ([]netip.Addr, error) {
	if text == "all" {
		all, err := machine.Addresses()
		if err == nil && len(all) == 0 {
			err = errors.New("all: this machine has no address beside loopback")
		}
		return all, err
	}
	a, err := netip.ParseAddr(text)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%q is not an address such as 10.0.0.5", text)
	case !machine.Owns(a):
		return nil, fmt.Errorf("%s is not an address of this machine", a)
	}
	return []netip.Addr{a}, nil
}

// sourcesHint says which addresses there are.
func sourcesHint() string {
	all, err := machine.Addresses()
	if err != nil || len(all) == 0 {
		return ""
	}
	return strings.Trim(fmt.Sprint("this machine has ", all), " ")
}
