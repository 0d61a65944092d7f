package service

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/loadctl/loadctl/target/catalogue"
)

var healthy = []byte(`{"status":"ok"}` + "\n")

// A report is the body of /health when not all is well. The service itself answers, so
// its status is 200: what needs neither database nor cache is answered as ever.
type report struct {
	Status    string             `json:"status"` // degraded
	Databases []catalogue.Health `json:"databases,omitempty"`
	Caches    []catalogue.Health `json:"caches,omitempty"`
}

// patience bounds how long /health is kept from knowing.
const patience = 2 * time.Second

// examine asks database and cache how they are. A database nobody has asked for yet is
// not opened for that.
func (s *Service) examine(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	now := s.now.Load()
	r := report{Status: "degraded", Caches: unwell(now.cache.Health(ctx))}
	if s.databaseMatters(now) {
		r.Databases = unwell(now.shelf.Health(ctx))
	}
	body := healthy
	if len(r.Databases)+len(r.Caches) > 0 {
		body, _ = json.Marshal(r) // strings always marshal
		body = append(body, '\n')
	}
	now.health.Store(&body)
}

// databaseMatters says whether a database was named, or used.
func (s *Service) databaseMatters(now *state) bool {
	if now.Store == "kv" || len(now.Shards) > 0 || strings.HasPrefix(now.DatabaseURL, "postgres") {
		return true
	}
	for i := range s.slot.Databases {
		if s.slot.Databases[i].Calls.Load() > 0 {
			return true
		}
	}
	return false
}

func unwell(all []catalogue.Health) (bad []catalogue.Health) {
	for _, h := range all {
		if !h.OK {
			bad = append(bad, h)
		}
	}
	return bad
}
