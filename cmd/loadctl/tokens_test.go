package main

import (
	"bytes"
	"strings"
	"testing"
)

// A token of the environment is taken where no flag has one, and --help tells none.
func TestTokensOfTheEnvironment(t *testing.T) {
	t.Setenv(upstreamToken, "hidden-one")
	t.Setenv(balancerToken, "hidden-two")
	if got := secretOf("", balancerToken); got != "hidden-two" {
		t.Error(got)
	}
	if got := secretOf("given", balancerToken); got != "given" {
		t.Error(got)
	}
	for _, name := range []string{"upstream", "balancer"} {
		var out bytes.Buffer
		c := newRoot()
		c.SetOut(&out)
		c.SetArgs([]string{"target", name, "--help"})
		if err := c.Execute(); err != nil || strings.Contains(out.String(), "hidden") || !strings.Contains(out.String(), "_TOKEN") {
			t.Errorf("%v\n%s", err, out.String())
		}
	}
}
