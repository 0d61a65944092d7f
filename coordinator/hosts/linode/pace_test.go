package linode

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loadctl/loadctl/coordinator/rental"
)

// A wire carries requests to a function, and notes when they came.
type wire struct {
	answer func(*http.Request) (*http.Response, error)

	mu   sync.Mutex
	came []time.Duration // since start
	now  int             // under way
	most int
	from time.Time
}

func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	w.mu.Lock()
	w.came = append(w.came, time.Since(w.from))
	w.now++
	w.most = max(w.most, w.now)
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		w.now--
		w.mu.Unlock()
	}()
	return w.answer(req)
}

func reply(status int, body string, headers ...string) *http.Response {
	h := http.Header{"Content-Type": {"application/json"}}
	for i := 0; i+1 < len(headers); i += 2 {
		h.Set(headers[i], headers[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), ContentLength: -1}
}

func wired(t *testing.T, answer func(*http.Request) (*http.Response, error)) (*Client, *wire) {
	t.Helper()
	w := &wire{answer: answer, from: time.Now()}
	c, err := New(Config{Token: "t", Base: w})
	if err != nil {
		t.Fatal(err)
	}
	return c, w
}

func machine(n int) InstanceSpec {
	return InstanceSpec{
		Label: "lc-" + strconv.Itoa(100+n), Region: "us-ord", Type: "g6-nanode-1", Image: "linode/debian12", Keys: []string{"ssh-ed25519 AAAA"}, Generation: Legacy,
	}
}

func makeMany(ctx context.Context, c *Client, n int) []error {
	errs := make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { _, errs[i] = c.MakeInstance(ctx, machine(i)) })
	}
	all.Wait()
	return errs
}

// TestInstancesAreAskedForOneASecond, however many are wanted at once.
func TestInstancesAreAskedForOneASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, w := wired(t, func(*http.Request) (*http.Response, error) { return reply(200, `{"id": 7}`), nil })
		if err := errors.Join(makeMany(t.Context(), c, 40)...); err != nil {
			t.Fatal(err)
		}
		for i, at := range w.came {
			if at != time.Duration(i)*time.Second {
				t.Fatalf("request %d came at %s", i, at)
			}
		}
		if len(w.came) != 40 {
			t.Errorf("%d requests", len(w.came))
		}
	})
}

// TestOthersDoNotWaitForInstances: only the making of instances is counted so strictly.
func TestOthersDoNotWaitForInstances(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, w := wired(t, func(*http.Request) (*http.Response, error) { return reply(200, `{}`), nil })
		for id := range 20 {
			if err := c.Delete(t.Context(), rental.Instance, id); err != nil {
				t.Fatal(err)
			}
		}
		if last := w.came[len(w.came)-1]; last != 0 {
			t.Errorf("the last came at %s", last)
		}
	})
}

// TestFewWritesAreUnderWay at once, and reads are not held up by them.
func TestFewWritesAreUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, w := wired(t, func(req *http.Request) (*http.Response, error) {
			if req.Method != http.MethodGet {
				time.Sleep(time.Minute - time.Second)
			}
			return reply(200, `{"id": 7}`), nil
		})
		var all sync.WaitGroup
		for id := range 12 {
			all.Go(func() {
				if err := c.Delete(t.Context(), rental.Instance, id); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		if w.now != mostWriting {
			t.Errorf("%d are under way", w.now)
		}
		if _, err := c.Get(t.Context(), rental.Instance, 7); err != nil {
			t.Error(err)
		}
		all.Wait()
		if w.most != mostWriting+1 || len(w.came) != 13 {
			t.Errorf("%d at most, %d in all", w.most, len(w.came))
		}
	})
}

// TestWaitEndsWithItsContext: who waits for a turn, or for a write before, is gone as soon as the context is, and has
// asked for nothing.
func TestWaitEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, w := wired(t, func(req *http.Request) (*http.Response, error) {
			<-req.Context().Done()
			return nil, req.Context().Err()
		})
		ctx, cancel := context.WithTimeout(t.Context(), 7500*time.Millisecond)
		defer cancel()
		start := time.Now()
		for _, err := range makeMany(ctx, c, 30) {
			if f := FailureOf(err); f.Class != rental.Unknown || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: %v", words[f.Class], err)
			}
		}
		if took := time.Since(start); took != 7500*time.Millisecond || len(w.came) != mostWriting {
			t.Errorf("%s, %d requests", took, len(w.came))
		}
	})
}

// TestWaitIsHandedBack: after 429 nothing of its kind is asked for until the time has come, other things are, and
// nobody sleeps meanwhile.
func TestWaitIsHandedBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tooMany := true
		c, w := wired(t, func(req *http.Request) (*http.Response, error) {
			if tooMany && req.Method == http.MethodPost {
				return reply(429, `{"errors": [{"reason": "Too many requests"}]}`, "Retry-After", "120"), nil
			}
			return reply(200, `{"id": 7}`), nil
		})
		waits := func(want time.Duration) {
			t.Helper()
			_, err := c.MakeInstance(t.Context(), machine(1))
			if f := FailureOf(err); f.Class != rental.Wait || f.After != want {
				t.Errorf("%s %s, want %s: %v", words[f.Class], f.After, want, err)
			}
		}
		waits(120 * time.Second)
		waits(119 * time.Second) // it has waited for its turn, as always
		if _, err := c.Get(t.Context(), rental.Instance, 7); err != nil {
			t.Error(err)
		}
		if len(w.came) != 2 {
			t.Errorf("%d requests", len(w.came))
		}
		tooMany = false
		time.Sleep(119 * time.Second)
		if _, err := c.MakeInstance(t.Context(), machine(1)); err != nil {
			t.Error(err)
		}
	})
}

// TestUsedUpLimitIsKept: a good answer that says it was the last for a while is enough.
func TestUsedUpLimitIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, w := wired(t, func(*http.Request) (*http.Response, error) {
			reset := strconv.FormatInt(time.Now().Add(10*time.Second).Unix(), 10)
			return reply(200, `{"id": 7}`, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", reset), nil
		})
		if _, err := c.Get(t.Context(), rental.Instance, 7); err != nil {
			t.Fatal(err)
		}
		_, err := c.Get(t.Context(), rental.Instance, 8)
		if f := FailureOf(err); f.Class != rental.Wait || f.After <= 0 || f.After > 10*time.Second || len(w.came) != 1 {
			t.Errorf("%s %s after %d requests", words[f.Class], f.After, len(w.came))
		}
		time.Sleep(FailureOf(err).After)
		if _, err := c.Get(t.Context(), rental.Instance, 8); err != nil {
			t.Error(err)
		}
	})
}

// TestNoAnswerInTime is an end of the request, and not of who has asked.
func TestNoAnswerInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := wired(t, func(req *http.Request) (*http.Response, error) {
			<-req.Context().Done()
			return nil, req.Context().Err()
		})
		_, err := c.Get(t.Context(), rental.Instance, 7)
		if f := FailureOf(err); f.Class != rental.Unknown || errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "no answer within 1m0s") {
			t.Errorf("%s: %v", words[f.Class], err)
		}
	})
}

// TestAnswersThatAreNone: a client library that takes them for good ones would hand on a resource that is not there.
func TestAnswersThatAreNone(t *testing.T) {
	for name, answer := range map[string]*http.Response{
		"no errors in it":     reply(503, `{"errors": []}`),
		"nothing in it":       reply(503, ``),
		"no JSON":             reply(200, `oops`),
		"another type":        reply(200, `{"id": 7}`, "Content-Type", "text/html"),
		"no id":               reply(200, `{}`),
		"the page of a proxy": reply(400, `<html>`, "Content-Type", "text/html"),
		"a JSON of a proxy":   reply(404, `{"message": "no route"}`),
	} {
		synctest.Test(t, func(t *testing.T) {
			c, _ := wired(t, func(*http.Request) (*http.Response, error) { return answer, nil })
			_, err := c.MakeInstance(t.Context(), machine(1))
			if f := FailureOf(err); err == nil || f.Class != rental.Unknown || f.Text == "" {
				t.Errorf("%s: %s: %v", name, words[f.Class], err)
			}
		})
	}
}

// TestRedirectIsNotFollowed, as it would carry the token to wherever it leads.
func TestRedirectIsNotFollowed(t *testing.T) {
	c, w := wired(t, func(*http.Request) (*http.Response, error) {
		return reply(302, ``, "Location", "https://example.com/"), nil
	})
	_, err := c.Get(t.Context(), rental.Instance, 7)
	if f := FailureOf(err); f.Class != rental.Wrong || len(w.came) != 1 {
		t.Errorf("%s after %d requests: %v", words[f.Class], len(w.came), err)
	}
}
