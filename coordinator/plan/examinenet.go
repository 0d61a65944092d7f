package plan

import "fmt"

// queue judges one of the queues that connects wait in at the target. They are the
// target's: this machine's matter where the target is here.
func (x exam) queue(name, key string, read Figure, why string) Finding {
	f := Finding{
		Name: name, Value: read.String(), Figures: figures(map[string]Figure{"max": read}), Why: why,
		Level: level(x.t == nil && read.below(fewBacklog), read),
	}
	enough := manyBacklog
	if x.placed() {
		f.Sum = "the target is not on this machine, and has its own"
		if x.here() {
			under := min(x.t.need.Connections, x.t.place.Agents*x.t.place.Loops*dialingLoop)
			f.Sum = fmt.Sprintf("up to %s under way at once, %d a loop", times(under, "connect"), dialingLoop)
			f.Level, enough = level(read.below(uint64(under)), read), max(enough, under)
		}
	}
	if f.Level == Tight {
		f.Fix = []string{fmt.Sprintf("sysctl -w %s=%d", key, enough)}
	}
	return f
}

func (x exam) backlog() Finding {
	return x.queue("listen backlog", "net.core.somaxconn", x.f.Backlog,
		"connects that a target on this machine has not accepted yet; those beyond it are made a second later")
}

func (x exam) synBacklog() Finding {
	return x.queue("SYN backlog", "net.ipv4.tcp_max_syn_backlog", x.f.SynBacklog,
		"connects that are half made, to a target on this machine")
}

func (x exam) conntrack() Finding {
	f := Finding{
		Name: "conntrack", Value: "not loaded", Level: Fine, Figures: figures(map[string]Figure{"max": x.f.ConntrackMax, "count": x.f.ConntrackCount}),
		Why: "a firewall's table of connections: when it is full, new ones are dropped without a word",
	}
	if x.f.ConntrackMax.Is == Absent {
		return f
	}
	if x.f.ConntrackMax.Is == Unknown {
		f.Value, f.Level = "unknown", NotKnown
		return f
	}
	f.Value = fmt.Sprintf("%s of %s", x.f.ConntrackCount, x.f.ConntrackMax)
	taken, all := x.f.ConntrackCount.N, 0
	limit := uint64(crowded * float64(x.f.ConntrackMax.N))
	if x.t != nil {
		all, limit = x.t.need.Connections, x.f.ConntrackMax.N
		f.Sum = fmt.Sprintf("%s and the %s there are = %s", times(all, "connection"), x.f.ConntrackCount, thousands64(taken+uint64(all)))
	}
	f.Level = level(taken+uint64(all) > limit, x.f.ConntrackCount)
	if f.Level == Tight {
		f.Fix = []string{fmt.Sprintf("sysctl -w net.netfilter.nf_conntrack_max=%d", 2*(taken+uint64(all)))}
	}
	return f
}

func (x exam) reuse() Finding {
	f := Finding{
		Name: "TIME_WAIT reuse", Value: x.f.TwReuse.String(), Figures: figures(map[string]Figure{"tcp_tw_reuse": x.f.TwReuse}),
		Level: level(x.f.TwReuse == Exactly(0), x.f.TwReuse),
		Why:   "a closed connection keeps its port for a minute unless it may be taken again, which new connections for each request need",
	}
	if name, ok := map[uint64]string{0: "0: never", 1: "1: everywhere", 2: "2: on loopback"}[x.f.TwReuse.N]; ok && x.f.TwReuse.Is == Known {
		f.Value = name
	}
	if f.Level == Tight {
		f.Fix = []string{reuseCommand}
	}
	if x.t == nil {
		return f
	}
	f.Sum = x.reuseSum()
	if x.t.refused(TimeWait) != nil {
		f.Level, f.Fix = Impossible, x.commands("net.ipv4.tcp_tw_reuse", "net.ipv4.ip_local_port_range", "net.ipv4.ip_local_reserved_ports")
	} else if x.placed() && x.t.place.Closed.InMinute == 0 && f.Level == Tight {
		f.Level, f.Fix = Fine, nil
	}
	return f
}
