package service

import (
	"context"
	"io"
	"net/http"
	"strings"

	"github.com/coder/websocket"
)

// mostMessage bounds one message of a WebSocket.
const mostMessage = 1 << 20

// socket echoes messages, text as text and binary as binary, until the client goes or
// the service leaves (close code 1001). It is counted when it ends, as a 101.
func (s *Service) socket(x *exchange) {
	if !strings.EqualFold(x.r.Header.Get("Upgrade"), "websocket") {
		h := x.w.Header()
		h.Set("Connection", "Upgrade")
		h.Set("Upgrade", "websocket")
		s.fail(x, http.StatusUpgradeRequired, "This is a WebSocket")
		return
	}
	c, err := websocket.Accept(x.w, x.r, &websocket.AcceptOptions{InsecureSkipVerify: true}) // it has no secrets to keep from any origin
	if err != nil {
		// The library has written the answer.
		s.count(x, http.StatusBadRequest)
		return
	}
	defer func() { _ = c.CloseNow() }()
	c.SetReadLimit(mostMessage)
	defer s.count(x, http.StatusSwitchingProtocols)
	ctx, cancel := context.WithCancel(context.WithoutCancel(x.r.Context()))
	defer cancel()
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		select {
		case <-s.leaving:
			_ = c.Close(websocket.StatusGoingAway, "the worker leaves")
			cancel()
		case <-ended:
		}
	}()
	for echoed(ctx, c) {
	}
}

func echoed(ctx context.Context, c *websocket.Conn) bool {
	kind, from, err := c.Reader(ctx)
	if err != nil {
		return false
	}
	to, err := c.Writer(ctx, kind)
	if err != nil {
		return false
	}
	_, err = io.Copy(to, from)
	return err == nil && to.Close() == nil
}
