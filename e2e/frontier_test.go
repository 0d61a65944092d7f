//go:build e2e

package e2e

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loadctl/loadctl/target/queue"
)

// A frontierFound is result.json of a search with several numbers of connections.
type frontierFound struct {
	capacityFound
	Connections int
	Frontier    struct {
		Levels []struct {
			Connections int
			Skipped     string
			Rate        *capacityFound
		}
	}
}

// TestTheRateAtSeveralConnections is known for the fewest in four minutes, and for more of them where time is left; what was
// not tried says so.
func TestTheRateAtSeveralConnections(t *testing.T) {
	truth, _ := queue.Capacity(searchedServers, 1/searchedMean.Seconds(), 0.99, searchedLimit.Seconds())
	tries := 0
	again(t, func() []string {
		tries++
		q := searchedService(t)
		defer q.signal(syscall.SIGTERM)
		dir := searchedIn(t, q.url, 2400)
		p := start(t, dir, "capacity", "searched.yaml", "--connections", "300,20", "--precision", "15%", "--budget", "4m")
		code := p.wait(6 * time.Minute)
		search := theSearch(t, dir)
		var found frontierFound
		readJSON(t, filepath.Join(search, "result.json"), &found)
		off := 1.15
		if late := found.disturbed(); len(late) > 0 && tries == 1 {
			return late
		} else if len(late) > 0 { // again: the searches are too long to wait for a quiet hour
			off = 1.5
			t.Logf("disturbed: %v", late)
		}
		if code != 0 && code != 3 || code != found.ExitCode || len(found.Frontier.Levels) != 2 {
			t.Fatalf("exit %d, %s: %s\n%s%s", code, found.Outcome, found.Why, p.stdout.String(), p.stderr.String())
		}
		for i, connections := range []int{20, 300} {
			l := found.Frontier.Levels[i]
			if l.Connections != connections || l.Rate == nil && l.Skipped == "" {
				t.Fatalf("%+v", l)
			}
			if l.Rate == nil || l.Skipped != "" {
				t.Logf("with %d connections: %s", connections, l.Skipped) // the budget of both is for one that is quick
				continue
			}
			if l.Rate.Low > truth*off || l.Rate.High > 0 && l.Rate.High < truth/off {
				t.Errorf("with %d connections %.0f [%.0f, %.0f], and the truth is %.0f", connections, l.Rate.Capacity, l.Rate.Low, l.Rate.High, truth)
			}
			t.Logf("with %d connections %.0f [%.0f, %.0f] after %d trials, the truth is %.0f", connections, l.Rate.Capacity, l.Rate.Low, l.Rate.High, len(l.Rate.Trials), truth)
		}
		if found.Frontier.Levels[0].Rate == nil || !strings.Contains(p.stdout.String(), "20 connections: ") {
			t.Errorf("nothing is known of the fewest\n%s", p.stdout.String())
		}
		return nil
	})
}
