package target

import (
	"cmp"
	"context"
	"errors"
	"net"

	"github.com/loadctl/loadctl/target/null"
)

// NullConfig is `loadctl target null`.
type NullConfig struct {
	Listen string // host:port; "" = 127.0.0.1:0, a free port

	Parent
}

// Null answers everything with an empty 200 until ctx or its lifeline ends.
func Null(ctx context.Context, cfg NullConfig) error {
	ctx, cancel := cfg.ctx(ctx)
	defer cancel(nil)
	ln, err := listenOne(ctx, &net.ListenConfig{KeepAlive: -1}, cmp.Or(cfg.Listen, "127.0.0.1:0"))
	if err != nil {
		return err
	}
	s := null.New()
	defer s.Close()
	served := make(chan error, 1)
	go func() { served <- s.Serve(ln) }()
	if err = cfg.ready(ln.Addr()); err == nil {
		<-ctx.Done()
	}
	_ = ln.Close()
	return errors.Join(err, <-served)
}
