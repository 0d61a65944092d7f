package workers

import (
	"fmt"
	"os"
	"syscall"
)

// File descriptors a worker finds open when it starts.
const (
	fdSocket = 3 + iota
	fdLifeline
	fdReady
	fdShared // the first of Config.Shared
)

// Inherited is the worker's end of what its master gave it.
type Inherited struct {
	Socket   *os.File   // the listening socket
	Lifeline *os.File   // end of file when the master is gone
	Shared   []*os.File // Config.Shared, in its order
	ready    *os.File
}

// Inherit takes over the descriptors a master passed to this process, which was
// started with the given number of shared files.
func Inherit(shared int) (Inherited, error) {
	in := Inherited{Socket: inherited(fdSocket, "socket"), Lifeline: inherited(fdLifeline, "lifeline"),
		ready: inherited(fdReady, "ready")}
	for i := range shared {
		in.Shared = append(in.Shared, inherited(fdShared+i, "shared"))
	}
	for _, f := range append([]*os.File{in.Socket, in.Lifeline, in.ready}, in.Shared...) {
		if _, err := f.Stat(); err != nil {
			return Inherited{}, fmt.Errorf("a worker is started by its master only: %w", err)
		}
	}
	return in, nil
}

func inherited(fd int, name string) *os.File {
	syscall.CloseOnExec(fd)
	return os.NewFile(uintptr(fd), name)
}

// Ready tells the master that this worker accepts connections. Call it once.
func (in Inherited) Ready() error {
	defer in.ready.Close()
	if _, err := in.ready.Write([]byte{'R'}); err != nil {
		return fmt.Errorf("telling the master that the worker is ready: %w", err)
	}
	return nil
}
