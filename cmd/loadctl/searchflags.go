package main

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// searchFlags are those of a search that say how its trials are made and where they are kept, and not
// what is searched.
func searchFlags(f *pflag.FlagSet, o *runOptions, watch, out *string) {
	o.ui = "none"
	hostsFlag(f, o)
	f.StringVar(&o.runs, "runs", "runs", "`directory` that holds the directory of the search")
	f.StringVar(watch, "ui", "plain", "how to watch: plain, json, none")
	f.StringVar(out, "out", "", "`directory` for copies of result.json, report.html, summary.md, junit.xml and metrics.txt")
	f.StringArrayVar(&o.monitors, "monitor", nil, "sample a Prometheus endpoint at `URL` too, or none to sample nothing (see docs/monitoring.md)")
	f.StringVar(&o.pacing, "pacing", "auto", "auto, ticks or precise")
	f.DurationVar(&o.tick, "tick", 0, "tick of --pacing ticks (default 1ms)")
	f.StringVar(&o.poller, "poller", "auto", "how agents use sockets: io_uring, epoll, or auto: the first where the kernel lets us")
	f.StringArrayVar(&o.authorised, "i-am-authorised", nil, "vouch for a public `HOST` of the scenario's allow_hosts")
	f.StringVar(&o.token, "target-token", "", "what a public target must answer at /.well-known/loadctl")
}

// givenFlags are the names of the flags that were given, by the command line or the environment.
func givenFlags(c *cobra.Command) map[string]bool {
	given := map[string]bool{}
	c.Flags().Visit(func(f *pflag.Flag) { given[f.Name] = true })
	return given
}

// typedFlags are those of the command line alone. What a shell has in its environment stays there when a search goes on in it,
// and is no wish to have another one.
func typedFlags(c *cobra.Command) map[string]bool {
	typed := map[string]bool{}
	c.Flags().Visit(func(f *pflag.Flag) {
		if len(f.Annotations[inherited]) == 0 {
			typed[f.Name] = true
		}
	})
	return typed
}
