package admin

import (
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/http/pprof"
	"net/url"
	"strconv"
)

// profile answers a profile of the master, or asks a worker for its own.
func (a *api) profile(w http.ResponseWriter, r *http.Request) {
	which := r.URL.Query().Get("worker")
	if which == "" {
		Profiles(a.Token).ServeHTTP(w, r)
		return
	}
	n, err := strconv.Atoi(which)
	if err != nil {
		tell(w, http.StatusUnprocessableEntity, problem{fmt.Sprintf("worker: must be a number of /-/stats, got %q", which)})
		return
	}
	for _, one := range a.Master.Stats().Workers {
		if one.Worker == n && one.PID != 0 && one.Process.Port != 0 {
			at := &url.URL{Scheme: "http", Host: fmt.Sprintf("127.0.0.1:%d", one.Process.Port)}
			httputil.NewSingleHostReverseProxy(at).ServeHTTP(w, r)
			return
		}
	}
	tell(w, http.StatusNotFound, problem{fmt.Sprintf("worker %d does not run", n)})
}

// Profiles serves the profiles of this process to whoever bears the token. A worker
// serves it on a loopback port of its own.
func Profiles(token string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/-/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/-/debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("/-/debug/pprof/symbol", pprof.Symbol)
	for _, name := range []string{"allocs", "block", "goroutine", "heap", "mutex", "threadcreate"} {
		mux.Handle("/-/debug/pprof/"+name, pprof.Handler(name))
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !Bears(r, token) {
			tell(w, http.StatusUnauthorized, problem{"this needs the token of the target"})
			return
		}
		mux.ServeHTTP(w, r)
	})
}
