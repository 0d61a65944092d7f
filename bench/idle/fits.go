package main

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/loadctl/loadctl/bench/internal/proc"
)

// A room is what this machine has left.
type room struct {
	memory float64 // bytes
	files  int     // of the machine, not open yet
	each   int     // of one process
}

// What things take here, rounded up: measured, not promised.
const (
	pair      = 10 << 10 // bytes of kernel memory of a connection, both ends
	side      = 1 << 10  // of an agent
	agentSize = 24 << 20 // of an agent by itself
	otherSize = 8 << 20  // of a process of the server
	spare     = 200      // files of a process beside its connections
	memoryCap = 0.9      // of what is available
)

func readRoom() (r room, err error) {
	if r.memory, err = proc.Available(); err != nil {
		return r, err
	}
	most, err := proc.Numbers("fs/file-max")
	if err != nil {
		return r, err
	}
	open, err := proc.Numbers("fs/file-nr")
	if err != nil {
		return r, err
	}
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return r, err
	}
	r.files, r.each = most[0]-open[0], int(min(limit.Max, 1<<30))
	return r, nil
}

// refuse says, with the arithmetic, why the machine cannot hold a row; nil: it can.
func (r room) refuse(w row) error {
	processes := w.agents + w.servers()
	need := float64(w.connections*(pair+side) + w.agents*agentSize + w.servers()*otherSize)
	files := 2*w.connections + processes*spare
	most := max(ceilDiv(w.connections, w.agents), ceilDiv(w.connections, w.servers())) + spare
	var all []error
	if have := memoryCap * r.memory; need > have {
		all = append(all, fmt.Errorf("memory: %s connections × %d KiB (both ends, and the agents' part) + %d agents × %d MiB + %d server processes × %d MiB = %.1f GiB, and %.1f GiB are free (%.0f %% of what is available)",
			thousands(w.connections), (pair+side)>>10, w.agents, agentSize>>20, w.servers(), otherSize>>20, need/(1<<30), have/(1<<30), 100*memoryCap))
	}
	if files > r.files {
		all = append(all, fmt.Errorf("files: 2 × %s connections + %d processes × %d = %s, and the machine has %s left (fs.file-max)",
			thousands(w.connections), processes, spare, thousands(files), thousands(r.files)))
	}
	if most > r.each {
		all = append(all, fmt.Errorf("files of one process: %s connections on %d agents and %d server processes are up to %s each, and a process may open %s (ulimit -Hn)",
			thousands(w.connections), w.agents, w.servers(), thousands(most), thousands(r.each)))
	}
	return errors.Join(all...)
}
