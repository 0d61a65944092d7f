package service

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/loadctl/loadctl/target/catalogue"
)

func TestThePageOfTheStaticFilesIsThere(t *testing.T) {
	s, _ := newService(t, with("http://127.0.0.1:1"))
	if w := ask(s, "GET", "/static/index.html"); w.Code != 200 || !strings.Contains(w.Body.String(), "<html") {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
}

func TestWhatIsNoSocketIsToldSo(t *testing.T) {
	s, _ := newService(t, with("http://127.0.0.1:1"))
	w := ask(s, "GET", "/ws")
	var got problem
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != 426 || got.RequestID == "" || w.Header().Get("Upgrade") != "websocket" {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
}

func TestEveryAnswerHasTheNameOfItsRequest(t *testing.T) {
	s, _ := onShelf(t)
	for _, path := range []string{"/items/7", "/health", "/items", "/items/7/detail", "/events?count=1", "/static/app.js", "/bytes/5", "/none", "/ws"} {
		if got := ask(s, "GET", path, "X-Request-Id", "mine").Header().Get("X-Request-Id"); got != "mine" {
			t.Errorf("%s: %q", path, got)
		}
	}
}

// A database that is down when the service starts is told at once, not a look later.
func TestHealthIsKnownFromTheStart(t *testing.T) {
	s, shelf := onShelf(t)
	shelf.sick = []catalogue.Health{{Name: "primary", Detail: "down"}}
	s.slot.Databases[0].Calls.Add(1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s.Tend(ctx) // which is over when it begins
	var got report
	if err := json.Unmarshal(ask(s, "GET", "/health").Body.Bytes(), &got); err != nil || got.Status != "degraded" {
		t.Errorf("%v %+v", err, got)
	}
}
