package main

import (
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/loadctl/loadctl/target"
	"github.com/loadctl/loadctl/target/knobs"
)

const serveLong = `Serves by a master and worker processes, as Gunicorn does. Signals of the master:

  HUP         reload: new workers read the program and the settings again, the old ones finish
  TTIN, TTOU  one worker more, one less
  TERM        finish what has come, and end
  INT, QUIT   end at once

A worker that gets TERM finishes, and is replaced before it has. Of these only INT and QUIT
lose requests. Each setting is a flag, a variable LOADCTL_TARGET_… and a line of --config, and
changes while it runs by ` + "`loadctl target set NAME=VALUE`" + `; HUP goes back to what it was started with.
Prints ` + "`READY URL pid=PID admin=URL`" + ` once every worker accepts connections. Docs: docs/target.md.`

const serveExample = `  loadctl target serve --listen 127.0.0.1:8080                      # 2 × cores + 1 workers, and a simulated upstream
  loadctl target serve --workers 4 --worker-connections 1000         # more wait until one goes
  loadctl target serve --sockets shared --max-requests 10000 --max-requests-jitter 1000
  LOADCTL_TARGET_WORKERS=4 loadctl target serve --config service.yaml
  kill -HUP PID                                                     # as READY says it`

func newTargetServe() *cobra.Command {
	var cfg target.ServeConfig
	var lifeline int
	var settings func() (knobs.Settings, error)
	var api adminFlags
	c := &cobra.Command{
		Use:     "serve",
		Short:   "Serve the reference service (items, a database, a cache, streams) by several worker processes on one port",
		Long:    serveLong,
		Example: serveExample,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			if cfg.Settings, err = settings(); err != nil {
				return usage(err, "")
			}
			cfg.Admin = api.config()
			if err := cfg.Validate(); err != nil {
				return usage(err, "")
			}
			signals := make(chan os.Signal, 64) // a burst of TTIN is as many workers
			signal.Notify(signals, syscall.SIGHUP, syscall.SIGTTIN, syscall.SIGTTOU, syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT)
			cfg.Signals, cfg.Reread = signals, settings
			cfg.Parent = parent(c, lifeline)
			cfg.Log = logger(c, slog.LevelInfo)
			if err := target.Serve(c.Context(), cfg); err != nil {
				return cannot(fmt.Errorf("target: %w", err), "")
			}
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&cfg.Listen, "listen", "127.0.0.1:0", "address, one `host:port` for all workers; port 0 takes a free one")
	f.StringVar(&cfg.Sockets, "sockets", target.ReusePort, "reuseport: a socket and a queue for each worker; shared: one for all, as on other systems than Linux")
	f.StringVar(&cfg.AuthToken, "auth-token", "", "answer of /.well-known/loadctl, by which the service agrees to be loaded")
	settings = settingFlags(f)
	api.flags(f)
	simulatorFlags(f, &cfg.Simulator, target.DefaultDelay)
	f.StringVar(&cfg.Simulator.AdminToken, "upstream-admin-token", "", "`token` by which the simulator's settings are changed")
	lifelineFlag(f, &lifeline)
	return c
}
