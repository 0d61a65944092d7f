package cache

import "time"

// How says where a value came from.
type How int

// The ways.
const (
	Hit       How = iota + 1 // it was in the cache
	Miss                     // this call loaded it
	Coalesced                // another call, maybe of another worker, loaded it meanwhile
	Bypassed                 // it was loaded without the cache, which is none or could not be asked
)

func (h How) String() string {
	return [...]string{"", "hit", "miss", "coalesced", "bypassed"}[h]
}

// An Answer is what Get has got.
type Answer struct {
	Value []byte // shared with other callers: not to be changed
	How   How
	Took  time.Duration // of asking the cache, loads and waiting for them apart
}

// filled is what became of one call to load.
type filled struct {
	value []byte
	how   How
	took  time.Duration
	err   error
}
