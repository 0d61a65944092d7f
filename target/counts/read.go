package counts

import "time"

func noCounts() Counts {
	return Counts{Routes: map[string]uint64{}, Responses: map[string]uint64{}, Took: map[string]Durations{},
		Upstream: PoolStats{Failed: map[string]uint64{}}}
}

func (m *Master) stats() MasterStats {
	return MasterStats{Workers: m.Workers.Load(), Settings: m.Settings.Load(), Reloads: m.Reloads.Load(), Retired: m.Retired.Load(),
		Crashed: m.Crashed.Load(), Hung: m.Hung.Load(), Killed: m.Killed.Load(), Lost: m.Lost.Load(), Overflow: m.Overflow.Load()}
}

// counts reads one slot. Requests is the sum of what was read, so that the total
// and its parts agree even while the worker counts on.
func (s *Slot) counts() Counts {
	c := noCounts()
	for r := range Routes {
		s.route(&c, r)
	}
	c.Abandoned, c.Probes, c.Starts = s.Abandoned.Load(), s.Probes.Load(), s.Starts.Load()
	c.Connections, c.Probing, c.Accepted = s.Open.Load(), s.Probing.Load(), s.Accepted.Load()
	c.QueueWait = s.QueueWait.Read()
	c.InFlight, c.Upstream = s.InFlight.Load(), s.Upstream.stats(0)
	for i := range s.Databases {
		if s.Databases[i].Calls.Load() > 0 || s.Databases[i].Dials.Load() > 0 {
			c.Databases = append(c.Databases, s.Databases[i].stats(i))
		}
	}
	c.Cache, c.Process, c.Queued = s.Cache.stats(), s.Process.stats(), s.Process.Queued.Load()
	if c.Process.Cap > 0 && c.Connections+c.Probing >= c.Process.Cap {
		c.Process.Full = 1
	}
	return c
}

// route adds what a route answered. The usual routes are there at 0; others once asked.
func (s *Slot) route(c *Counts, r Route) {
	var asked uint64
	for class, name := range classNames {
		if name == "" {
			continue
		}
		n := s.Answered[r][class].Load()
		asked += n
		c.Responses[name] += n
	}
	c.Requests += asked
	if asked > 0 || r == RouteItems || r == RouteHealth || r == RouteOther {
		c.Routes[r.String()] = asked
	}
	if took := s.Took[r].Read(); took.Count > 0 {
		c.Took[r.String()] = took
	}
}

func (p *Pool) stats(number int) PoolStats {
	wait := p.Wait.Read()
	s := PoolStats{Number: number, Open: p.Open.Load(), InUse: p.InUse.Load(), Waiting: p.Waiting.Load(),
		Calls: p.Calls.Load(), Dials: p.Dials.Load(), Waits: p.Waits.Load(), WaitMS: ms(wait.Sum), Timeouts: p.Timeouts.Load(),
		Overflow: p.Overflow.Load(), Recycled: p.Recycled.Load(), Stale: p.Stale.Load(),
		Failed: map[string]uint64{}, Wait: wait, Took: p.Took.Read()}
	s.Idle = max(0, s.Open-s.InUse)
	for f := range Failures {
		s.Failed[f.String()] = p.Failed[f].Load()
	}
	return s
}

func (c *Cache) stats() CacheStats {
	s := CacheStats{Hits: c.Hits.Load(), Misses: c.Misses.Load(), Coalesced: c.Coalesced.Load(), Bypassed: c.Bypassed.Load(),
		Errors: c.Errors.Load(), Evicted: c.Evicted.Load(), Entries: c.Entries.Load(), Took: c.Took.Read()}
	return s.rated()
}

// rated has its hit ratio. Whoever waited for another's load had no hit.
func (s CacheStats) rated() CacheStats {
	if asked := s.Hits + s.Misses + s.Coalesced; asked > 0 {
		s.HitRatio = float64(s.Hits) / float64(asked)
	}
	return s
}

func (p *Process) stats() ProcessStats {
	return ProcessStats{BeatNS: p.Beat.Load(), CPUSeconds: time.Duration(p.CPU.Load()).Seconds(), RSS: p.RSS.Load(), Heap: p.Heap.Load(),
		Goroutines: p.Goroutines.Load(), Files: p.Files.Load(), GCs: p.GCs.Load(), GCPauseMS: ms(time.Duration(p.GCPause.Load())),
		DiskRead: p.DiskRead.Load(), DiskWritten: p.DiskWrite.Load(), Settings: p.Settings.Load(), Retiring: p.Retiring.Load(), Port: p.Port.Load(),
		Cap: p.Places.Load(), ByFiles: p.Room.Load(), MostFiles: p.MostFiles.Load()}
}
