package price

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// over is how many machines are enough, where each has so much. What is more by less than the slack, a part of the whole, is
// a rounding error, and not more.
func over(name string, need, have, slack float64, sum string) (Limit, error) {
	switch {
	case need <= 0:
		return Limit{}, nil
	case have <= 0:
		return Limit{}, fmt.Errorf("%s: one machine has room for nothing: %s", name, sum)
	}
	n := math.Ceil(need / have * (1 - slack))
	return Limit{Name: name, Need: need, Have: have, Machines: int(min(max(n, 1), math.MaxInt32)), Sum: sum}, nil
}

// counted is over for things that are whole on each machine.
func counted(name string, need, have float64, sum string) (Limit, error) {
	return over(name, need, have, 0, sum)
}

func cpu(l Load, s Setup, p Plan) (Limit, error) {
	busy := l.Rate*l.RequestCPU.Seconds() + l.Opened*l.ConnectionCPU.Seconds()
	switch {
	case l.Rate > 0 && l.RequestCPU == 0, l.Opened > 0 && l.ConnectionCPU == 0:
		return Limit{}, unknown{"CPU", "as what requests and connections take was not measured"}
	case p.VCPUs <= 0:
		return Limit{}, unknown{"CPU", "as the catalogue does not tell the cores of " + p.ID}
	}
	have := float64(p.VCPUs) * (1 - s.HeadRoom)
	var parts []string
	add := func(n float64, what string, each time.Duration) {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%s %s/s × %s", count(n), what, each))
		}
	}
	add(l.Rate, "requests", l.RequestCPU)
	add(l.Opened, "new connections", l.ConnectionCPU)
	return over("CPU", busy, have, rounding, fmt.Sprintf("%s = %s; %s less %s: %s", strings.Join(parts, " + "), cores(busy), many(p.VCPUs, "core"), s.room(), short(have)))
}

func memory(l Load, s Setup, p Plan) (Limit, error) {
	switch {
	case l.Connections > 0 && l.ConnectionMemory == 0:
		return Limit{}, unknown{"memory", "as what a connection takes is not known"}
	case p.Memory <= 0:
		return Limit{}, unknown{"memory", "as the catalogue does not tell that of " + p.ID}
	case l.Connections == 0:
		return Limit{}, nil
	}
	free := float64(p.Memory)*(1<<20)*(1-s.HeadRoom) - float64(s.Processes)*agentMemory
	have := math.Floor(max(free, 0) / float64(l.ConnectionMemory))
	return counted("memory", float64(l.Connections), have, fmt.Sprintf("%s of %s KiB; %s MiB less %s and %s of %d MiB hold %s",
		many(l.Connections, "connection"), short(float64(l.ConnectionMemory)/1024), thousands(int64(p.Memory)), s.room(),
		many(s.Processes, "agent"), agentMemory>>20, count(have)))
}

func networkOut(l Load, s Setup, p Plan) (Limit, error) {
	if p.NetworkOut <= 0 && l.out() > 0 {
		return Limit{}, unknown{"network out", "as the catalogue does not tell that of " + p.ID}
	}
	return network("network out", l.out(), wire(l.Up, l.Down), p.NetworkOut, l, s)
}

func networkInOf(l Load, s Setup, _ Plan) (Limit, error) {
	if l.Down == 0 && l.Up > 0 && l.Rate > 0 {
		return Limit{}, unknown{"network in", "as the size of answers is not known"}
	}
	return network("network in", l.in(), wire(l.Down, l.Up), networkIn, l, s)
}

func network(name string, bytes float64, each, mbit int, l Load, s Setup) (Limit, error) {
	if l.Up == 0 && l.Down == 0 {
		if l.Rate > 0 {
			return Limit{}, unknown{name, "as the size of requests and answers is not known"}
		}
		return Limit{}, nil
	}
	have := float64(mbit) * (1 - s.HeadRoom)
	return over(name, mbits(bytes), have, rounding, fmt.Sprintf("%s/s × %s bytes with packets = %s Mbit/s; %s Mbit/s less %s: %s",
		count(l.Rate), thousands(int64(each)), short(mbits(bytes)), thousands(int64(mbit)), s.room(), short(have)))
}

// ports are those of open connections, and of closed ones that keep theirs.
func ports(l Load, s Setup, _ Plan) (Limit, error) {
	kept := math.Ceil(l.Closed * s.Kept.Seconds())
	have := float64(s.Ports/portsPart) * float64(s.Addresses) * float64(s.Destinations)
	need := many(l.Connections, "connection")
	if kept > 0 {
		need += fmt.Sprintf(" and %s that were closed and keep their ports for %s", count(kept), span(s.Kept))
	}
	return counted("ports", float64(l.Connections)+kept, have, fmt.Sprintf("%s; half of %s ports × %s × %s = %s",
		need, thousands(int64(s.Ports)), plural(s.Addresses, "address"), plural(s.Destinations, "destination"), count(have)))
}

func files(l Load, s Setup, _ Plan) (Limit, error) {
	if s.Files == 0 {
		return Limit{}, nil
	}
	each := max(0, s.Files-filesMargin)
	have := float64(each) * float64(s.Processes)
	return counted("files", float64(l.Connections), have, fmt.Sprintf("%s; %s of %s files, %d of each for other things, hold %s",
		many(l.Connections, "connection"), many(s.Processes, "agent"), thousands(int64(s.Files)), filesMargin, count(have)))
}

func (s Setup) room() string { return short(s.HeadRoom*100) + " % head room" }

func cores(n float64) string {
	if short(n) == "1" {
		return "1 core"
	}
	return short(n) + " cores"
}

// count writes a number of things, rounded up as half a one does not exist.
func count(n float64) string { return thousands(int64(math.Ceil(min(n, 1e15)))) }

// short writes a figure with three digits that count, and all digits before the point.
func short(f float64) string {
	if f >= 1000 {
		return count(math.Round(f))
	}
	return fmt.Sprintf("%.3g", f)
}

func plural(n int, what string) string {
	if n != 1 && strings.HasSuffix(what, "s") {
		return many(n, what+"e")
	}
	return many(n, what)
}
