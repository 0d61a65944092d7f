package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/loadctl/loadctl/target"
	"github.com/loadctl/loadctl/target/balancer"
)

// balancerFlags are those of `target balancer`, read into a configuration.
type balancerFlags struct {
	cfg      balancer.Config
	file     string
	backends []string
	noWS     bool
	noHTTP2  bool

	print, check bool
	admin, token string
	lifeline     int

	order balancer.Order
}

func newTargetBalancer() *cobra.Command {
	var b balancerFlags
	c := &cobra.Command{
		Use:   "balancer nginx|haproxy|nodebalancer",
		Short: "Put nginx, HAProxy or a NodeBalancer of Linode in front of backends",
		Long: "Makes a configuration of the file and the flags, which win, has nginx or HAProxy check it, and runs that program\n" +
			"until it is interrupted. HUP reads the file again and reloads without losing a request. Prints\n" +
			"`READY URL pid=PID admin=URL` once it balances; GET /-/stats and /metrics of the admin URL tell its status.\n" +
			"nodebalancer prints the requests that make one at Linode. docs/balancers.md says more.",
		Example: "  loadctl target balancer nginx --backend 127.0.0.1:8001 --backend 127.0.0.1:8002,weight=2 --algorithm least_connections\n" +
			"  loadctl target balancer haproxy -f balancer.yaml --print\n" +
			"  loadctl target balancer nodebalancer -f balancer.yaml --region us-ord",
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		ValidArgs: []string{string(balancer.Nginx), string(balancer.HAProxy), string(balancer.NodeBalancer)},
		RunE:      func(c *cobra.Command, args []string) error { return b.run(c, balancer.Kind(args[0])) },
	}
	b.bind(c.Flags())
	return c
}

func (b *balancerFlags) bind(f *pflag.FlagSet) {
	f.StringVarP(&b.file, "file", "f", "", "YAML `file` with a balancer: block")
	f.StringVar(&b.cfg.Listen, "listen", "", "address, `IP:port`; port 0 takes a free one (default 127.0.0.1:0)")
	f.StringArrayVar(&b.backends, "backend", nil, "`address` of a backend with its options, such as 127.0.0.1:8001,weight=2; once for each")
	f.StringVar((*string)(&b.cfg.Algorithm), "algorithm", "", "`name`: round_robin, least_connections, source, random_two (default round_robin)")
	f.StringVar(&b.cfg.Check.Path, "check-path", "", "`path` that tells whether a backend is well (default /health)")
	f.DurationVar(&b.cfg.Check.Interval, "check-interval", 0, "time between two checks of a backend (default 2s)")
	f.DurationVar(&b.cfg.Check.Timeout, "check-timeout", 0, "time-out of a check (default 1s)")
	f.IntVar(&b.cfg.Check.Fall, "check-fall", 0, "failed checks in a row that take a backend out (default 3)")
	f.IntVar(&b.cfg.Check.Rise, "check-rise", 0, "good checks in a row that take it in again (default 2)")
	f.BoolVar(&b.cfg.Check.Off, "no-check", false, "do not check backends")
	f.BoolVar(&b.cfg.KeepAlive.Off, "no-keep-alive", false, "close a connection to a backend after its answer")
	f.IntVar(&b.cfg.KeepAlive.Connections, "keep-alive", 0, "idle connections to backends that are kept (default 64)")
	f.Float64Var(&b.cfg.RateLimit.Requests, "rate", 0, "requests a second of one client address (default no limit)")
	f.IntVar(&b.cfg.RateLimit.Burst, "burst", 0, "further ones at once")
	f.IntVar(&b.cfg.RateLimit.Connections, "client-connections", 0, "connections of one client address (default no limit)")
	f.IntVar(&b.cfg.RateLimit.Status, "rate-status", 0, "of the answer to what is too much, 429 or 503 (default 429)")
	f.StringVar(&b.cfg.TLS.Certificate, "tls-cert", "", "PEM `file` with certificate and chain")
	f.StringVar(&b.cfg.TLS.Key, "tls-key", "", "PEM `file` with its key")
	f.BoolVar(&b.noHTTP2, "no-http2", false, "do not offer HTTP/2 over TLS")
	f.BoolVar(&b.noWS, "no-websocket", false, "do not pass WebSocket upgrades on")
	f.IntVar(&b.cfg.Workers, "workers", 0, "nginx worker processes or HAProxy threads (default one for each core)")
	f.IntVar(&b.cfg.Connections, "connections", 0, "clients connected at once (default what the file limit allows)")
	f.DurationVar(&b.cfg.Timeouts.Drain, "drain", 0, "time that open requests may take to finish at a reload or the end (default 30s)")
	f.BoolVar(&b.print, "print", false, "print the configuration and do nothing else")
	f.BoolVar(&b.check, "check", false, "have the program check the configuration and do nothing else")
	f.StringVar(&b.admin, "admin", "127.0.0.1:0", "address that tells the status, `host:port`")
	f.StringVar(&b.token, "admin-token", "", "what PUT /-/balancer there must carry, better by "+balancerToken+", as command lines are for everybody to read; without it nothing is changed that way")
	f.StringVar(&b.order.Region, "region", "", "of a nodebalancer")
	f.StringVar(&b.order.Label, "label", "", "of a nodebalancer")
	f.IntVar(&b.order.Subnet, "subnet", 0, "`id` of the VPC subnet that backends of a nodebalancer are in")
	f.BoolVar(&b.order.Premium, "premium", false, "a nodebalancer of the premium plan")
	lifelineFlag(f, &b.lifeline)
}

func (b *balancerFlags) run(c *cobra.Command, kind balancer.Kind) error {
	load := b.loader(c.Flags(), kind)
	cfg, err := load()
	if err != nil {
		return usage(err, "")
	}
	if kind == balancer.NodeBalancer {
		return b.nodebalancer(c, cfg)
	}
	switch {
	case b.print:
		cfg.Listen = listenAt(cfg.Listen)
		place := balancer.Place{Dir: filepath.Join(os.TempDir(), "loadctl-balancer")}
		_, err = fmt.Fprint(c.OutOrStdout(), cfg.Text(balancer.ThisMachine(), place))
		return err
	case b.check:
		return b.try(c, cfg)
	}
	again := make(chan os.Signal, 1)
	signal.Notify(again, syscall.SIGHUP)
	run := target.BalancerConfig{Parent: parent(c, b.lifeline), RunConfig: balancer.RunConfig{
		Config: cfg, Admin: b.admin, Token: secretOf(b.token, balancerToken), Reload: again, Load: load}}
	err = serveUntilSignal(c.Context(), func(ctx context.Context) error { return target.Balancer(ctx, run) })
	return missing(err, kind)
}

// loader reads the file each time it is called, and puts the flags above it.
func (b *balancerFlags) loader(flags *pflag.FlagSet, kind balancer.Kind) func() (balancer.Config, error) {
	given := map[string]string{}
	flags.Visit(func(f *pflag.Flag) { given[f.Name] = f.Value.String() })
	delete(given, "backend") // a list, which is not set but added to
	return func() (balancer.Config, error) {
		b.cfg = balancer.Config{}
		block, err := b.read()
		if err != nil {
			return balancer.Config{}, err
		}
		for name, value := range given {
			if err := flags.Lookup(name).Value.Set(value); err != nil {
				return balancer.Config{}, fmt.Errorf("--%s: %w", name, err)
			}
		}
		cfg, err := b.above(kind)
		if err == nil && block != nil {
			err = block.Judge(cfg)
		} else if err == nil {
			err = cfg.Validate()
		}
		return cfg, err
	}
}

// read gives nothing where no file is named.
func (b *balancerFlags) read() (*balancer.Block, error) {
	if b.file == "" {
		return nil, nil
	}
	src, err := os.ReadFile(b.file)
	if err != nil {
		return nil, err
	}
	block, err := balancer.Read(b.file, src)
	if err == nil {
		b.cfg = block.Config
	}
	return block, err
}

// above puts those flags above the file that are not its fields.
func (b *balancerFlags) above(kind balancer.Kind) (balancer.Config, error) {
	cfg := b.cfg
	cfg.Kind = kind
	no := false
	if b.noWS {
		cfg.WebSocket = &no
	}
	if b.noHTTP2 {
		cfg.TLS.HTTP2 = &no
	}
	if len(b.backends) > 0 {
		cfg.Backends = nil
	}
	var errs []error
	for _, text := range b.backends {
		backend, err := balancer.ParseBackend(text)
		cfg.Backends, errs = append(cfg.Backends, backend), append(errs, err)
	}
	return cfg, errors.Join(errs...)
}

func (b *balancerFlags) try(c *cobra.Command, cfg balancer.Config) error {
	cfg.Listen = listenAt(cfg.Listen)
	binary, err := balancer.Binary(cfg.Kind)
	if err == nil {
		err = balancer.Try(c.Context(), binary, cfg.WithDefaults(), balancer.ThisMachine(), nil)
	}
	if err != nil {
		return missing(cannot(err, ""), cfg.Kind)
	}
	fmt.Fprintf(c.OutOrStdout(), "%s accepts the configuration\n", binary)
	return nil
}

// listenAt is an address for a file that nobody runs: no program takes port 0.
func listenAt(listen string) string {
	if host, port, err := net.SplitHostPort(listen); err == nil && port != "0" {
		return listen
	} else if err == nil {
		return net.JoinHostPort(host, "8080")
	}
	return "127.0.0.1:8080"
}

// missing says how a program that is not there can be had.
func missing(err error, kind balancer.Kind) error {
	if errors.Is(err, balancer.ErrNotInstalled) {
		return cannot(err, fmt.Sprintf("install it (Debian: apt install %s), or see the configuration with --print", kind))
	}
	return err
}

func (b *balancerFlags) nodebalancer(c *cobra.Command, cfg balancer.Config) error {
	payload, err := cfg.NodeBalancer(b.order)
	if err != nil {
		return usage(err, "")
	}
	for _, w := range payload.Warnings {
		fmt.Fprintf(c.ErrOrStderr(), "warning: %s\n", w)
	}
	e := json.NewEncoder(c.OutOrStdout())
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(payload)
}

// newTargetGuard is what holds a balancer's lifeline.
func newTargetGuard() *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use:    "guard",
		Hidden: true,
		Args:   cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, argv []string) error {
			signals := make(chan os.Signal, 16)
			signal.Notify(signals, syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGINT)
			code, err := balancer.Guard(os.NewFile(3, "lifeline"), signals, dir, argv)
			if err != nil {
				return cannot(err, "")
			}
			return ended(code)
		},
	}
	c.Flags().StringVar(&dir, "dir", "", "directory that goes with the balancer")
	return c
}
