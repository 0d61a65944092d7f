package target

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/target/queue"
)

// queueing is Queue in this process, with services that take so long.
func queueing(t *testing.T, mean time.Duration, lifeline *os.File) (url string, stop func(), ended chan error) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	lines := make(lineWriter, 1)
	cfg := QueueConfig{Queue: queue.Settings{Law: queue.Law{Kind: queue.Const, Mean: mean}}, Drain: time.Minute}
	cfg.Out, cfg.Lifeline = lines, lifeline
	ended = make(chan error, 1)
	go func() { ended <- Queue(ctx, cfg) }()
	return strings.Fields(<-lines)[1], stop, ended
}

// inside waits until a request has arrived.
func inside(t *testing.T, url string) {
	t.Helper()
	for range 1000 {
		var got struct{ Arrived int }
		_, body, err := get(http.DefaultClient, url+"/-/queue")
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(body), &got); err != nil {
			t.Fatal(err)
		}
		if got.Arrived > 0 {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatal("nothing has arrived")
}

// TestAQueueAnswersBeforeItEnds what has arrived.
func TestAQueueAnswersBeforeItEnds(t *testing.T) {
	url, stop, ended := queueing(t, 500*time.Millisecond, nil)
	answer := make(chan *http.Response, 1)
	go func() {
		resp, _ := http.Get(url)
		answer <- resp
	}()
	inside(t, url)
	stop()
	if resp := <-answer; resp == nil || resp.StatusCode != http.StatusOK {
		t.Errorf("%v", resp)
	} else {
		resp.Body.Close()
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestAQueueEndsWithItsParent at once, whoever waits.
func TestAQueueEndsWithItsParent(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	url, stop, ended := queueing(t, time.Hour, r)
	defer stop()
	go func() {
		if resp, err := http.Get(url); err == nil {
			resp.Body.Close()
		}
	}()
	inside(t, url)
	w.Close()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(30 * time.Second):
		t.Error("it serves on")
	}
}

func TestQueuesThatCannotBe(t *testing.T) {
	err := Queue(t.Context(), QueueConfig{FreezeFor: -1})
	for _, want := range []string{"service:", "mean:", "freeze:"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: nothing of %s", err, want)
		}
	}
}
