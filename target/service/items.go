package service

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/loadctl/loadctl/target/counts"
)

// items answers an item put together from two upstream calls made at once. The
// first call that fails ends the other.
func (s *Service) items(w http.ResponseWriter, r *http.Request, id string) {
	now := s.state.Load()
	ctx, cancel := context.WithTimeout(r.Context(), now.UpstreamTimeout)
	defer cancel()
	main, related, err := now.both(ctx, url.PathEscape(id))
	if err != nil {
		s.failItem(w, r, now.UpstreamTimeout, err)
		return
	}
	s.answer(w, r, counts.RouteItems, http.StatusOK, appendItem(nil, id, main, related))
}

// both makes the two calls and returns when both are done.
func (s *state) both(ctx context.Context, id string) (main, related []byte, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	done := make(chan struct{})
	go func() {
		defer close(done)
		related = s.call(ctx, cancel, "/related/"+id)
	}()
	main = s.call(ctx, cancel, "/main/"+id)
	<-done
	if main == nil || related == nil {
		return nil, nil, context.Cause(ctx)
	}
	return main, related, nil
}

// call is one upstream call; nil when it failed, and then the reason has ended ctx
// (unless another reason was first).
func (s *state) call(ctx context.Context, fail context.CancelCauseFunc, path string) []byte {
	body, err := s.pool.get(ctx, s.Upstream+path)
	if err == nil && !json.Valid(body) {
		err = answerError("something that is no JSON")
	}
	if err != nil {
		fail(err)
		return nil
	}
	return body
}

// appendItem is the answer; the upstream's JSON goes in as it came.
func appendItem(b []byte, id string, main, related []byte) []byte {
	quoted, _ := json.Marshal(id) // a string always marshals
	if b == nil {
		b = make([]byte, 0, len(quoted)+len(main)+len(related)+48)
	}
	b = append(append(b, `{"id":`...), quoted...)
	b = append(append(b, `,"main_item":`...), main...)
	b = append(append(b, `,"related_item":`...), related...)
	return append(b, "}\n"...)
}

// statusGone is nginx's word for an answer whose client did not wait.
const statusGone = 499

// failItem answers the error shapes of the service: 503 when no answer came from
// the upstream, 502 when it came with a bad status, 500 for anything else.
func (s *Service) failItem(w http.ResponseWriter, r *http.Request, limit time.Duration, err error) {
	var status statusError
	var useless answerError
	switch {
	case r.Context().Err() != nil:
		s.failWith(w, r, counts.ClientGone, statusGone, "Client Closed Request")
	case errors.Is(err, context.DeadlineExceeded):
		s.failWith(w, r, counts.TimedOut, http.StatusServiceUnavailable,
			fmt.Sprintf("Upstream did not answer within %s", limit))
	case errors.As(err, &status):
		s.failWith(w, r, counts.BadStatus, http.StatusBadGateway, fmt.Sprintf("Upstream error: %d", int(status)))
	case errors.As(err, &useless):
		s.failWith(w, r, counts.Useless, http.StatusInternalServerError, "Internal error: "+useless.Error())
	default:
		s.failWith(w, r, counts.Unreachable, http.StatusServiceUnavailable, "Upstream is unreachable")
	}
}

func (s *Service) failWith(w http.ResponseWriter, r *http.Request, why counts.Failure, status int, detail string) {
	s.slot.Upstream.Failed[why].Add(1)
	s.fail(w, r, counts.RouteItems, status, detail)
}
