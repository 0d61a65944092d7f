package target

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/loadctl/loadctl/target/admin"
)

// AdminConfig is the admin API of a service.
type AdminConfig struct {
	Listen string // host:port; "" = none
	Token  string // "" = one is made
	Folder string // where the place of the API is kept for the command line; "" = nowhere
	// Export sends metrics by OTLP; URL "" = nowhere.
	Export admin.ExportConfig
}

// administer serves the admin API and sends metrics until ctx ends. It returns the
// base URL of the API, and what waits for the end of both.
func (m *master) administer(ctx context.Context) (url string, wait func() error, err error) {
	var ends []func() error
	wait = func() (err error) {
		for _, end := range ends {
			err = errors.Join(err, end())
		}
		return err
	}
	api := &controls{m: m}
	if export := m.cfg.Admin.Export; export.URL != "" {
		export.Log = m.cfg.Log
		sent := make(chan error, 1)
		go func() { sent <- admin.Export(ctx, api, export) }()
		ends = append(ends, func() error { return <-sent })
	}
	if m.cfg.Admin.Listen == "" {
		return "", wait, nil
	}
	url, end, err := m.serveAdmin(ctx, api)
	ends = append(ends, end)
	return url, wait, err
}

func (m *master) serveAdmin(ctx context.Context, api admin.Master) (url string, end func() error, err error) {
	end = func() error { return nil }
	ln, err := listenOne(ctx, &net.ListenConfig{}, m.cfg.Admin.Listen)
	if err != nil {
		return "", end, fmt.Errorf("admin API: %w", err)
	}
	url = baseURL(ln.Addr())
	forget := func() {}
	if folder := m.cfg.Admin.Folder; folder != "" {
		at := admin.Place{PID: os.Getpid(), Service: baseURL(m.at), Admin: url, Token: m.token}
		if forget, err = at.Keep(folder); err != nil {
			m.cfg.Log.Warn("the command line will have to be told where the admin API is", "err", err)
			forget = func() {}
		}
	}
	g := &gate{Handler: admin.Handler(admin.Config{Master: api, Token: m.token})}
	s := &http.Server{Handler: g, ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- s.Serve(ln) }()
	stop := context.AfterFunc(ctx, func() { _ = s.Close() })
	return url, func() error {
		defer forget()
		stop()
		_ = s.Close() // which ends the contexts of its requests, and waits for none
		g.shut()      // what they read is about to be given back
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	}, nil
}

// Validate reports what is wrong with a configuration.
func (c AdminConfig) Validate() error { return c.Export.Validate() }

// newToken is a token nobody can guess.
func (c AdminConfig) newToken() string { return cmp.Or(c.Token, rand.Text()) }
