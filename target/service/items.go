package service

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/loadctl/loadctl/target/counts"
)

// items answers an item put together from two upstream calls made at once.
func (s *Service) items(x *exchange) {
	body, err := s.item(x.r.Context(), x, x.id)
	if err != nil {
		s.failItem(x, err)
		return
	}
	s.answer(x, http.StatusOK, body)
}

// item is the item with that id. The first call that fails ends the other.
func (s *Service) item(ctx context.Context, x *exchange, id string) ([]byte, error) {
	patient, cancel := context.WithTimeout(ctx, x.UpstreamTimeout)
	defer cancel()
	main, related, err := x.both(patient, url.PathEscape(id))
	if err != nil {
		s.slot.Upstream.Failed[failure(ctx, err)].Add(1)
		return nil, err
	}
	x.burn()
	return appendItem(nil, id, main.body, related.body), nil
}

// both makes the two calls and returns when both are done. The branch that took longer
// is the one that the request waited for.
func (x *exchange) both(ctx context.Context, id string) (main, related fetched, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	done := make(chan struct{})
	go func() {
		defer close(done)
		related = x.call(ctx, cancel, "/related/"+id)
	}()
	main = x.call(ctx, cancel, "/main/"+id)
	<-done
	longer := main
	if related.wait+related.took > main.wait+main.took {
		longer = related
	}
	x.parts[partPool] += longer.wait
	x.parts[partUpstream] += longer.took
	if main.body != nil && related.body != nil {
		return main, related, nil
	}
	err = context.Cause(ctx)
	if longer.took == 0 && errors.Is(err, context.DeadlineExceeded) {
		err = errPoolTimeout // it never had a connection
	}
	return main, related, err
}

// call is one upstream call; without a body when it failed, and then the reason has
// ended ctx (unless another reason was first).
func (x *exchange) call(ctx context.Context, fail context.CancelCauseFunc, path string) fetched {
	got, err := x.pool.get(ctx, x.Upstream+path)
	if err == nil && !json.Valid(got.body) {
		err = answerError("something that is no JSON")
	}
	if err != nil {
		fail(err)
		got.body = nil
	}
	return got
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

// failure is why no item came of the upstream. ctx is of whoever asked for it.
func failure(ctx context.Context, err error) counts.Failure {
	var status statusError
	var useless answerError
	switch {
	case ctx.Err() != nil:
		return counts.ClientGone
	case errors.Is(err, errPoolTimeout), errors.Is(err, context.DeadlineExceeded):
		return counts.TimedOut
	case errors.As(err, &status):
		return counts.BadStatus
	case errors.As(err, &useless):
		return counts.Useless
	}
	return counts.Unreachable
}

// failItem answers the error shapes of the service: 503 when no answer came from
// the upstream, 502 when it came with a bad status, 500 for anything else.
func (s *Service) failItem(x *exchange, err error) {
	var status statusError
	var useless answerError
	switch {
	case x.r.Context().Err() != nil:
		s.fail(x, statusGone, "Client Closed Request")
	case errors.Is(err, errPoolTimeout):
		s.fail(x, http.StatusServiceUnavailable,
			fmt.Sprintf("No upstream connection became free within %s", cmp.Or(x.UpstreamPoolTimeout, x.UpstreamTimeout)))
	case errors.Is(err, context.DeadlineExceeded):
		s.fail(x, http.StatusServiceUnavailable, fmt.Sprintf("Upstream did not answer within %s", x.UpstreamTimeout))
	case errors.As(err, &status):
		s.fail(x, http.StatusBadGateway, fmt.Sprintf("Upstream error: %d", int(status)))
	case errors.As(err, &useless):
		s.fail(x, http.StatusInternalServerError, "Internal error: "+useless.Error())
	default:
		s.fail(x, http.StatusServiceUnavailable, "Upstream is unreachable")
	}
}
