package scenarios

import "time"

func (p *parser) held(o *object, ph *Phase) {
	o.require("connections")
	o.require("hold")
	o.count("connections", 1, &ph.Connections)
	o.duration("hold", 1, &ph.Hold)
	if at := o.get("connect_rate"); at != nil {
		o.rate("connect_rate", &ph.ConnectRate)
		if ph.ConnectRate == 0 {
			p.wrong(at, "connect_rate: must be more than 0")
		}
	}
	closed := int(Reconnect)
	o.choice("on_close", []string{"reconnect", "count", "abort"}, &closed)
	ph.OnClose = OnClose(closed)
	if at := o.get("heartbeat"); at != nil {
		ph.Heartbeat = p.heartbeat(at, ph)
	}
}

func (p *parser) heartbeat(n *node, ph *Phase) *Heartbeat {
	o := p.object(n, "heartbeat", grammar.heartbeat)
	h := &Heartbeat{}
	o.require("every")
	o.duration("every", time.Millisecond, &h.Every)
	o.fraction("jitter", &h.Jitter)
	at := o.require("task")
	if at == nil {
		return h
	}
	name, ok := p.text(at, "task")
	if !ok {
		return h
	}
	user, task, times := p.findTask(ph.User, name)
	switch {
	case times == 0:
		p.unknown(at, "task", name, p.taskNames(ph.User))
	case times > 1:
		p.wrong(at, "several users have a task %q: say which with user:", name)
	default:
		ph.User, h.Task = user, task
		p.beat(at, &p.s.Users[user].Tasks[task])
	}
	return h
}

// beat notes a task that cannot be a heartbeat: only one request is sent.
func (p *parser) beat(at *node, t *Task) {
	if len(t.Steps) != 1 {
		p.wrong(at, "a heartbeat is one request; task %q has %d", t.Name, len(t.Steps))
	}
}

func (p *parser) taskNames(user int) []string {
	var names []string
	for u := range p.s.Users {
		for t := range p.s.Users[u].Tasks {
			if user < 0 || user == u {
				names = append(names, p.s.Users[u].Tasks[t].Name)
			}
		}
	}
	return names
}
