package host

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain is an agent when a host of these tests started it as one.
func TestMain(m *testing.M) {
	if kind := os.Getenv(agentKind); kind != "" {
		os.Exit(agentMain(kind))
	}
	goleak.VerifyTestMain(m)
}
