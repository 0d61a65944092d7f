package main

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print version and commit",
		Args:  cobra.NoArgs,
		Run:   func(c *cobra.Command, _ []string) { fmt.Fprintln(c.OutOrStdout(), versionLine()) },
	}
}

// versionLine is what people see: build, platform and toolchain.
func versionLine() string {
	return fmt.Sprintf("loadctl %s %s/%s %s", buildID(), runtime.GOOS, runtime.GOARCH, runtime.Version())
}

// buildID names the build whatever it was built for: hosts and coordinators of
// one run must have the same.
func buildID() string {
	v, rev := version, commit
	if info, ok := debug.ReadBuildInfo(); ok && v == "" {
		v, rev = info.Main.Version, setting(info, "vcs.revision")
	}
	return fmt.Sprintf("%s commit %.12s", cmp.Or(v, "dev"), cmp.Or(rev, "unknown"))
}

func setting(info *debug.BuildInfo, key string) string {
	for _, s := range info.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}
