package scenarios

// A poolDraft is a pool as far as it was read, and where.
type poolDraft struct {
	pool   Pool
	reuse  int // of reuses; -1 = nobody said
	object *object
}

// readPool reads pool: over what is said of all phases, key by key.
func (p *parser) readPool(n *node, d poolDraft) poolDraft {
	o := p.object(p.brief(n, "pool", "{reuse: none}"), "pool", grammar.pool)
	d.object = o
	o.choice("reuse", reuses, &d.reuse)
	o.count("max", 0, &d.pool.Max)
	o.duration("max_age", 0, &d.pool.MaxAge)
	p.poolRequests(o, &d.pool)
	if at := o.get("connect_rate"); at != nil {
		o.rate("connect_rate", &d.pool.ConnectRate)
		if d.pool.ConnectRate == 0 {
			p.wrong(at, "connect_rate: must be more than 0")
		}
	}
	farewell := 0
	o.choice("close", []string{"normal", "reset"}, &farewell)
	if o.has("close") {
		d.pool.Reset = farewell == 1
	}
	p.worn(o, d)
	return d
}

func (p *parser) poolRequests(o *object, to *Pool) {
	o.count("max_requests", 0, &to.MaxRequests)
	if to.MaxRequests > MostRequests {
		p.wrong(o.get("max_requests"), "max_requests: must be at most %d, got %d", MostRequests, to.MaxRequests)
		to.MaxRequests = 0
	}
}

// worn notes limits of what a connection can carry where each carries one request.
func (p *parser) worn(o *object, d poolDraft) {
	if d.reuse != int(ReuseNone) {
		return
	}
	for _, key := range []string{"max_age", "max_requests"} {
		if at := o.get(key); at != nil {
			p.wrong(at, "%s: with reuse: none each connection carries one request; take reuse: shared or user, or leave it out", key)
		}
	}
}

// phasePool is the pool of a phase: the file's with its own on top.
func (p *parser) phasePool(o *object, ph *Phase) {
	if ph.Executor == HeldConnections {
		return
	}
	d := p.readPool(o.get("pool"), p.pool)
	if d.reuse < 0 {
		d.reuse = int(ph.Executor.usualReuse())
	}
	ph.Pool = d.pool
	ph.Pool.Reuse = Reuse(d.reuse)
	if ph.Pool.Reuse == ReuseNone {
		ph.Pool.MaxAge, ph.Pool.MaxRequests = 0, 0
	}
	p.enough(d.object, ph)
}

// enough notes users who would wait for ever for a connection that another owns.
func (p *parser) enough(o *object, ph *Phase) {
	users := int(ph.Profile.Peak())
	if ph.Executor.Open() || ph.Pool.Reuse != ReuseUser || ph.Pool.Max == 0 || ph.Pool.Max >= users {
		return
	}
	at := o.get("max")
	if at == nil {
		at = p.pool.object.get("max")
	}
	p.hinted(at, "take reuse: shared, or raise max", "max: phase %s has %d users, each of which keeps a connection, and pool.max is %d", ph.Name, users, ph.Pool.Max)
}

// poolOver refuses a pool where the connections are those of another phase.
func (p *parser) poolOver(d *phaseDraft) {
	ph := &d.phase
	if !d.object.has("over") {
		return
	}
	ph.Pool = Pool{}
	if at := d.object.get("pool"); at != nil {
		p.wrong(at, "pool: phase %s uses the connections of the phase that over: names, and opens none", ph.Name)
	}
}
