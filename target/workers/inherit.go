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
	fdWords
	fdShared // the first of Config.Shared
)

// A word is what a worker says to its master.
type word byte

const (
	wordReady   word = 'R'
	wordLeaving word = 'L'
	wordReplace word = 'W'
)

// Inherited is the worker's end of what its master gave it.
type Inherited struct {
	Socket   *os.File   // the listening socket
	Lifeline *os.File   // end of file when the master is gone
	Shared   []*os.File // Config.Shared, in its order
	words    *os.File
}

// Inherit takes over the descriptors a master passed to this process, which was
// started with the given number of shared files.
func Inherit(shared int) (Inherited, error) {
	in := Inherited{Socket: inherited(fdSocket, "socket"), Lifeline: inherited(fdLifeline, "lifeline"),
		words: inherited(fdWords, "words")}
	for i := range shared {
		in.Shared = append(in.Shared, inherited(fdShared+i, "shared"))
	}
	for _, f := range append([]*os.File{in.Socket, in.Lifeline, in.words}, in.Shared...) {
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

// Ready tells the master that this worker accepts connections.
func (in Inherited) Ready() error { return in.say(wordReady) }

// Leaving tells the master that this worker is about to finish and go. Said after the
// master asked for it, it changes nothing.
func (in Inherited) Leaving() error { return in.say(wordLeaving) }

// Replace asks the master for a replacement. The worker serves until it is asked to finish.
func (in Inherited) Replace() error { return in.say(wordReplace) }

func (in Inherited) say(w word) error {
	if _, err := in.words.Write([]byte{byte(w)}); err != nil {
		return fmt.Errorf("talking to the master: %w", err)
	}
	return nil
}
