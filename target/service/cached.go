package service

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/loadctl/loadctl/target/cache"
	"github.com/loadctl/loadctl/target/counts"
)

// cached answers an item, or its detail, from the cache when it is there. X-Cache says
// how: hit, miss (loaded now), coalesced (another request's load) or bypass.
func (s *Service) cached(x *exchange) {
	// A load may outlive the request that began it, for others who wait for it: it has an
	// exchange of its own.
	load := &exchange{state: x.state, r: x.r, route: x.route, id: x.id, began: x.began}
	asked := time.Now()
	got, err := x.cache.Get(x.r.Context(), x.key(), func(ctx context.Context) ([]byte, error) { return s.load(ctx, load) })
	if got.How == cache.Miss || got.How == cache.Bypassed {
		if x.r.Context().Err() == nil { // else it may still be loading
			x.parts = load.parts
		}
	}
	if got.How == cache.Coalesced {
		got.Took = time.Since(asked) // with the load that it waited for
	}
	x.parts[partCache] += got.Took
	if err != nil {
		s.failCached(x, err)
		return
	}
	x.w.Header()["X-Cache"] = []string{got.How.String()}
	s.answer(x, http.StatusOK, got.Value)
}

func (x *exchange) key() string {
	if x.route == counts.RouteCachedDetail {
		return "detail:" + x.id
	}
	return "item:" + x.id
}

func (s *Service) load(ctx context.Context, x *exchange) ([]byte, error) {
	if x.route == counts.RouteCached {
		return s.item(ctx, x, x.id)
	}
	ctx, cancel := x.patience(ctx)
	defer cancel()
	item, spent, err := x.shelf.Item(ctx, x.id)
	x.stored(spent)
	if err != nil {
		return nil, err
	}
	x.burn()
	body, err := json.Marshal(item)
	return append(body, '\n'), err
}

func (s *Service) failCached(x *exchange, err error) {
	if x.route == counts.RouteCachedDetail {
		s.failStored(x, err)
		return
	}
	s.failItem(x, err)
}
