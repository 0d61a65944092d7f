package rented

import (
	"context"
	"time"

	"github.com/loadctl/loadctl/coordinator/price"
	"github.com/loadctl/loadctl/coordinator/rental"
)

// A Standing is a fleet as it is told by the disk and by the cloud.
type Standing struct {
	ID, For     string
	Machines    int       // instances and balancers that exist
	Since       time.Time // when the first was made
	Expires     time.Time // zero = not told
	Bill        price.Bill
	Here, There bool // known on this disk; seen in the cloud
	Busy        bool // a process of this machine holds it
	Resources   []rental.Seen
}

// List tells of all fleets, of the disk and of the cloud, oldest first.
func List(ctx context.Context, c Config) ([]Standing, error) { panic("to be built") }

// Reaped is what Reap has done, and left.
type Reaped struct {
	Gone   []Account
	Live   []rental.Holding
	Broken []rental.Left
}

// Reap gives back all fleets whose time is over, by the cloud's lists alone.
func Reap(ctx context.Context, c Config) (Reaped, error) { panic("to be built") }
