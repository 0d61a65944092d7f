package counts

func (c *Counts) add(o Counts) {
	c.Requests += o.Requests
	addAll(c.Routes, o.Routes)
	addAll(c.Responses, o.Responses)
	for route, took := range o.Took {
		sum := c.Took[route]
		sum.Add(took)
		c.Took[route] = sum
	}
	c.Abandoned += o.Abandoned
	c.Probes += o.Probes
	c.Connections += o.Connections
	c.Accepted += o.Accepted
	c.QueueWait.Add(o.QueueWait)
	c.Probing += o.Probing
	c.Queued += o.Queued
	c.InFlight += o.InFlight
	c.Starts += o.Starts
	c.Upstream.add(o.Upstream)
	for _, d := range o.Databases {
		c.database(d.Number).add(d)
	}
	c.Cache.add(o.Cache)
	c.Process.add(o.Process)
}

// database is the row of database n, made in its order when it is new.
func (c *Counts) database(n int) *PoolStats {
	i := 0
	for i < len(c.Databases) && c.Databases[i].Number < n {
		i++
	}
	if i == len(c.Databases) || c.Databases[i].Number != n {
		c.Databases = append(c.Databases, PoolStats{})
		copy(c.Databases[i+1:], c.Databases[i:])
		c.Databases[i] = PoolStats{Number: n, Failed: map[string]uint64{}}
	}
	return &c.Databases[i]
}

func (p *PoolStats) add(o PoolStats) {
	p.Open += o.Open
	p.InUse += o.InUse
	p.Idle += o.Idle
	p.Waiting += o.Waiting
	p.Calls += o.Calls
	p.Dials += o.Dials
	p.Waits += o.Waits
	p.WaitMS += o.WaitMS
	p.Timeouts += o.Timeouts
	p.Overflow += o.Overflow
	p.Recycled += o.Recycled
	p.Stale += o.Stale
	addAll(p.Failed, o.Failed)
	p.Wait.Add(o.Wait)
	p.Took.Add(o.Took)
}

func (s *CacheStats) add(o CacheStats) {
	s.Hits += o.Hits
	s.Misses += o.Misses
	s.Coalesced += o.Coalesced
	s.Bypassed += o.Bypassed
	s.Errors += o.Errors
	s.Evicted += o.Evicted
	s.Entries += o.Entries
	s.Took.Add(o.Took)
	*s = s.rated()
}

// add sums what can be summed. When each beat, and by which settings, is each worker's own.
func (p *ProcessStats) add(o ProcessStats) {
	p.CPUSeconds += o.CPUSeconds
	p.RSS += o.RSS
	p.Heap += o.Heap
	p.Goroutines += o.Goroutines
	p.Files += o.Files
	p.GCs += o.GCs
	p.GCPauseMS += o.GCPauseMS
	p.DiskRead += o.DiskRead
	p.DiskWritten += o.DiskWritten
	p.Retiring += o.Retiring
	p.Cap += o.Cap
	p.ByFiles += o.ByFiles
	p.MostFiles += o.MostFiles
	p.Full += o.Full
}

// longest is the queue that all workers share, as the latest of them saw it.
func longest(all []Worker) (n int64) {
	for _, w := range all {
		n = max(n, w.Queued)
	}
	return n
}

func addAll(sum, more map[string]uint64) {
	for k, n := range more {
		sum[k] += n
	}
}
