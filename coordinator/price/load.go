package price

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// A Load is what a scenario asks of all machines together, at most. What was not measured is 0, and limits nothing.
type Load struct {
	Rate             float64       // requests a second
	Connections      int           // open at once
	Opened           float64       // connections opened a second
	Closed           float64       // connections a second that are closed here first, and keep their ports for a while
	Up, Down         int           // bytes of a request and of its answer, heads included
	RequestCPU       time.Duration // of a request
	ConnectionCPU    time.Duration // of opening and closing a connection, with its handshake
	ConnectionMemory int           // bytes of this end of an open connection, what the kernel keeps included
}

// A Setup is how the machines are set up.
type Setup struct {
	Ports        int           // of an address; 0 = DefaultPorts
	Addresses    int           // to connect from, of each machine; 0 = 1
	Destinations int           // addresses and ports of the target; 0 = 1
	Kept         time.Duration // how long a closed connection keeps its port; 0 = KeptLong
	Files        int           // one process may open; 0 = no limit
	Processes    int           // agents of each machine; 0 = one a core
	HeadRoom     float64       // share of processor, memory and network that stays free; 0 = DefaultHeadRoom
	Least        int           // machines; 0 = 1
}

// What Linux has of ports for one address (net.ipv4.ip_local_port_range): as it comes, and from 1024 to 65535.
const (
	DefaultPorts = 28_232
	WidePorts    = 64_512
)

// How long Linux keeps the port of a connection that was closed here first: with net.ipv4.tcp_tw_reuse=1, and without.
const (
	KeptShort = time.Second
	KeptLong  = time.Minute
)

// DefaultHeadRoom is what stays free, so that not the generator is measured: a core that is busy for more than seven tenths
// makes others wait.
const DefaultHeadRoom = 0.3

// Figures that coordinator/plan places agents by. A fleet that is sized with others would be refused there.
const (
	agentMemory = 24 << 20 // bytes of an agent without connections
	filesMargin = 200      // files of an agent that are not connections
	portsPart   = 2        // one in two ports is used: a kernel searches long for the last ones
)

// mostAsked is more than any figure of a load is.
const mostAsked = 1e12

// Validate tells all that is wrong at once.
func (l Load) Validate() error {
	var errs []error
	for _, f := range []struct {
		name  string
		v     float64
		given any
	}{
		{"rate", l.Rate, l.Rate}, {"connections", float64(l.Connections), l.Connections}, {"opened", l.Opened, l.Opened}, {"closed", l.Closed, l.Closed},
		{"up", float64(l.Up), l.Up}, {"down", float64(l.Down), l.Down}, {"request_cpu", float64(l.RequestCPU), l.RequestCPU},
		{"connection_cpu", float64(l.ConnectionCPU), l.ConnectionCPU}, {"connection_memory", float64(l.ConnectionMemory), l.ConnectionMemory},
	} {
		if !(f.v >= 0 && f.v <= mostAsked) {
			errs = append(errs, fmt.Errorf("load.%s: must be >= 0 and a figure that can be meant, got %v", f.name, f.given))
		}
	}
	return errors.Join(errs...)
}

// Validate tells all that is wrong at once.
func (s Setup) Validate() error {
	var errs []error
	for _, f := range []struct {
		name    string
		v, most int
	}{
		{"ports", s.Ports, 65_535}, {"addresses", s.Addresses, 1 << 16}, {"destinations", s.Destinations, 1 << 16}, {"files", s.Files, math.MaxInt32},
		{"processes", s.Processes, 256}, {"least", s.Least, mostMachines},
	} {
		if f.v < 0 || f.v > f.most {
			errs = append(errs, fmt.Errorf("setup.%s: must be 0 to %s, got %d", f.name, thousands(int64(f.most)), f.v))
		}
	}
	if !(s.HeadRoom >= 0 && s.HeadRoom < 1) {
		errs = append(errs, fmt.Errorf("setup.head_room: must be a share from 0 to below 1, got %g", s.HeadRoom))
	}
	if s.Kept < 0 || s.Kept > time.Hour {
		errs = append(errs, fmt.Errorf("setup.kept: must be 0 to 1h, got %s", s.Kept))
	}
	return errors.Join(errs...)
}

func (s Setup) withDefaults(p Plan) Setup {
	for _, f := range []struct {
		v   *int
		def int
	}{{&s.Ports, DefaultPorts}, {&s.Addresses, 1}, {&s.Destinations, 1}, {&s.Processes, max(1, p.VCPUs)}, {&s.Least, 1}} {
		if *f.v == 0 {
			*f.v = f.def
		}
	}
	if s.HeadRoom == 0 {
		s.HeadRoom = DefaultHeadRoom
	}
	if s.Kept == 0 {
		s.Kept = KeptLong
	}
	return s
}
