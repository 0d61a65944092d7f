package store

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/loadctl/loadctl/target/catalogue"
)

// A room is what writes last found: room, or none. A full disk is seen by no connection
// that is tried, and reading goes on, so nothing else would tell of it.
type room struct{ none atomic.Pointer[lack] }

type lack struct {
	at  time.Time
	why error
}

// lackFor is how long a write without room is told of when none comes after it: by then
// there may be some.
const lackFor = time.Minute

// wrote notes what came of a write.
func (r *room) wrote(err error) {
	switch {
	case errors.Is(err, catalogue.ErrFull):
		r.none.Store(&lack{time.Now(), err})
	case err == nil && r.none.Load() != nil:
		r.none.Store(nil)
	}
}

// fault is what keeps new items out; "" = nothing that is known.
func (r *room) fault() string {
	l := r.none.Load()
	if l == nil || time.Since(l.at) > lackFor {
		return ""
	}
	return fmt.Sprintf("no room for new items, as of %s; those that are there are read: %s", l.at.UTC().Format(time.TimeOnly+"Z"), l.why)
}
