package target

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/loadctl/loadctl/target/queue"
)

// Every target tells which instance counted, and at which address it was asked, so
// that its count can be held against accounts. All workers of one are one instance.
func TestTargetsTellWhoTheyAre(t *testing.T) {
	started := map[string]func() running{
		"serve": func() running { return serving(t, ServeConfig{Settings: of(2)}) },
		"upstream": func() running {
			line := make(lineWriter, 1)
			return begin(t, line, func(ctx context.Context) error {
				return Upstream(ctx, UpstreamConfig{Parent: Parent{Out: line}})
			})
		},
		"queue": func() running {
			line := make(lineWriter, 1)
			law := queue.Law{Kind: queue.Const, Mean: time.Millisecond}
			return begin(t, line, func(ctx context.Context) error {
				return Queue(ctx, QueueConfig{Queue: queue.Settings{Law: law, Servers: 1}, Parent: Parent{Out: line}})
			})
		},
	}
	for name, start := range started {
		one, other := start(), start()
		first := identityOf(t, one.url)
		if first.Instance == "" || "http://"+first.Address != one.url {
			t.Errorf("%s at %s: %+v", name, one.url, first)
		}
		for range 5 {
			if again := identityOf(t, one.url); again != first {
				t.Errorf("%s: %+v, and then %+v", name, first, again)
			}
		}
		if identityOf(t, other.url).Instance == first.Instance {
			t.Errorf("%s: two of them are one", name)
		}
	}
}

type identity struct{ Schema, Instance, Address string }

func identityOf(t *testing.T, url string) (i identity) {
	t.Helper()
	status, body, err := get(fresh(), url+"/-/stats")
	if err == nil {
		err = json.Unmarshal([]byte(body), &i)
	}
	if status != 200 || err != nil {
		t.Fatalf("%s: status %d, %v: %s", url, status, err, body)
	}
	return i
}
