package ssh

import (
	"os"
	"slices"
	"testing"

	"go.uber.org/goleak"
)

// TestMain is a host when it was pushed to a machine of these tests and started there.
func TestMain(m *testing.M) {
	if slices.Equal(os.Args[1:], []string{"host", "--told"}) {
		os.Exit(hostMain())
	}
	_ = os.Mkdir(sshdFolder, 0o755) // it stays: other tests may run beside these
	goleak.VerifyTestMain(m)
}

// sshdFolder is a folder that an sshd of root wants even where it does not use it.
const sshdFolder = "/run/sshd"
