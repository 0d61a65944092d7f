package admin

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/loadctl/loadctl/target/counts"
	"github.com/loadctl/loadctl/target/knobs"
)

// A Master is what the API acts on. Its methods are safe for concurrent use.
type Master interface {
	// Settings are those in force, and their version.
	Settings() (knobs.Settings, int64)
	// Change changes the named settings, all or none, and returns when every worker goes by
	// them. An error that wraps ErrWrong is about the values.
	Change(ctx context.Context, values map[string]string) (Change, error)
	// Reload replaces all workers without losing a request, and returns when they serve.
	Reload(ctx context.Context) error
	// Stats are the counts of master and workers.
	Stats() counts.Stats
}

// A Change is what came of one.
type Change struct {
	Version int64    `json:"version"`
	Changed []string `json:"changed"` // names of settings that have another value now
	Workers int      `json:"workers"` // that go by them
}

// ErrWrong is of values that cannot be.
var ErrWrong = errors.New("wrong settings")

// Config is what the API needs.
type Config struct {
	Master Master
	Token  string // of every request but GET /metrics and /-/stats; required
}

// Handler is the API:
//
//	GET  /-/settings            all settings, passwords hidden
//	POST /-/settings            name=value of a form, or a JSON object: changes them
//	POST /-/reload              replaces the workers
//	GET  /-/stats, /metrics     counts, as JSON and for Prometheus; without a token
//	GET  /-/debug/pprof/…       profiles of the master; with ?worker=N of that worker
func Handler(cfg Config) http.Handler {
	a := &api{cfg}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /-/stats", a.stats)
	mux.Handle("GET /metrics", metricsHandler(cfg.Master))
	mux.Handle("GET /-/settings", a.authenticated(a.settings))
	mux.Handle("POST /-/settings", a.authenticated(a.change))
	mux.Handle("POST /-/reload", a.authenticated(a.reload))
	mux.Handle("/-/debug/pprof/", a.authenticated(a.profile))
	return mux
}

type api struct{ Config }

func (a *api) authenticated(h http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !Bears(r, a.Token) {
			w.Header().Set("WWW-Authenticate", "Bearer")
			tell(w, http.StatusUnauthorized, problem{"this needs the token of the target: Authorization: Bearer …"})
			return
		}
		h(w, r)
	})
}

// Bears says whether a request carries the token. No request carries an empty one.
func Bears(r *http.Request, token string) bool {
	got, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return ok && token != "" && subtle.ConstantTimeCompare([]byte(got), []byte(token)) == 1
}

type problem struct {
	Detail string `json:"detail"`
}

func tell(w http.ResponseWriter, status int, v any) {
	body, _ := json.MarshalIndent(v, "", "  ") // numbers and strings always marshal
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n'))
}

func (a *api) stats(w http.ResponseWriter, _ *http.Request) { tell(w, http.StatusOK, a.Master.Stats()) }

func (a *api) reload(w http.ResponseWriter, r *http.Request) {
	if err := a.Master.Reload(r.Context()); err != nil {
		tell(w, http.StatusServiceUnavailable, problem{err.Error()})
		return
	}
	tell(w, http.StatusOK, map[string]string{"status": "reloaded"})
}
