package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/loadctl/loadctl/target"
)

func newTargetNull() *cobra.Command {
	var cfg target.NullConfig
	var lifeline int
	c := &cobra.Command{
		Use:   "null",
		Short: "Answer every request at once with an empty 200: what `doctor --null` measures against",
		Long: "Reads of a request only where it ends, and does nothing. GET /-/null tells how many requests were answered\n" +
			"and how long it had them. Prints `READY URL pid=PID` once it accepts connections, and serves until it is interrupted.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg.Parent = parent(c, lifeline)
			return serveUntilSignal(c.Context(), func(ctx context.Context) error { return target.Null(ctx, cfg) })
		},
	}
	c.Flags().StringVar(&cfg.Listen, "listen", "127.0.0.1:0", "address, `host:port`; port 0 takes a free one")
	lifelineFlag(c.Flags(), &lifeline)
	return c
}
