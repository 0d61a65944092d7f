package monitor

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain: the client of Redis looks once a second whether a server that was down is there,
// and sees only then that it was closed.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial"))
}
