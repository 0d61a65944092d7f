//go:build e2e

package main

import (
	"testing"
)

// TestAHundredHostsAreMergedExactly is the short form: real certificates and streams, a second process, and every request
// and bucket of all hosts in every row; no host is late enough to be given up, and no window lacks one.
func TestAHundredHostsAreMergedExactly(t *testing.T) {
	o := options{shape: shape{Hosts: 100, Agents: 1, Series: 20, Seconds: 10}}
	w, err := weigh(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if want := uint64(o.Hosts * o.Seconds * o.ofHost()); w.Requests != want || w.Wrong != 0 {
		t.Errorf("%d requests, want %d; %d rows differ from what hosts measured", w.Requests, want, w.Wrong)
	}
	if w.Lost != 0 || w.Partial != 0 || len(w.Late) != o.Seconds || w.Verdict != "pass" {
		t.Errorf("%d hosts were lost, %d windows lack one, %d of %d were closed: %s", w.Lost, w.Partial, len(w.Late), o.Seconds, w.Verdict)
	}
}
