package balancer

import (
	"cmp"
	"context"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// An admin tells the status of a balancer, and takes changes from who has the token.
type admin struct {
	http.Server
	url  string
	done chan struct{}
}

func (r *running) admin(ctx context.Context) (*admin, error) {
	at := cmp.Or(r.cfg.Admin, "127.0.0.1:0")
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", at)
	if err != nil {
		return nil, fmt.Errorf("admin: listening on %s: %w", at, err)
	}
	a := &admin{url: "http://" + reachable(ln.Addr().String()), done: make(chan struct{})}
	a.ReadHeaderTimeout = 10 * time.Second
	a.Handler = r.mux()
	go func() { _ = a.Serve(ln); close(a.done) }() // it ends by Close only
	return a, nil
}

// Close ends the listener and waits until nobody serves it.
func (a *admin) Close() {
	_ = a.Server.Close()
	<-a.done
}

func (r *running) mux() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /-/stats", r.told(func(w http.ResponseWriter, s *Status) {
		w.Header().Set("Content-Type", "application/json")
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		_ = e.Encode(s) // who asked is gone
	}))
	mux.HandleFunc("GET /metrics", r.told(func(w http.ResponseWriter, s *Status) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		_, _ = io.WriteString(w, s.Prometheus()) // who asked is gone
	}))
	mux.HandleFunc("GET /-/config", func(w http.ResponseWriter, _ *http.Request) {
		text, err := os.ReadFile(filepath.Join(r.dir, configFile))
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_, _ = w.Write(text) // who asked is gone
	})
	mux.HandleFunc("PUT /-/balancer", r.change)
	return mux
}

func (r *running) told(show func(http.ResponseWriter, *Status)) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		s, err := r.status(req.Context())
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		show(w, s)
	}
}

// change takes a whole file with a balancer: block and puts it in force.
func (r *running) change(w http.ResponseWriter, req *http.Request) {
	given, _ := strings.CutPrefix(req.Header.Get("Authorization"), "Bearer ")
	if r.cfg.Token == "" || subtle.ConstantTimeCompare([]byte(given), []byte(r.cfg.Token)) != 1 {
		http.Error(w, "a change needs the token of --admin-token: Authorization: Bearer TOKEN", http.StatusForbidden)
		return
	}
	src, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxFile))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if err := r.take(req.Context(), src); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
	}
}

// take reads a file and has it put in force. Where it is silent on what cannot be
// changed, that stays.
func (r *running) take(ctx context.Context, src []byte) error {
	block, err := Read("request", src)
	if err != nil {
		return err
	}
	next := block.Config
	next.Kind = cmp.Or(next.Kind, r.cfg.Config.WithDefaults().Kind)
	if err := block.Judge(next); err != nil {
		return err
	}
	return r.ask(ctx, next)
}

// ask hands a change over to the goroutine that makes it.
func (r *running) ask(ctx context.Context, next Config) error {
	done := make(chan error, 1)
	select {
	case r.changes <- change{next, done}:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// url is how a client on this machine reaches the balancer.
func (r *running) url() string {
	return either(r.now.TLS.Certificate != "", "https://", "http://") + reachable(r.now.Listen)
}

func reachable(at string) string {
	host, port, _ := net.SplitHostPort(at)
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}
