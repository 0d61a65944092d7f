package linode

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/loadctl/loadctl/coordinator/rental"
)

// An exchange is what passed over the wire during one call: the last request of it, and the good answers of all.
type exchange struct {
	method string
	status int // of the last answer; 0 = none
	header http.Header
	body   []byte
	at     time.Time     // of the last answer
	held   time.Duration // > 0: not sent, as Linode had said to wait so long
	err    error         // no answer, and why
	good   [][]byte      // bodies of the answers 2xx
}

type exchangeKey struct{}

// exchangeOf is the exchange of a request, and one that nobody looks at where it has none.
func exchangeOf(ctx context.Context) *exchange {
	if x, ok := ctx.Value(exchangeKey{}).(*exchange); ok {
		return x
	}
	return &exchange{}
}

// begins forgets the request before, but for its good answer.
func (x *exchange) begins(method string) { *x = exchange{method: method, good: x.good} }

func (x *exchange) answered(resp *http.Response, body []byte, at time.Time) {
	x.status, x.header, x.body, x.at = resp.StatusCode, resp.Header, body, at
	if x.done() {
		x.good = append(x.good, body)
	}
}

func (x *exchange) done() bool { return x.status >= 200 && x.status < 300 }

// failed makes an Error of an exchange, or nil. err is what linodego says of it.
func (x *exchange) failed(doing string, err error) error {
	e := &Error{Doing: doing, Status: x.status}
	switch {
	case x.held > 0:
		e.Failure = rental.Failure{Class: rental.Wait, After: x.held, Text: "was not asked, as Linode has said to wait"}
	case x.err != nil:
		e.Failure, e.cause = rental.Failure{Class: rental.Unknown, Text: x.err.Error()}, x.err
	case x.status == 0 && err != nil: // it could not even be written down
		e.Failure, e.cause = rental.Failure{Class: rental.Wrong, Text: err.Error()}, err
	case x.status == 0 || x.done() && err == nil:
		return nil
	case x.done():
		e.Failure, e.cause = rental.Failure{Class: rental.Unknown, Text: fmt.Sprintf("the answer cannot be read: %v", err)}, err
	default:
		e.Failure = classify(x.method, x.status, x.header, x.body, x.at)
	}
	return e
}
