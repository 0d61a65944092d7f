package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPlanOfANameThatIsNotFound: nobody judged its address, so that a run may refuse it.
func TestPlanOfANameThatIsNotFound(t *testing.T) {
	file := filepath.Join(t.TempDir(), "shop.yaml")
	text := "target: {base_url: \"https://api.example.com\"}\n" +
		"users: {reader: {tasks: {look: {steps: [{get: /items}]}}}}\n" +
		"phases: [{name: steady, executor: constant-vus, vus: 2, duration: 5s}]\n"
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // nobody is asked
	var out, errw strings.Builder
	if err := planFile(ctx, &out, &errw, file, planningOptions{}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(errw.String(), "allow_hosts does not name api.example.com") || !strings.Contains(out.String(), "minutes") {
		t.Errorf("%s\n%s", errw.String(), out.String())
	}
}
