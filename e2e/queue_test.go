//go:build e2e

package e2e

import (
	"net/http"
	"syscall"
	"testing"
	"time"
)

// TestQueueServesUntilItIsTold to end, by either signal, and then ends as it should.
func TestQueueServesUntilItIsTold(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		q := serve(t, "queue", "--servers", "8", "--mean", "10ms")
		resp, err := http.Get(q.url)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK || resp.Header.Get("Loadctl-True-Us") == "" {
			t.Errorf("%d, %v", resp.StatusCode, resp.Header)
		}
		if err := q.cmd.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
		select {
		case <-q.done:
			if code := q.cmd.ProcessState.ExitCode(); code != 0 {
				t.Errorf("%s: exit %d\n%s", s, code, q.stderr.String())
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%s: it serves on", s)
		}
	}
}
