package queued

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestATargetEndsWithWhoStartedIt: a bench that is killed closes nothing, and its end of the
// pipe closes by itself.
func TestATargetEndsWithWhoStartedIt(t *testing.T) {
	script := filepath.Join(t.TempDir(), "loadctl")
	const text = `#!/bin/sh
echo "READY http://127.0.0.1:1 pid=$$ $*"
read -r _ <&3
exit 7
`
	if err := os.WriteFile(script, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	target, err := Start(t.Context(), nil, script, "--mean", "1ms")
	if err != nil {
		t.Fatal(err)
	}
	defer target.Close()
	if target.URL != "http://127.0.0.1:1/" {
		t.Error(target.URL)
	}
	if err := target.lifeline.Close(); err != nil {
		t.Fatal(err)
	}
	var left *exec.ExitError
	if err := target.cmd.Wait(); !errors.As(err, &left) || left.ExitCode() != 7 {
		t.Errorf("it ended by %v", err)
	}
	if words := target.cmd.Args; words[len(words)-1] != "1ms" || !told(words) {
		t.Errorf("it was started as %q", words)
	}
}

// told says whether the words name the pipe.
func told(words []string) bool {
	for i, w := range words[1:] {
		if w == "3" && words[i] == "--lifeline" {
			return true
		}
	}
	return false
}
