package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/loadctl/loadctl/proto/loadctlpb"
	"github.com/loadctl/loadctl/proto/wire"
	"github.com/loadctl/loadctl/stats"
)

// spools is where hosts on this machine leave what a coordinator did not confirm; "" without a place for it.
func spools() string {
	cache, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(cache, "loadctl", "run")
}

// tellSpooled tells what a host left that nobody collected.
func tellSpooled(to io.Writer, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return cannot(err, "")
	}
	defer f.Close()
	s, err := wire.ReadSpool(f)
	if err != nil {
		return cannot(fmt.Errorf("%s: %w", path, err), "a host of this version of loadctl writes such a file")
	}
	fmt.Fprintf(to, "host %s of run %s, loadctl %s: %d messages that its coordinator did not confirm\n\n  second  intended        ok   others\n",
		s.Head.GetHost(), s.Head.GetRunId(), s.Head.GetVersion(), len(s.Messages))
	for _, m := range s.Messages {
		if r := m.GetReport(); r != nil {
			intended, ok, others := countedIn(r.GetMerged())
			fmt.Fprintf(to, "%8d%10d%10d%9d\n", r.GetMerged().GetWindow(), intended, ok, others)
		}
	}
	if s.Broken != nil {
		return cannot(fmt.Errorf("%s breaks off here: %w", path, s.Broken), "")
	}
	return nil
}

// countedIn adds all rows up: requests that became due, that ended well, and that ended otherwise.
func countedIn(s *loadctlpb.Snapshot) (intended, ok, others uint64) {
	for _, c := range s.GetCells() {
		intended += c.GetIntended()
		for i, n := range c.GetClasses() {
			if stats.Class(i) == stats.OK {
				ok += n
			} else {
				others += n
			}
		}
	}
	return intended, ok, others
}
