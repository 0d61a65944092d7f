package stack

import (
	"context"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// A Part is one program of a stack.
type Part struct {
	Name    string // of its log too
	Address string // told to people: no passwords in it
	// Prepare is done once, before the first start; nil = nothing.
	Prepare func(context.Context, Preparation) error
	// Command makes a command for each start. The stack sets its streams and its files.
	Command func() *exec.Cmd
	// Own says that the program ends by its lifeline, the read end of a pipe at descriptor
	// 3, and prints READY URL pid=PID once it is ready. Others are run by Keep.
	Own bool
	// Stop asks a program that is not Own to end; 0 = TERM.
	Stop syscall.Signal
	// User is whom root runs a program that is not Own as; nil = as it is itself.
	User *syscall.Credential
	// Healthy is asked again and again until it returns nil, with what an Own part said;
	// nil = always.
	Healthy func(context.Context, Ready) error
	Within  time.Duration // it must be ready and well after a start; 0 = 30 s
	Grace   time.Duration // it may take to end; 0 = 15 s
}

// A Preparation is what the programs of one are run with.
type Preparation struct {
	Log  io.Writer
	Held *os.File // by each program, so that the folder stays until it has ended
}

// A Ready is what a part of our own said of itself.
type Ready struct {
	URL   string
	PID   int
	Admin string // "" = it has none, or did not say
}

// An Event is a change of state of a part, for people.
type Event struct {
	Part string
	What string // starting, ready, died or restarted
	Text string // more of it
	Took time.Duration
	Ready
}
