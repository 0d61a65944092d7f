package service

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/target/catalogue"
	"github.com/loadctl/loadctl/target/knobs"
)

// A fakeShelf has items in memory, and fails as it is told to.
type fakeShelf struct {
	items map[string]catalogue.Item
	spent catalogue.Timing
	err   error
	sick  []catalogue.Health
}

func (f *fakeShelf) Item(_ context.Context, id string) (catalogue.Item, catalogue.Timing, error) {
	item, ok := f.items[id]
	if !ok && f.err == nil {
		return item, f.spent, fmt.Errorf("item %s: %w", id, catalogue.ErrNotFound)
	}
	return item, f.spent, f.err
}

func (f *fakeShelf) List(_ context.Context, after string, limit int) (page []catalogue.Item, _ catalogue.Timing, _ error) {
	for n := range 10 {
		if id := fmt.Sprint(n); id > after && len(page) < limit {
			page = append(page, catalogue.Made(n))
		}
	}
	return page, f.spent, f.err
}

func (f *fakeShelf) Add(_ context.Context, item catalogue.Item) (catalogue.Item, catalogue.Timing, error) {
	if _, ok := f.items[item.ID]; ok {
		return item, f.spent, catalogue.ErrConflict
	}
	if f.err == nil {
		f.items[item.ID] = item
	}
	return item, f.spent, f.err
}

func (f *fakeShelf) Apply(knobs.Settings) error                { return nil }
func (f *fakeShelf) Health(context.Context) []catalogue.Health { return f.sick }
func (f *fakeShelf) Close() error                              { return nil }

// onShelf is a service whose items are on a fake shelf.
func onShelf(t *testing.T, values ...string) (*Service, *fakeShelf) {
	t.Helper()
	s, _ := newService(t, with(upstream(t, echo), values...))
	f := &fakeShelf{items: map[string]catalogue.Item{"7": catalogue.Made(7)}, spent: catalogue.Timing{Wait: 2 * time.Millisecond, Took: 3 * time.Millisecond}}
	now := s.now.Load()
	if err := now.shelf.Close(); err != nil { // else it still opens its file when the folder is removed
		t.Fatal(err)
	}
	next := &state{Settings: now.Settings, depends: depends{shelf: f, cache: now.cache}, pool: now.pool}
	next.health.Store(&healthy)
	s.now.Store(next)
	return s, f
}

func post(s *Service, path, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", path, strings.NewReader(body))
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func TestItemsOfTheDatabase(t *testing.T) {
	s, f := onShelf(t)
	for _, c := range []struct {
		path   string
		status int
		body   string
	}{
		{"/items/7/detail", 200, `"name":"Item 7 of the catalogue"`},
		{"/items/8/detail", 404, `"detail":"Item not found"`},
		{"/items?limit=3", 200, `"next":"2"`},
		{"/items?limit=3&after=8", 200, `{"items":[{"id":"9"`},
		{"/items?limit=0", 422, `"loc":["query","limit"]`},
		{"/items?limit=many", 422, `between 1 and 500`},
	} {
		if w := ask(s, "GET", c.path); w.Code != c.status || !strings.Contains(w.Body.String(), c.body) {
			t.Errorf("%s: %d %s", c.path, w.Code, w.Body)
		}
	}
	w := post(s, "/items", `{"id":"new","name":"A lamp","price_cents":1990,"stock":3}`)
	if w.Code != 201 || w.Header().Get("Location") != "/items/new/detail" || f.items["new"].Price != 1990 {
		t.Errorf("%d %s %+v", w.Code, w.Body, f.items)
	}
	if w := post(s, "/items", `{"id":"new","name":"A lamp","price_cents":1990}`); w.Code != 409 {
		t.Errorf("again: %d %s", w.Code, w.Body)
	}
}

func TestABadItemIsToldWhole(t *testing.T) {
	s, f := onShelf(t)
	for body, want := range map[string][]string{
		`{"id":"no spaces","stock":-1,"price_cents":-2}`: {`["body","id"]`, `["body","name"]`, "is required", `["body","price_cents"]`, "must not be negative", `["body","stock"]`},
		`{"nam":"x"}`:                    {`unknown field`, "nam"},
		`[`:                              {"json_invalid"},
		``:                               {"json_invalid"},
		`{"name":"a","price_cents":1} x`: {"json_invalid"},
	} {
		w := post(s, "/items", body)
		for _, part := range want {
			if w.Code != 422 || !strings.Contains(w.Body.String(), part) {
				t.Errorf("%s: %d, no %q in %s", body, w.Code, part, w.Body)
			}
		}
	}
	if w := post(s, "/items", `{"name":"`+strings.Repeat("x", mostPosted)+`"}`); w.Code != 413 {
		t.Errorf("too large: %d %s", w.Code, w.Body)
	}
	if len(f.items) != 1 {
		t.Errorf("stored %v", f.items)
	}
}

func TestWhatADatabaseDoesNotGive(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
		detail string
	}{
		{catalogue.ErrPoolTimeout, 503, "No database connection became free within 200ms (pool_size 5, max_overflow 3)"},
		{catalogue.ErrUnavailable, 503, "The database is unavailable"},
		{catalogue.ErrFull, 507, "no room left"},
		{fmt.Errorf("odd"), 500, "Internal error"},
	} {
		s, f := onShelf(t, "pool_timeout", "200ms", "max_overflow", "3")
		f.err = c.err
		for _, w := range []*httptest.ResponseRecorder{ask(s, "GET", "/items/7/detail"), ask(s, "GET", "/items"),
			ask(s, "GET", "/cached/items/7/detail"), post(s, "/items", `{"id":"x","name":"x","price_cents":1}`)} {
			if w.Code != c.status || !strings.Contains(w.Body.String(), c.detail) {
				t.Errorf("%v: %d %s", c.err, w.Code, w.Body)
			}
		}
	}
}

func TestHealthSaysWhatIsWrong(t *testing.T) {
	s, f := onShelf(t)
	ask(s, "GET", "/items/7/detail")
	s.slot.Databases[0].Calls.Add(1) // the real store counts
	f.sick = []catalogue.Health{{Name: "primary", Detail: "connection refused"}, {Name: "replica1", OK: true}}
	s.examine(t.Context())
	w := ask(s, "GET", "/health")
	var got report
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != 200 {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	if got.Status != "degraded" || len(got.Databases) != 1 || got.Databases[0].Name != "primary" {
		t.Errorf("%+v", got)
	}
	f.sick = nil
	s.examine(t.Context())
	if w := ask(s, "HEAD", "/health"); w.Code != 200 {
		t.Errorf("%d", w.Code)
	}
	if w := ask(s, "GET", "/health"); w.Body.String() != string(healthy) {
		t.Errorf("well again: %s", w.Body)
	}
}
