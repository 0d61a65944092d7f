package service

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/loadctl/loadctl/target/catalogue"
)

// detail answers the item as the database has it.
func (s *Service) detail(x *exchange) {
	ctx, cancel := x.patience(x.r.Context())
	defer cancel()
	item, spent, err := x.shelf.Item(ctx, x.id)
	x.stored(spent)
	if err != nil {
		s.failStored(x, err)
		return
	}
	x.burn()
	s.answerJSON(x, http.StatusOK, item)
}

func (s *Service) answerJSON(x *exchange, status int, v any) {
	body, _ := json.Marshal(v) // items, numbers and strings always marshal
	s.answer(x, status, append(body, '\n'))
}

// patience is how long a call to the database may take: a database that hangs must not
// keep its client for ever.
func (x *exchange) patience(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, x.PoolTimeout+x.QueryTimeout)
}

func (x *exchange) stored(t catalogue.Timing) {
	x.parts[partDBPool] += t.Wait
	x.parts[partDB] += t.Took
}

// Limits of a page of items.
const (
	usualPage = 50
	mostItems = 500
)

// A listing is a page of items, in the order of their ids.
type listing struct {
	Items []catalogue.Item `json:"items"`
	Next  string           `json:"next,omitempty"` // the `after` of the next page; none at the end
}

func (s *Service) list(x *exchange) {
	limit, err := strconv.Atoi(orElse(x.r.URL.Query().Get("limit"), strconv.Itoa(usualPage)))
	if err != nil || limit < 1 || limit > mostItems {
		s.fail(x, http.StatusUnprocessableEntity, []fault{{[]string{"query", "limit"}, fmt.Sprintf("must be between 1 and %d", mostItems), "range"}})
		return
	}
	ctx, cancel := x.patience(x.r.Context())
	defer cancel()
	items, spent, err := x.shelf.List(ctx, x.r.URL.Query().Get("after"), limit)
	x.stored(spent)
	if err != nil {
		s.failStored(x, err)
		return
	}
	page := listing{Items: items}
	if len(items) == limit {
		page.Next = items[limit-1].ID
	}
	s.answerJSON(x, http.StatusOK, page)
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// mostPosted bounds the body of a new item.
const mostPosted = 64 << 10

// add answers 201 with the item as it was stored: then it is committed.
func (s *Service) add(x *exchange) {
	body, err := io.ReadAll(http.MaxBytesReader(x.w, x.r.Body, mostPosted))
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		s.fail(x, http.StatusRequestEntityTooLarge, fmt.Sprintf("Body is larger than %d bytes", mostPosted))
		return
	}
	item, faults := posted(body)
	if err != nil {
		faults = []fault{{[]string{"body"}, "broke off", "body"}}
	}
	if len(faults) > 0 {
		s.fail(x, http.StatusUnprocessableEntity, faults)
		return
	}
	ctx, cancel := x.patience(x.r.Context())
	defer cancel()
	item, spent, err := x.shelf.Add(ctx, item)
	x.stored(spent)
	if err != nil {
		s.failStored(x, err)
		return
	}
	x.w.Header().Set("Location", "/items/"+item.ID+"/detail")
	s.answerJSON(x, http.StatusCreated, item)
}

// failStored answers what a database did not give.
func (s *Service) failStored(x *exchange, err error) {
	switch {
	case x.r.Context().Err() != nil:
		s.fail(x, statusGone, "Client Closed Request")
	case errors.Is(err, catalogue.ErrNotFound):
		s.fail(x, http.StatusNotFound, "Item not found")
	case errors.Is(err, catalogue.ErrConflict):
		s.fail(x, http.StatusConflict, "An item with this id exists")
	case errors.Is(err, catalogue.ErrInvalid):
		s.fail(x, http.StatusUnprocessableEntity, []fault{{[]string{"body"}, "cannot be stored", "invalid"}})
	case errors.Is(err, catalogue.ErrPoolTimeout):
		s.fail(x, http.StatusServiceUnavailable,
			fmt.Sprintf("No database connection became free within %s (pool_size %d, max_overflow %d)", x.PoolTimeout, x.PoolSize, x.MaxOverflow))
	case errors.Is(err, catalogue.ErrFull):
		s.fail(x, http.StatusInsufficientStorage, "The database has no room left")
	case errors.Is(err, context.DeadlineExceeded):
		s.fail(x, http.StatusServiceUnavailable, fmt.Sprintf("The database did not answer within %s", x.QueryTimeout))
	case errors.Is(err, catalogue.ErrUnavailable):
		s.fail(x, http.StatusServiceUnavailable, "The database is unavailable")
	default:
		s.log.Warn("database call failed", "route", x.route.String(), "err", err)
		s.fail(x, http.StatusInternalServerError, "Internal error: the database answered what was not expected")
	}
}
