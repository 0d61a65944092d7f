package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"time"
)

// bare serves /health and /items/{id} as the least that anybody would write by
// net/http: no counts, no limits, no timing.
func bare(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("bare", flag.ExitOnError)
	upstream := flags.String("upstream", "", "base URL of the upstream")
	_ = flags.Parse(args)
	runtime.GOMAXPROCS(1) // as a worker has
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s := &http.Server{Handler: handler(*upstream)}
	stop := context.AfterFunc(ctx, func() { _ = s.Close() })
	defer stop()
	fmt.Printf("READY http://%s pid=%d\n", ln.Addr(), os.Getpid())
	if err := s.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func handler(upstream string) http.Handler {
	client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 512, MaxIdleConns: 512, MaxIdleConnsPerHost: 512, DisableCompression: true}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"status":"ok"}`+"\n")
	})
	mux.HandleFunc("GET /items/{id}", func(w http.ResponseWriter, r *http.Request) {
		item(client, upstream, w, r)
	})
	return mux
}

// item asks the upstream twice at once, within 5 s, and puts both answers together.
func item(client *http.Client, upstream string, w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
	defer cancel()
	id := r.PathValue("id")
	var related []byte
	var failed error
	done := make(chan struct{})
	go func() {
		defer close(done)
		related, failed = fetch(ctx, client, upstream+"/related/"+id)
	}()
	main, err := fetch(ctx, client, upstream+"/main/"+id)
	<-done
	if err = errors.Join(err, failed); err != nil {
		http.Error(w, `{"detail":"Upstream is unreachable"}`, http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(struct {
		ID      string          `json:"id"`
		Main    json.RawMessage `json:"main_item"`
		Related json.RawMessage `json:"related_item"`
	}{id, main, related})
}

func fetch(ctx context.Context, client *http.Client, url string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = errors.New(strings.ToLower(resp.Status))
	}
	return body, err
}
