package local

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain is a host when these tests started it as one.
func TestMain(m *testing.M) {
	if kind := os.Getenv(hostKind); kind != "" {
		os.Exit(hostMain(kind))
	}
	goleak.VerifyTestMain(m)
}
