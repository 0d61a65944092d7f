package queue

import (
	"slices"
	"time"
)

// A clock tells how long the servers have worked: their time stands still while
// they are frozen. Freezes are in order and apart.
type clock struct{ freezes []freeze }

// A freeze is a stretch [at, at+lasts) in which nothing arrives at, goes on in, or
// leaves the servers.
type freeze struct{ at, lasts time.Duration }

func (f freeze) end() time.Duration { return f.at + f.lasts }

// freeze adds a stretch, which may touch others.
func (c *clock) freeze(f freeze) {
	if f.lasts <= 0 {
		return
	}
	var apart []freeze
	for _, o := range c.freezes {
		if o.end() < f.at || f.end() < o.at {
			apart = append(apart, o)
			continue
		}
		end := max(f.end(), o.end())
		f.at = min(f.at, o.at)
		f.lasts = end - f.at
	}
	i, _ := slices.BinarySearchFunc(apart, f, func(a, b freeze) int { return int(a.at - b.at) })
	c.freezes = slices.Insert(apart, i, f)
}

// worked is the servers' time at offset t.
func (c *clock) worked(t time.Duration) time.Duration {
	w := t
	for _, f := range c.freezes {
		if t <= f.at {
			break
		}
		w -= min(t, f.end()) - f.at
	}
	return w
}

// leaves is the offset at which the servers' time has passed w. What would leave at
// the very start of a freeze leaves at its end.
func (c *clock) leaves(w time.Duration) time.Duration {
	t := w
	for _, f := range c.freezes {
		if t < f.at {
			break
		}
		t += f.lasts
	}
	return t
}

// holds says whether the servers are frozen at t.
func (c *clock) holds(t time.Duration) bool {
	return slices.ContainsFunc(c.freezes, func(f freeze) bool { return t >= f.at && t < f.end() })
}
