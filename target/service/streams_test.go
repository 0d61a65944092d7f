package service

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

func live(t *testing.T, s *Service) string {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return server.URL
}

func TestSessions(t *testing.T) {
	s, _ := newService(t, with("http://127.0.0.1:1", "session_key", "shared by all nodes", "login_password", "open"))
	other, _ := newService(t, with("http://127.0.0.1:1", "session_key", "shared by all nodes"))
	stranger, _ := newService(t, with("http://127.0.0.1:1", "session_key", "another"))
	if w := post(s, "/login", `{"user":"ada","password":"wrong"}`); w.Code != 401 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := post(s, "/login", `{"password":"open"}`); w.Code != 422 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	w := post(s, "/login", `{"user":"ada","password":"open"}`)
	var got struct{ Token string }
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	cookie := w.Result().Cookies()[0]
	for _, known := range []*Service{s, other} {
		for _, header := range [][2]string{{"Authorization", "Bearer " + got.Token}, {"Cookie", cookie.Name + "=" + cookie.Value}} {
			if w := ask(known, "GET", "/session", header[0], header[1]); w.Code != 200 || !strings.Contains(w.Body.String(), `"user":"ada"`) {
				t.Errorf("%v: %d %s", header, w.Code, w.Body)
			}
		}
	}
	late := exchange{state: s.now.Load(), began: time.Now()}
	for name, token := range map[string]string{"tampered": "x" + got.Token, "empty": "", "no parts": "a", "expired": late.sign("ada", time.Now().Add(-time.Second))} {
		if w := ask(s, "GET", "/session", "Authorization", "Bearer "+token); w.Code != 401 {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	if w := ask(stranger, "GET", "/session", "Authorization", "Bearer "+got.Token); w.Code != 401 {
		t.Errorf("another key: %d", w.Code)
	}
	if w := ask(s, "DELETE", "/session", "Authorization", "Bearer "+got.Token); w.Code != 200 || w.Result().Cookies()[0].MaxAge >= 0 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestSocketEchoesUntilTheServiceLeaves(t *testing.T) {
	s, shared := newService(t, with("http://127.0.0.1:1"))
	c, _, err := websocket.Dial(t.Context(), live(t, s)+"/ws", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.CloseNow() }()
	for _, kind := range []websocket.MessageType{websocket.MessageText, websocket.MessageBinary} {
		text := strings.Repeat("echo ", 3000)
		if err := c.Write(t.Context(), kind, []byte(text)); err != nil {
			t.Fatal(err)
		}
		c.SetReadLimit(1 << 20)
		if back, got, err := c.Read(t.Context()); err != nil || back != kind || string(got) != text {
			t.Fatalf("%v %v %d bytes", err, back, len(got))
		}
	}
	s.Leave()
	if _, _, err := c.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusGoingAway {
		t.Errorf("%v", err)
	}
	for shared.Stats().Routes["/ws"] != 1 {
		time.Sleep(time.Millisecond)
	}
	if w := ask(s, "GET", "/ws"); w.Code != 426 {
		t.Errorf("without an upgrade: %d %s", w.Code, w.Body)
	}
}

func TestEvents(t *testing.T) {
	s, _ := newService(t, with("http://127.0.0.1:1"))
	url := live(t, s)
	resp, err := http.Get(url + "/events?every=1ms&count=3")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || strings.Count(string(body), "event: tick\n") != 3 || resp.Header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("%v: %s", err, body)
	}
	endless, err := http.Get(url + "/events?every=1ms")
	if err != nil {
		t.Fatal(err)
	}
	defer endless.Body.Close()
	s.Leave()
	if _, err := io.Copy(io.Discard, endless.Body); err != nil {
		t.Errorf("it did not end well: %v", err)
	}
	if w := ask(s, "GET", "/events?every=0s&count=-1"); w.Code != 422 || !strings.Contains(w.Body.String(), "count") || !strings.Contains(w.Body.String(), "every") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestStaticFiles(t *testing.T) {
	s, shared := newService(t, with("http://127.0.0.1:1"))
	for name, kind := range map[string]string{"style.css": "text/css", "app.js": "text/javascript", "logo.svg": "image/svg+xml"} {
		w := ask(s, "GET", "/static/"+name)
		if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), kind) || w.Body.Len() == 0 {
			t.Errorf("%s: %d %v", name, w.Code, w.Header())
		}
		if again := ask(s, "GET", "/static/"+name, "If-None-Match", w.Header().Get("ETag")); again.Code != 304 {
			t.Errorf("%s again: %d", name, again.Code)
		}
	}
	for _, path := range []string{"/static/", "/static/none", "/static/../service.go", "/static/."} {
		if w := ask(s, "GET", path); w.Code != 404 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	if w := ask(s, "GET", "/static/style.css", "Range", "bytes=0-3"); w.Code != 206 || w.Body.Len() != 4 {
		t.Errorf("range: %d %s", w.Code, w.Body)
	}
	if st := shared.Stats(); st.Responses["3xx"] != 3 || st.Routes["/static"] != 11 {
		t.Errorf("%v %v", st.Responses, st.Routes)
	}
}

func TestBodiesOfAnySize(t *testing.T) {
	s, _ := newService(t, with("http://127.0.0.1:1"))
	if w := ask(s, "GET", "/bytes/100000"); w.Code != 200 || w.Body.Len() != 100000 {
		t.Errorf("%d, %d bytes", w.Code, w.Body.Len())
	}
	for _, path := range []string{"/bytes/-1", "/bytes/x", "/bytes", "/bytes/2000000000", "/bytes/5?rate=-1", "/bytes/5?delay=1h"} {
		if w := ask(s, "GET", path); w.Code != 422 {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	if w := post(s, "/bytes", strings.Repeat("a", 70000)); w.Code != 200 || !strings.Contains(w.Body.String(), `"received":70000`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	began := time.Now()
	if w := ask(s, "GET", "/bytes/300?rate=10000&delay=20ms"); w.Body.Len() != 300 || time.Since(began) < 50*time.Millisecond {
		t.Errorf("%d bytes in %s", w.Body.Len(), time.Since(began))
	}
	r := httptest.NewRequest("GET", "/bytes/10?delay=1m", nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r.WithContext(ctx))
	if w.Code != statusGone {
		t.Errorf("gone: %d", w.Code)
	}
}
