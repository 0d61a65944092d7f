package coordinator

import "time"

// Clocks are compared by pings: the one that travelled fastest says most. Its
// error is at most half its round trip.
const pingsToStart = 8

// A clock is what is known of a host's wall clock.
type clock struct {
	samples int
	rtt     time.Duration // the smallest
	offset  time.Duration // host's clock less ours, by the fastest ping
	latest  time.Duration // by the last one
}

// learn takes one ping: when it left and came back by our clock, and when it
// arrived by the host's, all as wall clock times in nanoseconds.
func (c *clock) learn(sent, received, back int64) {
	rtt := time.Duration(back - sent)
	if rtt < 0 {
		return // our own clock was set back meanwhile
	}
	c.latest = time.Duration(received - sent - (back-sent)/2)
	if c.samples == 0 || rtt <= c.rtt {
		c.rtt, c.offset = rtt, c.latest
	}
	c.samples++
}

// known says whether enough pings came back to agree on an instant.
func (c *clock) known() bool { return c.samples >= pingsToStart }

// uncertainty is how far the agreed instant may be off on this host.
func (c *clock) uncertainty() time.Duration { return c.rtt / 2 }

// stepped says whether the host's clock jumped since the start, beyond what a
// slow ping explains.
func (c *clock) stepped(limit time.Duration) bool {
	return c.known() && (c.latest-c.offset).Abs() > limit+c.rtt
}
