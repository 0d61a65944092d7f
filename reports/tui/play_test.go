package tui

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/loadctl/loadctl/stats"
)

// playStory is the environment variable that makes the test binary a dashboard:
// the tests that need a real terminal start it again in one.
const playStory = "LOADCTL_TUI_PLAY"

// terminate is the signal of an orderly end.
const terminate = syscall.SIGTERM

func TestMain(m *testing.M) {
	if how := os.Getenv(playStory); how != "" {
		os.Exit(play(how))
	}
	os.Exit(m.Run())
}

// play shows a story: "run" goes on to its end, "hang" never ends whatever it is
// asked, "panic" breaks when it is asked to pause.
func play(how string) int {
	ctx, cancel := signal.NotifyContext(context.Background(), terminate)
	defer cancel()
	s := demo()
	s.seconds, s.faults, s.agents = s.planned, true, 3
	asked := make(chan Control, 16)
	d := New(Config{HoldAtEnd: true, Controls: func(c Control) {
		if how == "panic" {
			panic("as asked")
		}
		asked <- c
	}})
	go act(d, s, how, asked)
	fmt.Println("dashboard ended:", d.Run(ctx))
	return 0
}

// act sends the first half of a story at once, the rest ten times too fast, and
// does what it is asked.
func act(d *Dashboard, s story, how string, asked chan Control) {
	updates := s.updates()
	for i, u := range updates {
		if u.Window != nil && i > len(updates)/2 && !wait(d, how, asked) {
			return
		}
		d.Send(u)
	}
	if how == "run" {
		finish(d, "fail", 99)
	}
}

// wait is a second of the story; false means the run was stopped in it.
func wait(d *Dashboard, how string, asked chan Control) bool {
	next := time.After(100 * time.Millisecond)
	for {
		select {
		case c := <-asked:
			switch {
			case how == "hang":
			case c == Pause:
				d.Send(stats.Update{State: &stats.State{Name: "paused"}})
				next = nil
			case c == Resume:
				d.Send(stats.Update{State: &stats.State{Name: "running"}})
				next = time.After(0)
			default:
				d.Send(stats.Update{State: &stats.State{Name: "draining"}})
				time.Sleep(300 * time.Millisecond)
				finish(d, "aborted", 130)
				return false
			}
		case <-next:
			return true
		}
	}
}

func finish(d *Dashboard, verdict string, code int) {
	d.Send(stats.Update{Ended: &stats.Ended{Result: stats.Result{Verdict: verdict, ExitCode: code, Ended: at(40)}}})
}
