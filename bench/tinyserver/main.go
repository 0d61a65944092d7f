// Tinyserver answers every request with the same hundred bytes, as cheaply as Go
// can: it must never be slower than the client measured with it. It counts requests
// and accepts itself, so no tool's own count is trusted. Each loop has a listener of
// its own on the port; with -processes each process has, because one process may
// open only so many files. All of them count in one memory, so that any of them
// tells the whole: GET /-/count is answered with the requests so far, and adds to no
// count; a line on standard input with all that is counted, as JSON. With -delay answers come late, by a known time: what
// was really waited, from the kernel's stamp of the request to the write of the
// answer, is told too, so that a client's service times can be held against it. With -arrivals
// requests are counted by the kernel's stamps as well, so that a client's own need not be believed.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"time"
)

type options struct {
	port, loops, processes int
	delay, jitter          time.Duration
	arrivals               bool
	slot                   int // of a process that another has started; -1: the first
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("tinyserver: ")
	var o options
	flag.IntVar(&o.port, "port", 0, "port on 127.0.0.1; 0 = any free one")
	flag.IntVar(&o.loops, "loops", 1, "threads of each process, each with its own listener")
	flag.IntVar(&o.processes, "processes", 1, "processes")
	flag.DurationVar(&o.delay, "delay", 0, "answer so late")
	flag.DurationVar(&o.jitter, "jitter", 0, "and up to so much more or less")
	flag.BoolVar(&o.arrivals, "arrivals", false, "count requests by when the kernel received them, in bins of 10 ms")
	flag.IntVar(&o.slot, "slot", -1, "for tinyserver itself: where a process counts")
	flag.Parse()
	var f family
	m, err := f.start(o)
	if err != nil {
		log.Fatal(err)
	}
	// End with whoever started us: when it is gone, so is the other end of stdin.
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		_ = json.NewEncoder(os.Stdout).Encode(m.tally())
	}
	f.end()
}

// start returns when the port is served; what serves it ends with the process.
func (f *family) start(o options) (*memory, error) {
	if o.slot >= 0 {
		return join(o)
	}
	file, err := newMemory(o.processes * o.loops)
	if err != nil {
		return nil, err
	}
	m, err := openMemory(file)
	if err != nil {
		return nil, err
	}
	// Bound and never listening, this socket keeps the port ours.
	_, port, err := bind(o.port)
	if err != nil {
		return nil, err
	}
	o.port, o.slot = port, 0
	if err := f.spread(o, file, m); err != nil {
		return nil, err
	}
	fmt.Printf("127.0.0.1:%d\n", port)
	return m, nil
}

// join serves as one of the processes that another has started.
func join(o options) (*memory, error) {
	m, err := openMemory(os.NewFile(memoryFile, "memory"))
	if err != nil {
		return nil, err
	}
	if err := serveAll(o, m); err != nil {
		return nil, err
	}
	fmt.Println("listening")
	return m, nil
}

// spread serves in this process or, where several were asked for, in others.
func (f *family) spread(o options, file *os.File, m *memory) error {
	if o.processes == 1 {
		return serveAll(o, m)
	}
	for i := range o.processes {
		if err := f.spawn(o, i*o.loops, file); err != nil {
			return fmt.Errorf("process %d: %w", i+1, err)
		}
	}
	return nil
}

// serveAll runs the loops of this process.
func serveAll(o options, m *memory) error {
	for i := range o.loops {
		s, err := newServer(o, m, o.slot+i)
		if err != nil {
			return err
		}
		go s.run()
	}
	return nil
}
